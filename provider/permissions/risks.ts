import { closest, distance } from "fastest-levenshtein";
import type { Action, Permission } from "../types";
import { nameOfStandIn } from "./bucketReference";
import { CATALOGUE, type ResourceType, TYPE_FLAGS } from "./catalogue";
import { expandPermissions, EXTRA, OWN, type PermissionFlags, PermissionFlagsError, PRESETS } from "./expand";

/** How bad a risk is, the worst first: the words that policies have. */
export const SEVERITIES = ["critical", "high", "medium", "low"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Which buckets the tokens of a stack may read, or `undefined` where not all of them are known. */
export type Readers =
  | {
      readonly all: boolean;
      /** Ids, and what stands for those of buckets that are only known by name. */
      readonly ids: ReadonlySet<string>;
      /** Whether some of them are names, and some ids. */
      readonly isMixed: boolean;
    }
  | undefined;

/** What a token may do that somebody should have thought about. */
export interface Risk {
  /** Names it in `acknowledge` and in `--fail-on`. */
  readonly id: string;
  /** A few words. */
  readonly title: string;
  readonly severity: Severity;
  /** What its holder can do, in one or two sentences. */
  readonly explanation: string;
  /** Risks that this one brings along: they are not reported beside it. */
  readonly includes?: readonly string[];
  /** Whether a token with these permissions has it. Says no wherever it cannot be sure. */
  readonly test: (held: readonly Permission[], readers: Readers) => boolean;
}

const SERVER_TYPES: ReadonlySet<string> = new Set(
  CATALOGUE.filter(({ scope }) => scope === "server").map(({ type }) => type),
);

/** Types that every server has had from the first release on: who writes all of them writes everything. */
const OLDEST_TYPES: readonly string[] = CATALOGUE.filter(
  ({ scope, editions, since }: ResourceType) =>
    scope === "organization" && editions.length > 1 && since === undefined,
).map(({ type }) => type);

/** Whether all of the type, and not only single ones, are within reach. */
function reaches(held: readonly Permission[], action: Action, type: string): boolean {
  return held.some(({ action: may, resource }) => may === action && resource.type === type && !resource.id);
}

function reachesServer(held: readonly Permission[], type: string): boolean {
  return held.some(({ resource }) => resource.type === type && !resource.id && !resource.orgID);
}

function bucketIds(held: readonly Permission[], action: Action): string[] {
  return held.flatMap(({ action: may, resource: { type, id } }) =>
    may === action && type === "buckets" && id !== undefined ? [id] : [],
  );
}

/** What the tokens of a stack may read together. Made once for all of them. */
export function readersOf(stack: readonly (readonly Permission[])[]): Readers {
  const ids = new Set(stack.flatMap((held) => bucketIds(held, "read")));
  const used = [...ids, ...stack.flatMap((held) => bucketIds(held, "write"))];
  return {
    all: stack.some((held) => reaches(held, "read", "buckets")),
    ids,
    isMixed: new Set(used.map((id) => nameOfStandIn(id) === undefined)).size > 1,
  };
}

function writesUnread(held: readonly Permission[], readers: Readers): boolean {
  // A stack that lets no token read a bucket leaves reading to another stack: its writers are no sign of a mistake.
  if (readers === undefined || readers.all || readers.ids.size === 0) return false;
  // A name and an id may be the same bucket's.
  if (readers.isMixed) return false;
  return bucketIds(held, "write").some((id) => !readers.ids.has(id));
}

/** Every risk, the far-reaching ones first. Documentation, warnings, `acknowledge` and reports derive from this table. */
export const RISKS = [
  {
    id: "unknown",
    title: "not known",
    severity: "critical",
    explanation:
      "What the token may do, what becomes of it, or what is acknowledged, is not known before pulumi up: it might be anything.",
    // It does not follow from permissions that are known: `unknownRisk` finds it.
    test: () => false,
  },
  {
    id: "operator-token",
    title: "operator token",
    severity: "critical",
    explanation:
      "It reads and writes everything in every organization of the server, also in those that are made later, and every user.",
    includes: [
      "all-access-token",
      "write-authorizations",
      "read-authorizations",
      "server-wide-orgs",
      "server-wide-users",
      "read-secrets",
      "system-bucket",
    ],
    test: (held) =>
      // Also of a type that only a later version knows.
      held.some(({ resource: { type, id, orgID } }) => !SERVER_TYPES.has(type) && !id && !orgID),
  },
  {
    id: "all-access-token",
    title: "all-access token",
    severity: "high",
    explanation: "It reads and writes everything in its organization, tokens and secrets included.",
    includes: [
      "write-authorizations",
      "read-authorizations",
      "write-org-or-user",
      "read-secrets",
      "system-bucket",
    ],
    test: (held) => OLDEST_TYPES.every((type) => reaches(held, "read", type) && reaches(held, "write", type)),
  },
  {
    id: "write-authorizations",
    title: "can manage tokens",
    severity: "high",
    explanation:
      "Where it may also write their owner, it makes tokens that outlive it, and switches off or deletes those of others.",
    test: (held) => reaches(held, "write", "authorizations"),
  },
  {
    id: "read-authorizations",
    title: "can read other tokens",
    severity: "high",
    explanation:
      "A server that stores tokens in the clear, as most before 2.9 do, tells it the tokens of the organization: it can do what the strongest of them can.",
    test: (held) => reaches(held, "read", "authorizations"),
  },
  {
    id: "server-wide-orgs",
    title: "reaches every organization",
    severity: "high",
    explanation:
      "readOrgs and writeOrgs carry no organization: it sees, or with write renames and deletes, every organization of the server.",
    test: (held) => reachesServer(held, "orgs"),
  },
  {
    id: "server-wide-users",
    title: "reaches every user",
    severity: "high",
    explanation:
      "readUsers and writeUsers carry no organization: it sees, or with write changes and deletes, every user of the server.",
    test: (held) => reachesServer(held, "users"),
  },
  {
    id: "write-org-or-user",
    title: "writes an organization or a user",
    severity: "high",
    explanation:
      "It renames and deletes the organization that extraPermissions names by id, or changes and deletes that user, the password included.",
    test: (held) =>
      held.some(
        ({ action, resource: { type, id } }) =>
          action === "write" && SERVER_TYPES.has(type) && id !== undefined && id !== OWN.userId,
      ),
  },
  {
    id: "read-secrets",
    title: "can read secrets",
    severity: "high",
    explanation: "It reads the secrets of the organization: their names by the API, their values in a query.",
    test: (held) => reaches(held, "read", "secrets"),
  },
  {
    id: "system-bucket",
    title: "may write system buckets",
    severity: "low",
    explanation:
      "Write on every bucket does not leave out _monitoring and _tasks, where statuses of checks and runs of tasks are recorded.",
    test: (held) => reaches(held, "write", "buckets"),
  },
  {
    id: "write-without-reader",
    title: "writes what nobody reads",
    severity: "medium",
    explanation:
      "It writes a bucket that no token of the stack may read, although the stack gives others single buckets to read: perhaps a wrong id.",
    test: writesUnread,
  },
] as const satisfies readonly Risk[];

/** The ids of the risks of this severity and above. */
export function risksFrom(severity: Severity): RiskId[] {
  const reached = SEVERITIES.slice(0, SEVERITIES.indexOf(severity) + 1);
  return RISKS.filter((risk) => reached.includes(risk.severity)).map(({ id }) => id);
}

/** Id of a risk. */
export type RiskId = (typeof RISKS)[number]["id"];

/** Ids of every risk, the far-reaching ones first. */
export const RISK_IDS: readonly RiskId[] = RISKS.map(({ id }) => id);

export function isRiskId(text: string): text is RiskId {
  return (RISK_IDS as readonly string[]).includes(text);
}

/** What to say of an id that is none: the nearest one, or all there are. */
export function notARisk(text: string): string {
  const nearest = text.length > 64 ? "" : closest(text, RISK_IDS);
  const close = distance(text.toLowerCase(), nearest) <= nearest.length / 3;
  return `is not a risk: ${close ? `did you mean "${nearest}"?` : `there are ${RISK_IDS.join(", ")}`}`;
}

/** A risk that a token has. */
export interface Finding {
  readonly id: RiskId;
  readonly title: string;
  readonly severity: Severity;
  readonly explanation: string;
  /** What of the token it is about, where that is not plain from its permissions. */
  readonly details?: readonly string[];
  /** Risks that the token has with this one, and that are not reported by themselves. */
  readonly includes: readonly RiskId[];
  /** Why it is accepted, where the program says so. */
  readonly acknowledged?: string;
}

/**
 * The risks of a token, the far-reaching ones first. A risk that another one brings along is listed with that one
 * only. To acknowledge a risk is to acknowledge what it brings along.
 *
 * @param acknowledge risk id to reason.
 * @param readers of the whole stack; leave it out where not all of its tokens are known.
 */
export function findRisks(
  held: readonly Permission[],
  acknowledge: Readonly<Record<string, string>> = {},
  readers?: Readers,
): Finding[] {
  const present = RISKS.filter(({ test }) => test(held, readers));
  const covered = new Set(present.flatMap((risk: Risk) => risk.includes ?? []));
  return present
    .filter(({ id }) => !covered.has(id))
    .map((risk: Risk & { id: RiskId }) => {
      const includes = present
        .map(({ id }) => id)
        .filter((id) => risk.includes?.includes(id) === true && !has(acknowledge, id));
      return { ...findingOf(risk, acknowledge), includes };
    });
}

/**
 * The risk that something which matters is not known: none where everything is.
 *
 * @param details what is not known, in a few words each.
 */
export function unknownRisk(
  details: readonly string[],
  acknowledge: Readonly<Record<string, string>> = {},
): Finding[] {
  if (details.length === 0) return [];
  return RISKS.filter(({ id }) => id === "unknown").map((risk) => ({
    ...findingOf(risk, acknowledge),
    details,
  }));
}

function findingOf(
  { id, title, severity, explanation }: Omit<Finding, "includes">,
  acknowledge: Readonly<Record<string, string>>,
): Finding {
  const acknowledged = has(acknowledge, id) ? { acknowledged: acknowledge[id] ?? "" } : {};
  return { id, title, severity, explanation, includes: [], ...acknowledged };
}

/** The risks that are not acknowledged, with those that they bring along. */
export function openRisks(found: readonly Finding[]): ReadonlySet<RiskId> {
  const open = found.filter(({ acknowledged }) => acknowledged === undefined);
  return new Set(open.flatMap(({ id, includes }) => [id, ...includes]));
}

/** The permissions that flags alone ask for: enough for a token's risks, not for its names. Wrong flags ask for none. */
export function permissionsOfFlags(flags: PermissionFlags): Permission[] {
  try {
    return expandPermissions(flags, OWN);
  } catch (error) {
    // Whoever validates the inputs says what is wrong with them.
    if (error instanceof PermissionFlagsError) return [];
    throw error;
  }
}

/** What decides whether a token is risky: single buckets do not, nor does reading its own organization. */
export const RISKY_INPUTS: ReadonlySet<string> = new Set([...PRESETS, ...TYPE_FLAGS.keys(), EXTRA]);

/** What previews warn of: a warning that the commonest token has is read by nobody. */
const LOUD: readonly Severity[] = ["critical", "high", "medium"];

/**
 * The risks that a program has to be warned of.
 *
 * @param flags inputs that are known.
 * @param accepted risks that the program accepts, with or without their reasons.
 */
export function risksToWarnOf(flags: PermissionFlags, accepted: Iterable<string>): Finding[] {
  const reasons = Object.fromEntries([...accepted].map((risk) => [risk, ""]));
  return findRisks(permissionsOfFlags(flags), reasons).filter(
    ({ acknowledged, severity }) => acknowledged === undefined && LOUD.includes(severity),
  );
}

/** What a warning says of a risk, on one line: the id first, to search for, and how to silence it at the end. */
export function warningFor({ id, title, explanation }: Finding): string {
  return `${id} (${title}): ${explanation} If this is meant to be: acknowledge: { "${id}": "why" }.`;
}

function has(record: object, key: string): boolean {
  return Object.prototype.hasOwnProperty.call(record, key);
}
