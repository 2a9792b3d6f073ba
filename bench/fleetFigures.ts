import { median, range, table, thousands } from "./figures";
import { FLEET_STEPS, FLEET_VARIANTS, type FleetRun, type FleetStep, type FleetVariant } from "./fleets";
import { PROCESS_ROLES } from "../scripts/processes";

const NAMES: Readonly<Record<FleetStep, string>> = {
  preview: "`pulumi preview`",
  up: "`pulumi up`, all new",
  upAgain: "`pulumi up`, no change",
  refresh: "`pulumi refresh`",
  add: "`pulumi up`, one more",
  rotate: "`pulumi up`, one rotated",
  destroy: "`pulumi destroy`",
};
const TITLES: Readonly<Record<FleetVariant, string>> = {
  floor: "fleet: floor",
  fleet: "InfluxTokenFleet",
  native: "TokenFleet",
  tokens: "InfluxToken",
};
/** What a command is to take at most, in seconds, by the number of members: on two cores that do nothing else. */
export const AIMS: Readonly<Record<number, Partial<Readonly<Record<FleetStep, number>>>>> = {
  1000: { up: 5 },
  10_000: { up: 20, upAgain: 5, add: 5, refresh: 4, destroy: 15 },
};
const BYTES_AIM = 400;
/** How far the floor may be from the fleet in size and still be the floor. */
const SIZE_TOLERANCE = 0.01;

/** The runs of one number of members. */
export interface FleetRuns {
  readonly n: number;
  readonly runs: readonly FleetRun[];
}

/** What the runs with n members took, as Markdown. Its tables are not aligned. Throws where the floor is none. */
export function fleetFigures({ n, runs }: FleetRuns): string {
  const variants = FLEET_VARIANTS.filter((variant) => runs.some((run) => run[variant] !== undefined));
  const bytes = (variant: FleetVariant): number =>
    median(runs.flatMap((run) => run[variant]?.bytesPerMember ?? []));
  if (!(Math.abs(bytes("floor") / bytes("fleet") - 1) < SIZE_TOLERANCE))
    throw new Error(
      `a member of the floor takes ${bytes("floor")} bytes of the checkpoint and one of the fleet ${bytes("fleet")}: they must be alike`,
    );
  const exported = (variant: FleetVariant): number =>
    median(runs.flatMap((run) => run[variant]?.exportedBytes ?? []));
  const aim = (step: FleetStep): string => {
    const seconds = AIMS[n]?.[step];
    return seconds === undefined ? "" : `≤ ${seconds} s`;
  };
  const ratio = (step: FleetStep): string =>
    range(
      runs.map(
        ({ fleet, floor }) => (fleet?.samples[step].seconds ?? NaN) / (floor?.samples[step].seconds ?? NaN),
      ),
    );
  const peaks = (variant: FleetVariant): string[] =>
    PROCESS_ROLES.map((role) => {
      const samples = runs.flatMap((run) => Object.values(run[variant]?.samples ?? {}));
      const all = samples.flatMap(({ peakMemoryMiB }) => peakMemoryMiB[role] ?? []);
      return all.length === 0 ? "unknown" : Math.max(...all).toFixed(0);
    });
  return [
    `### ${thousands(n)} members, ${runs.length === 1 ? "each command once" : `medians of ${runs.length} runs`}`,
    table(
      ["", ...variants.map((variant) => TITLES[variant]), `${TITLES.fleet} to the floor`, "aim"],
      FLEET_STEPS.map((step) => [
        NAMES[step],
        ...variants.map((variant) => `${secondsOf(runs, variant, step).toFixed(1)} s`),
        ratio(step),
        aim(step),
      ]),
    ),
    table(
      [
        "",
        "bytes of the checkpoint for each member",
        "of these, exported",
        ...PROCESS_ROLES.map((role) => `peak MiB: ${role}`),
      ],
      [
        ...variants.map((variant) => [
          TITLES[variant],
          thousands(bytes(variant)),
          thousands(exported(variant)),
          ...peaks(variant),
        ]),
        ["aim", `≤ ${BYTES_AIM}`, "", ...PROCESS_ROLES.map(() => "")],
      ],
    ),
  ].join("\n\n");
}

/** How the time grows from one number of members to the next, as Markdown: what each further member adds. */
export function growthFigures(all: readonly FleetRuns[]): string {
  const sorted = [...all].sort((a, b) => a.n - b.n);
  const pairs = sorted.slice(1).flatMap((to, index) => {
    const from = sorted[index];
    return from === undefined ? [] : [{ from, to }];
  });
  const each = ({ from, to }: { from: FleetRuns; to: FleetRuns }, step: FleetStep): string => {
    const added = secondsOf(to.runs, "fleet", step) - secondsOf(from.runs, "fleet", step);
    return `${((added * 1000) / (to.n - from.n)).toFixed(2)} ms`;
  };
  return [
    `### What each further member of ${TITLES.fleet} adds`,
    table(
      ["", ...pairs.map(({ from, to }) => `from ${thousands(from.n)} to ${thousands(to.n)}`)],
      FLEET_STEPS.map((step) => [NAMES[step], ...pairs.map((pair) => each(pair, step))]),
    ),
  ].join("\n\n");
}

function secondsOf(runs: readonly FleetRun[], variant: FleetVariant, step: FleetStep): number {
  return median(runs.flatMap((run) => run[variant]?.samples[step].seconds ?? []));
}
