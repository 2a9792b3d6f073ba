import { join } from "node:path";
import type { Emulator } from "../emulator";
import { Engine, succeeded } from "../scripts/engine";
import type { HostedLanguage } from "../scripts/languageHosts";
import { type PeakMemory, watchMemory } from "../scripts/processes";
import type { PlannedToken } from "./plan";
import type { PluginProject } from "./projects";

/** What all measurements need. */
export interface Bench {
  readonly server: Emulator;
  readonly pulumiCli: string;
  readonly signal: AbortSignal;
  /** Added to the environment of each command. */
  readonly env: Readonly<Record<string, string>>;
}

export type Verb = "preview" | "up" | "refresh" | "destroy";

/** One command, measured. */
export interface Sample {
  readonly seconds: number;
  readonly peakMemoryMiB: PeakMemory;
  /** Requests by kind, such as `GET /api/v2/authorizations/{id}`. */
  readonly requests: Readonly<Record<string, number>>;
}

/** What runs in a stack. */
export interface StackProgram {
  /** The name of a folder of programs, or a project of its own, which goes with the stack. */
  readonly program: string | PluginProject;
  readonly env?: Readonly<Record<string, string>>;
  /** Languages of the program that have a host of their own. Default: none. */
  readonly hosts?: readonly HostedLanguage[];
}

const PROGRAMS = join(__dirname, "..", "..", "bench", "programs");
/** Longer than anything takes: a benchmark that hangs is stopped by who started it. */
const TIMEOUT_MS = 2 * 60 * 60 * 1000;

/** A stack whose commands are measured. */
export class MeasuredStack {
  private constructor(
    readonly engine: Engine,
    private readonly bench: Bench,
    private readonly project: PluginProject | undefined,
  ) {}

  static async open(bench: Bench, { program, env, hosts = [] }: StackProgram): Promise<MeasuredStack> {
    const { server, pulumiCli, signal } = bench;
    const project = typeof program === "string" ? undefined : program;
    const programFolder = typeof program === "string" ? join(PROGRAMS, program) : program.folder;
    const all = {
      PULUMI_NODEJS_TRANSPILE_ONLY: "true",
      INFLUX_HOST: server.url,
      INFLUX_TOKEN: server.onboarded?.token ?? "",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      ...env,
      ...bench.env,
    };
    let engine: Engine | undefined;
    try {
      const options = { programFolder, pulumiCli, hosts, env: all, signal, timeoutMs: TIMEOUT_MS };
      engine = await Engine.open(options);
      await engine.stackInit();
      return new MeasuredStack(engine, bench, project);
    } catch (error) {
      await engine?.dispose();
      await project?.dispose();
      throw error;
    }
  }

  /** A project of its own declares these tokens from now on. */
  async declare(tokens: readonly PlannedToken[]): Promise<void> {
    await this.project?.declare(tokens);
  }

  /** Runs one command. Rejects where it fails. */
  async run(verb: Verb, env: Readonly<Record<string, string>>): Promise<{ sample: Sample; stdout: string }> {
    const { signal, server } = this.bench;
    signal.throwIfAborted();
    server.requests.reset();
    const started = performance.now();
    const { result, peakMemoryMiB } = await watchMemory(() => this.engine[verb]([], { ...env }));
    const seconds = (performance.now() - started) / 1000;
    const { stdout } = succeeded(result);
    return { sample: { seconds, peakMemoryMiB, requests: server.requests.counts() }, stdout };
  }

  async dispose(): Promise<void> {
    await this.engine.dispose();
    await this.project?.dispose();
  }
}
