/** As much of a description as a name shows. */
const MAX_LENGTH = 40;

/** Texts that YAML takes for something else than a text. */
const WORDS: ReadonlySet<string> = new Set(["true", "false", "null", "yes", "no", "on", "off", "y", "n"]);

/** What a name is made of. */
export interface Named {
  /** Unique. */
  readonly id: string;
  /** A text for people, of any length. */
  readonly text: string;
}

/**
 * A name of a resource for each: made from its text, unique, and the same whenever the others are. Small letters, digits
 * and dashes, beginning with a letter: what Pulumi, its config keys and YAML take without quotes. Where several would
 * share a name, or somebody else has it, each ends in its id, so that none depends on the order.
 *
 * @param taken Names that others have.
 * @returns name by id.
 */
export function namesFor(all: readonly Named[], taken: ReadonlySet<string>): ReadonlyMap<string, string> {
  const wanted = new Map(all.map(({ id, text }) => [id, slug(text)] as const));
  const counts = new Map<string, number>();
  for (const name of wanted.values()) counts.set(name, (counts.get(name) ?? 0) + 1);
  const isFree = (name: string): boolean => name !== "" && counts.get(name) === 1 && !taken.has(name);
  const used = new Set([...taken, ...[...wanted.values()].filter(isFree)]);
  const names = new Map<string, string>();
  for (const [id, name] of [...wanted].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const given = isFree(name) ? name : unused(`${name === "" ? "token" : name}-${id}`, used);
    used.add(given);
    names.set(id, given);
  }
  return names;
}

function unused(name: string, used: ReadonlySet<string>): string {
  for (let n = 1; ; n += 1) {
    const candidate = n === 1 ? name : `${name}-${n}`;
    if (!used.has(candidate)) return candidate;
  }
}

function slug(text: string): string {
  const words = text
    .slice(0, 1_000)
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+/, "");
  // Cut where a word ends, if one does.
  const whole = words.length > MAX_LENGTH ? words.slice(0, MAX_LENGTH + 1).replace(/-[^-]*$/, "") : words;
  const name = whole.slice(0, MAX_LENGTH).replace(/-+$/, "");
  return name === "" || /^[a-z]/.test(name) ? (WORDS.has(name) ? `token-${name}` : name) : `token-${name}`;
}
