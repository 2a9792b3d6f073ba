import { TYPE_FLAGS } from "../provider/permissions/catalogue";
import { BUCKET_FLAGS, EXTRA, OWN, PRESETS } from "../provider/permissions/expand";
import { formatPermission } from "../provider/permissions/format";
import { CALLER, spellBucket, spellName, spellUser } from "../provider/permissions/table";
import { singleLine } from "../provider/text";
import type { Permission } from "../provider/types";
import type { TokenSnapshot } from "./snapshot";
import { adoptedId } from "./steps";
import type { TokenStep } from "./tokenStep";
import { SECRET_TEXT, UNKNOWN_TEXT } from "./values";

/** What a change does to a permission. */
export type DiffKind = "added" | "removed" | "kept";

/** A permission as it is shown. */
export interface PermissionLine {
  readonly text: string;
  readonly kind: DiffKind;
  /** Absent where only the text is known, which nothing reads back. */
  readonly permission?: Permission;
}

/** How a token's own organization and owner are written. */
interface OwnNames {
  readonly org: string;
  readonly user: string;
}

/** The permissions of a token of a preview, and what the change does to each. They are compared as values. */
export function diffPermissions(step: TokenStep): PermissionLine[] {
  const { action, before, after } = step;
  const old = before?.held ?? [];
  const oldNames = ownNames(before);
  if (action === "delete") return linesOf(old, "removed", oldNames);
  if (action === "leave" || after === undefined) return linesOf(old, "kept", oldNames);
  const names = isOwnerAdopted(step)
    ? { ...ownNames(after, before), user: UNKNOWN_TEXT }
    : ownNames(after, before);
  // It has them already, or cannot be adopted. What is not known may turn out to be no token.
  const isKnown = (adoptedId(step) ?? UNKNOWN_TEXT) !== UNKNOWN_TEXT;
  if (action === "adopt" && before === undefined && isKnown) return linesOf(after.held, "kept", names);
  const ids = before?.bucketIds ?? NO_IDS;
  const [oldKey, newKey] = [comparisonKey(NOT_MOVED, ids), comparisonKey(moveOf(step), ids)];
  const oldKeys = new Set(old.map(oldKey));
  const newKeys = new Set(after.held.map(newKey));
  const isKept = (permission: Permission): boolean => oldKeys.has(newKey(permission));
  const missing = old.filter((permission) => !newKeys.has(oldKey(permission)));
  const mayStay = (permission: Permission): boolean => mayBeRequested(permission, after);
  return [
    ...linesOf(
      after.held.filter((permission) => !isKept(permission)),
      "added",
      names,
    ),
    ...linesOf(
      missing.filter((permission) => !mayStay(permission)),
      "removed",
      oldNames,
    ),
    ...linesOf([...after.held.filter(isKept), ...missing.filter(mayStay)], "kept", names),
  ];
}

/** The permissions of a token of a state: what the server granted, with ids; else what was declared. */
export function listPermissions({ before }: TokenStep, kind: DiffKind): PermissionLine[] {
  if (before === undefined) return [];
  const { held, effective, known, bucketIds } = before;
  if (effective === undefined) return linesOf(held, kind, ownNames(before));
  const ids = { org: known.orgId ?? "", user: known.userId ?? "" };
  const values = new Map(
    held.map((permission) => [lineOf(withBucketId(permission, bucketIds), ids), permission]),
  );
  return effective.map((line) => {
    const text = singleLine(line);
    const permission = values.get(text);
    if (permission === undefined) return { text, kind };
    // A bucket by the name that the program has for it.
    return { text: lineOf(permission, ids), kind, permission };
  });
}

function linesOf(permissions: readonly Permission[], kind: DiffKind, own: OwnNames): PermissionLine[] {
  return permissions
    .map((permission) => ({ text: lineOf(permission, own), kind, permission }))
    .sort((a, b) => (a.text < b.text ? -1 : 1));
}

function lineOf({ action, resource: { type, id, orgID } }: Permission, own: OwnNames): string {
  const spell = (one: string): string =>
    one === OWN.orgId ? own.org : one === OWN.userId ? own.user : spellBucket(one);
  const resource = {
    type,
    ...(id !== undefined && { id: spell(id) }),
    ...(orgID !== undefined && { orgID: spell(orgID) }),
  };
  return singleLine(formatPermission({ action, resource }));
}

