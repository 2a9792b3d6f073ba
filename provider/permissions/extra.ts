import { quoted } from "../text";
import { type Action, isId, type Permission } from "../types";
import { TYPE_FLAGS } from "./catalogue";

/** Permissions that no flag can ask for: what they reach to `read`, `write` or `read, write`. */
export type ExtraPermissions = Readonly<Record<string, string>>;

/** What a key of {@link ExtraPermissions} reaches. */
interface Reach {
  readonly type: string;
  readonly id?: string;
  /** Name or id of the organization, where the key holds one. Default: the token's own. */
  readonly org?: string;
  /** Whether it carries no organization: `/orgs/<id>`. */
  readonly isServerWide: boolean;
}

const FORMS = 'write "telegrafs/<id>" in the token\'s organization, or "/orgs/<id>" without one';

/** Takes a key apart. @throws {TypeError} says why it is none, to be read after the key. */
export function parseReach(key: string): Reach {
  const parts = key.split("/");
  const isServerWide = parts[0] === "";
  const hasOrg = parts[0] === "orgs" && parts.length > 2;
  const [type = "", id, ...rest] = isServerWide ? parts.slice(1) : hasOrg ? parts.slice(2) : parts;
  if (rest.length > 0) throw new TypeError(`is not of the form of a permission: ${FORMS}`);
  if (!/^[A-Za-z]+$/.test(type)) throw new TypeError(`names no resource type: ${FORMS}`);
  if (type === "instance")
    throw new TypeError(
      "cannot be granted: servers list the type instance and refuse it to every token: leave it out",
    );
  if (id !== undefined && !isId(id))
    throw new TypeError(`must end in an id (16 hex digits, not all zeros), not in ${quoted(id)}`);
  if (isServerWide && id === undefined)
    throw new TypeError(`must end in an id after a leading slash: ${FORMS}`);
  if (type === "buckets" && id !== undefined && !isServerWide)
    throw new TypeError("is what readBucket and writeBucket ask for: give the bucket there");
  const flags = id === undefined ? flagsFor(type) : [];
  if (flags.length > 0) throw new TypeError(`is what ${flags.join(" and ")} ask for: use these`);
  return {
    type,
    isServerWide,
    ...(id !== undefined && { id: id.toLowerCase() }),
    ...(hasOrg && { org: decoded(parts[1] ?? "") }),
  };
}

/** The key without its organization, which is the token's own. */
export function keyOf({ type, id, isServerWide }: Reach): string {
  return `${isServerWide ? "/" : ""}${type}${id === undefined ? "" : `/${id}`}`;
}

/** The first key that is there twice. */
export function keyGivenTwice(keys: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return keys.find((key) => seen.size === seen.add(key).size);
}

/** The actions of a value; `undefined` where it holds anything else. */
export function parseActions(value: string): readonly Action[] | undefined {
  const actions = value.split(",").map((action) => action.trim());
  if (!actions.every((action) => action === "read" || action === "write")) return undefined;
  return (["read", "write"] as const).filter((action) => actions.includes(action));
}

/** What the inputs ask for. Wrong entries ask for nothing: whoever validates the inputs says what is wrong with them. */
export function expandExtra(extra: ExtraPermissions, orgId: string): Permission[] {
  return Object.entries(extra).flatMap(([key, value]) => {
    const reach = reachOf(key);
    if (reach === undefined || typeof value !== "string") return [];
    const { type, id, isServerWide } = reach;
    const resource = { type, ...(id !== undefined && { id }), ...(!isServerWide && { orgID: orgId }) };
    return (parseActions(value) ?? []).map((action) => ({ action, resource }));
  });
}

function reachOf(key: string): Reach | undefined {
  try {
    return parseReach(key);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** The flags that ask for every resource of the type in the token's organization. */
function flagsFor(type: string): string[] {
  const all = [...TYPE_FLAGS.values()].filter(({ resource }) => resource.type === type);
  return [
    ...new Set(all.filter(({ resource }) => resource.scope === "organization").map(({ flag }) => flag)),
  ];
}

/** A name as tables of permissions write it. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
