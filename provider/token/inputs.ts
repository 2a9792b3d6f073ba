import { type Fail, organizationId, READERS, readRecord, refuseTwice } from "./inputReaders";
import { entriesOf, isRecord, sameJson } from "../json";
import { TYPE_FLAGS } from "../permissions/catalogue";
import {
  BUCKET_FLAGS,
  expandPermissions,
  EXTRA,
  OWN,
  PERMISSION_INPUTS,
  type PermissionFlags,
  PermissionFlagsError,
} from "../permissions/expand";
import { keyOf, parseReach } from "../permissions/extra";
import {
  CALLER,
  type PermissionTable,
  permissionTable,
  spellBucket,
  spellName,
  spellUser,
} from "../permissions/table";
import { printable, quoted } from "../text";
import type { ConnectionInputs, Organization, TokenStatus } from "../types";
import { NEVER, rotateAfterProblem } from "./rotateAfter";
import { isUnknown, UNKNOWN } from "./unknown";

/** What a program declares, resolved to plain values. */
export interface DeclaredInputs extends PermissionFlags {
  readonly org?: string;
  readonly orgId?: string;
  readonly user?: string;
  readonly userId?: string;
  readonly description?: string;
  readonly status?: TokenStatus;
  readonly keepers?: Readonly<Record<string, string>>;
  /** How long after it was made a token is due for rotation, such as `90d`; `never`. */
  readonly rotateAfter?: string;
  /** Risk id to the reason why the risk is accepted. */
  readonly acknowledge?: Readonly<Record<string, string>>;
  /** Whether the token is switched off where it would be deleted. */
  readonly deactivateOnDelete?: boolean;
  readonly connection?: ConnectionInputs;
  /** Id of the token of the server to take over. */
  readonly adopt?: string;
  /** Its value, where the server does not tell it. Secret. */
  readonly adoptToken?: string;
  /** Whether its value may stay unknown. */
  readonly adoptWithoutToken?: boolean;
}

/** What `check` makes of the declared inputs. Any value may still be {@link UNKNOWN} during a preview. */
export interface InfluxTokenInputs extends DeclaredInputs {
  /** The declared permissions, with the names that the program uses. Unknown as a whole where one is not known. */
  readonly permissions: PermissionTable | typeof UNKNOWN;
  /** URL of the server that the token is or will be on. */
  readonly host: string;
}

/** An input that cannot be accepted: `property` is the one to mend, `reason` says how. */
export interface Failure {
  readonly property: string;
  readonly reason: string;
}

/** What follows from more than the inputs: the stack's config, the environment, the CLI's profile. */
export interface CheckContext {
  /**
   * URL of the server. An existing token stays on the recorded one, unless it is named anew. {@link UNKNOWN} where it
   * depends on a setting of the connection that is.
   */
  host(connection: ConnectionInputs, recorded: string | undefined): string | Failure;
  /** Where the program names no organization. An existing token keeps its own. Unknown as the host may be. */
  organization(
    connection: ConnectionInputs,
    recorded: Organization | undefined,
  ): Organization | Failure | undefined;
  /** `rotateAfter` of the stack's config. */
  readonly rotateAfter?: () => string | undefined;
  /** What makes it unknown whether tokens that are due are to be rotated. */
  readonly rotationProblem?: () => string | undefined;
}

/** Where nobody can say more than the inputs do: whatever follows from anything else stays open. */
export const OPEN_CONTEXT: CheckContext = {
  host: () => UNKNOWN,
  organization: () => ({ org: UNKNOWN }),
};

/** Whether any permission is asked for: not where changes of them are ignored after a refresh found others. */
export function asksForPermissions(inputs: object): boolean {
  return entriesOf(inputs, PERMISSION_INPUTS).length > 0;
}

/** Names of every input that a program may give. */
export const INPUT_NAMES: readonly string[] = [...READERS.keys()];

/** Names of the inputs that `check` adds. */
export const COMPUTED_NAMES: readonly string[] = ["permissions", "host"];

