import { createHash } from "node:crypto";
import { isLeftOut, isRecord, kindOf } from "../json";
import { printable, quoted } from "../text";
import type { Failure } from "../token/inputs";
import { isUnknown } from "../token/unknown";

/** In a text of a fleet: the member's name. */
export const MEMBER = "{member}";

/**
 * How many shards a fleet has. The engine writes the whole state for each resource, so fewer are faster; a run that is
 * killed loses a shard at most, so more are safer. Measured: docs/decisions/0023. It is in states: it never changes.
 */
export const SHARDS = 64;

const MAX_NAME = 100;

/** A member's own inputs, by the member's name. */
export type Members = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

/**
 * Which shard a member is in, for ever: the tokens of a member that changed its shard would be made anew. The first four
 * bytes of the name's SHA-256, as an unsigned big-endian number, modulo {@link SHARDS}.
 */
export function shardIndexOf(name: string): number {
  return createHash("sha256").update(name, "utf8").digest().readUInt32BE(0) % SHARDS;
}

/** A shard as names and paths write it: two digits. */
export function shardLabel(index: number): string {
  return String(index).padStart(2, "0");
}

/** The path of the fleet of a shard with this path. */
export function fleetOfShard(shard: string): string {
  return shard.slice(0, shard.lastIndexOf("/"));
}

/** The members of each shard that has some, in the order of the shards. */
export function shardsOf(members: Members): Map<number, Members> {
  const shards = new Map<number, Map<string, Readonly<Record<string, unknown>>>>();
  for (const [name, own] of members) {
    const index = shardIndexOf(name);
    const shard = shards.get(index) ?? new Map<string, Readonly<Record<string, unknown>>>();
    shards.set(index, shard.set(name, own));
  }
  return new Map([...shards].sort(([a], [b]) => a - b));
}

/** What is wrong with a member's name, to be read after it; `undefined`: nothing. */
export function memberNameProblem(name: string): string | undefined {
  if (name === "") return "is empty";
  if (name.length > MAX_NAME) return `is longer than ${MAX_NAME} characters`;
  if (printable(name, MAX_NAME) !== name) return "holds a character that cannot be seen";
  if (name.trim() !== name) return "begins or ends with a blank";
  if (/[{}]/.test(name)) return "holds a brace, which stands for a placeholder in texts";
  if (name.startsWith("__")) return "begins with two underscores, which Pulumi keeps for itself";
  return undefined;
}

/**
 * Reads the members of a fleet: a list of names, or a map from names to own inputs.
 *
 * @returns the members, and what is wrong: of a list by its place, of a map by the name.
 */
export function readMembers(given: unknown): { members: Members; failures: Failure[] } {
  const members = new Map<string, Readonly<Record<string, unknown>>>();
  const failures: Failure[] = [];
  const fail = (property: string, reason: string): void => void failures.push({ property, reason });
  if (!Array.isArray(given) && !isRecord(given)) {
    fail(
      "members",
      `members must be a list of names or a map from names, not ${isLeftOut(given) ? "left out" : kindOf(given)}`,
    );
    return { members, failures };
  }
  const entries: [string, unknown, unknown][] = Array.isArray(given)
    ? given.map((name: unknown, index) => [`members[${index}]`, name, {}])
    : Object.entries(given).map(([name, own]) => [memberProperty(name), name, own ?? {}]);
  for (const [property, name, own] of entries) {
    if (isUnknown(name))
      fail(property, `${property} is not known yet: names of members have to be known when the program runs`);
    else if (typeof name !== "string") fail(property, `${property} must be a string, not ${kindOf(name)}`);
    else {
      const problem = memberNameProblem(name);
      if (problem !== undefined) fail(property, `${property}: the name ${quoted(name)} ${problem}`);
      else if (members.has(name)) fail(property, `${property}: ${quoted(name)} is given twice`);
      else if (isUnknown(own) || !isRecord(own))
        fail(
          property,
          `${property} must be an object of inputs, not ${isUnknown(own) ? "a value that is not known yet" : kindOf(own)}`,
        );
      else
        members.set(name, Object.fromEntries(Object.entries(own).filter(([, value]) => !isLeftOut(value))));
    }
  }
  return { members, failures };
}

/** How failures and messages name a member. */
export function memberProperty(name: string): string {
  return `members[${quoted(name, MAX_NAME)}]`;
}

/** The value with the member's name in its texts. */
export function forMember<T>(value: T, name: string): T {
  if (typeof value === "string") return value.replaceAll(MEMBER, () => name) as T;
  if (Array.isArray(value)) return value.map((each: unknown) => forMember(each, name)) as T;
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).map(([key, inner]) => [forMember(key, name), forMember(inner, name)]);
  return Object.fromEntries(entries) as T;
}

/** A description as a run writes it down: it may be secret, and need only be known again. */
export function descriptionDigest(description: string): string {
  return createHash("sha256").update(description, "utf8").digest("hex").slice(0, 16);
}

/** Whether a value holds {@link MEMBER}. */
export function namesMember(value: unknown): boolean {
  if (typeof value === "string") return value.includes(MEMBER);
  if (Array.isArray(value)) return value.some(namesMember);
  return isRecord(value) && Object.entries(value).flat().some(namesMember);
}
