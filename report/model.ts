import {
  type Finding,
  findRisks,
  openRisks,
  readersOf,
  type Readers,
  type RiskId,
  unknownRisk,
} from "../provider/permissions/risks";
import { CALLER } from "../provider/permissions/table";
import { singleLine } from "../provider/text";
import type { Parsed } from "./parse";
import { type DiffKind, diffPermissions, listPermissions, type PermissionLine } from "./permissionDiff";
import type { TokenSnapshot } from "./snapshot";
import { adoptedId } from "./steps";
import type { FleetPart, TokenAction, TokenStep } from "./tokenStep";
import { UNKNOWN_TEXT } from "./values";

/** The permissions of a token as texts, by what a change does to them. */
export interface PermissionChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly kept: readonly string[];
  /** How many single buckets more there will be whose ids are not known yet. */
  readonly unknown: number;
  /** Inputs of which nothing is known yet, such as `readBucket` where the whole list is not, or `org`. */
  readonly unknownInputs: readonly string[];
  /** Whether nothing is known of what there will be; then `removed` is empty and `kept` holds what there is now. */
  readonly allUnknown: boolean;
}

/** Members of a fleet by their names, and what becomes of their tokens. */
export interface ReportedMembers {
  /** How many there will be, or where the fleet ends, were. */
  readonly count: number;
  /** Those that get their first token. */
  readonly added: readonly string[];
  /** Those whose token goes. */
  readonly removed: readonly string[];
  /** Those that get a new token in place of the one that they have. */
  readonly replaced: readonly string[];
  /** Those whose token stays and is changed. */
  readonly patched: readonly string[];
  /** How many may get a new token or another change, of which the preview says nothing. */
  readonly untold: number;
}

/** One token of the stack, or the members of a fleet that may do the same. Never a value. */
export interface ReportedToken {
  readonly name: string;
  readonly urn: string;
  readonly action: TokenAction;
  /** Name of the fleet whose members these are. */
  readonly fleet?: string;
  /** The members of the fleet that the rest is about. */
  readonly members?: ReportedMembers;
  /** Properties that force the replacement, or that change in place; why a token is left behind. */
  readonly reasons: readonly string[];
  /** Id of the token that the program adopts, where this run does it. */
  readonly adopts?: string;
  /** Name of the owner, or the id where the program gives that; `me` for whoever runs `pulumi up`. */
  readonly owner: string;
  /** Name or id of the organization, as the program writes it. */
  readonly org: string;
  /** URL of the server that it is or will be on; empty where that is not known. */
  readonly host: string;
  /** URL that the server has in the state, where that is another. */
  readonly previousHost?: string;
  readonly description: string;
  readonly status: string;
  readonly permissions: PermissionChange;
  /** The same as values, for outputs that show more than texts. No part of the JSON. */
  readonly lines: readonly PermissionLine[];
  /** Risks that it has after the change. A token that is deleted has none. */
  readonly risks: readonly Finding[];
  /** Risks that are acknowledged and that it does not have. */
  readonly unusedAcknowledgements: readonly string[];
}

/** What a stack's tokens may do, and what a change does to them. {@link jsonOf} prints it. */
export interface Report {
  readonly source: "preview" | "state";
  readonly project: string;
  readonly stack: string;
  /** URLs of all servers that the tokens are on, or will be. */
  readonly servers: readonly string[];
  /**
   * Where the permissions are from: `permissions` are declared, with names; `effectivePermissions` are what the
   * server granted, with ids.
   */
  readonly permissionsFrom: "permissions" | "effectivePermissions";
  /** Whether unchanged resources are among them, so that no token is missing. */
  readonly complete: boolean;
  readonly summary: Readonly<Record<TokenAction, number>>;
  /** Those that change first, then by name. */
  readonly tokens: readonly ReportedToken[];
}

/** The order of the tokens, by change, and of the summary. */
export const ACTION_ORDER: readonly TokenAction[] = [
  "unknown",
  "replace",
  "rotate",
  "create",
  "adopt",
  "delete",
  "leave",
  "update",
  "skip",
  "same",
];

/** The same on every machine; `ci-9` comes before `ci-10`. */
const { compare } = new Intl.Collator("en", { numeric: true });

