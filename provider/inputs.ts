import { closest, distance } from "fastest-levenshtein";
import { TYPE_FLAGS } from "./permissions/catalogue";
import {
  BUCKET_FLAGS,
  expandPermissions,
  notABucketId,
  type PermissionFlags,
  PermissionFlagsError,
  PRESETS,
} from "./permissions/expand";
import { formatPermission } from "./permissions/format";
import { isId } from "./permissions/id";
import { isRiskId, notARisk } from "./permissions/risks";
import { printable, quoted } from "./printable";
import type { ConnectionInputs, TokenStatus } from "./types";

/** What the engine sends in place of a value that is not known before `pulumi up`. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Where the engine keeps the text that loads the provider. Not an input of the user's. */
export const PROVIDER_KEY = "__provider";

/** What a program declares, resolved to plain values. */
export interface DeclaredInputs extends PermissionFlags {
  readonly org?: string;
  readonly orgId?: string;
  readonly user?: string;
  readonly description?: string;
  readonly status?: TokenStatus;
  readonly keepers?: Readonly<Record<string, string>>;
  /** Risk id to the reason why the risk is accepted. */
  readonly acknowledge?: Readonly<Record<string, string>>;
  readonly connection?: ConnectionInputs;
}

/** What `check` makes of the declared inputs. Any value may still be {@link UNKNOWN} during a preview. */
export interface InfluxTokenInputs extends DeclaredInputs {
  /** The declared permissions, sorted, as the CLI prints them but with the names that the program uses. */
  readonly permissions: readonly string[] | typeof UNKNOWN;
}

/** An input that cannot be accepted: `property` is the one to mend, `reason` says how. */
export interface Failure {
  readonly property: string;
  readonly reason: string;
}

/** The organization that environment, stack config or profile give. */
export interface DefaultOrganization {
  readonly org?: string;
  readonly orgId?: string;
}

/** What the inputs alone do not tell. */
export interface Surroundings {
  /** Where the program names no organization. A failure says why none can be told. */
  defaultOrganization(connection: ConnectionInputs): DefaultOrganization | Failure | undefined;
  /** Why the text cannot be a server's address, or `undefined`. */
  hostProblem(host: string): string | undefined;
}

/** The reason is only made where it is told. */
type Fail = (property: string, reason: string | (() => string)) => void;
/** Returns the value as it is kept, or `undefined` where it asks for nothing. */
type Reader = (value: unknown, property: string, fail: Fail) => unknown;

const isUnknown = (value: unknown): value is typeof UNKNOWN => value === UNKNOWN;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

const text: Reader = (value, property, fail) => {
  if (typeof value !== "string") fail(property, `${property} must be a string, not ${kindOf(value)}`);
  else if (value === "") fail(property, `${property} is empty: give a value or leave ${property} out`);
  return value;
};

const description: Reader = (value, property, fail) =>
  value === "" ? undefined : text(value, property, fail);

const toggle: Reader = (value, property, fail) => {
  if (typeof value !== "boolean") fail(property, `${property} must be true or false, not ${kindOf(value)}`);
  return value;
};

const flag: Reader = (value, property, fail) => toggle(value, property, fail) || undefined;

const wholeNumber =
  (min: number, max: number): Reader =>
  (value, property, fail) => {
    if (!Number.isInteger(value) || (value as number) < min || (value as number) > max)
      fail(property, `${property} must be a whole number from ${min} to ${max}`);
    return value;
  };

/** YAML takes an id of decimal digits only for a number, and by then it may have lost digits. */
const idText: Reader = (value, property, fail) => {
  if (typeof value === "number")
    fail(property, `${property} must be a string, not a number: put the id in quotes`);
  else text(value, property, fail);
  return value;
};

const organizationId: Reader = (value, property, fail) => {
  if (typeof value !== "string") return idText(value, property, fail);
  if (!isId(value)) {
    fail(
      property,
      `${property} ${quoted(value)} is not an organization id (16 hex digits, not all zeros): \`influx org list\` shows it; to give the organization's name use org`,
    );
  }
  return value.toLowerCase();
};

const status: Reader = (value, property, fail) => {
  if (value !== "active" && value !== "inactive")
    fail(property, `${property} must be "active" or "inactive"`);
  return value;
};

