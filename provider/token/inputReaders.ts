import { SETTINGS, type SettingKind } from "../connection/settings";
import { hintForFlag, hintForUnknown } from "./inputHints";
import { isRecord, kindOf } from "../json";
import { organizationNameProblem } from "../organizationName";
import { TYPE_FLAGS } from "../permissions/catalogue";
import { canonicalReference, referenceProblem } from "../permissions/bucketReference";
import { BUCKET_FLAGS, EXTRA, OWN_ORGANIZATION_FLAG, PRESETS } from "../permissions/expand";
import { keyGivenTwice, keyOf, parseActions, parseReach } from "../permissions/extra";
import { isId } from "../types";
import { isRiskId, notARisk, RISKS } from "../permissions/risks";
import { printable, quoted } from "../text";
import { ROTATE_AFTER_PATTERN, rotateAfterProblem } from "./rotateAfter";
import { isUnknown } from "./unknown";

/** Takes note of an input that cannot be accepted. The reason is only made where it is shown. */
export type Fail = (property: string, reason: string | (() => string)) => void;
/** Returns the value as it is kept, or `undefined` where it asks for nothing. */
type Read = (value: unknown, property: string, fail: Fail) => unknown;

/** What an editor can tell of a value, in JSON Schema's words. A `writeOnly` one is a secret. */
export type InputSchema = Readonly<Record<string, unknown>>;

/** How an input is read, and what an editor can tell of it beforehand. */
export type Reader = Read & { readonly schema: InputSchema };

function reader(schema: InputSchema, read: Read): Reader {
  // A function of its own, so that two inputs may be read alike and look different.
  return Object.assign(read.bind(undefined), { schema });
}

const TEXT = { type: "string", minLength: 1 } as const;
const ID = { type: "string", pattern: "^[0-9A-Fa-f]{16}$" } as const;

function objectOf(properties: Readonly<Record<string, InputSchema>>): InputSchema {
  return { type: "object", properties, additionalProperties: false };
}

const text = reader(TEXT, (value, property, fail) => {
  if (typeof value !== "string") fail(property, `${property} must be a string, not ${kindOf(value)}`);
  else if (value === "") fail(property, `${property} is empty: give a value or leave ${property} out`);
  return value;
});

const secret = reader({ ...TEXT, writeOnly: true }, text);

/** The message does not hold the value, for it is a secret. */
const tokenValue = reader({ ...TEXT, writeOnly: true }, (value, property, fail) => {
  if (typeof value === "string" && /[^\x21-\x7e]/.test(value))
    fail(property, `${property} holds a character that no token has, such as a blank or a line break`);
  else text(value, property, fail);
  return value;
});

const description = reader({ type: "string" }, (value, property, fail) =>
  value === "" ? undefined : text(value, property, fail),
);

const toggle = reader({ type: "boolean" }, (value, property, fail) => {
  if (typeof value !== "boolean") fail(property, `${property} must be true or false, not ${kindOf(value)}`);
  return value;
});

const flag = reader({ type: "boolean" }, (value, property, fail) => {
  if (typeof value === "boolean") return value || undefined;
  fail(property, `${property} must be true or false, not ${kindOf(value)}${hintForFlag(property)}`);
  return value;
});

const wholeNumber = (min: number, max: number): Reader =>
  reader({ type: "integer", minimum: min, maximum: max }, (value, property, fail) => {
    if (!Number.isInteger(value) || (value as number) < min || (value as number) > max)
      fail(property, `${property} must be a whole number from ${min} to ${max}`);
    return value;
  });

/** YAML takes an id of decimal digits only for a number, and by then it may have lost digits. */
const idText: Read = (value, property, fail) => {
  if (typeof value === "number")
    fail(property, `${property} must be a string, not a number: put the id in quotes`);
  else text(value, property, fail);
  return value;
};

/** The server finds an organization whatever blanks are around its name: what is meant would depend on who compares. */
const organizationName = reader(TEXT, (value, property, fail) => {
  const problem = typeof value === "string" ? organizationNameProblem(value) : undefined;
  if (problem !== undefined) fail(property, `${property} ${problem}`);
  else text(value, property, fail);
  return value;
});