/** As the program writes them, in the spelling of the input `permissions`. */
function ownNames(snapshot: TokenSnapshot | undefined, before?: TokenSnapshot): OwnNames {
  const { org, orgId, user, userId } = snapshot?.declared ?? {};
  const name = (text: string, spell: (name: string) => string): string =>
    text === UNKNOWN_TEXT || text === SECRET_TEXT ? text : spell(text);
  const known = snapshot?.known.org ?? before?.known.org ?? UNKNOWN_TEXT;
  return {
    org: org === undefined ? (orgId ?? name(known, spellName)) : name(org, spellName),
    user: user === undefined ? (userId ?? CALLER) : name(user, spellUser),
  };
}

/** Whether a token gets another organization, and another owner. */
interface Move {
  readonly org: boolean;
  readonly user: boolean;
}
const NOT_MOVED: Move = { org: false, user: false };
const NO_IDS: TokenSnapshot["bucketIds"] = new Map();

/** Two permissions are the same where their keys are. */
function comparisonKey(
  move: Move,
  bucketIds: TokenSnapshot["bucketIds"],
): (permission: Permission) => string {
  const own = (id = ""): string => {
    const isAnother = (id === OWN.orgId && move.org) || (id === OWN.userId && move.user);
    return isAnother ? `another ${id}` : id;
  };
  return (permission) => {
    const { action, resource } = withBucketId(permission, bucketIds);
    return JSON.stringify([action, resource.type, own(resource.id), own(resource.orgID)]);
  };
}

/** With the id in place of a bucket's name, where the state tells it. */
function withBucketId(permission: Permission, bucketIds: TokenSnapshot["bucketIds"]): Permission {
  const { action, resource } = permission;
  const id = bucketIds.get(resource.id ?? "");
  return id === undefined ? permission : { action, resource: { ...resource, id } };
}

/** Only a replacement gives a token another organization or owner. */
function moveOf(step: TokenStep): Move {
  const { action, reasons, before, after } = step;
  if ((action !== "replace" && action !== "rotate") || before === undefined || after === undefined)
    return NOT_MOVED;
  return {
    org: isAnother("org", "orgId", reasons, before, after),
    user: isOwnerAdopted(step) || isAnother("user", "userId", reasons, before, after),
  };
}

/** Whether only the server knows whose the token is that is adopted. */
function isOwnerAdopted(step: TokenStep): boolean {
  const { user, userId } = step.after?.declared ?? {};
  if (step.imported !== undefined && step.before !== undefined) return false;
  return adoptedId(step) !== undefined && user === undefined && userId === undefined;
}

function isAnother(
  name: "org" | "user",
  id: "orgId" | "userId",
  reasons: readonly string[],
  before: TokenSnapshot,
  after: TokenSnapshot,
): boolean {
  const [now, nowId] = [after.declared[name], after.declared[id]];
  if (now === UNKNOWN_TEXT || nowId === UNKNOWN_TEXT) return true;
  if (reasons.includes(name) || reasons.includes(id)) return true;
  if (nowId !== undefined) return nowId !== before.known[id];
  if (now === undefined) return (before.declared[name] ?? before.declared[id]) !== undefined;
  if (now === before.known[name] || now === before.declared[name]) return false;
  // `diff` compares ids, and gives a reason for what differs. The engine skips it where a replacement is asked for.
  return reasons.length === 0;
}

/** Whether an input that is not known might ask for the permission. */
function mayBeRequested({ action, resource }: Permission, { unknownInputs }: TokenSnapshot): boolean {
  const presets: readonly string[] = PRESETS;
  return unknownInputs.some((name) => {
    const flag = TYPE_FLAGS.get(name);
    const bucketAction = BUCKET_FLAGS[name as keyof typeof BUCKET_FLAGS] as string | undefined;
    if (presets.includes(name) || name === EXTRA) return true;
    if (flag !== undefined) return flag.action === action && flag.resource.type === resource.type;
    if (bucketAction !== undefined) return bucketAction === action && resource.type === "buckets";
    return resource.type === "orgs" && action === "read";
  });
}
