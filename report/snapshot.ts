import {
  BUCKET_FLAGS,
  expandPermissions,
  OWN,
  type PermissionFlags,
  PermissionFlagsError,
  SWITCHES,
} from "../provider/permissions/expand";
import { isId } from "../provider/types";
import { permissionsOfFlags } from "../provider/permissions/risks";
import type { Permission } from "../provider/types";
import { isRecord, isSecret, isUnknown, type Json, record, records } from "./json";

/** Shown for a value that nobody knows before `pulumi up`. */
export const OPEN = "(known after up)";
/** Shown for a value that the program made a secret. */
export const SECRET = "(secret)";

/** Texts of a token that may be shown, as they are. */
const TEXTS = ["org", "orgId", "user", "userId", "description", "status", "host"] as const;
type Texts = { readonly [name in (typeof TEXTS)[number]]?: string };

/** A token as it is or will be: what of it may be shown. Neither the token nor any credential is among it. */
export interface TokenSnapshot {
  /** What the program declares. */
  readonly declared: Texts;
  /** The same, and what the server told. */
  readonly known: Texts;
  /** What it may do, as far as it is known: its own organization and owner are those of `OWN`. */
  readonly held: readonly Permission[];
  /** How many single buckets more it may read or write whose ids are not known, or secret. */
  readonly unknownBuckets: number;
  /** Permission inputs of which nothing is known, or that are secret. */
  readonly unknownInputs: readonly string[];
  /** Whether there is anything to tell its permissions from. */
  readonly isTold: boolean;
  /** What the server granted, as the state writes it for eyes. */
  readonly granted?: readonly string[];
  /** Risk id to reason. */
  readonly acknowledge: Readonly<Record<string, string>>;
  /** Risks whose reason is not known, or secret; `acknowledge` where not even the risks are known. */
  readonly unknownAcknowledgements: readonly string[];
}

/** The flags that are true or false. */
const BUCKET_LISTS: readonly string[] = Object.keys(BUCKET_FLAGS);

/**
 * Takes what may be shown of a resource, and nothing else, so that a credential never gets any further.
 *
 * @param resource one side of a step, or a resource of a state.
 * @param isPlanned whether it is what the program asks for, and not what there is.
 */
export function snapshotOf(resource: Json, isPlanned: boolean): TokenSnapshot {
  const [inputs, outputs] = [record(resource["inputs"]), record(resource["outputs"])];
  // What the program no longer asks for may still be among the outputs.
  const declared = Object.keys(inputs).length > 0 ? inputs : outputs;
  const asked = readFlags(asksForNothing(declared) ? outputs : declared);
  const recorded = readGranted(outputs);
  const isByFlags = recorded === undefined || (isPlanned && !asksForNothing(inputs));
  // What this version cannot read of what was granted may be anything.
  const isRead = recorded === undefined || recorded.length === lengthOf(outputs["__granted"]);
  const flags = isByFlags ? asked : isRead ? NOTHING : { ...NOTHING, unknownInputs: ["permissions"] };
  const held = isByFlags ? expanded(asked.flags) : recorded;
  const granted = isPlanned ? undefined : readTable(outputs["effectivePermissions"]);
  return {
    declared: textsOf(declared),
    known: { ...textsOf(outputs), ...textsOf(declared) },
    held,
    unknownBuckets: flags.unknownBuckets,
    unknownInputs: flags.unknownInputs,
    isTold: held.length + flags.unknownBuckets + flags.unknownInputs.length > 0,
    ...(granted !== undefined && { granted }),
    ...readAcknowledgements(declared["acknowledge"]),
  };
}

interface Flags {
  readonly flags: PermissionFlags;
  readonly unknownBuckets: number;
  readonly unknownInputs: readonly string[];
}

const NOTHING: Flags = { flags: {}, unknownBuckets: 0, unknownInputs: [] };

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === false;
}

function asksForNothing(values: Json): boolean {
  return [...SWITCHES, ...BUCKET_LISTS].every((name) => isNothing(values[name]));
}

/** Whatever is no plain value may turn out to be anything. */
function readFlags(values: Json): Flags {
  const given = SWITCHES.filter((name) => !isNothing(values[name]));
  const lists = BUCKET_LISTS.filter((name) => !isNothing(values[name]));
  const known = lists.filter((name) => Array.isArray(values[name]));
  const idsOf = (name: string): unknown[] => values[name] as unknown[];
  const isKnownId = (id: unknown): id is string => typeof id === "string" && isId(id);
  return {
    flags: Object.fromEntries([
      ...given.filter((name) => values[name] === true).map((name) => [name, true]),
      ...known.map((name) => [name, idsOf(name).filter(isKnownId)]),
    ]) as PermissionFlags,
    unknownBuckets: known.flatMap(idsOf).filter((id) => !isKnownId(id)).length,
    unknownInputs: [
      ...given.filter((name) => values[name] !== true),
      ...lists.filter((name) => !Array.isArray(values[name])),
    ],
  };
}

function expanded(flags: PermissionFlags): Permission[] {
  try {
    return expandPermissions(flags, OWN);
  } catch (error) {
    if (!(error instanceof PermissionFlagsError)) throw error;
    // What cannot be combined is refused before it is made. Each by itself tells what was asked for.
    return Object.entries(flags).flatMap(([name, value]) => permissionsOfFlags({ [name]: value as true }));
  }
}

function lengthOf(list: unknown): number | undefined {
  return Array.isArray(list) ? list.length : undefined;
}

/** What a refresh found in place of what was made. */
function readGranted(outputs: Json): Permission[] | undefined {
  const { __granted: granted, orgId, userId } = outputs;
  if (granted === undefined) return undefined;
  return records(granted).flatMap(({ action, resource }): Permission[] => {
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
}

/** A table of permissions, a line for each. */
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
  if (isNothing(value)) return { acknowledge: {}, unknownAcknowledgements: [] };
  if (!isRecord(value) || isSecret(value)) {
    return { acknowledge: {}, unknownAcknowledgements: ["acknowledge"] };
  }
  const given = Object.entries(value).filter(([, reason]) => !isNothing(reason));
  const isKnown = (entry: [string, unknown]): entry is [string, string] => isPlain(entry[1]);
  return {
    acknowledge: Object.fromEntries(given.filter(isKnown)),
    unknownAcknowledgements: given.filter((entry) => !isKnown(entry)).map(([id]) => id),
  };
}

function textsOf(values: Json): Texts {
  const told = TEXTS.flatMap((name) => {
    const text = textOf(values[name]);
    return text === undefined ? [] : [[name, text]];
  });
  return Object.fromEntries(told) as Texts;
}

function isPlain(value: unknown): value is string {
  return typeof value === "string" && !isUnknown(value) && !isSecret(value);
}

/** A text that may be shown, or what stands in its place. */
export function textOf(value: unknown): string | undefined {
  if (isSecret(value)) return SECRET;
  if (isUnknown(value)) return OPEN;
  return typeof value === "string" ? value : undefined;
}
