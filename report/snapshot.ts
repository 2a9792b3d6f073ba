import {
  BUCKET_FLAGS,
  EXTRA,
  OWN,
  PERMISSION_INPUTS,
  type PermissionFlags,
  SWITCHES,
} from "../provider/permissions/expand";
import { standInFor } from "../provider/permissions/bucketReference";
import { permissionsOfFlags } from "../provider/permissions/risks";
import type { Permission } from "../provider/types";
import { isRecord } from "../provider/json";
import { isShardType, tokenKindOf } from "../provider/tokenTypes";
import { type Json, record, records } from "./json";
import { readShard, type Shard } from "./shard";
import { isOpen, isSecret, textOf } from "./values";

/** Texts of a token that may be shown. */
const TEXTS = ["org", "orgId", "user", "userId", "description", "status", "host", "adopt"] as const;
type Texts = { readonly [name in (typeof TEXTS)[number]]?: string };

/** A token as it is or will be: what of it may be shown. Neither the token nor any credential is among it. */
export interface TokenSnapshot {
  /** What the program declares. */
  readonly declared: Texts;
  /** The same, and what the state recorded of the server's answer. */
  readonly known: Texts;
  /** What it may do, as far as that is known. Its own organization and owner are those of `OWN`. */
  readonly held: readonly Permission[];
  /** How many single buckets more it may read or write whose ids are not known, or secret. */
  readonly unknownBuckets: number;
  /** Permission inputs of which nothing is known, or that are secret. */
  readonly unknownInputs: readonly string[];
  /** Ids by what stands for buckets that are known by name, as far as the state tells them. */
  readonly bucketIds: ReadonlyMap<string, string>;
  /** Whether anything says what it may do. */
  readonly isSpecified: boolean;
  /** What the server granted, as the state lists it for readers: lines such as `read:orgs/<id>/tasks`. */
  readonly effective?: readonly string[];
  /** Risk id to reason. */
  readonly acknowledge: Readonly<Record<string, string>>;
  /** Risks whose reason is not known, or secret; `acknowledge` where not even the risks are known. */
  readonly unknownAcknowledgements: readonly string[];
  /** Where it is a part of a fleet: what it says of the members. Then all else is empty. */
  readonly shard?: Shard;
}

/** Inputs that list single buckets. */
const BUCKET_LISTS: readonly string[] = Object.keys(BUCKET_FLAGS);

/**
 * Takes what may be shown of a resource, and nothing else, so that a credential gets no further.
 *
 * @param resource the old or new state of a step, or a resource of a state.
 * @param isPlanned whether it is what the program asks for, and not what exists.
 */
export function snapshotOf(resource: Json, isPlanned: boolean): TokenSnapshot {
  const [inputs, outputs] = [record(resource["inputs"]), record(resource["outputs"])];
  const recorded = recordedInputs(resource);
  // What the program no longer asks for may still be among the outputs.
  const declared = Object.keys(inputs).length > 0 ? inputs : outputs;
  // Beside inputs that ask for the same in other words it is no drift.
  const isDeclared = (isPlanned && asksForPermissions(inputs)) || asksForPermissions(recorded);
  const drift = isDeclared ? undefined : readDrift(outputs);
  const permissions = drift ?? readFlags(asksForPermissions(declared) ? declared : recorded);
  const { held, unknownBuckets, unknownInputs } = permissions;
  const effective = isPlanned ? undefined : readTable(outputs["effectivePermissions"]);
  return {
    declared: textsOf(declared),
    known: { ...textsOf(outputs), ...textsOf(declared) },
    ...permissions,
    bucketIds: readBucketIds(outputs["__buckets"]),
    isSpecified: held.length + unknownBuckets + unknownInputs.length > 0,
    ...(effective !== undefined && { effective }),
    ...readAcknowledgements(declared["acknowledge"]),
    ...(isShardType(resource["type"]) && { shard: readShard(resource) }),
  };
}

/**
 * The inputs that a provider goes by, when it is to change or delete what a state records. A dynamic resource repeats them
 * among its outputs, and is given those only. A native one has them where they are; after its move from the dynamic one it
 * may still repeat them.
 */
export function recordedInputs({ type, inputs, outputs }: Json): Json {
  const repeatsInputs = tokenKindOf(type)?.repeatsInputs ?? true;
  return repeatsInputs ? record(outputs) : { ...record(outputs), ...record(inputs) };
}

type Permissions = Pick<TokenSnapshot, "held" | "unknownBuckets" | "unknownInputs">;

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === false;
}

function asksForPermissions(values: Json): boolean {
  return PERMISSION_INPUTS.some((name) => !isAbsent(values[name]));
}

