import type { Panel } from "./chart";
import type { Life, Operation, Variant } from "./lifecycle";
import { OPERATIONS } from "./lifecycle";
import { growthExponents, median, pairedRatios } from "./statistics";

export type ByOperation<T> = Partial<Record<Operation, T>>;
export type ByVariant<T> = Partial<Record<Variant, T>>;
/** What `liveSideBySide` gave, for each run. */
export type Runs = readonly ReadonlyMap<Variant, Life>[];

/** How a provider's cost grows, for one operation. */
export interface Growth {
  /** Seconds above the floor, for each number of tokens; the median over runs. */
  readonly secondsAboveFloor: Readonly<Record<string, number>>;
  /** Power of n from each size to the next: 1 is linear. `null` where the cost is lost in the noise. */
  readonly exponents: readonly (number | null)[];
}

/** Lives compared with the floor. */
export interface Comparison {
  /** Ours divided by the floor, run by run; the median. */
  readonly ratios: ByOperation<number>;
  /** The least and the greatest of these ratios. */
  readonly ratioRanges: ByOperation<readonly [number, number]>;
  /** Medians. */
  readonly seconds: ByVariant<ByOperation<number>>;
}

/** Everything that the benchmark writes as JSON. */
export interface BenchResult extends Partial<Comparison> {
  readonly machine: {
    readonly cores: number;
    readonly node: string;
    readonly engine: string;
    readonly system: string;
  };
  readonly n: number;
  readonly runs: number;
  /** Ours divided by the naive provider, run by run; the median. */
  readonly ratiosToNaive?: ByOperation<number>;
  readonly bytesPerToken?: { bucketScoped: number; allAccess: number; floor: number; naive: number };
  /** Requests by kind, by operation. */
  readonly requests?: ByVariant<ByOperation<Readonly<Record<string, number>>>>;
  /** Sent and received, as the server counts them. */
  readonly bytesOnTheWire?: ByVariant<ByOperation<number>>;
  /** Of the provider's process with our tokens; `null` where the system does not tell. */
  readonly peakMemoryMiB?: number | null;
  readonly peakMemoryMiBByVariant?: ByVariant<number | null>;
  /** Processor time of the provider's process in seconds, by operation; medians. What others do at the same time hardly changes it. */
  readonly processorSeconds?: ByVariant<ByOperation<number>>;
  /** Most connections at once by our provider. */
  readonly maxConnections?: number;
  /** With the engine's experimental setting that writes no checkpoint before the end. */
  readonly withoutCheckpoints?: Comparison;
  readonly growth?: ByOperation<Growth>;
  readonly growthWithoutCheckpoints?: ByOperation<Growth>;
  /** Medians of seconds, by number of tokens. */
  readonly secondsByN?: Readonly<Record<string, ByVariant<ByOperation<number>>>>;
  /** Seconds with other values of `--parallel`. */
  readonly parallel?: Readonly<Record<string, ByOperation<number>>>;
  readonly emulatorRequestsPerSecond?: number;
  readonly simulation?: Simulation;
}

/** The provider's functions without the engine. */
export interface Simulation {
  readonly n: number;
  readonly peakMemoryMiB: number;
  readonly maxConnections: number;
  readonly phases: Readonly<
    Record<string, { seconds: number; requests: Readonly<Record<string, number>>; bytesOnTheWire: number }>
  >;
}

function samples<T>(
  runs: Runs,
  variant: Variant,
  operation: Operation,
  pick: (sample: NonNullable<ReturnType<Life["samples"]["get"]>>) => T,
): T[] {
  return runs.flatMap((run) => {
    const sample = run.get(variant)?.samples.get(operation);
    return sample === undefined ? [] : [pick(sample)];
  });
}

export function secondsOf(runs: Runs, variant: Variant, operation: Operation): number[] {
  return samples(runs, variant, operation, ({ seconds }) => seconds);
}

function variantsOf(runs: Runs): Variant[] {
  return [...(runs[0]?.keys() ?? [])].sort();
}

/** A value for each operation that was measured. */
function eachOperation<T>(runs: Runs, value: (operation: Operation) => T): ByOperation<T> {
  const measured = OPERATIONS.filter((operation) =>
    [...(runs[0]?.values() ?? [])].every((life) => life.samples.has(operation)),
  );
  return Object.fromEntries(measured.map((operation) => [operation, value(operation)]));
}

function eachVariant<T>(runs: Runs, value: (variant: Variant) => T): ByVariant<T> {
  return Object.fromEntries(variantsOf(runs).map((variant) => [variant, value(variant)]));
}

