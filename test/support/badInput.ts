import * as fc from "fast-check";
import { WIRE_UNKNOWN } from "../../provider/pulumiHost/wireValues";

/** What no line of a log and no message may hold: what a terminal acts on, or what nobody sees. */
export const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
export const MB = 1_000_000;
/** Milliseconds: far more than any of it takes, and far less than a hang. */
export const PATIENCE_MS = 5_000;

/** Fails where the answer takes its time. */
export async function inTime<T>(answer: Promise<T>): Promise<T> {
  const begin = performance.now();
  const given = await answer;
  expect(performance.now() - begin).toBeLessThan(PATIENCE_MS);
  return given;
}

/** Fails where something was written into what every object inherits. */
export function expectNoPollution(): void {
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
}

/** Names of what every object has, and none at all. */
export const oddKey = fc.constantFrom(
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "",
);
export const oddText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(WIRE_UNKNOWN, "\u001b[2J", "a\u202eb", "\ud800", "0".repeat(16), "../../etc", "${x}"),
);
export const oddValue = fc.oneof(
  fc.jsonValue({ stringUnit: "binary" }) as fc.Arbitrary<unknown>,
  oddText,
  fc.anything(),
);
