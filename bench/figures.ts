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
const TITLES: Readonly<Record<Variant, string>> = { floor: "floor", naive: "naive", ours: "InfluxToken" };
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
  if (!(Math.abs(bytes("floor") / bytes("ours") - 1) < SIZE_TOLERANCE))
    throw new Error(
      `a token of the floor takes ${bytes("floor")} bytes of the checkpoint and one of ours ${bytes("ours")}: they must be alike`,
    );
  const seconds = OPERATIONS.map((operation) => {
    const of = (variant: Variant): number[] => runs.map((run) => run[variant].samples[operation].seconds);
    const cell = (variant: Variant): string => `${median(of(variant)).toFixed(1)} s`;
    // Run by run: what slows the machine for a while slows both.
    const ratio = (to: Variant): string => range(of("ours").map((own, run) => own / (of(to)[run] ?? NaN)));
    return [NAMES[operation], cell("floor"), cell("ours"), ratio("floor"), cell("naive"), ratio("naive")];
  });
  // They do not differ from one run to the next.
  const requests = OPERATIONS.map((operation) => {
    const of = (variant: Variant): string => requestsText(runs.at(-1)?.[variant].samples[operation].requests);
    return [NAMES[operation], of("naive"), of("ours")];
  });
  const peak = (variant: Variant): string => {
    const samples = runs.flatMap((run) => Object.values(run[variant].samples));
    const peaks = samples.flatMap(({ peakMemoryMiB }) => peakMemoryMiB ?? []);
    return peaks.length === 0 ? "unknown" : Math.max(...peaks).toFixed(0);
  };
  return [
    `### n = ${thousands(n)}, ${runs.length === 1 ? "each command once" : `medians of ${runs.length} runs`}`,
    table(["", "floor", "InfluxToken", "to the floor", "naive", "to naive"], seconds),
    table(
      ["", ...VARIANTS.map((variant) => TITLES[variant])],
      [
        ["bytes of the checkpoint for each token", ...VARIANTS.map((each) => thousands(bytes(each)))],
        ["peak memory of the provider's process, MiB", ...VARIANTS.map(peak)],
      ],
    ),
    table(["", "naive: requests", "InfluxToken: requests"], requests),
  ].join("\n\n");
}

/** The median, and the least and the greatest where there are several. */
function range(values: readonly number[]): string {
  const [middle, least, greatest] = [median(values), Math.min(...values), Math.max(...values)];
  return middle.toFixed(2) + (values.length > 1 ? ` (${least.toFixed(2)} to ${greatest.toFixed(2)})` : "");
}

function requestsText(requests: Readonly<Record<string, number>> = {}): string {
  const texts = Object.entries(requests).map(
    ([kind, n]) => `${thousands(n)} ${kind.replace("/api/v2/", "")}`,
  );
  return texts.join(", ") || "none";
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, column) => (column === 0 ? "---" : "--:"));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
