import { isLeftOut, isRecord, kindOf, sameJson } from "../json";
import { TYPE_FLAGS } from "../permissions/catalogue";
import { PERMISSION_INPUTS } from "../permissions/expand";
import type { PermissionTable } from "../permissions/table";
import { quoted } from "../text";
import {
  type CheckContext,
  checkInputs,
  type DeclaredInputs,
  declaredPermissions,
  type Failure,
  INPUT_NAMES,
  type InfluxTokenInputs,
  type OldInputs,
} from "../token/inputs";
import { durationProblem, NEVER } from "../token/rotateAfter";
import { isUnknown, UNKNOWN } from "../token/unknown";
import type { ConnectionInputs } from "../types";
import { MEMBER, memberProperty, type Members, readMembers } from "./memberNames";

/** A member's own inputs. Those that ask for nothing, such as `false`, take away what `each` asks for. */
export type OwnInputs = Readonly<Record<string, unknown>>;

/** What `check` makes of the inputs of a shard. Any value but names may still be unknown during a preview. */
export interface ShardInputs {
  /** Whose shard it is: `<project>/<stack>/<fleet>/<two digits>`. */
  readonly shard: string;
  /** What every member is to be, where it says nothing else. Texts hold `{member}`. */
  readonly each: DeclaredInputs;
  readonly members: Readonly<Record<string, OwnInputs>>;
  /** How long a replaced token stays valid. Absent: until the end of the run. */
  readonly keepOldFor?: string;
  readonly connection?: ConnectionInputs;
  /** What `each` asks for. */
  readonly permissions: PermissionTable | typeof UNKNOWN;
  /** The same of members that ask for something else. Absent where none does. */
  readonly memberPermissions?: Readonly<Record<string, PermissionTable | typeof UNKNOWN>>;
  readonly host: string;
}

/** In place of a shard, where the inputs of all of them are checked at once. */
export const WHOLE_FLEET = "";

/** Inputs that are the same for a whole fleet. */
export const OF_FLEET: readonly string[] = ["org", "orgId", "user", "userId", "deactivateOnDelete"];

/** Inputs of a token that no member has. */
const NOT_IN_FLEETS: Readonly<Record<string, string>> = {
  connection: "give it beside each, once for the whole fleet",
  adopt: "a fleet makes its tokens itself",
  adoptToken: "a fleet makes its tokens itself",
  adoptWithoutToken: "a fleet makes its tokens itself",
};

/** Inputs that `each` may have. */
export const EACH_INPUTS: readonly string[] = INPUT_NAMES.filter(
  (name) => !Object.hasOwn(NOT_IN_FLEETS, name),
);

/** Inputs that a member may have of its own. */
export const OWN_INPUTS: readonly string[] = EACH_INPUTS.filter((name) => !OF_FLEET.includes(name));

/**
 * What one failed step can carry to the engine, which reads no more than 16 MB of an error, bounds a shard: what was
 * made must get into the state. A member takes about 300 bytes.
 */
export const MAX_MEMBERS = 20_000;

/** The same of long names and own inputs. An error is sent as Base64, which takes a third more. */
const MAX_RECORD_BYTES = 11_000_000;

/** The inputs of one member: those of `each`, with its own in their place. */
export function merged(each: object, own: OwnInputs): Record<string, unknown> {
  const inputs: Record<string, unknown> = { ...each };
  for (const [name, value] of Object.entries(own)) {
    // Also where it goes by its alias.
    for (const other of Object.keys(inputs)) {
      if (canonical(other) === canonical(name)) Reflect.deleteProperty(inputs, other);
    }
    if (!asksForNothing(value)) inputs[name] = value;
  }
  return inputs;
}

function canonical(name: string): string {
  return TYPE_FLAGS.get(name)?.flag ?? name;
}

