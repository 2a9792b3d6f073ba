import { InfluxTokenError } from "../errors";
import {
  asksForPermissions,
  declaredPermissions,
  type DeclaredInputs,
  INPUT_NAMES,
  type InfluxTokenInputs,
} from "./inputs";
import { asksInOtherWords, lists, permissionsAsked } from "./granted";
import { BUCKET_FLAGS, PERMISSION_INPUTS } from "../permissions/expand";
import { SHARED_NAMES } from "./outputNames";
import { isUnknown } from "./unknown";
import { entriesOf, sameJson } from "../json";
import { sortedUnique } from "../permissions/format";
import { type PermissionTable, permissionTable } from "../permissions/table";
import { type Authorization, type Permission, type TokenStatus, tokenValueIn } from "../types";

/** The shape of the state that this version writes and reads. */
const FORMAT = 1;

/** The mark of a state that this version made. */
export const KNOWN_FORMAT = { __format: FORMAT } as const;

/** Former names, none of which is the present one. Absent where there are none. */
interface FormerNames {
  readonly org?: readonly string[];
  readonly user?: readonly string[];
}

/** Reference of a bucket by its name, to its id. */
export type BucketIds = Readonly<Record<string, string>>;

/** What a deleted organization or owner leaves behind: a token that exists, and that only its id still finds. */
export type Missing = "organization" | "owner";

/** What the stack remembers of a token: its inputs, and what the server made of them. */
export interface InfluxTokenState extends DeclaredInputs {
  /** The declared permissions; after drift, what the server has in their place. */
  readonly permissions: PermissionTable;
  /** What the server granted, with ids. */
  readonly effectivePermissions: PermissionTable;
  /** The secret. Absent where it was lost before it could be recorded. */
  readonly token?: string;
  /** Name of the organization, as the server has it. */
  readonly org: string;
  readonly orgId: string;
  /** The owner's name, as the server has it. */
  readonly user: string;
  /** The owner's id. */
  readonly userId: string;
  readonly description: string;
  readonly status: TokenStatus;
  /** The server that made the token, or has it now: URL. */
  readonly host: string;
  /** RFC 3339. */
  readonly createdAt: string;
  /** RFC 3339. */
  readonly updatedAt: string;
  /** From when on the token is due for rotation: RFC 3339. Absent where it is not rotated by time. */
  readonly rotateAt?: string;
  /** Which shape this state has. The engine shows no key that begins with two underscores. */
  readonly __format: number;
  /**
   * Which of the inputs that share their name with an output were declared. The engine gives `read` the outputs
   * only. One text rather than a list: the engine writes each element of a list on a line of its own, in every
   * checkpoint.
   */
  readonly __declared?: string;
  /**
   * Names that organization and owner had before, where the server has others by now: same ids. First the one that the
   * program used when the token was last changed, then those that refreshes saw.
   */
  readonly __names?: FormerNames;
  /**
   * Ids of buckets by the names that they have or had, for an id in place of a name to be no change: as
   * `readBucket` and `writeBucket` refer to them. Absent where there are none.
   */
  readonly __buckets?: BucketIds;
  /** When the token was adopted: RFC 3339. Tells this record of the token from another one's. */
  readonly __adoptedAt?: string;
  /** The token was adopted without its value, which nobody has told since. */
  readonly __withoutToken?: true;
  /** The token was imported, and no program has given it keepers since. Then there are none in the state. */
  readonly __imported?: true;
  /** What was deleted on the server, where the token outlived it. */
  readonly __missing?: Missing;
  /** Made, but its value was lost, or it is not as asked for, and it could not be deleted: to be replaced, whatever else. */
  readonly __unusable?: true;
  /**
   * What was granted, where the inputs do not say it: a refresh found it in their place, and they are absent; or they
   * ask for the same in other words, such as for a bucket beside all of them.
   */
  readonly __granted?: readonly Permission[];
}

/**
 * Refuses what a version of this package wrote that knew more than this one.
 *
 * @throws {InfluxTokenError} says what to do.
 */
export function requireKnownFormat({ __format }: { readonly __format?: unknown }): void {
  if (__format === FORMAT) return;
  throw new InfluxTokenError(
    `the state of this token has the format ${String(__format)}, and this version of pulumi-influx-token knows ${FORMAT}: upgrade the package (npm install pulumi-influx-token@latest)`,
  );
}

/**
 * The state after the server made or changed the token.
 *
 * @param before the state before a change. What was granted stays as it is recorded: it takes a refresh to find drift.
 */
export function toState(
  inputs: InfluxTokenInputs,
  authorization: Authorization,
  host: string,
  before?: InfluxTokenState,
): InfluxTokenState {
  const token = before === undefined ? tokenValueIn(authorization) : before.token;
  return {
    ...inputs,
    ...identityOf(authorization),
    permissions: isUnknown(inputs.permissions) ? {} : inputs.permissions,
    effectivePermissions: before?.effectivePermissions ?? permissionTable(authorization.permissions),
    host,
    ...(token !== undefined && { token }),
    __format: FORMAT,
    __declared: declaredAmong(inputs),
    ...namesOf(declaredNames(inputs), authorization),
    ...lasting(before, inputs),
    ...foundBy(before, inputs),
  };
}

