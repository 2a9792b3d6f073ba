import type { Action, Permission } from "../types";
import { canonicalReference, referenceProblem, standInFor } from "./bucketReference";
import {
  CATALOGUE,
  isUniversal,
  OSS_TYPES,
  type ResourceType,
  TYPE_FLAGS,
  type TypeFlag,
  type TypeFlagInfo,
} from "./catalogue";
import { expandExtra, type ExtraPermissions } from "./extra";
import { sortedUnique } from "./format";

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
  /** Buckets to read: names, or ids of 16 hex digits; `name:TEXT` is always a name. Mirrors `--read-bucket`. */
  readonly readBucket?: readonly string[];
  /** Buckets to write, as `readBucket`. Mirrors `--write-bucket`. */
  readonly writeBucket?: readonly string[];
  /** What no flag can ask for. */
  readonly extraPermissions?: ExtraPermissions;
};

/** What the flags do not say. */
export interface ExpansionContext {
  /** Organization that the token belongs to: 16 hex digits. */
  readonly orgId: string;
  /** Owner of the token: 16 hex digits. Needed by `allAccess` only. */
  readonly userId?: string;
  /** What `GET /api/v2/resources` lists. Default: the types of InfluxDB OSS 2.x in the catalogue. */
  readonly resourceTypes?: readonly string[];
  /** Ids of buckets by the references that inputs hold. Default: a name stands for itself. */
  readonly bucketIds?: ReadonlyMap<string, string>;
}

/** Flags that cannot be expanded. `property` is the input to mend. */
export class PermissionFlagsError extends Error {
  /** Tells it from other errors, also where a program has two copies of this package. */
  override readonly name = "PermissionFlagsError";

  constructor(
    /** The flag to mend, such as `readBucket`. */
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

/** The input for single resources, and for types that only a later version knows. */
export const EXTRA = "extraPermissions";

/** Every input that asks for permissions. */
export const PERMISSION_INPUTS: readonly string[] = [...SWITCHES, ...Object.keys(BUCKET_FLAGS), EXTRA];

const ACTIONS: readonly Action[] = ["read", "write"];

/**
 * Turns permission inputs into the permissions that they stand for, sorted and without duplicates.
 * Other inputs (`org`, `description`, …) may be among the flags and are passed over. `instance` is never granted:
 * servers list it among their types and refuse it to every token.
 *
 * @throws {PermissionFlagsError} for a preset with anything else, what can be no bucket, a type that the server does not
 *   list, or `allAccess` without `userId`.
 */
export function expandPermissions(flags: PermissionFlags, context: ExpansionContext): Permission[] {
  refuseMixedPresets(flags);
  const { orgId, resourceTypes } = context;
  if (flags.operator === true) return everyType(resourceTypes, (type) => serverWide(type));
  if (flags.allAccess === true) return everyType(resourceTypes, (type) => withinOrganization(type, context));

  const permissions: Permission[] = [];
  for (const [name, { action, resource }] of raisedTypeFlags(flags)) {
    requireType(name, name, resource.type, resourceTypes);
    const scope = resource.scope === "server" ? {} : { orgID: orgId };
    permissions.push({ action, resource: { type: resource.type, ...scope } });
  }
  if (flags.readOwnOrg === true) permissions.push({ action: "read", resource: { type: "orgs", id: orgId } });
  for (const [name, action] of Object.entries(BUCKET_FLAGS)) {
    for (const text of flags[name as keyof typeof BUCKET_FLAGS] ?? []) {
      const problem = referenceProblem(text);
      if (problem !== undefined) throw new PermissionFlagsError(name, problem);
      const reference = canonicalReference(text);
      const id = context.bucketIds?.get(reference) ?? standInFor(reference);
      permissions.push({ action, resource: { type: "buckets", id, orgID: orgId } });
    }
  }
  for (const permission of expandExtra(flags.extraPermissions ?? {}, orgId)) {
    requireType(EXTRA, `it from ${EXTRA}`, permission.resource.type, resourceTypes);
    permissions.push(permission);
  }
  return sortedUnique(permissions);
}

/** The `readX` and `writeX` inputs that are `true`, each under the name it was given. */
export function raisedTypeFlags(flags: PermissionFlags): [string, TypeFlagInfo][] {
  return [...TYPE_FLAGS].filter(([name]) => flags[name as TypeFlag] === true);
}

/** Whether a server may lack a type that the inputs name, so that its list has to be asked for. */
export function needsResourceTypes(flags: PermissionFlags): boolean {
  if (PRESETS.some((preset) => flags[preset] === true)) return true;
  const extra = expandExtra(flags.extraPermissions ?? {}, "").map(({ resource }) => typeNamed(resource.type));
  const named = [...raisedTypeFlags(flags).map(([, { resource }]) => resource), ...extra];
  return named.some((resource) => resource === undefined || !isUniversal(resource));
}

function typeNamed(type: string): ResourceType | undefined {
  return CATALOGUE.find((entry) => entry.type === type);
}

function requireType(
  property: string,
  which: string,
  type: string,
  resourceTypes: readonly string[] | undefined,
): void {
  if (resourceTypes?.includes(type) !== false) return;
  const known = typeNamed(type);
  const from = known === undefined ? "" : origin(known.editions, known.since);
  throw new PermissionFlagsError(
    property,
    `this server has no resource type "${type}"${from}: remove ${which}`,
  );
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
      ...(Object.keys(flags.extraPermissions ?? {}).length > 0 ? [EXTRA] : []),
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