/** Whether an own input only takes away what `each` asks for. */
export function asksForNothing(value: unknown): boolean {
  if (value === false || value === "" || value === null || value === undefined) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** The checked inputs of one member, as of any token, with `{member}` in its texts. */
export function tokenInputsOf(declared: ShardInputs, own: OwnInputs): InfluxTokenInputs {
  const { each, connection, permissions, host } = declared;
  const inputs = merged(each, own);
  const asksOtherwise = Object.keys(own).some((name) => PERMISSION_INPUTS.includes(name));
  return {
    ...inputs,
    ...(connection !== undefined && { connection }),
    permissions: asksOtherwise ? (declaredPermissions(inputs) ?? UNKNOWN) : permissions,
    host,
  };
}

/**
 * Validates the inputs of a shard and adds what follows from them. Pure but for what `context` reads.
 *
 * @param olds inputs of the shard as they were checked the last time; empty for a new one.
 */
export function checkShard(
  raw: Readonly<Record<string, unknown>>,
  olds: OldInputs,
  context: CheckContext,
): { inputs: Record<string, unknown>; failures: Failure[] } {
  const { shard, each: given, members: named, keepOldFor, connection } = raw;
  const { members, failures } = readMembers(named);
  if (typeof shard !== "string") failures.push({ property: "shard", reason: "shard must be a string" });
  if (!isRecord(given)) {
    failures.push({ property: "each", reason: eachProblem(given) });
  }
  // A whole fleet has no bound of its own.
  if (shard !== WHOLE_FLEET) failures.push(...sizeFailures(members));
  failures.push(...keepOldForFailures(keepOldFor));
  if (!isRecord(given) || failures.length > 0) return { inputs: { ...raw }, failures: atMost(failures) };

  const oldEach = isRecord(olds["each"]) ? { ...olds["each"], host: olds["host"] } : {};
  const checkOne = (own: OwnInputs): ReturnType<typeof checkInputs> =>
    checkInputs(
      { ...merged(given, own), ...(connection !== undefined && connection !== null && { connection }) },
      oldEach,
      context,
    );
  failures.push(...misplaced(given, "each.", []));
  const template = checkOne({});
  const atEach = (property: string): string =>
    /^connection\b/.test(property) ? property : `each.${property}`;
  // Members may complete what each leaves open, such as permissions: then only they are judged.
  const isComplete = [...members.values()].every((own) => Object.keys(own).length > 0);
  const ofEach = template.failures.filter(({ property }) => !isComplete || property !== "permissions");
  failures.push(
    ...ofEach.map(({ property, reason }) =>
      atEach(property) === property
        ? { property, reason }
        : { property: atEach(property), reason: `each: ${reason}` },
    ),
  );
  failures.push(...descriptionFailures(template.inputs["description"], "each.description"));
  if (failures.length > 0) return { inputs: { ...raw }, failures: atMost(failures) };

  const checkedEach = withoutComputed(template.inputs);
  const checked = new Map<
    string,
    { readonly own: OwnInputs; readonly table: unknown; failures: Failure[] }
  >();
  const checkOwn = (
    name: string,
    own: OwnInputs,
  ): { own: OwnInputs; table: unknown; failures: Failure[] } => {
    const at = memberProperty(name);
    const found = misplaced(own, `${at}.`, OF_FLEET);
    if (found.length > 0) return { own, table: undefined, failures: found };
    const one = checkOne(own);
    const whose = (property: string): string => {
      const [top = ""] = property.split(/[.[]/);
      return top in own || top === "permissions" ? `${at}.${property}` : atEach(property);
    };
    return {
      own: Object.fromEntries(
        Object.entries(own).map(([key, value]) => [canonical(key), one.inputs[canonical(key)] ?? value]),
      ),
      table: one.inputs["permissions"],
      failures: [
        ...one.failures.map(({ property, reason }) => ({
          property: whose(property),
          reason: `${at}: ${reason}`,
        })),
        ...descriptionFailures(one.inputs["description"], `${at}.description`),
      ],
    };
  };
  const kept: [string, OwnInputs][] = [];
  const tables: [string, unknown][] = [];
  for (const [name, own] of members) {
    if (Object.keys(own).length === 0) {
      kept.push([name, {}]);
      continue;
    }
    const key = JSON.stringify(own);
    // The same for any member but for its name in failures, of which one says it.
    const found = checked.get(key) ?? checkOwn(name, own);
    if (!checked.has(key)) failures.push(...found.failures);
    checked.set(key, found);
    kept.push([name, found.own]);
    if (!sameJson(found.table, template.inputs["permissions"])) tables.push([name, found.table]);
  }
  if (shard !== WHOLE_FLEET)
    failures.push(...recordFailures(checkedEach, template.inputs["permissions"], kept, new Map(tables)));
  return {
    inputs: {
      shard,
      each: checkedEach,
      members: Object.fromEntries(kept),
      ...(keepOldFor !== undefined && keepOldFor !== null && { keepOldFor }),
      ...(template.inputs["connection"] !== undefined && { connection: template.inputs["connection"] }),
      // Absent where every member asks for its own.
      permissions: template.inputs["permissions"] ?? {},
      ...(tables.length > 0 && { memberPermissions: Object.fromEntries(tables) }),
      host: template.inputs["host"],
    },
    failures: atMost(failures),
  };
}

/** What to say of an `each` that is no object. */
export function eachProblem(given: unknown): string {
  const known = isLeftOut(given) ? "left out" : kindOf(given);
  return `each must be an object of inputs, not ${isUnknown(given) ? "a value that is not known yet" : known}`;
}

function withoutComputed(inputs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const computed = ["permissions", "host", "connection"];
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => !computed.includes(name)));
}