/** The state of a token that was made, whose buckets were looked up. */
export function madeState(
  inputs: InfluxTokenInputs,
  authorization: Authorization,
  host: string,
  buckets: BucketIds,
): InfluxTokenState {
  return { ...toState(inputs, authorization, host), ...bucketsOf(buckets) };
}

/**
 * The state of a token that was adopted.
 *
 * @param token its value, where anybody knows it.
 * @param adoptedAt RFC 3339.
 */
export function adoptedState(
  made: InfluxTokenState,
  { permissions }: Authorization,
  token: string | undefined,
  adoptedAt: string,
): InfluxTokenState {
  const granted = grantedBy(permissions);
  return {
    ...withToken(without(made, ["token"]), token),
    ...(asksInOtherWords(made, made, made.effectivePermissions) && { __granted: granted }),
    __adoptedAt: adoptedAt,
    ...(token === undefined && { __withoutToken: true }),
  };
}

/** The state of a token that was imported: that of one that was adopted, before any program said a word of it. */
export function importedState(...adopted: Parameters<typeof adoptedState>): InfluxTokenState {
  return { ...adoptedState(...adopted), __imported: true };
}

/** The state with the value that was found out of a token that was adopted without it. */
export function withToken(state: InfluxTokenState, token: string | undefined): InfluxTokenState {
  return token === undefined ? state : { ...without(state, ["__withoutToken"]), token };
}

/**
 * The state of a token that was made and that nobody wants, but that could not be deleted. Where its value is not
 * among what is known of it, it is not to be used: the next `pulumi up` replaces it.
 */
export function unwantedState(
  inputs: InfluxTokenInputs,
  authorization: Authorization,
  host: string,
  buckets: BucketIds,
): InfluxTokenState {
  const state = madeState(inputs, authorization, host, buckets);
  if (state.token !== undefined) return state;
  // Its organization and owner may be others than those that were asked for by name.
  return { ...without(state, ["__names"]), __unusable: true };
}

/** The state after a change that is not sent to the server, or that it did not answer. */
export function withInputs(
  state: InfluxTokenState,
  inputs: InfluxTokenInputs,
  changed: { readonly description?: string; readonly status?: TokenStatus; readonly missing?: Missing } = {},
): InfluxTokenState {
  const { missing = state.__missing, ...values } = changed;
  const kept = Object.entries(state).filter(
    ([name]) => !name.startsWith("__") && (!INPUT_NAMES.includes(name) || isShared(name)),
  );
  return {
    ...inputs,
    ...(Object.fromEntries(kept) as unknown as InfluxTokenState),
    ...values,
    permissions: isUnknown(inputs.permissions) ? state.permissions : inputs.permissions,
    host: inputs.host,
    __format: FORMAT,
    __declared: declaredAmong(inputs),
    ...namesOf(declaredNames(inputs), state),
    ...(missing !== undefined && { __missing: missing }),
    ...lasting(state, inputs),
    ...foundBy(state, inputs),
  };
}

/** What a refresh finds. */
export interface Refreshed {
  readonly state: InfluxTokenState;
  /** What a program would have to declare for it. */
  readonly inputs: InfluxTokenInputs;
}

/**
 * What a refresh finds: what differs on the server takes the place of what was declared.
 *
 * @param buckets what names of buckets stand for now, as far as that was found out.
 */
export function refreshState(
  state: InfluxTokenState,
  authorization: Authorization,
  host: string,
  buckets: BucketIds = {},
): Refreshed {
  const effectivePermissions = permissionTable(authorization.permissions);
  // A server that stores tokens hashed no longer has this value: what the state holds is the only copy.
  const token = tokenValueIn(authorization) ?? state.token;
  const found: InfluxTokenState = {
    ...without(state, ["__missing", "__names", ...(token === undefined ? [] : ["__withoutToken"])]),
    ...identityOf(authorization),
    // Found by its id at the address that was named: the same server, whatever its address was.
    host,
    ...(token !== undefined && { token }),
    ...bucketsOf({ ...state.__buckets, ...buckets }),
    // A name that the server no longer has is still the program's, until the program uses another one.
    ...namesOf(
      {
        org: [...(state.__names?.org ?? []), state.org],
        user: [...(state.__names?.user ?? []), state.user],
      },
      authorization,
    ),
  };
  // What a bucket is called by now is no reference of the program's.
  const used = new Set(
    Object.keys(BUCKET_FLAGS).flatMap((flag) => state[flag as keyof typeof BUCKET_FLAGS] ?? []),
  );
  const isRemade = Object.entries(buckets).some(
    ([name, id]) => used.has(name) && state.__buckets?.[name] !== id,
  );
  // The id that was granted opens nothing where its bucket was made anew.
  if (isRemade || !sameJson(effectivePermissions, state.effectivePermissions)) {
    return withReadInputs({
      ...without(found, PERMISSION_INPUTS),
      permissions: effectivePermissions,
      effectivePermissions,
      __granted: grantedBy(authorization.permissions),
    });
  }
  const isRenamed = found.org !== state.org || found.user !== state.user;
  if (!isRenamed || !asksForPermissions(found)) return withReadInputs(found);
  const permissions = declaredPermissions(declaredInputs(found)) ?? found.permissions;
  return withReadInputs({ ...found, permissions });
}

