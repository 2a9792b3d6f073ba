import { join } from "node:path";
import type { Emulator } from "../emulator";
import { Engine, type Deployment, plaintextOf, succeeded, tokenResources } from "../scripts/engine";
import { resourceCounts } from "../scripts/engineOutput";
import { watchProvider } from "../scripts/processes";
import type { RunResult } from "../scripts/run";
import { CANNED, type CannedToken, PLAN, type Plan, type Values } from "./plan";

/** `floor` does nothing, `naive` is a serialised closure, `ours` is InfluxToken. */
export const VARIANTS = ["floor", "naive", "ours"] as const;
export type Variant = (typeof VARIANTS)[number];

/** The life of a stack, in its order. */
export const OPERATIONS = ["preview", "up", "upAgain", "refresh", "edit", "replace", "destroy"] as const;
export type Operation = (typeof OPERATIONS)[number];

/** One command, measured. */
export interface Sample {
  readonly seconds: number;
  /** The most memory that the provider's process had; absent where the system has no /proc. */
  readonly peakMemoryMiB: number | undefined;
  /** Requests by kind, such as `GET /api/v2/authorizations/{id}`. */
  readonly requests: Readonly<Record<string, number>>;
}

/** The commands of one variant in one run, and what its tokens take in the checkpoint. */
export interface Life {
  readonly samples: Readonly<Record<Operation, Sample>>;
  /** Mean size of a token in the checkpoint, after `up`. */
  readonly bytesPerToken: number;
}

export type Run = Readonly<Record<Variant, Life>>;

/** What every life needs. */
export interface Setting {
  readonly server: Emulator;
  readonly pulumiCli: string;
  readonly signal: AbortSignal;
  /** Number of tokens. */
  readonly n: number;
  /** Added to the environment of each command. */
  readonly env: Readonly<Record<string, string>>;
}

const PROGRAMS = join(__dirname, "..", "..", "bench", "programs");
/** Longer than anything takes: a benchmark that hangs is stopped by who started it. */
const TIMEOUT_MS = 2 * 60 * 60 * 1000;

/** What the engine must say that it did, and to how many resources: the tokens and the stack, or one token. */
const OUTCOMES: Readonly<Record<Operation, (all: number) => [what: string, count: number]>> = {
  preview: (all) => ["to create", all],
  up: (all) => ["created", all],
  upAgain: (all) => ["unchanged", all],
  refresh: (all) => ["unchanged", all],
  edit: () => ["updated", 1],
  replace: () => ["replaced", 1],
  destroy: (all) => ["deleted", all],
};

/** A stack of one variant, from its first preview to its end. */
class Stack {
  readonly samples: Partial<Record<Operation, Sample>> = {};
  bytesPerToken = NaN;

  private constructor(
    readonly variant: Variant,
    readonly engine: Engine,
    private readonly setting: Setting,
  ) {}

  static async open(variant: Variant, setting: Setting, canned?: CannedToken): Promise<Stack> {
    const { server, pulumiCli, signal } = setting;
    const env = {
      PULUMI_NODEJS_TRANSPILE_ONLY: "true",
      INFLUX_HOST: server.url,
      INFLUX_TOKEN: server.onboarded?.token ?? "",
      [CANNED]: JSON.stringify(canned),
      ...setting.env,
    };
    const programFolder = join(PROGRAMS, variant);
    const engine = await Engine.open({ programFolder, pulumiCli, env, signal, timeoutMs: TIMEOUT_MS });
    try {
      await engine.stackInit();
    } catch (error) {
      await engine.dispose();
      throw error;
    }
    return new Stack(variant, engine, setting);
  }

  /** Runs one command. Rejects where it does not do what it is to do. */
  async measure(operation: Operation): Promise<number> {
    const { signal, server, n } = this.setting;
    signal.throwIfAborted();
    server.requests.reset();
    const started = performance.now();
    const { result, peakMemoryMiB } = await watchProvider(() => this.command(operation));
    const seconds = (performance.now() - started) / 1000;
    const { stdout } = succeeded(result);
    const [what, count] = OUTCOMES[operation](n + 1);
    if (resourceCounts(stdout)[what] !== count)
      throw new Error(`${this.variant}, ${operation}: expected ${count} ${what}, and it printed:\n${stdout}`);
    this.samples[operation] = { seconds, peakMemoryMiB, requests: server.requests.counts() };
    if (operation === "up") this.bytesPerToken = meanTokenBytes(await this.engine.state());
    return seconds;
  }

  private command(operation: Operation): Promise<RunResult> {
    const { n, server } = this.setting;
    const step = OPERATIONS.indexOf(operation);
    const plan: Plan = {
      n,
      bucketId: server.onboarded?.bucketId ?? "",
      edited: step >= OPERATIONS.indexOf("edit"),
      narrowed: step >= OPERATIONS.indexOf("replace"),
    };
    const env = { [PLAN]: JSON.stringify(plan) };
    if (operation === "preview") return this.engine.preview([], env);
    if (operation === "refresh") return this.engine.refresh([], env);
    if (operation === "destroy") return this.engine.destroy([], env);
    return this.engine.up([], env);
  }
}

/** Makes tokens of ours, reads what the provider answered for one of them, and removes them. */
export async function learnToken(setting: Setting): Promise<CannedToken> {
  const stack = await Stack.open("ours", { ...setting, n: 2 });
  try {
    await stack.measure("up");
    const canned = cannedFrom((await stack.engine.export(["--show-secrets"])).deployment);
    await stack.measure("destroy");
    return canned;
  } finally {
    await stack.engine.dispose();
  }
}

/** Takes a token out of a state with bare secrets. */
export function cannedFrom(deployment: Deployment): CannedToken {
  const { inputs = {}, outputs = {} } = tokenResources(deployment)[0] ?? {};
  // The host adds the stub by itself. The token's value is as long as the real one, which is nobody's business.
  const answered = (values: Values): Values =>
    Object.fromEntries(Object.entries(values).filter(([name]) => name !== "__provider"));
  const token = "t".repeat(plaintextOf(outputs["token"]).length);
  return { inputs: answered(inputs), outputs: { ...answered(outputs), token } };
}

/** Mean size of a token in a checkpoint, as the engine writes it: JSON without blanks, with a comma after each. */
export function meanTokenBytes({ resources = [] }: Deployment): number {
  const tokens = resources.filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic"));
  const sizes = tokens.map((token) => Buffer.byteLength(JSON.stringify(token)) + 1);
  return sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
}

/**
 * Runs the lives of all variants side by side: each operation for all of them before the next, so that what slows
 * the machine for a while slows all. Which one begins changes with the run.
 */
export async function liveSideBySide(
  setting: Setting,
  canned: CannedToken,
  run: number,
  progress: (line: string) => void,
): Promise<Run> {
  const first = run % VARIANTS.length;
  const stacks: Stack[] = [];
  try {
    for (const variant of [...VARIANTS.slice(first), ...VARIANTS.slice(0, first)])
      stacks.push(await Stack.open(variant, setting, canned));
    for (const operation of OPERATIONS) {
      for (const stack of stacks) {
        const seconds = await stack.measure(operation);
        progress(`n=${setting.n} run ${run + 1}: ${operation} ${stack.variant} ${seconds.toFixed(1)} s`);
      }
    }
    return Object.fromEntries(stacks.map((stack) => [stack.variant, stack as Life])) as Run;
  } finally {
    for (const { engine } of stacks) await engine.dispose();
  }
}