const bucketIds: Reader = (value, property, fail) => {
  if (!Array.isArray(value)) {
    fail(property, `${property} must be a list of bucket ids, not ${kindOf(value)}: write [${property}]`);
    return value;
  }
  const ids = value.map((id: unknown, index) => {
    const at = `${property}[${index}]`;
    if (isUnknown(id) || typeof id !== "string") return isUnknown(id) ? id : idText(id, at, fail);
    if (!isId(id)) fail(at, notABucketId(printable(id)));
    return id.toLowerCase();
  });
  return ids.length === 0 ? undefined : ids;
};

const keepers: Reader = (value, property, fail) => {
  if (!isRecord(value)) {
    fail(property, `${property} must be an object of strings, not ${kindOf(value)}`);
    return value;
  }
  for (const [key, keeper] of Object.entries(value)) {
    if (typeof keeper !== "string")
      fail(`${property}.${key}`, `${property}.${key} must be a string, not ${kindOf(keeper)}`);
  }
  return Object.keys(value).length === 0 ? undefined : value;
};

const acknowledge: Reader = (value, property, fail) => {
  if (!isRecord(value)) {
    fail(property, `${property} must be an object of risk to reason, not ${kindOf(value)}`);
    return value;
  }
  for (const [risk, reason] of Object.entries(value)) {
    const at = `${property}[${quoted(risk)}]`;
    if (!isRiskId(risk)) fail(at, `${at} ${notARisk(risk)}`);
    else if (typeof reason !== "string" || reason.trim() === "")
      fail(at, `${at} must say why the risk is accepted`);
  }
  return Object.keys(value).length === 0 ? undefined : value;
};

const CONNECTION_READERS: ReadonlyMap<string, Reader> = new Map<keyof ConnectionInputs, Reader>([
  ["host", text],
  ["token", text],
  // A `false` here overrides the environment.
  ["skipVerify", toggle],
  ["activeConfig", text],
  ["configsPath", text],
  ["httpDebug", toggle],
  ["caFile", text],
  ["certFile", text],
  ["keyFile", text],
  ["timeoutMs", wholeNumber(1, 3_600_000)],
  ["retries", wholeNumber(0, 100)],
  ["maxConcurrent", wholeNumber(1, 1000)],
]);

const connection: Reader = (value, property, fail) => {
  if (!isRecord(value)) {
    fail(property, `${property} must be an object, not ${kindOf(value)}`);
    return value;
  }
  const kept = readRecord(value, CONNECTION_READERS, `${property}.`, fail);
  return Object.keys(kept).length === 0 ? undefined : kept;
};

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["org", text],
  ["orgId", organizationId],
  ["user", text],
  ["description", description],
  ["status", status],
  ["keepers", keepers],
  ["acknowledge", acknowledge],
  ["connection", connection],
  ...PRESETS.map((name): [string, Reader] => [name, flag]),
  ...Object.keys(BUCKET_FLAGS).map((name): [string, Reader] => [name, bucketIds]),
  ...[...TYPE_FLAGS.keys()].map((name): [string, Reader] => [name, flag]),
]);

const PERMISSION_INPUTS: readonly string[] = [...PRESETS, ...Object.keys(BUCKET_FLAGS), ...TYPE_FLAGS.keys()];

/** Names of every input that a program may give. */
export const INPUT_NAMES: readonly string[] = [...READERS.keys()];

/** What is told of wrong inputs, however many there are and however long they are. */
const MAX_FAILURES = 20;
const MAX_NAME = 200;
const MAX_REASON = 2_000;

/**
 * Validates what a program declares, and adds what follows from it: the organization where the surroundings
 * give it, and the list of permissions. Pure but for what `surroundings` reads.
 */
export function checkInputs(
  raw: Readonly<Record<string, unknown>>,
  surroundings: Surroundings,
): { inputs: Record<string, unknown>; failures: Failure[] } {
  const failures: Failure[] = [];
  let untold = 0;
  const fail: Fail = (property, reason) => {
    if (failures.length >= MAX_FAILURES) untold += 1;
    else {
      const told = typeof reason === "string" ? reason : reason();
      failures.push({ property: printable(property, MAX_NAME), reason: printable(told, MAX_REASON) });
    }
  };

  const inputs = mergeAliases(readRecord(raw, READERS, "", fail));
  checkHost(inputs, surroundings, fail);
  checkOrganization(inputs, surroundings, fail);
  if (failures.length === 0) inputs["permissions"] = declarePermissions(inputs, fail);
  const last = failures.at(-1);
  if (last !== undefined && untold > 0)
    failures.push({ property: last.property, reason: `${untold} more inputs are wrong` });
  return { inputs, failures };
}