/** Makes the report of a preview or a state. */
export function makeReport(parsed: Parsed): Report {
  const { source, steps, complete } = parsed;
  const readers = complete ? readersAmong(steps, source) : undefined;
  const tokens = steps
    .map((step) => reported(step, source, readers))
    .sort((a, b) => rank(a) - rank(b) || compare(a.name, b.name) || compare(a.urn, b.urn));
  const [, where = "", project = ""] = /^urn:pulumi:(.*?)::(.*?)::/.exec(steps[0]?.urn ?? "") ?? [];
  const hosts = tokens.flatMap(({ host, previousHost }) => [host, previousHost ?? host]);
  return {
    source,
    project: singleLine(project),
    stack: singleLine(where),
    servers: [...new Set(hosts)].filter((host) => host !== "").sort(compare),
    permissionsFrom: source === "state" ? "effectivePermissions" : "permissions",
    complete,
    summary: countBy(tokens),
    tokens,
  };
}

/** The report for other programs: JSON. */
export function jsonOf(report: Report): string {
  return JSON.stringify(report, (key, value: unknown) => (key === "lines" ? undefined : value), 2);
}

/** A risk that `--fail-on` asks for, of a token that has it. */
export interface Failing {
  readonly token: string;
  readonly risk: RiskId;
}

/** Which of the risks the tokens have, without those that are acknowledged. What is not known might be any of them. */
export function failing({ tokens }: Report, risks: readonly RiskId[]): Failing[] {
  if (risks.length === 0) return [];
  const asked = new Set<RiskId>([...risks, "unknown"]);
  return tokens.flatMap(({ name, risks: found }) =>
    found.flatMap((finding) => {
      const open = openRisks([finding]);
      // A wider risk stands for those that it includes.
      const failed =
        open.has(finding.id) && asked.has(finding.id)
          ? [finding.id]
          : [...open].filter((id) => asked.has(id));
      return failed.map((risk) => ({ token: name, risk }));
    }),
  );
}

function reported(step: TokenStep, source: Parsed["source"], readers: Readers): ReportedToken {
  const { urn, action, reasons, before, after, fleet } = step;
  const shown = after ?? before;
  const isValid = source === "state" || action !== "delete";
  const acknowledge = isValid ? (shown?.acknowledge ?? {}) : {};
  const unknown = isValid ? unknownRisk(unknownsOf(step), acknowledge) : [];
  const held = isValid ? (shown?.held ?? []) : [];
  const risks = [...unknown, ...findRisks(held, acknowledge, readers)];
  const present = new Set<string>(
    [...unknown, ...findRisks(held, {}, readers)].flatMap(({ id, includes }) => [id, ...includes]),
  );
  const lines =
    source === "state"
      ? listPermissions(step, action === "delete" ? "removed" : "kept")
      : diffPermissions(step);
  const adopts = adoptedId(step);
  const host = singleLine(shown?.known.host ?? "");
  const previousHost = singleLine(before?.known.host ?? host);
  return {
    name: singleLine(fleet === undefined ? urn.split("::").slice(3).join("::") : fleetName(fleet)),
    urn: singleLine(urn),
    action,
    ...(fleet !== undefined && { fleet: singleLine(fleet.name), members: membersOf(fleet) }),
    reasons,
    ...(adopts !== undefined && { adopts: singleLine(adopts) }),
    owner: singleLine(ownerOf(step)),
    org: singleLine(orgOf(step)),
    host,
    ...(previousHost !== host && { previousHost }),
    description: singleLine(shown?.known.description ?? ""),
    status: singleLine(shown?.known.status ?? "active"),
    permissions: permissionChange(step, lines),
    lines,
    risks: risks.map(cleaned),
    unusedAcknowledgements: Object.keys(acknowledge)
      .filter((id) => !present.has(id))
      .map(singleLine),
  };
}

/** Members that a name holds; the others are counted. */
const MAX_NAMED = 3;

