import { type Operation, OPERATIONS, type Run, type Variant, VARIANTS } from "./lifecycle";

const NAMES: Readonly<Record<Operation, string>> = {
  preview: "`pulumi preview`",
  up: "`pulumi up`, all new",
  upAgain: "`pulumi up`, no change",
  refresh: "`pulumi refresh`",
  edit: "`pulumi up`, one description",
  replace: "`pulumi up`, one replaced",
  destroy: "`pulumi destroy`",
};
const TITLES: Readonly<Record<Variant, string>> = {
  floor: "floor",
  naive: "naive",
  ours: "InfluxToken",
  nativeFloor: "TypeScript: floor",
  native: "TypeScript: Token",
  yamlFloor: "YAML: floor",
  yaml: "YAML: Token",
};
/** What is compared with what nothing can be faster than. */
const FLOORS: readonly (readonly [own: Variant, floor: Variant])[] = [
  ["ours", "floor"],
  ["native", "nativeFloor"],
  ["yaml", "yamlFloor"],
];
/** Those that send requests. */
const ASKING: readonly Variant[] = ["naive", "ours", "native", "yaml"];
/** How far the floor's tokens may be from ours in size and still be the floor: the engine's time is a matter of bytes. */
const SIZE_TOLERANCE = 0.01;

/** The middle value; of an even number of values the mean of the two in the middle. `NaN` of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? NaN;
  return (lower + upper) / 2;
}

/** What the runs with n tokens took, as Markdown. Its tables are not aligned. Throws where the floor is none. */
export function figures(n: number, runs: readonly Run[]): string {
  const bytes = (variant: Variant): number => median(runs.map((run) => run[variant].bytesPerToken));
  const traced = (variant: Variant): number => median(runs.map((run) => run[variant].stackTraceBytes));
  for (const [own, floor] of FLOORS) {
    if (!(Math.abs(bytes(floor) / bytes(own) - 1) < SIZE_TOLERANCE))
      throw new Error(
        `a token of ${TITLES[floor]} takes ${bytes(floor)} bytes of the checkpoint and one of ${TITLES[own]} ${bytes(own)}: they must be alike`,
      );
  }
  const of = (variant: Variant, operation: Operation): number[] =>
    runs.map((run) => run[variant].samples[operation].seconds);
  const cell = (variant: Variant, operation: Operation): string =>
    `${median(of(variant, operation)).toFixed(1)} s`;
  // Run by run: what slows the machine for a while slows both.
  const ratio = (own: Variant, to: Variant, operation: Operation): string => {
    const others = of(to, operation);
    return range(of(own, operation).map((seconds, run) => seconds / (others[run] ?? NaN)));
  };
  const compared = (own: Variant, floor: Variant, other: Variant): string =>
    table(
      ["", TITLES[floor], TITLES[own], "to the floor", TITLES[other], `to ${TITLES[other]}`],
      OPERATIONS.map((operation) => [
        NAMES[operation],
        cell(floor, operation),
        cell(own, operation),
        ratio(own, floor, operation),
        cell(other, operation),
        ratio(own, other, operation),
      ]),
    );
  // They do not differ from one run to the next.
  const requests = OPERATIONS.map((operation) => {
    const asked = (variant: Variant): string =>
      requestsText(runs.at(-1)?.[variant].samples[operation].requests);
    return [NAMES[operation], ...ASKING.map(asked)];
  });
  const peak = (variant: Variant): string => {
    const samples = runs.flatMap((run) => Object.values(run[variant].samples));
    const peaks = samples.flatMap(({ peakMemoryMiB }) => peakMemoryMiB.provider ?? []);
    return peaks.length === 0 ? "unknown" : Math.max(...peaks).toFixed(0);
  };
  return [
    `### n = ${thousands(n)}, ${runs.length === 1 ? "each command once" : `medians of ${runs.length} runs`}`,
    compared("ours", "floor", "naive"),
    compared("native", "nativeFloor", "ours"),
    compared("yaml", "yamlFloor", "ours"),
    table(
      [
        "",
        "bytes of the checkpoint for each token",
        "without stack traces",
        "peak memory of the provider's process, MiB",
      ],
      VARIANTS.map((each) => [
        TITLES[each],
        thousands(bytes(each)),
        thousands(bytes(each) - traced(each)),
        peak(each),
      ]),
    ),
    table(["", ...ASKING.map((each) => `${TITLES[each]}: requests`)], requests),
  ].join("\n\n");
}

/** The median, and the least and the greatest where there are several. */
export function range(values: readonly number[]): string {
  const [middle, least, greatest] = [median(values), Math.min(...values), Math.max(...values)];
  return middle.toFixed(2) + (values.length > 1 ? ` (${least.toFixed(2)} to ${greatest.toFixed(2)})` : "");
}

function requestsText(requests: Readonly<Record<string, number>> = {}): string {
  const texts = Object.entries(requests).map(
    ([kind, n]) => `${thousands(n)} ${kind.replace("/api/v2/", "")}`,
  );
  return texts.join(", ") || "none";
}

export function thousands(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, column) => (column === 0 ? "---" : "--:"));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