function readRecord(
  given: Readonly<Record<string, unknown>>,
  readers: ReadonlyMap<string, Reader>,
  prefix: string,
  fail: Fail,
): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (name === PROVIDER_KEY) continue;
    const property = prefix + name;
    const reader = readers.get(name);
    if (reader === undefined) fail(property, () => unknownInput(name, prefix, [...readers.keys()]));
    else if (isUnknown(value)) kept[name] = value;
    else if (value !== null && value !== undefined) {
      const read = reader(value, property, fail);
      if (read !== undefined) kept[name] = read;
    }
  }
  return kept;
}

function unknownInput(name: string, prefix: string, known: readonly string[]): string {
  if (prefix === "" && name === "permissions") {
    return "permissions is an output: ask for permissions by the flags, such as readBuckets or writeBucket";
  }
  const nearest = name.length > 64 ? "" : closest(name, known);
  const close = nearest !== "" && distance(name.toLowerCase(), nearest.toLowerCase()) <= nearest.length / 3;
  return [
    `${printable(prefix + name)} is not an input of InfluxToken`,
    ...foreignLetter(name),
    ...(close ? [`did you mean ${prefix}${nearest}?`] : []),
  ].join(": ");
}

/** What no input's name holds and may look just like what it holds, or cannot be seen at all. */
function foreignLetter(name: string): string[] {
  const [letter] = /[^ -~]/u.exec(name) ?? [];
  if (letter === undefined) return [];
  const code = (letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return [`${quoted(letter)} (U+${code}) is no letter of the names of inputs`];
}

/** `readDbrps` becomes `readDbrp`, so that everything after it knows one name only. */
function mergeAliases(inputs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [TYPE_FLAGS.get(name)?.flag ?? name, value]),
  );
}

function checkHost(inputs: Record<string, unknown>, surroundings: Surroundings, fail: Fail): void {
  const host = isRecord(inputs["connection"]) ? inputs["connection"]["host"] : undefined;
  if (typeof host !== "string" || host === "" || isUnknown(host)) return;
  const problem = surroundings.hostProblem(host);
  if (problem !== undefined) fail("connection.host", `connection.host ${problem}`);
}

function checkOrganization(inputs: Record<string, unknown>, surroundings: Surroundings, fail: Fail): void {
  if ("org" in inputs && "orgId" in inputs) {
    fail("orgId", "org and orgId are both given: keep one of them");
  }
  if ("org" in inputs || "orgId" in inputs) return;
  // A connection that is not known yet, or is wrong itself, cannot tell its profile's organization.
  const connectionInputs = inputs["connection"] ?? {};
  if (!isRecord(connectionInputs) || Object.values(connectionInputs).some(isUnknown)) {
    if (isRecord(connectionInputs) || isUnknown(connectionInputs)) inputs["org"] = UNKNOWN;
    return;
  }
  const found = surroundings.defaultOrganization(connectionInputs);
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

/** What `permissions` shows in place of the owner's id where the owner is whoever runs the program. */
export const CALLER = "me";

function declarePermissions(
  inputs: Readonly<Record<string, unknown>>,
  fail: Fail,
): string[] | typeof UNKNOWN {
  const { org, orgId, user } = inputs;
  const asked = PERMISSION_INPUTS.filter((name) => name in inputs);
  if (asked.length === 0) {
    fail(
      "permissions",
      "no permission is asked for: give allAccess, operator, readBucket, writeBucket, or a flag such as readBuckets or writeTasks",
    );
    return [];
  }
  const flags: Record<string, unknown> = {};
  let open = 0;
  for (const name of asked) {
    const value = inputs[name];
    if (isUnknown(value)) open += 1;
    else if (Array.isArray(value)) {
      flags[name] = value.filter((id) => !isUnknown(id));
      open += value.filter(isUnknown).length;
    } else flags[name] = value;
  }
  const organization = org ?? orgId;
  try {
    const declared = expandPermissions(flags, {
      orgId: organization as string,
      userId: (user as string | undefined) ?? CALLER,
    });
    if (isUnknown(organization) || isUnknown(user)) return UNKNOWN;
    return [...declared.map(formatPermission), ...Array<string>(open).fill(UNKNOWN)];
  } catch (error) {
    if (!(error instanceof PermissionFlagsError)) throw error;
    fail(error.property, error.message);
    return [];
  }
}
