import { kindOf } from "../json";
import { quoted } from "../text";
import { isUnknown } from "./unknown";

interface Environment {
  readonly INFLUX_ROTATION?: string | undefined;
}

/** As much of a token's state as its rotation needs. */
interface Scheduled {
  readonly rotateAfter?: string;
  /** When it is due: RFC 3339. */
  readonly rotateAt?: string;
  /** RFC 3339, as the server says. */
  readonly createdAt: string;
  /** When this package took over a token that existed: RFC 3339. */
  readonly __adoptedAt?: string;
  /** It was imported, when no program had said a word of it. */
  readonly __imported?: true;
}

/** In place of a duration: the token is not rotated by time, whatever the stack's config says. */
export const NEVER = "never";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Clocks differ by minutes: a shorter time could be over as soon as the token is made. */
const MIN_MS = HOUR_MS;
/** A hundred years: far enough, and no date after it needs more than four digits for its year. */
const MAX_MS = 36_500 * DAY_MS;

const UNIT_MS: Readonly<Record<string, number>> = {
  W: 7 * DAY_MS,
  D: DAY_MS,
  H: HOUR_MS,
  M: 60_000,
  S: 1_000,
};

const SHORT = /^(\d{1,12})([hdw])$/;
/** Weeks stand alone in ISO 8601. */
const ISO_8601 = /^P(?:\d{1,12}W|(?=.)(?:\d{1,12}D)?(?:T(?=.)(?:\d{1,12}H)?(?:\d{1,12}M)?(?:\d{1,12}S)?)?)$/;

/** What an editor can tell of a value. */
export const ROTATE_AFTER_PATTERN = `^${NEVER}$|${SHORT.source}|${ISO_8601.source}`;

/** The beginning of time on any server that runs InfluxDB 2.x, and the end of what four digits of a year can say. */
const PLAUSIBLE_MS = { from: Date.UTC(2000, 0), until: Date.UTC(9000, 0) } as const;

/** How durations are written, for messages. */
const DURATIONS = [
  'whole hours, days or weeks such as "12h", "90d" or "2w"',
  'ISO 8601 without years and months such as "P90D" or "P1DT12H"',
];

/** What is wrong with a value, to be read after the name of its input or key; `undefined`: nothing. */
export function rotateAfterProblem(value: unknown): string | undefined {
  return value === NEVER ? undefined : problemOf(value, [...DURATIONS, `"${NEVER}"`]);
}

/** The same of an input that takes durations only. */
export function durationProblem(value: unknown): string | undefined {
  return problemOf(value, DURATIONS);
}

function problemOf(value: unknown, allowed: readonly string[]): string | undefined {
  const forms = `${allowed.slice(0, -1).join(", ")}, or ${allowed.slice(-1).join("")}`;
  if (typeof value !== "string") return `must be a string, not ${kindOf(value)}: ${forms}`;
  const ms = durationMs(value);
  if (ms === undefined) return `${quoted(value)} is no time that can be waited for: give ${forms}`;
  if (ms < MIN_MS) return `${quoted(value)} is less than an hour, the shortest time`;
  if (ms > MAX_MS) return `${quoted(value)} is more than 36500 days, the longest time`;
  return undefined;
}

/** Milliseconds; `undefined` for whatever is not of that form. */
function durationMs(text: string): number | undefined {
  const short = SHORT.exec(text);
  if (short === null && !ISO_8601.test(text)) return undefined;
  const parts = [...text.toUpperCase().matchAll(/(\d+)([WDHMS])/g)];
  return parts.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (UNIT_MS[unit] ?? NaN), 0);
}

/** How long after a token began its service it is rotated: milliseconds. `undefined`: not by time. */
export function intervalMs(rotateAfter: string | undefined): number | undefined {
  return rotateAfter === undefined || rotateAfter === NEVER ? undefined : durationMs(rotateAfter);
}

/** What is wrong with `INFLUX_ROTATION`; `undefined`: nothing. */
export function rotationSwitchProblem({ INFLUX_ROTATION: value = "" }: Environment): string | undefined {
  if (["", "on", "off"].includes(value)) return undefined;
  return `INFLUX_ROTATION in the environment is ${quoted(value)}: set it to "off", so that nothing counts as due in this run, or to "on", or leave it out`;
}

/** Whether nothing is to count as due in this run. */
export function isRotationOff({ INFLUX_ROTATION: value }: Environment): boolean {
  return value === "off";
}

/**
 * Whether the token's time is over. A time that the program changes is first written down: what the new one asks for
 * happens in the next run.
 *
 * @param nowMs this machine's clock: milliseconds since 1970.
 */
export function isDue(
  state: Pick<Scheduled, "rotateAfter" | "rotateAt">,
  declared: { readonly rotateAfter?: string },
  nowMs: number,
): boolean {
  const { rotateAt } = state;
  if (rotateAt === undefined || !(Date.parse(rotateAt) <= nowMs)) return false;
  const { rotateAfter } = declared;
  // It may turn out to be the same one: a replacement must not come as a surprise.
  return isUnknown(rotateAfter) || intervalMs(rotateAfter) === intervalMs(state.rotateAfter);
}

/**
 * The state with the time at which the token is due: counted from when it was made, adopted or imported, and after a
 * later change of `rotateAfter` from when it was made.
 *
 * @param before the state before a change in place.
 * @param nowMs this machine's clock, which counts where the server's time of creation cannot be one.
 */
export function withRotateAt<State extends Scheduled>(
  given: State,
  before: Scheduled | undefined,
  nowMs: number,
): State {
  const state = Object.fromEntries(Object.entries(given).filter(([name]) => name !== "rotateAt")) as State;
  const interval = intervalMs(state.rotateAfter);
  if (interval === undefined) return state;
  const isKept = before?.rotateAt !== undefined && intervalMs(before.rotateAfter) === interval;
  if (isKept) return { ...state, rotateAt: before.rotateAt };
  // An import cannot know what the program says.
  const isFirst = before === undefined || (before.__imported === true && before.rotateAfter === undefined);
  const since = plausibleTime((isFirst ? state.__adoptedAt : undefined) ?? state.createdAt);
  return { ...state, rotateAt: new Date((since ?? nowMs) + interval).toISOString() };
}

/** Milliseconds since 1970; `undefined` where a token cannot have been made then. */
export function plausibleTime(rfc3339: string): number | undefined {
  const ms = Date.parse(rfc3339);
  return ms >= PLAUSIBLE_MS.from && ms < PLAUSIBLE_MS.until ? ms : undefined;
}
