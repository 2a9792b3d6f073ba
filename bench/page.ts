import { OPERATIONS, type Operation } from "./lifecycle";
import type { BenchResult, ByOperation, Comparison } from "./result";

const BEGIN = "<!-- figures: begin -->";
const END = "<!-- figures: end -->";

/** Puts the figures of a run into the page of the documentation, in place of those of the run before. */
export function withFigures(page: string, result: BenchResult): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`the page lacks "${BEGIN}" and "${END}" after it`);
  return `${page.slice(0, begin)}${BEGIN}\n\n${figures(result)}\n\n${page.slice(end)}`;
}

/** The figures as Markdown. Its tables are not aligned. */
export function figures(result: BenchResult): string {
  const { machine, n, runs } = result;
  const parts = [
    `One run of the benchmark with n = ${thousands(n)}, each command ${runs === 1 ? "once" : `${runs} times`}, on ${machine.cores} cores of ${machine.system} with Node.js ${machine.node} and Pulumi ${machine.engine}.`,
  ];
  if (result.seconds)
    parts.push("### With checkpoints", seconds(result as Comparison, result.runs, result.ratiosToNaive));
  if (result.bytesPerToken) parts.push("### Sizes and requests", sizes(result));
  if (result.withoutCheckpoints) {
    parts.push("### Without checkpoints", seconds(result.withoutCheckpoints, result.runs));
  }
  if (result.parallel) parts.push("### `--parallel`", parallel(result.parallel));
  if (result.growth && Object.keys(result.growth).length > 0) parts.push("### Growth", growth(result));
  parts.push("### Without the engine", ...withoutEngine(result));
  return parts.join("\n\n");
}

function seconds(
  { seconds: all, ratios, ratioRanges }: Comparison,
  runs: number,
  toNaive?: ByOperation<number>,
): string {
  const naive = all.naive;
  const rows = OPERATIONS.map((operation) => {
    const [least = NaN, greatest = NaN] = ratioRanges[operation] ?? [];
    return [
      NAMES[operation],
      time(all.floor?.[operation]),
      time(all.ours?.[operation]),
      // A single run has no range.
      fixed(ratios[operation]) + (runs === 1 ? "" : ` (${fixed(least)} to ${fixed(greatest)})`),
      ...(naive ? [time(naive[operation]), fixed(toNaive?.[operation])] : []),
    ];
  });
  const head = ["", "floor", "InfluxToken", "to the floor", ...(naive ? ["naive", "to naive"] : [])];
  return markdownTable([head, ...rows]);
}

const NAMES: Readonly<Record<Operation, string>> = {
  preview: "`pulumi preview`",
  up: "`pulumi up`, all new",
  upAgain: "`pulumi up`, no change",
  refresh: "`pulumi refresh`",
  edit: "`pulumi up`, one description",
  replace: "`pulumi up`, one replaced",
  destroy: "`pulumi destroy`",
};

function sizes({ bytesPerToken, requests, bytesOnTheWire, ...result }: BenchResult): string {
  const asked = OPERATIONS.map((operation) => [
    NAMES[operation],
    ...(["naive", "ours"] as const).flatMap((variant) => [
      requestsText(requests?.[variant]?.[operation] ?? {}),
      `${((bytesOnTheWire?.[variant]?.[operation] ?? 0) / 1024).toFixed(0)} KiB`,
    ]),
  ]);
  const mib = result.peakMemoryMiBByVariant ?? {};
  const facts = [
    ["", "floor", "naive", "InfluxToken"],
    [
      "bytes of checkpoint for a token with one bucket",
      ...[bytesPerToken?.floor, bytesPerToken?.naive, bytesPerToken?.bucketScoped].map(thousands),
    ],
    ["bytes of checkpoint for an all-access token", "", "", thousands(bytesPerToken?.allAccess)],
    [
      "peak memory of the provider's process, MiB",
      ...[mib.floor, mib.naive, mib.ours].map((m) => thousands(m ?? undefined)),
    ],
    ["connections at once", "", "", thousands(result.maxConnections)],
  ];
  return `${markdownTable(facts)}\n\n${markdownTable([["", "naive: requests", "bytes", "InfluxToken: requests", "bytes"], ...asked])}`;
}

function parallel(values: NonNullable<BenchResult["parallel"]>): string {
  const operations = ["up", "refresh", "destroy"] as const;
  const rows = Object.entries(values).map(([value, found]) => [
    `\`--parallel ${value}\``,
    ...operations.map((operation) => time(found[operation])),
  ]);
  return `InfluxToken, with checkpoints, once each.\n\n${markdownTable([["", ...operations.map((o) => NAMES[o])], ...rows])}`;
}

function growth({ growth: withThem = {}, growthWithoutCheckpoints: without = {} }: BenchResult): string {
  const numbers = Object.keys(Object.values(withThem)[0]?.secondsAboveFloor ?? {});
  const rows = [withThem, without].flatMap((found, index) =>
    (["up", "refresh", "destroy"] as const).flatMap((operation) => {
      const entry = found[operation];
      if (entry === undefined) return [];
      const exponents = entry.exponents.map((e) => (e === null ? "noise" : e.toFixed(1))).join(", ");
      const name = `${NAMES[operation]}${index === 0 ? "" : ", without checkpoints"}`;
      return [[name, ...numbers.map((n) => time(entry.secondsAboveFloor[n])), exponents]];
    }),
  );
  return `Seconds above the floor by number of tokens, and the power of n by which they grow: 1 is linear.\n\n${markdownTable([["", ...numbers.map((n) => `n = ${thousands(Number(n))}`), "power of n"], ...rows])}`;
}

function withoutEngine({ emulatorRequestsPerSecond, simulation }: BenchResult): string[] {
  const parts: string[] = [];
  if (emulatorRequestsPerSecond !== undefined) {
    parts.push(
      `The emulator answers ${thousands(emulatorRequestsPerSecond)} requests a second for \`GET\` by id, with 10,000 tokens, on one core.`,
    );
  }
  if (simulation) {
    const { n, peakMemoryMiB, maxConnections, phases } = simulation;
    parts.push(
      `The provider's functions alone, for ${thousands(n)} tokens that are all asked for at once: at most ${maxConnections} connections, ${thousands(peakMemoryMiB)} MiB at the peak.`,
      markdownTable([
        ["", "seconds", "requests"],
        ...Object.entries(phases).map(([phase, { seconds: taken, requests }]) => [
          phase,
          time(taken),
          thousands(Object.values(requests).reduce((sum, count) => sum + count, 0)),
        ]),
      ]),
    );
  }
  return parts;
}

function markdownTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? "---" : "--:"))), ...rows.map(line)].join(
    "\n",
  );
}

function requestsText(requests: Readonly<Record<string, number>>): string {
  const texts = Object.entries(requests).map(
    ([kind, count]) => `${thousands(count)} ${kind.replace("/api/v2/", "")}`,
  );
  return texts.join(", ") || "none";
}

function thousands(value: number | undefined): string {
  return value === undefined ? "" : Math.round(value).toLocaleString("en-US");
}

function fixed(value: number | undefined): string {
  return value === undefined ? "" : value.toFixed(2);
}

function time(value: number | undefined): string {
  return value === undefined ? "" : `${value.toFixed(1)} s`;
}