/** Inputs that `permissions` follow from, where they follow from more than flags: as secret as these are they have to be. */
export const NAMING_INPUTS: readonly string[] = [
  "org",
  "orgId",
  "user",
  "userId",
  ...Object.keys(BUCKET_FLAGS),
  EXTRA,
];

/**
 * What the class gives for a computed input, so that the engine marks it as a secret where what it is made of is one:
 * it goes by the key that came in as one. `check` puts the value in its place.
 */
export const COMPUTED = "(computed)";

/** As much as failures show, however many there are and however long their values are. */
const MAX_FAILURES = 20;
const MAX_NAME = 200;
const MAX_REASON = 2_000;

/** The inputs of an existing token as they were checked the last time; empty for a new one. */
export type OldInputs = Readonly<Record<string, unknown>>;

/**
 * Validates what a program declares, and adds what follows from it: the organization where the program leaves it out,
 * the server, and the permissions. Pure but for what `context` reads.
 *
 * @param olds of an existing token; the engine gives none for a new one, nor for the second check before a replacement.
 */
export function checkInputs(
  raw: Readonly<Record<string, unknown>>,
  olds: OldInputs,
  context: CheckContext,
): { inputs: Record<string, unknown>; failures: Failure[] } {
  const failures: Failure[] = [];
  let dropped = 0;
  const fail: Fail = (property, reason) => {
    if (failures.length >= MAX_FAILURES) dropped += 1;
    else {
      const text = typeof reason === "string" ? reason : reason();
      const failure = { property: printable(property, MAX_NAME), reason: printable(text, MAX_REASON) };
      // Host and organization can fail by the same file.
      if (!failures.some((other) => sameJson(other, failure))) failures.push(failure);
    }
  };

  const inputs = mergeAliases(readRecord(withoutComputed(raw, olds), READERS, "", fail));
  const { connection: given = {} } = inputs;
  const isWrong = failures.some(({ property }) => /^connection\b/.test(property));
  const connection = isRecord(given) && !isWrong ? given : undefined;
  addOrganization(inputs, connection, olds, context, fail);
  refuseTwoOwners(inputs, fail);
  if (failures.length === 0) withoutOwnOrganization(inputs, fail);
  addHost(inputs, connection, olds, context, fail);
  addRotateAfter(inputs, context, fail);
  if (failures.length === 0) addPermissions(inputs, raw, olds, fail);
  const last = failures.at(-1);
  if (last !== undefined && dropped > 0)
    failures.push({ property: last.property, reason: `${dropped} more inputs are wrong` });
  return { inputs, failures };
}

/**
 * Leaves out what `check` itself adds: the class's placeholders, and old values, which the engine puts among the news
 * for `ignoreChanges`. To ignore changes of `permissions` is to ignore those of every input that asks for some.
 */
function withoutComputed(
  raw: Readonly<Record<string, unknown>>,
  olds: OldInputs,
): Readonly<Record<string, unknown>> {
  const isComputed = (name: string): boolean =>
    [COMPUTED, UNKNOWN].includes(raw[name] as string) || keepsOld(name, raw, olds);
  const declared = Object.entries(raw).filter(
    ([name]) => !(COMPUTED_NAMES.includes(name) && isComputed(name)),
  );
  if (!keepsOld("permissions", raw, olds)) return Object.fromEntries(declared);
  const isPermission = ([name]: [string, unknown]): boolean => PERMISSION_INPUTS.includes(name);
  return Object.fromEntries([
    ...declared.filter((entry) => !isPermission(entry)),
    ...Object.entries(olds).filter(isPermission),
  ]);
}

function keepsOld(name: string, raw: Readonly<Record<string, unknown>>, olds: OldInputs): boolean {
  return (olds[name] ?? undefined) !== undefined && sameJson(raw[name], olds[name]);
}

/** `readDbrps` becomes `readDbrp`, so that everything after it knows one name only. */
function mergeAliases(inputs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [TYPE_FLAGS.get(name)?.flag ?? name, value]),
  );
}