/** The same where the server only says that organization or owner are gone. */
export function orphanState(state: InfluxTokenState, missing: Missing, host: string): Refreshed {
  return withReadInputs({ ...state, host, __missing: missing });
}

/** The inputs within a state, as a program would have to declare them for it: with the server's names. */
function declaredInputs(state: InfluxTokenState): DeclaredInputs {
  const declared = new Set((state.__declared ?? "").split(" "));
  if (state.description !== "") declared.add("description");
  else declared.delete("description");
  if (state.status !== "active") declared.add("status");
  const inputs = Object.entries(state).filter(
    ([name]) => INPUT_NAMES.includes(name) && (!isShared(name) || declared.has(name)),
  );
  return Object.fromEntries(inputs);
}

/** A state that was read, with the inputs within it. */
export function withReadInputs(state: InfluxTokenState): Refreshed {
  const { permissions, host } = state;
  return { state, inputs: { ...declaredInputs(state), permissions, host } };
}

function without(state: InfluxTokenState, names: readonly string[]): InfluxTokenState {
  const kept = Object.entries(state).filter(([name]) => !names.includes(name));
  return Object.fromEntries(kept) as unknown as InfluxTokenState;
}

/** What no change of a token makes untrue. */
function lasting(
  before: InfluxTokenState | undefined,
  { keepers }: DeclaredInputs,
): Partial<InfluxTokenState> {
  const names = [
    "__buckets",
    "__adoptedAt",
    "__withoutToken",
    ...(keepers === undefined ? ["__imported"] : []),
  ];
  return Object.fromEntries(entriesOf(before ?? {}, names));
}

function bucketsOf(buckets: BucketIds): Pick<InfluxTokenState, "__buckets"> {
  return Object.keys(buckets).length === 0 ? {} : { __buckets: buckets };
}

/**
 * An update leaves granted what was: it is kept where the new inputs do not say it, for they ask for nothing, since
 * changes of permissions are ignored, or for the same in other words.
 */
function foundBy(
  before: InfluxTokenState | undefined,
  inputs: DeclaredInputs,
): Pick<InfluxTokenState, "__granted"> {
  if (before === undefined) return {};
  const { __granted, effectivePermissions: table } = before;
  if (!asksForPermissions(inputs)) return __granted === undefined ? {} : { __granted };
  if (!asksInOtherWords(inputs, before, table)) return {};
  const granted = __granted ?? permissionsAsked(before, before);
  return granted !== undefined && lists(table, granted) ? { __granted: granted } : {};
}

/** The names that are not the server's: programs or earlier answers used them for the same ids. */
function namesOf(
  known: { readonly org: readonly string[]; readonly user: readonly string[] },
  now: { readonly org: string; readonly user: string },
): Pick<InfluxTokenState, "__names"> {
  const former = (property: "org" | "user"): FormerNames => {
    const names = [...new Set(known[property])].filter((name) => name !== now[property]);
    return names.length === 0 ? {} : { [property]: names };
  };
  const names = { ...former("org"), ...former("user") };
  return Object.keys(names).length === 0 ? {} : { __names: names };
}

/** What the program calls them. */
function declaredNames({ org, user }: DeclaredInputs): { org: string[]; user: string[] } {
  return { org: org === undefined ? [] : [org], user: user === undefined ? [] : [user] };
}

/** Which inputs that share their name with an output are declared. */
export function declaredAmong(inputs: DeclaredInputs): string {
  return SHARED_NAMES.filter((name) => inputs[name] !== undefined).join(" ");
}

/** Whether an input has an output of the same name. */
export function isShared(name: string): boolean {
  return (SHARED_NAMES as readonly string[]).includes(name);
}

function identityOf({ org, orgID, user, userID, description, status, createdAt, updatedAt }: Authorization) {
  return { org, orgId: orgID, user, userId: userID, description, status, createdAt, updatedAt };
}

function grantedBy(permissions: readonly Permission[]): Permission[] {
  return sortedUnique(permissions.map(plainPermission));
}

/** Without the names that the server's answer adds. */
function plainPermission({ action, resource: { type, id, orgID } }: Permission): Permission {
  return {
    action,
    resource: { type, ...(id !== undefined && { id }), ...(orgID !== undefined && { orgID }) },
  };
}