/** An id in lower case. `instead` says how it is found, and what else may be meant. */
const idOf = (noun: string, instead: string): Reader =>
  reader(ID, (value, property, fail) => {
    if (typeof value !== "string") return idText(value, property, fail);
    if (!isId(value)) {
      const problem = `is not ${noun} id (16 hex digits, not all zeros)`;
      fail(property, `${property} ${quoted(value)} ${problem}: ${instead}`);
    }
    return value.toLowerCase();
  });

export const organizationId = idOf(
  "an organization",
  "`influx org list` shows it; to give the organization's name use org",
);

const authorizationId = idOf("an authorization", "`influx auth list` shows it");

const userId = idOf("a user", "`influx user list` shows it; to give the user's name use user");

const status = reader({ enum: ["active", "inactive"] }, (value, property, fail) => {
  if (value !== "active" && value !== "inactive")
    fail(property, `${property} must be "active" or "inactive"`);
  return value;
});

const buckets = reader({ type: "array", items: TEXT }, (value, property, fail) => {
  if (!Array.isArray(value)) {
    const example = typeof value === "string" && value !== "" ? printable(value) : "<name or id>";
    fail(property, `${property} must be a list of buckets, not ${kindOf(value)}: write ["${example}"]`);
    return value;
  }
  const references = value.map((bucket: unknown, index) => {
    const at = `${property}[${index}]`;
    if (isUnknown(bucket)) return bucket;
    if (bucket === null || bucket === undefined) {
      fail(
        at,
        `${at} is ${String(bucket)}: give a bucket's name or id, or leave the element out of the list`,
      );
    } else if (typeof bucket !== "string") idText(bucket, at, fail);
    else {
      const problem = referenceProblem(bucket);
      if (problem !== undefined) fail(at, `${at} ${problem}`);
      return canonicalReference(bucket);
    }
    return bucket;
  });
  return references.length === 0 ? undefined : references;
});

const ACTIONS = { type: "string", pattern: "^\\s*(read|write)\\s*(,\\s*(read|write)\\s*)*$" } as const;
const EXTRA_PERMISSIONS = { type: "object", additionalProperties: ACTIONS } as const;

const extraPermissions = reader(EXTRA_PERMISSIONS, (value, property, fail) => {
  if (!isRecord(value)) {
    fail(
      property,
      `${property} must be an object of strings, not ${kindOf(value)}: write { "telegrafs/<id>": "read" }`,
    );
    return value;
  }
  const entries = entriesGiven(value).map(([key, actions]): [string, unknown] => {
    const at = `${property}[${quoted(key, MAX_KEY)}]`;
    const reach = reachAt(key, at, fail);
    if (isUnknown(actions)) return [reach, actions];
    const known = typeof actions === "string" ? parseActions(actions) : undefined;
    if (known === undefined) fail(at, `${at} must be "read", "write" or "read, write"`);
    return [reach, known?.join(", ")];
  });
  refuseTwice(entries, property, fail);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
});

/** Two spellings of one key: what one of them asks for would be lost. */
export function refuseTwice(entries: readonly [string, unknown][], property: string, fail: Fail): void {
  const twice = keyGivenTwice(entries.map(([key]) => key));
  if (twice === undefined) return;
  const at = `${property}[${quoted(twice, MAX_KEY)}]`;
  fail(at, `${at} is given twice: keep one of them`);
}

/** No key is longer, but for the name of an organization. */
const MAX_KEY = 200;

function reachAt(key: string, at: string, fail: Fail): string {
  try {
    const reach = parseReach(key);
    // Whether the organization is the token's own is seen where that is known.
    return reach.org === undefined ? keyOf(reach) : key;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    fail(at, `${at} ${error.message}`);
    return key;
  }
}

/** An entry without a value is left out, as an input is. */
function entriesGiven(record: Record<string, unknown>): [string, unknown][] {
  return Object.entries(record).filter(([, value]) => value !== null && value !== undefined);
}

const KEEPERS = { type: "object", additionalProperties: { type: "string" } } as const;

