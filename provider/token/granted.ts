import { sameJson } from "../json";
import {
  expandPermissions,
  type PermissionFlags,
  PermissionFlagsError,
  PRESETS,
} from "../permissions/expand";
import { type PermissionTable, permissionTable } from "../permissions/table";
import type { Permission } from "../types";

/** The ids of a token that exists. */
interface KnownIds {
  readonly orgId: string;
  readonly userId: string;
  /** Reference of a bucket by its name, to its id. */
  readonly __buckets?: Readonly<Record<string, string>>;
}

/** What inputs ask for, with the ids of a token that exists; `undefined` for inputs that `check` refuses. */
export function permissionsAsked(
  flags: PermissionFlags,
  { orgId, userId, __buckets = {} }: KnownIds,
): Permission[] | undefined {
  try {
    return expandPermissions(flags, { orgId, userId, bucketIds: new Map(Object.entries(__buckets)) });
  } catch (error) {
    // Whoever validates the inputs says what is wrong with them.
    if (error instanceof PermissionFlagsError) return undefined;
    throw error;
  }
}

/** Whether the table lists exactly these permissions. Tables are texts, and only compared whole. */
export function lists(table: PermissionTable, permissions: readonly Permission[] | undefined): boolean {
  return permissions !== undefined && sameJson(permissionTable(permissions), table);
}

/** Whether it takes more than the inputs to know what was granted: they ask for the same in other words. */
export function asksInOtherWords(flags: PermissionFlags, ids: KnownIds, table: PermissionTable): boolean {
  // A preset is what it is, however many types it stands for.
  if (PRESETS.some((preset) => flags[preset] === true)) return false;
  return !lists(table, permissionsAsked(flags, ids));
}
