/** What placeholders came to stand for. */
export type Bindings = Map<string, string>;

const PLACEHOLDER = /\{\{([^}]+)\}\}/;
const RFC_3339 = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)`;

/**
 * Compares an answer with the recorded one and binds placeholders that it shows for the first time.
 * @returns one line for each difference: where, what was expected, what came.
 */
export function differences(expected: unknown, got: unknown, bindings: Bindings, path: string): string[] {
  if (typeof expected === "string" && typeof got === "string") {
    return matchText(expected, got, bindings) ? [] : [describe(path, fill(expected, bindings), got)];
  }
  if (Array.isArray(expected) && Array.isArray(got)) {
    const items: unknown[] = expected;
    const length = items.length === got.length ? [] : [describe(`${path}.length`, items.length, got.length)];
    return [
      ...length,
      ...items.flatMap((item, index) => differences(item, got[index], bindings, `${path}[${String(index)}]`)),
    ];
  }
  if (isRecord(expected) && isRecord(got)) {
    const keys = new Set([...Object.keys(expected), ...Object.keys(got)]);
    return [...keys].flatMap((key) => differences(expected[key], got[key], bindings, `${path}.${key}`));
  }
  return Object.is(expected, got) ? [] : [describe(path, fill(expected, bindings), got)];
}

/** Puts what placeholders stand for in their place, all the way down. Unbound ones stay. */
export function fill(value: unknown, bindings: Bindings): unknown {
  return mapText(value, (text) =>
    text.replaceAll(new RegExp(PLACEHOLDER, "g"), (all, name: string) => bindings.get(name) ?? all),
  );
}

/** Changes every string of a value, all the way down. */
export function mapText(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => mapText(item, change));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapText(item, change)]));
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function matchText(expected: string, got: string, bindings: Bindings): boolean {
  const unbound: string[] = [];
  // Splitting by a pattern with a group gives text and names by turns.
  const pattern = expected.split(PLACEHOLDER).map((part, index) => {
    if (index % 2 === 0) return escapePattern(part);
    if (part === "time") return RFC_3339;
    const bound = bindings.get(part);
    if (bound !== undefined) return escapePattern(bound);
    unbound.push(part);
    return "(.+)";
  });
  const match = new RegExp(`^${pattern.join("")}$`, "s").exec(got);
  unbound.forEach((name, index) => {
    const value = match?.[index + 1];
    if (value !== undefined) bindings.set(name, value);
  });
  return match !== null;
}

function describe(path: string, expected: unknown, got: unknown): string {
  return `${path}: expected ${show(expected)}, got ${show(got)}`;
}

function show(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