const keepers = reader(KEEPERS, (value, property, fail) => {
  if (!isRecord(value)) {
    fail(property, `${property} must be an object of strings, not ${kindOf(value)}`);
    return value;
  }
  const given = entriesGiven(value);
  for (const [key, keeper] of given) {
    if (typeof keeper !== "string")
      fail(`${property}.${key}`, `${property}.${key} must be a string, not ${kindOf(keeper)}`);
  }
  return given.length === 0 ? undefined : Object.fromEntries(given);
});

const rotateAfter = reader({ type: "string", pattern: ROTATE_AFTER_PATTERN }, (value, property, fail) => {
  const problem = rotateAfterProblem(value);
  if (problem !== undefined) fail(property, `${property} ${problem}`);
  return value;
});

const ACKNOWLEDGE = objectOf(
  Object.fromEntries(RISKS.map(({ id, explanation }) => [id, { ...TEXT, description: explanation }])),
);

const acknowledge = reader(ACKNOWLEDGE, (value, property, fail) => {
  if (!isRecord(value)) {
    fail(property, `${property} must be an object of risk to reason, not ${kindOf(value)}`);
    return value;
  }
  const given = entriesGiven(value);
  for (const [risk, reason] of given) {
    const at = `${property}[${quoted(risk)}]`;
    if (!isRiskId(risk)) fail(at, `${at} ${notARisk(risk)}`);
    else if (typeof reason !== "string" || reason.trim() === "")
      fail(at, `${at} must say why the risk is accepted`);
  }
  return given.length === 0 ? undefined : Object.fromEntries(given);
});

function readerOf(setting: SettingKind): Reader {
  if (setting.kind === "number") return wholeNumber(setting.min, setting.max);
  if (setting.kind === "text" && setting.secret === true) return secret;
  // A `false` of a switch overrides the environment.
  return setting.kind === "switch" ? toggle : text;
}

const CONNECTION_READERS: ReadonlyMap<string, Reader> = new Map(
  Object.entries(SETTINGS).map(([name, setting]): [string, Reader] => [name, readerOf(setting)]),
);

const CONNECTION = objectOf(
  Object.fromEntries([...CONNECTION_READERS].map(([name, { schema }]) => [name, schema])),
);

const connection = reader(CONNECTION, (value, property, fail) => {
  if (!isRecord(value)) {
    fail(property, `${property} must be an object, not ${kindOf(value)}`);
    return value;
  }
  const kept = readRecord(value, CONNECTION_READERS, `${property}.`, fail);
  return Object.keys(kept).length === 0 ? undefined : kept;
});

/** How each input of a token is read. */
export const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["org", organizationName],
  ["orgId", organizationId],
  ["user", text],
  ["userId", userId],
  ["description", description],
  ["status", status],
  ["keepers", keepers],
  ["rotateAfter", rotateAfter],
  ["acknowledge", acknowledge],
  ["deactivateOnDelete", flag],
  ["connection", connection],
  ["adopt", authorizationId],
  ["adoptToken", tokenValue],
  ["adoptWithoutToken", flag],
  [OWN_ORGANIZATION_FLAG, flag],
  [EXTRA, extraPermissions],
  ...PRESETS.map((name): [string, Reader] => [name, flag]),
  ...Object.keys(BUCKET_FLAGS).map((name): [string, Reader] => [name, buckets]),
  ...[...TYPE_FLAGS.keys()].map((name): [string, Reader] => [name, flag]),
]);

/** Reads what is given of a record, by the reader of each key; what is unknown to {@link readers} fails. */
export function readRecord(
  given: Readonly<Record<string, unknown>>,
  readers: ReadonlyMap<string, Reader>,
  prefix: string,
  fail: Fail,
): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    const property = prefix + name;
    const reader = readers.get(name);
    if (reader === undefined) fail(property, () => hintForUnknown(name, prefix, [...readers.keys()]));
    else if (isUnknown(value)) kept[name] = value;
    else if (value !== null && value !== undefined) {
      const read = reader(value, property, fail);
      if (read !== undefined) kept[name] = read;
    }
  }
  return kept;
}