function addOrganization(
  inputs: Record<string, unknown>,
  connection: ConnectionInputs | undefined,
  olds: OldInputs,
  context: CheckContext,
  fail: Fail,
): void {
  const { org, orgId } = inputs;
  // One that is not known yet may turn out to be left out.
  if (org !== undefined && orgId !== undefined && !isUnknown(org) && !isUnknown(orgId)) {
    fail("orgId", "org and orgId are both given: keep one of them");
  }
  if (org !== undefined || orgId !== undefined) return;
  const isOpen = isUnknown(inputs["connection"]);
  if (connection === undefined && !isOpen) {
    inputs["org"] = UNKNOWN;
    return;
  }
  // Of a connection only the profile matters here.
  const deciding = (isOpen ? { activeConfig: UNKNOWN, configsPath: UNKNOWN } : connection) ?? {};
  const found = context.organization(deciding, organizationOf(olds));
  if (found === undefined) {
    fail(
      "org",
      "no organization: give org or orgId, or set influx-token:org in the stack config, INFLUX_ORG or INFLUX_ORG_ID in the environment, or org in the influx CLI's profile",
    );
  } else if ("reason" in found) {
    fail(found.property, found.reason);
  } else if (found.orgId !== undefined) {
    inputs["orgId"] = organizationId(found.orgId, "orgId", fail);
  } else {
    inputs["org"] = found.org;
  }
}

const ORGANIZATION_READERS = new Map([...READERS].filter(([name]) => name === "org" || name === "orgId"));

/** The organization that a query names, or by default that of a new token. */
export function readOrganization(
  query: Readonly<Record<string, unknown>>,
  context: CheckContext,
): Organization | Failure[] {
  const failures: Failure[] = [];
  const fail: Fail = (property, reason) => {
    failures.push({ property, reason: typeof reason === "string" ? reason : reason() });
  };
  const inputs = readRecord(query, ORGANIZATION_READERS, "", fail);
  addOrganization(inputs, {}, {}, context, fail);
  return failures.length > 0 ? failures : inputs;
}

function refuseTwoOwners({ user, userId }: Readonly<Record<string, unknown>>, fail: Fail): void {
  if (user === undefined || userId === undefined || isUnknown(user) || isUnknown(userId)) return;
  fail("userId", "user and userId are both given: keep one of them");
}

/**
 * Keys of extra permissions are kept without the token's own organization. Another one's are refused, as the server
 * does, and so is the own one under a name that the program does not use: whose it is would be a guess.
 */
function withoutOwnOrganization(inputs: Record<string, unknown>, fail: Fail): void {
  const { org, orgId, [EXTRA]: extra } = inputs;
  if (!isRecord(extra)) return;
  const entries = Object.entries(extra).map(([key, actions]): [string, unknown] => {
    const reach = parseReach(key);
    const named = reach.org;
    const isOwn =
      named === undefined ||
      named === org ||
      named.toLowerCase() === orgId ||
      isUnknown(org) ||
      isUnknown(orgId);
    const at = `${EXTRA}[${quoted(key, MAX_NAME)}]`;
    if (!isOwn) {
      const own = typeof org === "string" ? quoted(org) : String(orgId);
      fail(
        at,
        `${at} names the organization ${quoted(named)}, and the token belongs to ${own}: a token reaches only its own: write ${quoted(keyOf(reach), MAX_NAME)}`,
      );
    }
    return [keyOf(reach), actions];
  });
  refuseTwice(entries, EXTRA, fail);
  inputs[EXTRA] = Object.fromEntries(entries);
}

function organizationOf({ org, orgId }: OldInputs): Organization | undefined {
  if (typeof org === "string" && !isUnknown(org)) return { org };
  return typeof orgId === "string" && !isUnknown(orgId) ? { orgId } : undefined;
}

