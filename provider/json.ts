/** Whether two plain values say the same: the order of keys does not matter. */
export function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

/** The entries of a record under the names. */
export function entriesOf(record: object, names: readonly string[]): [string, unknown][] {
  return Object.entries(record).filter(([name]) => names.includes(name));
}

/** Whether a plain value has keys. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What kind of value it is, for messages that want another one. */
export function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** Whether a program gives no value: `null` is what other languages give in place of `undefined`. */
export function isLeftOut(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}
