import { join } from "node:path";
import { type Deployment, plaintextOf, tokenResources } from "../scripts/engine";
import { resourceCounts } from "../scripts/engineOutput";
import { type Bench, MeasuredStack, type Sample, type Verb } from "./measuredStack";
import { CANNED, type CannedToken, PLAN, type Plan, plannedTokens, type Values } from "./plan";
import { makePluginProject, type PluginProject } from "./projects";

/**
 * Of dynamic resources `floor` does nothing, `naive` is a serialised closure, `ours` is InfluxToken. Of the plugin's, each
 * floor is the same program with a plugin that does nothing.
 */
export const VARIANTS = ["floor", "naive", "ours", "nativeFloor", "native", "yamlFloor", "yaml"] as const;
export type Variant = (typeof VARIANTS)[number];

/** The life of a stack, in its order. */
export const OPERATIONS = ["preview", "up", "upAgain", "refresh", "edit", "replace", "destroy"] as const;
export type Operation = (typeof OPERATIONS)[number];

/** The commands of one variant in one run, and what its tokens take in the checkpoint. */
export interface Life {
  readonly samples: Readonly<Record<Operation, Sample>>;
  /** Mean size of a token in the checkpoint, after `up`. */
  readonly bytesPerToken: number;
  /** Of these, what a host says of where in the program the token was declared. */
  readonly stackTraceBytes: number;
}

export type Run = Readonly<Record<Variant, Life>>;

/** What every life needs. */
export interface Setting extends Bench {
  /** Folder of the plugin that does nothing. */
  readonly floorPlugin: string;
  /** Number of tokens. */
  readonly n: number;
}

const ROOT = join(__dirname, "..", "..");

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

const VERBS: Readonly<Record<Operation, Verb>> = {
  preview: "preview",
  up: "up",
  upAgain: "up",
  refresh: "refresh",
  edit: "up",
  replace: "up",
  destroy: "destroy",
};

/** A stack of one variant, from its first preview to its end. */
class Stack {
  readonly samples: Partial<Record<Operation, Sample>> = {};
  bytesPerToken = NaN;
  stackTraceBytes = NaN;

  private constructor(
    readonly variant: Variant,
    readonly stack: MeasuredStack,
    private readonly setting: Setting,
  ) {}

  static async open(variant: Variant, setting: Setting, canned?: CannedToken): Promise<Stack> {
    const stack = await MeasuredStack.open(setting, {
      program: (await makeProject(variant, setting)) ?? variant,
      env: { [CANNED]: JSON.stringify(canned) },
      hosts: isYaml(variant) ? ["yaml"] : [],
    });
    return new Stack(variant, stack, setting);
  }

  dispose(): Promise<void> {
    return this.stack.dispose();
  }

  /** Runs one command. Rejects where it does not do what it is to do. */
  async measure(operation: Operation): Promise<number> {
    const plan = this.planFor(operation);
    await this.stack.declare(plannedTokens(plan));
    const { sample, stdout } = await this.stack.run(VERBS[operation], { [PLAN]: JSON.stringify(plan) });
    const [what, count] = OUTCOMES[operation](this.setting.n + 1);
    if (resourceCounts(stdout)[what] !== count)
      throw new Error(`${this.variant}, ${operation}: expected ${count} ${what}, and it printed:\n${stdout}`);
    this.samples[operation] = sample;
    if (operation === "up") {
      const state = await this.stack.engine.state();
      this.bytesPerToken = meanTokenBytes(state);
      this.stackTraceBytes = this.bytesPerToken - meanTokenBytes(withoutStackTraces(state));
    }
    return sample.seconds;
  }

  private planFor(operation: Operation): Plan {
    const { n, server } = this.setting;
    const step = OPERATIONS.indexOf(operation);
    return {
      n,
      bucketId: server.onboarded?.bucketId ?? "",
      edited: step >= OPERATIONS.indexOf("edit"),
      narrowed: step >= OPERATIONS.indexOf("replace"),
    };
  }
}

function isYaml(variant: Variant): boolean {
  return variant === "yaml" || variant === "yamlFloor";
}

/** The programs of the plugin say where it is; those of dynamic resources are where they are. */
function makeProject(variant: Variant, { floorPlugin }: Setting): Promise<PluginProject> | undefined {
  const plugin = join(ROOT, "plugin");
  switch (variant) {
    case "native":
      return makePluginProject(plugin, variant);
    case "nativeFloor":
      return makePluginProject(floorPlugin, variant);
    case "yaml":
      return makePluginProject(plugin);
    case "yamlFloor":
      return makePluginProject(floorPlugin);
    default:
      return undefined;
  }
}

/** What the two providers answer for one token: the floor of each answers with it. */
export interface Learned {
  readonly dynamic: CannedToken;
  readonly native: CannedToken;
}

/** Makes tokens of ours, reads what the providers answered for one of them, and removes them. */
export async function learnTokens(setting: Setting): Promise<Learned> {
  return { dynamic: await learnToken("ours", setting), native: await learnToken("native", setting) };
}

async function learnToken(variant: Variant, setting: Setting): Promise<CannedToken> {
  const stack = await Stack.open(variant, { ...setting, n: 2 });
  try {
    await stack.measure("up");
    const canned = cannedFrom((await stack.stack.engine.export(["--show-secrets"])).deployment);
    await stack.measure("destroy");
    return canned;
  } finally {
    await stack.dispose();
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
  const tokens = resources.filter(({ type }) => /^(pulumi-nodejs:dynamic|influx-token:)/.test(type));
  const sizes = tokens.map((token) => Buffer.byteLength(JSON.stringify(token)) + 1);
  return sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
}

/** The same state as a host would have it that sends no stack traces. */
export function withoutStackTraces({ resources = [] }: Deployment): Deployment {
  return { resources: resources.map((resource) => ({ ...resource, stackTrace: undefined })) };
}

/**
 * Runs the lives of all variants side by side: each operation for all of them before the next, so that what slows
 * the machine for a while slows all. Which one begins changes with the run.
 */
export async function liveSideBySide(
  setting: Setting,
  learned: Learned,
  run: number,
  progress: (line: string) => void,
): Promise<Run> {
  const first = run % VARIANTS.length;
  const stacks: Stack[] = [];
  try {
    for (const variant of [...VARIANTS.slice(first), ...VARIANTS.slice(0, first)])
      stacks.push(await Stack.open(variant, setting, learned[variant === "floor" ? "dynamic" : "native"]));
    for (const operation of OPERATIONS) {
      for (const stack of stacks) {
        const seconds = await stack.measure(operation);
        progress(`n=${setting.n} run ${run + 1}: ${operation} ${stack.variant} ${seconds.toFixed(1)} s`);
      }
    }
    return Object.fromEntries(stacks.map((stack) => [stack.variant, stack as Life])) as Run;
  } finally {
    for (const stack of stacks) await stack.dispose();
  }
}
