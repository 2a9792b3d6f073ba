import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseDocument, stringify } from "yaml";
import type { PermissionFlags } from "../../provider/permissions/expand";
import type { Report } from "../../report/model";
import { runCommand } from "../../cli/run";
import { type Engine, type RecordedToken, succeeded } from "../engine";
import { resourceCounts } from "../engineOutput";
import type { Output } from "./output";
import type { DemoServer } from "./server";

/** One entry of the stack config `influx-token:tokens`. */
export type DeclaredToken = PermissionFlags & {
  readonly description?: string;
  readonly adopt?: string;
  readonly keepers?: Readonly<Record<string, string>>;
};

/** A command of the engine that succeeded. */
export interface EngineRun {
  readonly stdout: string;
  readonly seconds: string;
  /** Requests that the server got meanwhile, by endpoint; `undefined` where others use it too. */
  readonly requests: Record<string, number> | undefined;
  /** The counts below `Resources:`. */
  readonly resources: Record<string, number>;
}

/** These ask before they do anything. */
const ASKS = /^(up|refresh|destroy)\b/;

/** What the steps share: the server, the engine, and what earlier steps found. */
export class Session {
  /** What `Pulumi.dev.yaml` declares, in alphabetical order. */
  declared: Readonly<Record<string, DeclaredToken>> = {};
  /** What the last `recordedTokens` found. */
  tokens: Readonly<Record<string, RecordedToken>> = {};
  /** Everything that the engine printed, each command's apart. */
  readonly captured: string[] = [];

  constructor(
    readonly server: DemoServer,
    readonly engine: Engine,
    readonly output: Output,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Runs a command of the engine, and keeps what it prints.
   * @param what follows `pulumi`
   * @throws when it does not end with exit code 0, or the user has interrupted the demo
   */
  async pulumi(
    what: string,
    {
      input = "",
      piped = "",
      env = {},
    }: { input?: string; piped?: string; env?: Record<string, string> } = {},
  ): Promise<EngineRun> {
    const { output, server, signal } = this;
    signal.throwIfAborted();
    const set = Object.entries(env).map(([name, value]) => `${name}=${value} `);
    output.command(
      `${set.join("")}pulumi ${what}${input && "    (the value is asked for)"}${piped && ` | ${piped}`}`,
    );
    server.requests?.reset();
    const started = Date.now();
    const args = [...what.split(" "), ...(ASKS.test(what) ? ["--yes", "--skip-preview"] : [])];
    const result = await this.engine.run(args, env, input);
    const requests = server.requests?.counts();
    this.captured.push(result.stdout + result.stderr);
    // An interrupted command fails, but that is not why.
    signal.throwIfAborted();
    const { stdout } = succeeded(result);
    const seconds = `${((Date.now() - started) / 1000).toFixed(1)} s`;
    return { stdout, seconds, requests, resources: resourceCounts(stdout) };
  }

  get stackFile(): string {
    return join(this.engine.folder, "project", "Pulumi.dev.yaml");
  }

  /** Writes tokens to the stack's configuration, as one would by hand, and prints the entries. */
  async declare(tokens: Readonly<Record<string, DeclaredToken>>): Promise<void> {
    const file = parseDocument(await readFile(this.stackFile, "utf8"));
    this.declared = { ...this.declared, ...tokens };
    for (const [name, token] of Object.entries(tokens))
      file.setIn(["config", "influx-token:tokens", name], file.createNode(token));
    await writeFile(this.stackFile, file.toString());
    this.output.note("Written to Pulumi.dev.yaml, below config: influx-token:tokens:");
    this.output.quote(stringify(tokens).trimEnd().split("\n"));
  }

  /** Writes a fleet of devices beside the program, as one would by hand: a file of their names, and keepers of some. */
  async declareFleet(name: string, each: DeclaredToken, members: ReadonlyMap<string, string>): Promise<void> {
    const rows = [...members].map(([member, rotated]) => `${member},${rotated}`);
    const lines = ["member,keepers.rotated", ...rows, ""];
    await writeFile(join(this.engine.folder, "project", "devices.csv"), lines.join("\n"));
    const file = parseDocument(await readFile(this.stackFile, "utf8"));
    const fleet = { [name]: { each, membersFrom: "devices.csv" } };
    file.setIn(["config", "influx-token:fleets"], file.createNode(fleet));
    await writeFile(this.stackFile, file.toString());
  }

  /** The values of a fleet's tokens, which nobody is shown. */
  async fleetTokens(name: string): Promise<Readonly<Record<string, string>>> {
    const typed = "stack output fleets --show-secrets --json";
    this.output.command(`pulumi ${typed}    (the values stay within the demo)`);
    // Not among the captured outputs: it shows the values, because it is asked to.
    const { stdout } = succeeded(await this.engine.run(typed.split(" ")));
    const { [name]: tokens = {} } = JSON.parse(stdout) as Record<string, Record<string, string>>;
    this.output.addSecrets(...Object.values(tokens));
    return tokens;
  }

  /** Asks the server directly, with a token of choice; default the operator token. */
  ask(method: string, path: string, body?: unknown, token?: string): ReturnType<DemoServer["api"]["ask"]> {
    this.signal.throwIfAborted();
    return this.server.api.ask(method, path, body, token);
  }

  /** Checks the requests that a command made, where the server counts them. */
  checkRequests({ requests }: EngineRun, expected: Record<string, number>): void {
    if (requests === undefined) return;
    const texts = Object.entries(expected).map(([kind, n]) => `${n} ${kind.replace("/api/v2/", "")}`);
    this.output.check(`requests that the server got: ${texts.join(", ") || "none"}`, requests, expected);
  }

  /** The stack's tokens by name, with their values, which nobody is shown. */
  async recordedTokens(): Promise<Readonly<Record<string, RecordedToken>>> {
    this.tokens = Object.fromEntries(await this.engine.recordedTokens());
    this.output.addSecrets(...Object.values(this.tokens).map(({ token }) => token));
    return this.tokens;
  }

  /** Runs `influx-token report` on what a command of the engine prints, and shows its table. */
  async report(
    what: string,
    flags: readonly string[] = [],
    env: Record<string, string> = {},
  ): Promise<{ run: EngineRun; tokens: Record<string, Report["tokens"][number]> }> {
    const args = ["report", "-", ...flags];
    const run = await this.pulumi(what, { piped: `influx-token ${args.join(" ")}`, env });
    const printed = async (...more: string[]): Promise<string> => {
      let out = "";
      const code = await runCommand([...args, ...more], {
        env: {},
        cwd: this.engine.folder,
        isTerminal: false,
        version: "",
        readStdin: () => Promise.resolve(run.stdout),
        out: (text) => (out += text),
        err: (text) => (out += text),
      });
      if (code !== 0) throw new Error(`influx-token ${args.join(" ")} ended with exit code ${code}:\n${out}`);
      return out;
    };
    this.output.quote((await printed()).split("\n").filter((line) => line !== ""));
    const { tokens } = JSON.parse(await printed("--json")) as Report;
    return { run, tokens: Object.fromEntries(tokens.map((token) => [token.name, token])) };
  }

  /** Every file that the engine wrote: its state with backups and history, the stack's config, its home. */
  async files(): Promise<string[]> {
    const { folder } = this.engine;
    const paths = (await readdir(folder, { recursive: true })).map((name) => join(folder, name));
    const areFiles = await Promise.all(paths.map(async (path) => (await stat(path)).isFile()));
    return Promise.all(paths.filter((_, index) => areFiles[index]).map((path) => readFile(path, "utf8")));
  }
}
