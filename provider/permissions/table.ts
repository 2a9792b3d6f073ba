import type { Permission } from "../types";
import { nameOfStandIn } from "./bucketReference";

/**
 * Permissions for eyes: key `<scope>/<type>[/<id>]`, such as `orgs/acme/buckets`, `orgs/acme/buckets/<id>`, `/buckets`
 * for every organization or `/orgs/acme`; value `read`, `write` or `read, write`. The engine compares objects by key,
 * so that a preview shows exactly the lines that change. Different permissions have different keys, for ever: the
 * tables are in users' states. Nothing reads them back.
 */
export type PermissionTable = Readonly<Record<string, string>>;

/** What the key has in place of the owner's id where the owner is whoever runs the program. */
export const CALLER = "me";

/**
 * Lists permissions by what they reach.
 *
 * @param spell writes an id of a permission. Default: as it is.
 */
export function permissionTable(
  permissions: readonly Permission[],
  spell: (id: string) => string = (id) => id,
): PermissionTable {
  const actions = new Map<string, Set<string>>();
  for (const { action, resource } of permissions) {
    const { type, id, orgID } = resource;
    const scope = orgID === undefined ? "" : `orgs/${spell(orgID)}`;
    const key = `${scope}/${encode(type)}${id === undefined ? "" : `/${spell(id)}`}`;
    actions.set(key, (actions.get(key) ?? new Set()).add(action));
  }
  const sorted = [...actions].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, set]) => [key, [...set].sort().join(", ")]));
}

/** A name within a key. It cannot be taken for an id, which stands bare, nor for more than one part of the key. */
export function spellName(name: string): string {
  return /^[0-9a-f]{16}$/i.test(name) ? encodeFirst(name) : encode(name);
}

/** A bucket's id as it is, and what stands for one that is known by name only. */
export function spellBucket(id: string): string {
  const name = nameOfStandIn(id);
  return name === undefined ? id : spellName(name);
}

/** The same for a user's: one who is called `me` is not the caller. */
export function spellUser(name: string): string {
  return name === CALLER ? encodeFirst(name) : spellName(name);
}

const encode = (text: string): string => text.replace(/[%/\p{Cc}]/gu, percent);

const encodeFirst = (text: string): string => percent(text.charAt(0)) + text.slice(1);

function percent(character: string): string {
  const bytes = [...Buffer.from(character)];
  return bytes.map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}
