import { learnToken, liveSideBySide, type Setting, type Variant } from "./lifecycle";
import type { BenchOptions } from "./options";
import {
  compare,
  growthOf,
  medianSeconds,
  summarise,
  type BenchResult,
  type ByOperation,
  type Runs,
} from "./result";

const ALL: readonly Variant[] = ["floor", "naive", "ours"];
const WITHOUT_CHECKPOINTS = { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" };
/** How far the floor's tokens may be from ours in size and still be the floor. */
const SIZE_TOLERANCE = 0.01;

/** Everything that takes the engine. */
export async function measureEngine(
  unprepared: Setting,
  options: BenchOptions,
): Promise<Partial<BenchResult>> {
  const { n, parts } = options;
  const learnt = await learnToken(unprepared, "bucketScoped");
  const setting: Setting = { ...unprepared, canned: learnt.canned };
  const sizes = [...new Set([...options.chartSizes, n])].sort((a, b) => a - b);
  let result: Partial<BenchResult> = {};

  if (parts.includes("engine")) {
    const allAccess = await learnToken(setting, "allAccess");
    const byN = new Map<number, Runs>();
    for (const size of sizes) byN.set(size, await runsOf(ALL, setting, options.runs, size));
    const summary = summarise(byN.get(n) ?? [], allAccess.bytesPerToken);
    refuseOtherSize(summary.bytesPerToken);
    result = {
      ...summary,
      growth: growthOf(byN),
      secondsByN: Object.fromEntries([...byN].map(([size, runs]) => [String(size), medianSeconds(runs)])),
    };
  }
  if (parts.includes("withoutCheckpoints")) {
    setting.progress("without checkpoints");
    const byN = new Map<number, Runs>();
    for (const size of sizes) {
      byN.set(size, await runsOf(["floor", "ours"], setting, options.runs, size, WITHOUT_CHECKPOINTS));
    }
    result = {
      ...result,
      withoutCheckpoints: compare(byN.get(n) ?? []),
      growthWithoutCheckpoints: growthOf(byN),
    };
  }
  if (options.parallel.length > 0) result = { ...result, parallel: await compareParallel(setting, options) };
  return result;
}

async function runsOf(
  variants: readonly Variant[],
  setting: Setting,
  runs: number,
  n: number,
  env: Record<string, string> = {},
): Promise<Runs> {
  const lives = [];
  for (let run = 0; run < runs; run += 1)
    lives.push(await liveSideBySide(variants, setting, { n, run, env }));
  return lives;
}

/** One run each: for the documentation, not for a target. */
async function compareParallel(
  setting: Setting,
  { n, parallel }: BenchOptions,
): Promise<Record<string, ByOperation<number>>> {
  const found: Record<string, ByOperation<number>> = {};
  for (const value of parallel) {
    setting.progress(`--parallel ${value}`);
    const args = ["--parallel", String(value)];
    const operations = ["up", "refresh", "destroy"] as const;
    const life = await liveSideBySide(["ours"], setting, { n, run: 0, args, operations });
    found[String(value)] = medianSeconds([life]).ours ?? {};
  }
  return found;
}

/** What the floor is worth depends on it: the engine's time is a matter of bytes. */
function refuseOtherSize(bytes: BenchResult["bytesPerToken"]): void {
  const { floor = NaN, bucketScoped = NaN } = bytes ?? {};
  if (Math.abs(floor / bucketScoped - 1) < SIZE_TOLERANCE) return;
  throw new Error(
    `a token of the floor takes ${floor} bytes of the checkpoint and one of ours ${bucketScoped}: they must be alike`,
  );
}