export function medianSeconds(runs: Runs): ByVariant<ByOperation<number>> {
  return eachVariant(runs, (variant) =>
    eachOperation(runs, (operation) => median(secondsOf(runs, variant, operation))),
  );
}

function ratiosOf(runs: Runs, variant: Variant, to: Variant): ByOperation<number[]> {
  return eachOperation(runs, (operation) =>
    pairedRatios(secondsOf(runs, variant, operation), secondsOf(runs, to, operation)),
  );
}

function mapOperations<T, U>(values: ByOperation<T>, map: (value: T) => U): ByOperation<U> {
  return Object.fromEntries(Object.entries(values).map(([operation, value]) => [operation, map(value)]));
}

export function compare(runs: Runs): Comparison {
  const ratios = ratiosOf(runs, "ours", "floor");
  return {
    ratios: mapOperations(ratios, median),
    ratioRanges: mapOperations(ratios, (all) => [Math.min(...all), Math.max(...all)] as const),
    seconds: medianSeconds(runs),
  };
}

/** What the lives at one number of tokens tell, beside the sizes of other presets. */
export function summarise(runs: Runs, allAccess: number): Partial<BenchResult> {
  const bytes = (variant: Variant): number =>
    median(runs.map((run) => run.get(variant)?.bytesPerToken ?? NaN));
  const peak = (variant: Variant): number | null => {
    const peaks = OPERATIONS.flatMap((operation) =>
      samples(runs, variant, operation, ({ peakMemoryMiB }) => peakMemoryMiB ?? NaN),
    ).filter((mib) => !Number.isNaN(mib));
    return peaks.length === 0 ? null : Math.max(...peaks);
  };
  const connections = OPERATIONS.flatMap((operation) =>
    samples(runs, "ours", operation, ({ maxConnections }) => maxConnections),
  );
  return {
    ...compare(runs),
    ratiosToNaive: mapOperations(ratiosOf(runs, "ours", "naive"), median),
    bytesPerToken: {
      bucketScoped: bytes("ours"),
      allAccess,
      floor: bytes("floor"),
      naive: bytes("naive"),
    },
    // Of the last run: they do not differ from one run to the next.
    requests: eachVariant(runs, (variant) =>
      eachOperation(runs, (operation) => samples(runs, variant, operation, (s) => s.requests).at(-1) ?? {}),
    ),
    bytesOnTheWire: eachVariant(runs, (variant) =>
      eachOperation(
        runs,
        (operation) => samples(runs, variant, operation, (s) => s.bytesReceived + s.bytesSent).at(-1) ?? 0,
      ),
    ),
    peakMemoryMiB: peak("ours"),
    peakMemoryMiBByVariant: eachVariant(runs, peak),
    processorSeconds: eachVariant(runs, (variant) =>
      eachOperation(runs, (operation) =>
        median(samples(runs, variant, operation, (sample) => sample.processorSeconds ?? NaN)),
      ),
    ),
    maxConnections: Math.max(...connections),
  };
}

/** How our seconds above the floor grow from one number of tokens to the next. */
export function growthOf(byN: ReadonlyMap<number, Runs>): ByOperation<Growth> {
  const sizes = [...byN.keys()].sort((a, b) => a - b);
  const [first] = byN.values();
  if (first === undefined || sizes.length < 2) return {};
  return eachOperation(first, (operation) => {
    const points = sizes.map((n) => {
      const runs = byN.get(n) ?? [];
      const floor = secondsOf(runs, "floor", operation);
      const above = secondsOf(runs, "ours", operation).map(
        (seconds, index) => seconds - (floor[index] ?? NaN),
      );
      return { n, cost: median(above) };
    });
    return {
      secondsAboveFloor: Object.fromEntries(points.map(({ n, cost }) => [String(n), cost])),
      exponents: growthExponents(points),
    };
  });
}

/** The chart's panels: the operations that everybody waits for. */
export function panelsOf(secondsByN: NonNullable<BenchResult["secondsByN"]>): Panel[] {
  return (["preview", "up", "refresh", "destroy"] as const).map((operation) => ({
    operation,
    lines: (["floor", "naive", "ours"] as const).map((variant) => ({
      variant,
      points: Object.entries(secondsByN).flatMap(([n, seconds]) => {
        const found = seconds[variant]?.[operation];
        return found === undefined ? [] : [{ n: Number(n), seconds: found }];
      }),
    })),
  }));
}