export function misplaced(inputs: object, prefix: string, ofFleet: readonly string[]): Failure[] {
  return Object.entries(inputs).flatMap(([name, value]: [string, unknown]) => {
    if (value === undefined || value === null) return [];
    const property = `${prefix}${name}`;
    const instead = Object.hasOwn(NOT_IN_FLEETS, name) ? NOT_IN_FLEETS[name] : undefined;
    if (instead !== undefined) return [{ property, reason: `${property} cannot be given: ${instead}` }];
    if (!ofFleet.includes(name)) return [];
    return [{ property, reason: `${property} cannot be a member's own: give it in each` }];
  });
}

/** A token whose answer was lost is found by its description, which nothing else may have. */
function descriptionFailures(description: unknown, property: string): Failure[] {
  if (isUnknown(description)) return [];
  if (typeof description === "string" && description.includes(MEMBER)) return [];
  const found = typeof description === "string" ? `, and ${quoted(description)} does not` : "";
  return [
    {
      property,
      reason: `${property} must hold ${MEMBER}, by which each member's token is told from all others${found}`,
    },
  ];
}

function sizeFailures(members: Members): Failure[] {
  if (members.size <= MAX_MEMBERS) return [];
  return [
    {
      property: "members",
      reason: `members: ${members.size} of them are in one shard, and what a failed step can record bounds a shard to ${MAX_MEMBERS}: make two fleets of it`,
    },
  ];
}

/** Of names, which are in the state three times, and what members have of their own. */
function recordFailures(
  each: object,
  permissions: unknown,
  members: readonly [string, OwnInputs][],
  tables: ReadonlyMap<string, unknown>,
): Failure[] {
  const [ofEach, ofPermissions] = [bytesOf(each), bytesOf(permissions)];
  const specs = new Set<string>();
  let bytes = 2 * ofEach + 4 * ofPermissions;
  for (const [name, own] of members) {
    const ofName = Buffer.byteLength(name);
    // Id, value and times, and a token that was replaced.
    bytes += 3 * ofName + 200;
    if (Object.keys(own).length === 0) continue;
    const inputs = JSON.stringify(own);
    const ofTable = tables.has(name) ? bytesOf(tables.get(name)) : 0;
    bytes += 2 * ofName + Buffer.byteLength(inputs) + 2 * ofTable;
    if (specs.has(inputs)) continue;
    specs.add(inputs);
    // A token of its own kind, as a whole: what it may do is there by names and by ids.
    bytes += 2 * (ofEach + Buffer.byteLength(inputs)) + 4 * (ofTable || ofPermissions) + 400;
  }
  if (bytes <= MAX_RECORD_BYTES) return [];
  return [
    {
      property: "members",
      reason: `members: the names and own inputs of the ${members.length} members of one shard take about ${bytes} bytes of its state, and what a failed step can record bounds them to ${MAX_RECORD_BYTES}: make two fleets of it, or put what members have in common into each`,
    },
  ];
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value ?? {}));
}

function keepOldForFailures(value: unknown): Failure[] {
  if (value === undefined || value === null || isUnknown(value)) return [];
  const problem =
    value === NEVER ? "is no time: leave it out for the end of the run" : durationProblem(value);
  return problem === undefined ? [] : [{ property: "keepOldFor", reason: `keepOldFor ${problem}` }];
}

/** As many as can be read. */
const MAX_FAILURES = 20;

function atMost(failures: readonly Failure[]): Failure[] {
  const shown = failures.slice(0, MAX_FAILURES);
  const last = shown.at(-1);
  const dropped = failures.length - shown.length;
  return last === undefined || dropped === 0
    ? shown
    : [...shown, { property: last.property, reason: `${dropped} more inputs are wrong` }];
}
