import { join } from "node:path";
import { Engine, succeeded } from "../scripts/engine";
import type { RunResult } from "../scripts/run";
import { CANNED, cannedFrom, type CannedToken } from "./canned";
import { PLAN, type Plan } from "./plan";
import type { Traffic } from "./probe";
import { type ProviderUse, watchingProvider } from "./processes";
import type { BenchServer } from "./server";

/** `floor` does nothing, `naive` is a serialised closure, `ours` is InfluxToken. */
export type Variant = "floor" | "naive" | "ours";

/** The life of a stack, in its order. */
export const OPERATIONS = ["preview", "up", "upAgain", "refresh", "edit", "replace", "destroy"] as const;
export type Operation = (typeof OPERATIONS)[number];

/** One command, measured. */
export interface Sample extends Traffic, ProviderUse {
  readonly seconds: number;
}

/** The commands of one variant in one run, and what its tokens take in the checkpoint. */
export interface Life {
  readonly samples: ReadonlyMap<Operation, Sample>;
  /** Mean size of a token in the checkpoint, after `up`. */
  readonly bytesPerToken: number;
}

/** What a life needs. */
export interface Setting {
  readonly server: BenchServer;
  readonly pulumiCli: string;
  /** Where Node.js and ts-node leave what they do not remove. */
  readonly temporaryFolder: string;
  readonly signal: AbortSignal;
  /** Told what begins. */
  readonly progress: (line: string) => void;
  /** What the floor answers; absent until it was learnt from a token of ours. */
  readonly canned?: CannedToken;
  /** Told of each folder that is to be removed whatever happens. */
  readonly removeLater: (engine: Engine) => void;
}

export interface LifeOptions {
  readonly n: number;
  readonly preset?: Plan["preset"];
  /** Added to the environment of each command. */
  readonly env?: Record<string, string>;
  /** Added to each command that changes something. */
  readonly args?: string[];
}

const PROGRAMS = join(__dirname, "..", "..", "bench", "programs");
/** Longer than anything takes: a benchmark that hangs is stopped by who started it. */
const TIMEOUT_MS = 2 * 60 * 60 * 1000;

/** The words by which the engine says that a command did what it was to do. */
const OUTCOME: Readonly<Record<Operation, (all: number) => string>> = {
  preview: (all) => `${all} to create`,
  up: (all) => `${all} created`,
  upAgain: (all) => `${all} unchanged`,
  refresh: (all) => `${all} unchanged`,
  edit: () => "1 updated",
  replace: () => "1 replaced",
  destroy: (all) => `${all} deleted`,
};

/** A stack of one variant, from its first preview to its end. */
class Stack {
  readonly samples = new Map<Operation, Sample>();
  bytesPerToken = NaN;

  private constructor(
    readonly variant: Variant,
    private readonly engine: Engine,
    private readonly setting: Setting,
    private readonly options: LifeOptions,
  ) {}

  static async open(variant: Variant, setting: Setting, options: LifeOptions): Promise<Stack> {
    const { server, pulumiCli, temporaryFolder } = setting;
    const env = {
      PULUMI_NODEJS_TRANSPILE_ONLY: "true",
      TMPDIR: temporaryFolder,
      INFLUX_HOST: server.url,
      INFLUX_TOKEN: server.operatorToken,
      [CANNED]: JSON.stringify(setting.canned ?? {}),
      ...options.env,
    };
    const programFolder = join(PROGRAMS, variant);
    const engine = await Engine.open({ programFolder, pulumiCli, env, timeoutMs: TIMEOUT_MS });
    setting.removeLater(engine);
    await engine.stackInit();
    return new Stack(variant, engine, setting, options);
  }

  async measure(operation: Operation): Promise<void> {
    const { signal, server } = this.setting;
    signal.throwIfAborted();
    await server.takeTraffic();
    const started = performance.now();
    const { result, use } = await watchingProvider(() => this.command(operation));
    const seconds = (performance.now() - started) / 1000;
    // A command that is interrupted fails, but that is not why.
    signal.throwIfAborted();
    const { stdout } = succeeded(result);
    const expected = OUTCOME[operation](this.options.n + 1);
    if (!stdout.includes(expected)) {
      throw new Error(
        `${this.variant}, ${operation}: expected "${expected}", and the engine said:\n${stdout}`,
      );
    }
    this.samples.set(operation, { seconds, ...use, ...(await server.takeTraffic()) });
    if (operation === "up") this.bytesPerToken = meanTokenBytes(await this.engine.stateText());
  }

  async canned(): Promise<CannedToken> {
    return cannedFrom(await this.engine.export(["--show-secrets"]));
  }

  dispose(): Promise<void> {
    return this.engine.dispose();
  }

  private command(operation: Operation): Promise<RunResult> {
    const { n, preset = "bucketScoped", args = [] } = this.options;
    const changed = OPERATIONS.indexOf(operation);
    const plan: Plan = {
      n,
      preset,
      bucketId: this.setting.server.bucketId,
      edited: changed >= OPERATIONS.indexOf("edit"),
      narrowed: changed >= OPERATIONS.indexOf("replace"),
    };
    const env = { [PLAN]: JSON.stringify(plan) };
    if (operation === "preview") return this.engine.preview([], env);
    if (operation === "refresh") return this.engine.refresh(args, env);
    if (operation === "destroy") return this.engine.destroy(args, env);
    return this.engine.up(args, env);
  }
}

/** Makes a token of ours, tells what the provider answered for it and what it takes, and removes it. */
export async function learnToken(
  setting: Setting,
  preset: Plan["preset"],
): Promise<{ canned: CannedToken; bytesPerToken: number }> {
  const stack = await Stack.open("ours", setting, { n: 10, preset });
  await stack.measure("up");
  const canned = await stack.canned();
  await stack.measure("destroy");
  await stack.dispose();
  return { canned, bytesPerToken: stack.bytesPerToken };
}

/** Mean size of a token in a checkpoint, as the engine writes it: JSON without blanks. */
export function meanTokenBytes(checkpoint: string): number {
  const { checkpoint: parsed } = JSON.parse(checkpoint) as {
    checkpoint: { latest: { resources: { type: string }[] } };
  };
  const tokens = parsed.latest.resources.filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic"));
  // With the comma after each.
  const sizes = tokens.map((token) => Buffer.byteLength(JSON.stringify(token)) + 1);
  return sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
}

/**
 * Runs the lives of several stacks side by side: each operation for all of them before the next, so that what slows
 * the machine for a while slows all. Who begins changes with the run.
 */
export async function liveSideBySide(
  variants: readonly Variant[],
  setting: Setting,
  options: LifeOptions & { run: number; operations?: readonly Operation[] },
): Promise<Map<Variant, Life>> {
  const { run, operations = OPERATIONS } = options;
  const first = run % variants.length;
  const order = [...variants.slice(first), ...variants.slice(0, first)];
  const stacks: Stack[] = [];
  for (const variant of order) stacks.push(await Stack.open(variant, setting, options));
  for (const operation of operations) {
    for (const stack of stacks) {
      await stack.measure(operation);
      const seconds = stack.samples.get(operation)?.seconds ?? NaN;
      setting.progress(
        `  n=${options.n} run ${run + 1}: ${operation} ${stack.variant} ${seconds.toFixed(1)} s`,
      );
    }
  }
  for (const stack of stacks) await stack.dispose();
  return new Map(stacks.map(({ variant, samples, bytesPerToken }) => [variant, { samples, bytesPerToken }]));
}
