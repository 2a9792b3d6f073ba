import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Deployment } from "../scripts/engine";
import { resourceCounts } from "../scripts/engineOutput";
import { CANNED_FLEET, type CannedFleet, cannedFleetFrom, unchanged } from "./cannedFleet";
import { FLEET_PLAN, type FleetPlan } from "./fleetPlan";
import { type Bench, MeasuredStack, type Sample, type Verb } from "./measuredStack";
import { makePluginProject } from "./projects";

/** `floor` is a fleet that does nothing, `tokens` are as many InfluxTokens. */
export const FLEET_VARIANTS = ["floor", "fleet", "native", "tokens"] as const;
export type FleetVariant = (typeof FLEET_VARIANTS)[number];

/** The life of a fleet, in its order. */
export const FLEET_STEPS = ["preview", "up", "upAgain", "refresh", "add", "rotate", "destroy"] as const;
export type FleetStep = (typeof FLEET_STEPS)[number];

/** The commands of one variant, and what a member takes in the checkpoint. */
export interface FleetLife {
  readonly samples: Readonly<Record<FleetStep, Sample>>;
  /** Of all that the program made, after `up`: mean of all members. */
  readonly bytesPerMember: number;
  /** Of these, the copy of the tokens that the program exports. */
  readonly exportedBytes: number;
}

/** Those that were measured side by side. */
export type FleetRun = Partial<Readonly<Record<FleetVariant, FleetLife>>>;

/** What every life needs. */
export interface FleetSetting extends Bench {
  /** Number of members. */
  readonly n: number;
  /** Folder of the plugin. */
  readonly plugin: string;
}

const PROGRAMS: Readonly<Record<FleetVariant, string>> = {
  floor: "fleetFloor",
  fleet: "fleet",
  native: "nativeFleet",
  tokens: "fleetTokens",
};
const VERBS: Readonly<Record<FleetStep, Verb>> = {
  preview: "preview",
  up: "up",
  upAgain: "up",
  refresh: "refresh",
  add: "up",
  rotate: "up",
  destroy: "destroy",
};
/** How many tokens each command makes, and how many deletions it asks for at least: one that may be done is asked for again. */
const EFFECTS: Readonly<Record<FleetStep, (n: number) => readonly [made: number, deleted: number]>> = {
  preview: () => [0, 0],
  up: (n) => [n, 0],
  upAgain: () => [0, 0],
  refresh: () => [0, 0],
  add: () => [1, 0],
  rotate: () => [1, 1],
  destroy: (n) => [0, n + 1],
};

/** What the floor answers in each command, and what the engine then says that it did. */
export type LearnedFleet = Readonly<
  Record<FleetStep, { readonly canned: CannedFleet; readonly counts: Readonly<Record<string, number>> }>
>;

/** A stack of one variant, from its first preview to its end. */
class FleetStack {
  private readonly samples: Partial<Record<FleetStep, Sample>> = {};
  private bytesPerMember = NaN;
  private exportedBytes = NaN;

  private constructor(
    readonly variant: FleetVariant,
    readonly stack: MeasuredStack,
    private readonly setting: FleetSetting,
    private readonly cannedFile: string,
    private readonly learned: LearnedFleet | undefined,
  ) {}

  /** @param learned what the floor needs. */
  static async open(
    variant: FleetVariant,
    setting: FleetSetting,
    folder: string,
    learned?: LearnedFleet,
  ): Promise<FleetStack> {
    const folderOf = PROGRAMS[variant];
    const program = variant === "native" ? await makePluginProject(setting.plugin, folderOf) : folderOf;
    const stack = await MeasuredStack.open(setting, { program });
    return new FleetStack(variant, stack, setting, join(folder, "canned.json"), learned);
  }

  get life(): FleetLife {
    const { samples, bytesPerMember, exportedBytes } = this;
    return { samples: samples as FleetLife["samples"], bytesPerMember, exportedBytes };
  }

