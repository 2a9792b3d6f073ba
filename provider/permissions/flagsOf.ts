import { type Action, isId, type Permission } from "../types";
import { referenceTo } from "./bucketReference";
import { CATALOGUE, type ResourceType, TYPE_FLAGS } from "./catalogue";
import {
  BUCKET_FLAGS,
  type ExpansionContext,
  expandPermissions,
  OWN_ORGANIZATION_FLAG,
  type PermissionFlags,
  PRESETS,
} from "./expand";
import { keyOf, parseReach } from "./extra";
import { grantSame, sortedUnique } from "./format";

/** What permissions alone do not say. */
export interface FlagsContext extends Omit<ExpansionContext, "bucketIds"> {
  /** Names of the organization's buckets by id. Default: none, and buckets are given by id. */
  readonly bucketNames?: ReadonlyMap<string, string>;
}

/** A permission that no input asks for. */
export interface InexpressiblePermission {
  readonly permission: Permission;
  /** Why, to be read after the permission. */
  readonly reason: string;
}

/** Inputs that ask for permissions. */
export interface Expressed {
  readonly flags: PermissionFlags;
  /** Whatever the flags do not ask for. */
  readonly rest: readonly InexpressiblePermission[];
}

/** As a server answers, or a state has it: of any type and with any action. */
export interface GivenPermission {
  readonly action: string;
  readonly resource: {
    readonly type: string;
    readonly id?: string | null | undefined;
    readonly orgID?: string | null | undefined;
  };
}

const BUCKET_FLAG_OF = new Map<string, string>(
  Object.entries(BUCKET_FLAGS).map(([flag, action]) => [action, flag]),
);

/**
 * The inputs that ask for these permissions: the inverse of {@link expandPermissions}. A set that grants the same as a
 * preset is that preset. What the flags and the rest grant together is what was given.
 */
export function flagsOf(given: readonly GivenPermission[], context: FlagsContext): Expressed {
  const { permissions, rest } = readable(given, context);
  const preset = presetOf(permissions, context);
  if (preset !== undefined) return { flags: preset, rest };
  const asked: Asked = { switches: new Set(), buckets: new Map(), extra: new Map() };
  for (const permission of permissions) {
    const reason = ask(permission, context, asked);
    if (reason !== undefined) rest.push({ permission, reason });
  }
  return { flags: flagsFrom(asked), rest };
}

/** What was found so far. */
interface Asked {
  readonly switches: Set<string>;
  /** Input to references. */
  readonly buckets: Map<string, string[]>;
  /** Key of `extraPermissions` to actions. */
  readonly extra: Map<string, Action[]>;
}

/** Sorts out what nobody can be granted, and what is not of the API's shape. */
function readable(
  given: readonly GivenPermission[],
  context: FlagsContext,
): { permissions: Permission[]; rest: InexpressiblePermission[] } {
  const permissions: Permission[] = [];
  const rest: InexpressiblePermission[] = [];
  for (const { action, resource } of given) {
    const [id, orgID] = [resource.id, resource.orgID].map((each) => each?.toLowerCase());
    const permission: Permission = {
      action: action as Action,
      resource: {
        type: resource.type,
        ...(id !== undefined && { id }),
        ...(orgID !== undefined && { orgID }),
      },
    };
    const reason = problemOf(action, permission.resource, context);
    if (reason === undefined) permissions.push(permission);
    else rest.push({ permission, reason });
  }
  return { permissions: sortedUnique(permissions), rest };
}

/** Why nobody can ask for it, however it is written. */
function problemOf(
  action: string,
  { type, id, orgID }: Permission["resource"],
  { orgId, resourceTypes }: FlagsContext,
): string | undefined {
  if (action !== "read" && action !== "write") return "its action is neither read nor write";
  if (type === "instance") return "servers list the type instance and refuse it to every token";
  if (resourceTypes?.includes(type) === false) return "the server does not list its type";
  if (orgID !== undefined && orgID !== orgId)
    return "it is another organization's: servers refuse it to a new token";
  return id === undefined || isId(id) ? undefined : "its id is none";
}

function presetOf(permissions: readonly Permission[], context: FlagsContext): PermissionFlags | undefined {
  const preset = PRESETS.find((name) => {
    if (name === "allAccess" && context.userId === undefined) return false;
    return grantSame(expandPermissions({ [name]: true }, context), permissions);
  });
  return preset && { [preset]: true };
}

/** Notes the input that asks for the permission; gives the reason where there is none. */
function ask(permission: Permission, context: FlagsContext, asked: Asked): string | undefined {
  const { action, resource } = permission;
  const { type, id, orgID } = resource;
  const isServerWide = orgID === undefined;
  if (id === undefined) {
    const flag = flagFor(action, type, isServerWide);
    if (flag !== undefined) {
      asked.switches.add(flag);
      return undefined;
    }
    if (isServerWide)
      return "it reaches every organization: only operator asks for that, with all other types";
  }
  if (type === "orgs" && isServerWide && id === context.orgId && action === "read") {
    asked.switches.add(OWN_ORGANIZATION_FLAG);
    return undefined;
  }
  const bucketFlag = BUCKET_FLAG_OF.get(action);
  if (type === "buckets" && id !== undefined && !isServerWide && bucketFlag !== undefined) {
    add(asked.buckets, bucketFlag, referenceOf(id, context.bucketNames));
    return undefined;
  }
  const key = keyOf({ type, isServerWide, ...(id !== undefined && { id }) });
  const problem = keyProblem(key);
  if (problem === undefined) add(asked.extra, key, action);
  return problem;
}

/** The flag that asks for every resource of the type. */
function flagFor(action: Action, type: string, isServerWide: boolean): string | undefined {
  const entry = CATALOGUE.find((each: ResourceType) => each.type === type);
  if (entry === undefined || (entry.scope === "server") !== isServerWide) return undefined;
  return [...TYPE_FLAGS.values()].find((info) => info.resource === entry && info.action === action)?.flag;
}

function referenceOf(id: string, names: FlagsContext["bucketNames"]): string {
  const name = names?.get(id) ?? "";
  return name === "" ? id : referenceTo(name);
}

function keyProblem(key: string): string | undefined {
  try {
    parseReach(key);
    return undefined;
  } catch (error) {
    if (error instanceof TypeError) return `as a key of extraPermissions it ${error.message}`;
    throw error;
  }
}

function add<T>(map: Map<string, T[]>, key: string, value: T): void {
  map.set(key, [...(map.get(key) ?? []), value]);
}

/** In an order that does not depend on that of the permissions, which are sorted by then: `read` before `write`. */
function flagsFrom({ switches, buckets, extra }: Asked): PermissionFlags {
  const flags = [OWN_ORGANIZATION_FLAG, ...TYPE_FLAGS.keys()].filter((flag) => switches.has(flag));
  const references = [...buckets].map(([flag, listed]) => [flag, listed.sort()] as const);
  const entries = [...extra].map(([key, actions]) => [key, actions.join(", ")] as const);
  return {
    ...Object.fromEntries(flags.map((flag) => [flag, true] as const)),
    ...Object.fromEntries(references),
    ...(entries.length > 0 && {
      extraPermissions: Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))),
    }),
  };
}