/** What the flags ask for. One that is no plain value is not known. */
function readFlags(values: Json): Permissions {
  const given = SWITCHES.filter((name) => !isAbsent(values[name]));
  const lists = BUCKET_LISTS.filter((name) => !isAbsent(values[name]));
  const known = lists.filter((name) => Array.isArray(values[name]));
  const bucketsOf = (name: string): unknown[] => values[name] as unknown[];
  const extra = readExtra(values[EXTRA]);
  const flags = Object.fromEntries([
    ...given.filter((name) => values[name] === true).map((name) => [name, true]),
    ...known.map((name) => [name, bucketsOf(name).filter(isPlainText)]),
    ...(extra.known === undefined ? [] : [[EXTRA, extra.known]]),
  ]) as PermissionFlags;
  return {
    held: expanded(flags),
    unknownBuckets: known.flatMap(bucketsOf).filter((bucket) => !isPlainText(bucket)).length,
    unknownInputs: [
      ...given.filter((name) => values[name] !== true),
      ...lists.filter((name) => !Array.isArray(values[name])),
      ...(extra.isOpen ? [EXTRA] : []),
    ],
  };
}

/** What is known of the extra permissions, and whether there may be more. */
function readExtra(value: unknown): { known?: Readonly<Record<string, string>>; isOpen: boolean } {
  if (isAbsent(value)) return { isOpen: false };
  if (!isRecord(value) || isSecret(value)) return { isOpen: true };
  const given = Object.entries(value).filter(([, actions]) => !isAbsent(actions));
  const known = given.filter((entry): entry is [string, string] => isPlainText(entry[1]));
  // What this version cannot read of them may be anything.
  const isRead = known.every(([key, actions]) => expanded({ [EXTRA]: { [key]: actions } }).length > 0);
  return { known: Object.fromEntries(known), isOpen: known.length < given.length || !isRead };
}

function expanded(flags: PermissionFlags): Permission[] {
  const together = permissionsOfFlags(flags);
  if (together.length > 0) return together;
  // `check` refuses flags that cannot be combined. Each by itself says what was asked for.
  return Object.entries(flags).flatMap(([name, value]) => permissionsOfFlags({ [name]: value as true }));
}

/** What a refresh found in place of what was made; `undefined` where it found no drift. */
function readDrift(outputs: Json): Permissions | undefined {
  const { __granted: granted, orgId, userId } = outputs;
  if (granted === undefined) return undefined;
  const held = records(granted).flatMap(({ action, resource }): Permission[] => {
    const { type, id, orgID } = record(resource);
    if ((action !== "read" && action !== "write") || typeof type !== "string") return [];
    const own = (type === "orgs" && id === orgId) || (type === "users" && id === userId);
    const relative = type === "orgs" ? OWN.orgId : OWN.userId;
    return [
      {
        action,
        resource: {
          type,
          ...(typeof id === "string" && { id: own ? relative : id }),
          ...(typeof orgID === "string" && { orgID: orgID === orgId ? OWN.orgId : orgID }),
        },
      },
    ];
  });
  // What this version cannot read of it may be anything.
  const isRead = Array.isArray(granted) && granted.length === held.length;
  return { held, unknownBuckets: 0, unknownInputs: isRead ? [] : ["permissions"] };
}

function readBucketIds(value: unknown): ReadonlyMap<string, string> {
  const known = Object.entries(isSecret(value) ? {} : record(value));
  const ids = known.filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return new Map(ids.map(([reference, id]) => [standInFor(reference), id]));
}

/** A line for each permission of a table. */
function readTable(table: unknown): string[] | undefined {
  if (!isRecord(table) || isSecret(table)) return undefined;
  const lines = Object.entries(table).flatMap(([key, actions]) =>
    typeof actions === "string" ? actions.split(", ").map((action) => `${action}:${key}`) : [],
  );
  return lines.sort();
}

function readAcknowledgements(
  value: unknown,
): Pick<TokenSnapshot, "acknowledge" | "unknownAcknowledgements"> {
  if (isAbsent(value)) return { acknowledge: {}, unknownAcknowledgements: [] };
  if (!isRecord(value) || isSecret(value)) {
    return { acknowledge: {}, unknownAcknowledgements: ["acknowledge"] };
  }
  const given = Object.entries(value).filter(([, reason]) => !isAbsent(reason));
  const isKnown = (entry: [string, unknown]): entry is [string, string] => isPlainText(entry[1]);
  return {
    acknowledge: Object.fromEntries(given.filter(isKnown)),
    unknownAcknowledgements: given.filter((entry) => !isKnown(entry)).map(([id]) => id),
  };
}

function textsOf(values: Json): Texts {
  const texts = TEXTS.map((name) => [name, textOf(values[name])] as const);
  return Object.fromEntries(texts.filter(([, text]) => text !== undefined));
}

function isPlainText(value: unknown): value is string {
  return typeof value === "string" && !isOpen(value);
}