  /** Runs one command. Rejects where it does not do what it is to do. */
  async measure(step: FleetStep): Promise<{ seconds: number; counts: Readonly<Record<string, number>> }> {
    const { n, server } = this.setting;
    const at = FLEET_STEPS.indexOf(step);
    const plan: FleetPlan = {
      n,
      bucketId: server.onboarded?.bucketId ?? "",
      added: at >= FLEET_STEPS.indexOf("add"),
      rotated: at >= FLEET_STEPS.indexOf("rotate"),
    };
    const learned = this.variant === "floor" ? this.learned?.[step] : undefined;
    if (learned !== undefined) await writeFile(this.cannedFile, JSON.stringify(learned.canned));
    const { sample, stdout } = await this.stack.run(VERBS[step], {
      [FLEET_PLAN]: JSON.stringify(plan),
      [CANNED_FLEET]: this.cannedFile,
    });
    const counts = resourceCounts(stdout);
    const [made, deleted] = this.variant === "floor" ? [0, 0] : EFFECTS[step](n);
    const done = (kind: string): number => sample.requests[kind] ?? 0;
    const isAsLearned = learned === undefined || isSame(learned.counts, counts);
    if (
      !isAsLearned ||
      done("POST /api/v2/authorizations") !== made ||
      done("DELETE /api/v2/authorizations/{id}") < deleted
    ) {
      const asked = JSON.stringify(sample.requests);
      throw new Error(
        `${this.variant}, ${step}: expected ${made} made and at least ${deleted} deleted${learned === undefined ? "" : ` and ${JSON.stringify(learned.counts)}`}, and it sent ${asked} and printed:\n${stdout}`,
      );
    }
    this.samples[step] = sample;
    if (step === "up") {
      const state = await this.stack.engine.state();
      this.bytesPerMember = checkpointBytes(state) / n;
      this.exportedBytes = (checkpointBytes(state) - checkpointBytes(withoutExports(state))) / n;
    }
    return { seconds: sample.seconds, counts };
  }
}

function isSame(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean {
  const sorted = (counts: object): string => JSON.stringify(Object.entries(counts).sort());
  return sorted(a) === sorted(b);
}

/** Size of all resources in a checkpoint, as the engine writes them: JSON without blanks. */
export function checkpointBytes({ resources = [] }: Deployment): number {
  return Buffer.byteLength(JSON.stringify(resources));
}

/** The same state of a program that exports nothing. */
export function withoutExports({ resources = [] }: Deployment): Deployment {
  const bare = resources.map((resource) =>
    resource.type === "pulumi:pulumi:Stack" ? { ...resource, outputs: {} } : resource,
  );
  return { resources: bare };
}

/** Leads a fleet through its life, and keeps what the state has of it after each command. */
export async function learnFleet(setting: FleetSetting): Promise<LearnedFleet> {
  const stack = await FleetStack.open("fleet", setting, "");
  const learned: Partial<Record<FleetStep, LearnedFleet[FleetStep]>> = {};
  try {
    const counts: Partial<Record<FleetStep, Readonly<Record<string, number>>>> = {};
    let canned: CannedFleet | undefined;
    for (const step of FLEET_STEPS) {
      counts[step] = (await stack.measure(step)).counts;
      if (VERBS[step] === "up") {
        const { deployment } = await stack.stack.engine.export(["--show-secrets"]);
        canned = cannedFleetFrom(deployment, canned);
      }
      if (canned !== undefined) learned[step] = { canned, counts: counts[step] };
    }
    // A preview shows what `up` then makes.
    if (learned.up !== undefined) learned.preview = { ...learned.up, counts: counts.preview ?? {} };
    return settled(learned as LearnedFleet);
  } finally {
    await stack.stack.dispose();
  }
}

/** In these nothing changes, whatever the state before it was. */
function settled(learned: LearnedFleet): LearnedFleet {
  const steps = Object.entries(learned).map(([step, { canned, counts }]) => {
    const changes = step === "add" || step === "rotate";
    return [step, { canned: changes ? canned : unchanged(canned), counts }];
  });
  return Object.fromEntries(steps) as LearnedFleet;
}

/**
 * Runs the lives of the variants side by side: each command for all of them before the next, so that what slows the
 * machine for a while slows all. Which one begins changes with the run.
 */
export async function liveFleetsSideBySide(
  setting: FleetSetting,
  learned: LearnedFleet,
  variants: readonly FleetVariant[],
  run: number,
  progress: (line: string) => void,
): Promise<FleetRun> {
  const first = run % variants.length;
  const folder = await mkdtemp(join(tmpdir(), "influx-token-fleets-"));
  const stacks: FleetStack[] = [];
  try {
    for (const variant of [...variants.slice(first), ...variants.slice(0, first)])
      stacks.push(await FleetStack.open(variant, setting, folder, learned));
    for (const step of FLEET_STEPS) {
      for (const stack of stacks) {
        const { seconds } = await stack.measure(step);
        progress(`n=${setting.n} run ${run + 1}: ${step} ${stack.variant} ${seconds.toFixed(1)} s`);
      }
    }
    return Object.fromEntries(stacks.map(({ variant, life }) => [variant, life]));
  } finally {
    for (const { stack } of stacks) await stack.dispose();
    await rm(folder, { recursive: true, force: true });
  }
}
