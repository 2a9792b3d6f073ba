import type { Action, Permission } from "../types";
import { OSS_TYPES, TYPE_FLAGS, type TypeFlag, type TypeFlagInfo } from "./catalogue";
import { sortedUnique } from "./format";
import { isId } from "../types";

/** The permission inputs, each under the name of its flag of `influx auth create`. Absent, `false` and `[]` ask for nothing. */
export type PermissionFlags = { readonly [flag in TypeFlag]?: boolean } & {
  /** Read and write on every resource type of every organization. OSS only. Mirrors `--operator`. */
  readonly operator?: boolean;
  /** Read and write on every resource type of the organization. Mirrors `--all-access`. */
  readonly allAccess?: boolean;
  /**
   * Read the organization of the token itself, and no other, as `readOrgs` does. What dashboards need at least, and who
   * reads a system bucket. No flag can ask for it.
   */
  readonly readOwnOrg?: boolean;
  /** Ids of buckets to read. Mirrors `--read-bucket`. */
  readonly readBucket?: readonly string[];
  /** Ids of buckets to write. Mirrors `--write-bucket`. */
  readonly writeBucket?: readonly string[];
};

/** What the flags do not say. */
export interface ExpansionContext {
  /** Organization that the token belongs to: 16 hex digits. */
  readonly orgId: string;
  /** Owner of the token: 16 hex digits. Needed by `allAccess` only. */
  readonly userId?: string;
  /** What `GET /api/v2/resources` lists. Default: the types of InfluxDB OSS 2.x in the catalogue. */
  readonly resourceTypes?: readonly string[];
}

/** Flags that cannot be expanded. `property` is the input to mend. */
export class PermissionFlagsError extends Error {
  override readonly name = "PermissionFlagsError";

  constructor(
    readonly property: string,
    message: string,
  ) {
    super(message);
  }
}

/** What stands for the ids of the token's own organization and owner where only relations matter. */
export const OWN = { orgId: "organization of the token", userId: "owner of the token" } as const;

/** Inputs that stand for a whole set of permissions. */
export const PRESETS = ["operator", "allAccess"] as const;

/** Asks for what no flag can: the organization of the token itself. */
export const OWN_ORGANIZATION_FLAG = "readOwnOrg";

/** Every input that asks for permissions by `true`. */
export const SWITCHES: readonly string[] = [...PRESETS, OWN_ORGANIZATION_FLAG, ...TYPE_FLAGS.keys()];

/** Inputs that name single buckets, and what each lets its holder do. */
export const BUCKET_FLAGS = { readBucket: "read", writeBucket: "write" } as const;

const ACTIONS: readonly Action[] = ["read", "write"];

/**
 * Turns permission inputs into the permissions that they stand for, sorted and without duplicates.
 * Other inputs (`org`, `description`, …) may be among the flags and are passed over. `instance` is never granted:
 * servers list it among their types and refuse it to every token.
 *
 * @throws {PermissionFlagsError} for a preset with anything else, a bucket id that is none, a type that the
 *   server does not list, or `allAccess` without `userId`.
 */
export function expandPermissions(flags: PermissionFlags, context: ExpansionContext): Permission[] {
  refuseMixedPresets(flags);
  const { orgId, resourceTypes } = context;
  if (flags.operator === true) return everyType(resourceTypes, (type) => serverWide(type));
  if (flags.allAccess === true) return everyType(resourceTypes, (type) => withinOrganization(type, context));

  const permissions: Permission[] = [];
  for (const [name, { action, resource }] of raisedTypeFlags(flags)) {
    if (resourceTypes?.includes(resource.type) === false) {
      throw new PermissionFlagsError(
        name,
        `this server has no resource type "${resource.type}"${origin(resource.editions, resource.since)}: remove ${name}`,
      );
    }
    const scope = resource.scope === "server" ? {} : { orgID: orgId };
    permissions.push({ action, resource: { type: resource.type, ...scope } });
  }
  if (flags.readOwnOrg === true) permissions.push({ action: "read", resource: { type: "orgs", id: orgId } });
  for (const [name, action] of Object.entries(BUCKET_FLAGS)) {
    for (const id of flags[name as keyof typeof BUCKET_FLAGS] ?? []) {
      if (!isId(id)) throw new PermissionFlagsError(name, notABucketId(id));
      permissions.push({ action, resource: { type: "buckets", id: id.toLowerCase(), orgID: orgId } });
    }
  }
  return sortedUnique(permissions);
}

/** The `readX` and `writeX` inputs that are `true`, each under the name it was given. */
export function raisedTypeFlags(flags: PermissionFlags): [string, TypeFlagInfo][] {
  return [...TYPE_FLAGS].filter(([name]) => flags[name as TypeFlag] === true);
}

/** What to say of a bucket id that is none. */
export function notABucketId(text: string): string {
  return `"${text}" is not a bucket id (16 hex digits, not all zeros): give the id of the bucket, not its name; \`influx bucket list\` shows it`;
}

/** Whether the token may read its own organization: without that no system bucket opens. */
export function readsOwnOrganization(flags: PermissionFlags): boolean {
  return [flags.operator, flags.allAccess, flags.readOrgs, flags.readOwnOrg].includes(true);
}

function refuseMixedPresets(flags: PermissionFlags): void {
  for (const preset of PRESETS) {
    if (flags[preset] !== true) continue;
    const others = [
      ...PRESETS.filter((other) => other !== preset && flags[other] === true),
      ...raisedTypeFlags(flags).map(([name]) => name),
      ...(flags.readOwnOrg === true ? [OWN_ORGANIZATION_FLAG] : []),
      ...Object.keys(BUCKET_FLAGS).filter(
        (name) => (flags[name as keyof typeof BUCKET_FLAGS] ?? []).length > 0,
      ),
    ];
    if (others.length > 0) {
      throw new PermissionFlagsError(
        preset,
        `${preset} already stands for a whole set of permissions and cannot be combined with ${others.join(", ")}: keep one of them`,
      );
    }
  }
}

function everyType(
  resourceTypes: readonly string[] = OSS_TYPES,
  permissionsOn: (type: string) => Permission[],
): Permission[] {
  return sortedUnique(resourceTypes.filter((type) => type !== "instance").flatMap(permissionsOn));
}

function serverWide(type: string): Permission[] {
  return ACTIONS.map((action) => ({ action, resource: { type } }));
}

function withinOrganization(type: string, { orgId, userId }: ExpansionContext): Permission[] {
  if (type === "orgs") return [{ action: "read", resource: { type, id: orgId } }];
  if (type !== "users") return ACTIONS.map((action) => ({ action, resource: { type, orgID: orgId } }));
  if (userId === undefined) {
    throw new PermissionFlagsError("user", "allAccess includes the owner's own user: give the owner's id");
  }
  return ACTIONS.map((action) => ({ action, resource: { type, id: userId } }));
}

function origin(editions: readonly string[], since: string | undefined): string {
  if (!editions.includes("oss")) return " (InfluxDB Cloud only)";
  return since === undefined ? "" : ` (InfluxDB OSS ${since} and later)`;
}