/** Members with permissions of their own are named. */
function fleetName({ name, isOwn, members }: FleetPart): string {
  if (!isOwn) return name;
  const more = members.length - MAX_NAMED;
  return `${name}: ${members.slice(0, MAX_NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function membersOf({ members, added, removed, replaced, patched, untold }: FleetPart): ReportedMembers {
  const sorted = (names: readonly string[]): string[] => names.map(singleLine).sort(compare);
  return {
    count: members.length,
    added: sorted(added),
    removed: sorted(removed),
    replaced: sorted(replaced),
    patched: sorted(patched),
    untold,
  };
}

function cleaned(finding: Finding): Finding {
  const { acknowledged } = finding;
  return acknowledged === undefined ? finding : { ...finding, acknowledged: singleLine(acknowledged) };
}

/** What is not known and might be a risk. One bucket more is none, whatever its id. */
function unknownsOf({ before, after, problems = [] }: TokenStep): string[] {
  const snapshot = after ?? before;
  if (snapshot === undefined) return problems.length > 0 ? [...problems] : ["nothing is known of it"];
  const acknowledgements = snapshot.unknownAcknowledgements.map((id) =>
    id === "acknowledge"
      ? "it is not known what is acknowledged"
      : `the reason for ${singleLine(id)} is not known`,
  );
  return [
    ...problems,
    ...snapshot.unknownInputs.map((name) => `${singleLine(name)} is not known`),
    ...acknowledgements,
    ...(snapshot.isSpecified ? [] : ["its permissions are not told"]),
  ];
}

/** A token keeps its owner where the program names none, but a new one belongs to the caller. */
function ownerOf(step: TokenStep): string {
  const { action, before, after } = step;
  const { user, userId } = (after ?? before)?.declared ?? {};
  const declared = user ?? userId;
  if (declared !== undefined) return declared;
  // The server knows whose it is, and an import has asked.
  if (step.imported !== undefined && before?.known.user !== undefined) return before.known.user;
  if (adoptedId(step) !== undefined) return UNKNOWN_TEXT;
  if (action === "create" || action === "replace" || action === "rotate") return CALLER;
  return before?.known.user ?? before?.known.userId ?? CALLER;
}

function orgOf({ before, after }: TokenStep): string {
  if (after?.declared.org !== undefined) return after.declared.org;
  const [now, old] = [after?.known.orgId, before?.known];
  if (now !== undefined && now !== old?.orgId) return now;
  return old?.org ?? old?.orgId ?? now ?? UNKNOWN_TEXT;
}

function permissionChange(
  { action, before, after, problems = [] }: TokenStep,
  lines: readonly PermissionLine[],
): PermissionChange {
  const of = (kind: DiffKind): string[] => lines.filter((line) => line.kind === kind).map(({ text }) => text);
  const snapshot = after ?? before;
  // What the server granted is known, whatever the program keeps secret.
  const isKnown = action === "delete" || snapshot?.effective !== undefined;
  return {
    added: of("added"),
    removed: of("removed"),
    kept: of("kept"),
    unknown: isKnown ? 0 : (snapshot?.unknownBuckets ?? 0),
    unknownInputs:
      isKnown || snapshot === undefined ? [] : [...snapshot.unknownInputs, ...unknownNames(snapshot)],
    allUnknown: !isKnown && (snapshot?.isSpecified !== true || (after === undefined && problems.length > 0)),
  };
}

/** Inputs that name the token's organization and owner: no risk, but the names are not known. */
function unknownNames({ declared }: TokenSnapshot): string[] {
  return (["org", "orgId", "user", "userId"] as const).filter((name) => declared[name] === UNKNOWN_TEXT);
}

/** `undefined` where one of them is not known: what it reads might be what another one writes. */
function readersAmong(steps: readonly TokenStep[], source: Parsed["source"]): Readers {
  const snapshots = steps
    .filter(({ action }) => source === "state" || action !== "delete")
    .map(({ before, after }) => after ?? before);
  const isKnown = (snapshot: TokenSnapshot | undefined): snapshot is TokenSnapshot =>
    snapshot?.isSpecified === true && snapshot.unknownBuckets + snapshot.unknownInputs.length === 0;
  return snapshots.every(isKnown) ? readersOf(snapshots.map(({ held }) => held)) : undefined;
}

function countBy(tokens: readonly ReportedToken[]): Record<TokenAction, number> {
  const counts = Object.fromEntries(ACTION_ORDER.map((action) => [action, 0])) as Record<TokenAction, number>;
  for (const token of tokens) {
    for (const [action, count] of tokensBy(token)) counts[action] += count;
  }
  return counts;
}

/** How many tokens a row stands for, by what becomes of them: one, or those of the members of a fleet. */
function tokensBy({ action, members }: ReportedToken): [TokenAction, number][] {
  if (members === undefined) return [[action, 1]];
  const { count, added, removed, replaced, patched, untold } = members;
  const changed = added.length + replaced.length + patched.length + untold;
  // What changes for all of them, such as the server's address, is no member's own.
  if (action !== "update") return [[action, count]];
  return [
    ["create", added.length],
    ["replace", replaced.length],
    ["update", patched.length + untold],
    ["delete", removed.length],
    [changed + removed.length > 0 ? "same" : "update", count - changed],
  ];
}

function rank({ action }: ReportedToken): number {
  return ACTION_ORDER.indexOf(action);
}
