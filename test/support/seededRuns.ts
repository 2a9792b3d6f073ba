import { SOAK } from "./soak";

/** Replay one run by giving its seed: `FAULT_SEED=123 npx jest test/reliability/faults`. */
const SEED = process.env["FAULT_SEED"];

/** Searches for longer than the tests do: `FAULT_RUNS=3000 npx jest test/reliability`. */
const RUNS = process.env["FAULT_RUNS"];

/** How many runs there are: as many as FAULT_RUNS says, else the larger number in a soak test. */
export function runCount({ runs, soakRuns }: Pick<SeededRuns, "runs" | "soakRuns">): number {
  return Number(RUNS ?? (SOAK ? soakRuns : runs));
}

/** What {@link seededRuns} is to do. */
export interface SeededRuns {
  /** How many runs, each with a seed of its own, in `npm test`. */
  readonly runs: number;
  /** How many runs in `npm run test:soak`. */
  readonly soakRuns: number;
  /** How many of them at the same time. */
  readonly atOnce: number;
  readonly run: (seed: number) => Promise<void>;
}

/** Runs with seeds that are printed, or with the one that FAULT_SEED names. Gives the message of each that failed. */
export async function seededRuns({ atOnce, run, ...counts }: SeededRuns): Promise<string[]> {
  const first = Math.floor(Math.random() * 1_000_000_000);
  const count = runCount(counts);
  const seeds = SEED === undefined ? Array.from({ length: count }, (_, n) => first + n) : [Number(SEED)];
  process.stdout.write(`fault injection: seeds ${String(seeds[0])} to ${String(seeds.at(-1))}\n`);
  const failed: string[] = [];
  const worker = async (): Promise<void> => {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
      try {
        await run(seed);
      } catch (error) {
        failed.push(`FAULT_SEED=${seed}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return failed;
}
