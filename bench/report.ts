import { OPERATIONS, type Operation, type Variant } from "./lifecycle";
import type { BenchResult, ByOperation, Comparison, Growth, Simulation } from "./result";

/** The greatest ratios to the floor that are aimed at. */
const TARGETS: ByOperation<number> = { preview: 1.1, up: 1.15, refresh: 1.15, destroy: 1.15 };
const TARGET_WITHOUT_CHECKPOINTS = 1.5;
const VARIANTS: readonly Variant[] = ["floor", "naive", "ours"];

/** The result as text for a terminal. */
export function reportText(result: BenchResult): string {
  const { machine, n, runs } = result;
  const lines = [
    `${n} tokens, ${runs} ${runs === 1 ? "run" : "runs"}, medians`,
    `${machine.system}, ${machine.cores} cores, Node.js ${machine.node}, Pulumi ${machine.engine}`,
  ];
  if (result.seconds) {
    lines.push(
      "",
      "With checkpoints:",
      ...comparisonLines(result as Comparison, TARGETS, result.ratiosToNaive),
    );
    lines.push("", "Requests, and KiB on the wire:", ...requestLines(result));
    lines.push("", ...factLines(result));
  }
  if (result.withoutCheckpoints) {
    const targets = Object.fromEntries(
      ["up", "refresh", "destroy"].map((operation) => [operation, TARGET_WITHOUT_CHECKPOINTS]),
    );
    lines.push("", "Without checkpoints:", ...comparisonLines(result.withoutCheckpoints, targets));
  }
  lines.push(...growthLines("with checkpoints", result.growth));
  lines.push(...growthLines("without checkpoints", result.growthWithoutCheckpoints));
  for (const [value, seconds] of Object.entries(result.parallel ?? {})) {
    lines.push(`--parallel ${value}: ${operationsText(seconds, (s) => `${s.toFixed(1)} s`)}`);
  }
  if (result.emulatorRequestsPerSecond !== undefined) {
    lines.push("", `Emulator: ${result.emulatorRequestsPerSecond.toFixed(0)} requests/s (target 5000)`);
  }
  if (result.simulation) lines.push("", ...simulationLines(result.simulation));
  return `${lines.join("\n")}\n`;
}

/** The rows with each cell as wide as its column; the first one to the left, as words are, and numbers to the right. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
}

function comparisonLines(
  { ratios, ratioRanges, seconds }: Comparison,
  targets: ByOperation<number>,
  toNaive: ByOperation<number> = {},
): string[] {
  const variants = VARIANTS.filter((variant) => seconds[variant] !== undefined);
  const head = [
    "",
    ...variants.map((variant) => `${variant}, s`),
    "to floor",
    "from",
    "to",
    "target",
    "to naive",
  ];
  const rows = OPERATIONS.flatMap((operation) => {
    const ratio = ratios[operation];
    if (ratio === undefined) return [];
    const [least, greatest] = ratioRanges[operation] ?? [NaN, NaN];
    return [
      [
        operation,
        ...variants.map((variant) => seconds[variant]?.[operation]?.toFixed(2) ?? ""),
        ratio.toFixed(3),
        least.toFixed(3),
        greatest.toFixed(3),
        verdict(ratio, targets[operation]),
        toNaive[operation]?.toFixed(3) ?? "",
      ],
    ];
  });
  return table([head, ...rows]);
}

function verdict(ratio: number, target: number | undefined): string {
  return target === undefined ? "" : `${target.toFixed(2)} ${ratio <= target ? "met" : "missed"}`;
}

function requestLines({ requests = {}, bytesOnTheWire = {} }: BenchResult): string[] {
  return (["naive", "ours"] as const).flatMap((variant) =>
    OPERATIONS.map((operation) => {
      const kinds = Object.entries(requests[variant]?.[operation] ?? {});
      const kib = (bytesOnTheWire[variant]?.[operation] ?? 0) / 1024;
      const asked = kinds.map(([kind, count]) => `${count} ${kind.replace("/api/v2/", "")}`).join(", ");
      return `${variant} ${operation}: ${asked || "none"} (${kib.toFixed(1)})`;
    }),
  );
}

function factLines({
  bytesPerToken,
  peakMemoryMiBByVariant = {},
  processorSeconds = {},
  maxConnections,
}: BenchResult): string[] {
  const lines: string[] = [];
  if (bytesPerToken) {
    const { bucketScoped, allAccess, floor, naive } = bytesPerToken;
    lines.push(
      `Checkpoint, bytes a token: ${bucketScoped.toFixed(0)} bucket-scoped (target 2500), ${allAccess.toFixed(0)} all-access (target 7500); floor ${floor.toFixed(0)}, naive ${naive.toFixed(0)}`,
    );
  }
  const peaks = VARIANTS.map(
    (variant) => `${variant} ${peakMemoryMiBByVariant[variant]?.toFixed(0) ?? "unknown"}`,
  );
  lines.push(`Provider's process at its peak, MiB: ${peaks.join(", ")} (target for ours 150)`);
  for (const variant of VARIANTS) {
    const times = operationsText(processorSeconds[variant] ?? {}, (seconds) => seconds.toFixed(2));
    lines.push(`Provider's process, processor seconds, ${variant}: ${times}`);
  }
  lines.push(`Connections at once, ours: ${maxConnections ?? "unknown"} (at most 16)`);
  return lines;
}

function growthLines(title: string, growth: ByOperation<Growth> = {}): string[] {
  const rows = OPERATIONS.flatMap((operation) => {
    const found = growth[operation];
    if (found === undefined) return [];
    const { secondsAboveFloor, exponents } = found;
    return [
      [
        operation,
        ...Object.values(secondsAboveFloor).map((s) => s.toFixed(2)),
        ...exponents.map(exponentText),
      ],
    ];
  });
  if (rows.length === 0) return [];
  const sizes = Object.keys(Object.values(growth)[0]?.secondsAboveFloor ?? {});
  const steps = sizes.slice(1).map((size, index) => `${sizes[index] ?? ""}-${size}`);
  const head = ["", ...sizes.map((size) => `n=${size}`), ...steps];
  return [
    "",
    `Seconds above the floor ${title}, and the power of n by which they grow:`,
    ...table([head, ...rows]),
  ];
}

function exponentText(exponent: number | null): string {
  return exponent === null ? "noise" : exponent.toFixed(2);
}

function operationsText<T>(values: ByOperation<T>, text: (value: T) => string): string {
  return (Object.entries(values) as [Operation, T][])
    .map(([operation, value]) => `${operation} ${text(value)}`)
    .join(", ");
}

function simulationLines({ n, peakMemoryMiB, maxConnections, phases }: Simulation): string[] {
  const rows = Object.entries(phases).map(([phase, { seconds, requests }]) => [
    phase,
    seconds.toFixed(2),
    String(Object.values(requests).reduce((sum, count) => sum + count, 0)),
  ]);
  return [
    `Simulated without the engine, ${n} tokens: at most ${maxConnections} connections, peak ${peakMemoryMiB.toFixed(0)} MiB`,
    ...table([["", "s", "requests"], ...rows]),
  ];
}