function addHost(
  inputs: Record<string, unknown>,
  connection: ConnectionInputs | undefined,
  olds: OldInputs,
  context: CheckContext,
  fail: Fail,
): void {
  if (connection === undefined) {
    inputs["host"] = UNKNOWN;
    return;
  }
  const recorded = typeof olds["host"] === "string" && !isUnknown(olds["host"]) ? olds["host"] : undefined;
  const found = context.host(connection, recorded);
  if (typeof found === "string") inputs["host"] = found;
  else fail(found.property, found.reason);
}

/** By the stack's config, where the token says nothing. */
function addRotateAfter(inputs: Record<string, unknown>, context: CheckContext, fail: Fail): void {
  if (inputs["rotateAfter"] === undefined) {
    const byConfig = context.rotateAfter?.();
    if (byConfig === undefined || byConfig === "" || byConfig === NEVER) return;
    const problem = rotateAfterProblem(byConfig);
    if (problem !== undefined) {
      fail("rotateAfter", `influx-token:rotateAfter in the stack config ${problem}`);
      return;
    }
    inputs["rotateAfter"] = byConfig;
  }
  const problem = inputs["rotateAfter"] === NEVER ? undefined : context.rotationProblem?.();
  if (problem !== undefined) fail("rotateAfter", problem);
}

function addPermissions(
  inputs: Record<string, unknown>,
  raw: Readonly<Record<string, unknown>>,
  olds: OldInputs,
  fail: Fail,
): void {
  const asked = entriesOf(inputs, PERMISSION_INPUTS);
  if (asked.length === 0 && keepsOld("permissions", raw, olds)) {
    // What a refresh found in place of what was declared: no input asks for it.
    inputs["permissions"] = olds["permissions"];
    return;
  }
  if (asked.length === 0) {
    fail(
      "permissions",
      "no permission is asked for: give allAccess, operator, readBucket, writeBucket, extraPermissions, or a flag such as readBuckets or writeTasks",
    );
    return;
  }
  try {
    inputs["permissions"] = declaredPermissions(inputs) ?? UNKNOWN;
  } catch (error) {
    if (!(error instanceof PermissionFlagsError)) throw error;
    fail(error.property, error.message);
  }
}

/** In place of an id that is not known yet. */
const ANY_ID = "ffffffffffffffff";

/**
 * The permissions that checked inputs ask for, with the names that they use; `undefined` where one of them is not known
 * yet, for `pulumi up --plan` holds the engine to what the preview said of the whole.
 *
 * @throws {PermissionFlagsError} also where the flags that are known cannot be combined.
 */
export function declaredPermissions(inputs: object): PermissionTable | undefined {
  const { org, orgId, user, userId } = inputs as Readonly<Record<string, unknown>>;
  const asked = entriesOf(inputs, PERMISSION_INPUTS);
  const known = asked.flatMap(([name, value]): [string, unknown][] =>
    isUnknown(value) ? [] : [[name, withStandIns(value)]],
  );
  const flags: PermissionFlags = Object.fromEntries(known);
  const permissions = expandPermissions(flags, OWN);

  const isOpen = asked.some(([, value]) => isUnknown(value) || elementsOf(value).some(isUnknown));
  const isOwnerOpen = flags.allAccess === true && (isUnknown(user) || isUnknown(userId));
  if (isOpen || isUnknown(org) || isUnknown(orgId) || isOwnerOpen) return undefined;
  const owner = typeof userId === "string" ? userId : CALLER;
  const spelled: ReadonlyMap<string, string> = new Map([
    [OWN.orgId, typeof org === "string" ? spellName(org) : (orgId as string)],
    [OWN.userId, typeof user === "string" ? spellUser(user) : owner],
  ]);
  return permissionTable(permissions, (id) => spelled.get(id) ?? spellBucket(id));
}

function elementsOf(value: unknown): unknown[] {
  return typeof value === "object" && value !== null ? Object.values(value) : [];
}

/** Whatever an unknown bucket is, it is one, and whatever an unknown action is, it is one. */
function withStandIns(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((id: unknown) => (isUnknown(id) ? ANY_ID : id));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, actions]) => [key, isUnknown(actions) ? "read" : actions]),
  );
}
