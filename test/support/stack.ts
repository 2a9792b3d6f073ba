import { Engine, type EngineOptions, type StackResource, succeeded } from "../../scripts/engine";
import { resourceCounts } from "../../scripts/engineOutput";
import { startServer, type TestServer } from "./influxdb";

/** What the engine says that it did, by its own words: `created`, `updated`, `replaced`, `deleted`, `unchanged`, … */
export type Summary = Record<string, number>;

/** A stack of a real program, run by the real engine against an emulator of its own. */
export interface TestStack {
  readonly engine: Engine;
  readonly server: TestServer;
  /** Everything that the engine printed so far. */
  printed(): string;
  preview(args?: string[]): Promise<string>;
  up(args?: string[]): Promise<Summary>;
  refresh(args?: string[]): Promise<Summary>;
  destroy(args?: string[]): Promise<Summary>;
  /** What the state holds, with secrets encrypted: from its file, because `pulumi stack export` takes a second. */
  resources(): Promise<StackResource[]>;
  /** Runs a command that is to fail, and gives what it printed. */
  failing(args: string[], env?: Record<string, string>): Promise<string>;
  /** Ends everything, whatever the stack still holds. */
  dispose(): Promise<void>;
}

/** Options of {@link openStack}. */
export interface StackOptions extends Partial<EngineOptions> {
  /** Whether the server tells the tokens that it has. Default: it stores them hashed. */
  plainTokens?: boolean;
  /** Whether the stack's config is to say where the server is. Default: yes. */
  configure?: boolean;
}

/** Starts an emulator and a stack whose config tells where it is and with which token. */
export async function openStack(programFolder: string, options: StackOptions = {}): Promise<TestStack> {
  const { plainTokens = false, configure = true, ...engineOptions } = options;
  const server = await startServer({ plainTokens });
  // `npm test` checks the types of every program beforehand; to do so again at every run would take most of its time.
  const env = { PULUMI_NODEJS_TRANSPILE_ONLY: "true", ...engineOptions.env };
  const engine = await Engine.open({ programFolder, ...engineOptions, env });
  await engine.stackInit();
  if (configure) {
    const settings = { "--plaintext": `host=${server.url}`, "--secret": `token=${server.operatorToken}` };
    const flags = Object.entries(settings).flatMap(([flag, setting]) => [flag, `influx-token:${setting}`]);
    succeeded(await engine.run(["config", "set-all", ...flags]));
  }
  let printed = "";
  const keep = (result: { code: number; stdout: string; stderr: string }): typeof result => {
    printed += result.stdout + result.stderr;
    return result;
  };
  return {
    engine,
    server,
    printed: () => printed,
    preview: async (args = []) => succeeded(keep(await engine.preview(args))).stdout,
    up: async (args) => resourceCounts(succeeded(keep(await engine.up(args))).stdout),
    refresh: async (args) => resourceCounts(succeeded(keep(await engine.refresh(args))).stdout),
    destroy: async (args) => resourceCounts(succeeded(keep(await engine.destroy(args))).stdout),
    resources: async () => (await engine.state()).resources ?? [],
    failing: async (args, env) => {
      const { code, stdout, stderr } = keep(await engine.run(args, env));
      if (code === 0) throw new Error(`pulumi ${args.join(" ")} succeeded:\n${stdout}`);
      return stdout + stderr;
    },
    dispose: async () => {
      await engine.dispose();
      await server.close();
    },
  };
}
