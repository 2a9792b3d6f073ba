import { TYPE_FLAGS } from "../provider/permissions/catalogue";
import { BUCKET_FLAGS, OWN, PRESETS } from "../provider/permissions/expand";
import { formatPermission } from "../provider/permissions/format";
import { CALLER, spellName, spellUser } from "../provider/permissions/table";
import type { Permission } from "../provider/types";
import { singleLine } from "../provider/text";
import { OPEN, SECRET, type TokenSnapshot } from "./snapshot";
import type { TokenStep } from "./steps";

/** What becomes of a permission. */
export type Fate = "added" | "removed" | "kept";

/** A permission as it is shown. */
export interface PermissionLine {
  readonly text: string;
  readonly fate: Fate;
  /** Absent where only the text is known, which nothing reads back. */
  readonly permission?: Permission;
}

/** Names or ids in the place of a token's own organization and owner. */
interface Own {
  readonly org: string;
  readonly user: string;
}

/** The permissions of a token of a preview, and what a change makes of them: compared as values, written at the end. */
export function linesOfChange(step: TokenStep): PermissionLine[] {
  const { action, before, after } = step;
  const old = before?.held ?? [];
  const oldNames = ownNames(before);
  if (action === "delete") return linesOf(old, "removed", oldNames);
  if (action === "leave" || after === undefined) return linesOf(old, "kept", oldNames);
  const names = ownNames(after, before);
  const [oldKey, newKey] = [keyWithin(STAYS), keyWithin(movedBy(step))];
  const oldKeys = new Set(old.map(oldKey));
  const newKeys = new Set(after.held.map(newKey));
  const isKept = (permission: Permission): boolean => oldKeys.has(newKey(permission));
  const goes = (permission: Permission): boolean =>
    !newKeys.has(oldKey(permission)) && !mayBeAskedFor(permission, after);
  const stays = old.filter((permission) => !newKeys.has(oldKey(permission)) && !goes(permission));
  return [
    ...linesOf(
      after.held.filter((permission) => !isKept(permission)),
      "added",
      names,
    ),
    ...linesOf(old.filter(goes), "removed", oldNames),
    ...linesOf([...after.held.filter(isKept), ...stays], "kept", names),
  ];
}

/** The permissions of a token of a state: what the server granted, with ids; else what was declared. */
export function linesOfState({ before }: TokenStep, fate: Fate): PermissionLine[] {
  if (before === undefined) return [];
  const { held, granted, known } = before;
  if (granted === undefined) return linesOf(held, fate, ownNames(before));
  const ids = { org: known.orgId ?? "", user: known.userId ?? "" };
  const values = new Map(held.map((permission) => [textOf(permission, ids), permission]));
  return granted.map((line) => {
    const permission = values.get(singleLine(line));
    return { text: singleLine(line), fate, ...(permission !== undefined && { permission }) };
  });
}

function linesOf(permissions: readonly Permission[], fate: Fate, own: Own): PermissionLine[] {
  return permissions
    .map((permission) => ({ text: textOf(permission, own), fate, permission }))
    .sort((a, b) => (a.text < b.text ? -1 : 1));
}

function textOf({ action, resource: { type, id, orgID } }: Permission, own: Own): string {
  const spell = (one: string): string => (one === OWN.orgId ? own.org : one === OWN.userId ? own.user : one);
  const resource = {
    type,
    ...(id !== undefined && { id: spell(id) }),
    ...(orgID !== undefined && { orgID: spell(orgID) }),
  };
  return singleLine(formatPermission({ action, resource }));
}

/** As the program writes them, in the spelling of the input `permissions`. */
function ownNames(side: TokenSnapshot | undefined, before?: TokenSnapshot): Own {
  const { org, orgId, user } = side?.declared ?? {};
  const name = (text: string, spell: (name: string) => string): string =>
    text === OPEN || text === SECRET ? text : spell(text);
  const known = side?.known.org ?? before?.known.org ?? OPEN;
  return {
    org: org === undefined ? (orgId ?? name(known, spellName)) : name(org, spellName),
    user: user === undefined ? CALLER : name(user, spellUser),
  };
}

interface Moved {
  readonly org: boolean;
  readonly user: boolean;
}
const STAYS: Moved = { org: false, user: false };

/** Tells permissions apart by what they are. */
function keyWithin(moved: Moved): (one: Permission) => string {
  const own = (id = ""): string => {
    const isElsewhere = (id === OWN.orgId && moved.org) || (id === OWN.userId && moved.user);
    return isElsewhere ? `another ${id}` : id;
  };
  return ({ action, resource: { type, id, orgID } }) => JSON.stringify([action, type, own(id), own(orgID)]);
}

/** Whether the token gets another organization, and another owner: only a replacement gives it one. */
function movedBy({ action, reasons, before, after }: TokenStep): Moved {
  if (action !== "replace" || before === undefined || after === undefined) return STAYS;
  return {
    org: isAnother("org", "orgId", reasons, before, after),
    user: isAnother("user", "userId", reasons, before, after),
  };
}

function isAnother(
  name: "org" | "user",
  id: "orgId" | "userId",
  reasons: readonly string[],
  before: TokenSnapshot,
  after: TokenSnapshot,
): boolean {
  const [now, nowId] = [after.declared[name], after.declared[id]];
  if (now === OPEN || nowId === OPEN) return true;
  if (reasons.includes(name) || reasons.includes(id)) return true;
  if (nowId !== undefined) return nowId !== before.known[id];
  if (now === undefined) return before.declared[name] !== undefined;
  if (now === before.known[name] || now === before.declared[name]) return false;
  // The provider compared ids, and says what differs. Where a replacement was asked for, it was not asked.
  return reasons.length === 0;
}

/** Whether an input that is not known might ask for it. */
function mayBeAskedFor({ action, resource }: Permission, { unknownInputs }: TokenSnapshot): boolean {
  const presets: readonly string[] = PRESETS;
  return unknownInputs.some((name) => {
    const flag = TYPE_FLAGS.get(name);
    const bucketAction = BUCKET_FLAGS[name as keyof typeof BUCKET_FLAGS] as string | undefined;
    if (presets.includes(name)) return true;
    if (flag !== undefined) return flag.action === action && flag.resource.type === resource.type;
    if (bucketAction !== undefined) return bucketAction === action && resource.type === "buckets";
    return resource.type === "orgs" && action === "read";
  });
}
