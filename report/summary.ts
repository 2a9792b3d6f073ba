import { BUCKET_FLAGS } from "../provider/permissions/expand";
import type { Finding } from "../provider/permissions/risks";
import { ACTION_ORDER, type Report, type ReportedToken } from "./model";
import type { TokenAction } from "./tokenStep";

/** The mark of a change, in every output. It needs no colour. */
export const ACTION_MARKS: Readonly<Record<TokenAction, string>> = {
  unknown: "?",
  replace: "±",
  rotate: "»",
  create: "+",
  adopt: "«",
  delete: "−",
  leave: "*",
  update: "~",
  skip: "·",
  same: "=",
};

/** A change in a word or two. */
export const ACTION_LABELS: Readonly<Record<TokenAction, string>> = {
  unknown: "not known",
  replace: "replace",
  rotate: "rotate",
  create: "create",
  adopt: "adopt",
  delete: "delete",
  leave: "left behind",
  update: "update",
  skip: "skipped",
  same: "same",
};

/** A change behind a number of tokens. */
const PLANNED_LABELS: Readonly<Record<TokenAction, string>> = {
  unknown: "not known",
  replace: "to replace",
  rotate: "to rotate",
  create: "to create",
  adopt: "to adopt",
  delete: "to delete",
  leave: "left behind",
  update: "to update in place",
  skip: "skipped",
  same: "unchanged",
};

/** What happens to the stack's tokens and which risks they have, in sentences without the last full stop. */
export function summaryOf(report: Report): string {
  return [summaryOfChanges(report), summaryOfRisks(report)].filter((text) => text !== "").join(". ");
}

/** What happens to the stack's tokens, in one sentence without its full stop. */
export function summaryOfChanges({ source, summary, tokens, complete }: Report): string {
  const missing = "unchanged ones are not in this preview";
  if (tokens.length === 0)
    return complete ? "No InfluxDB tokens" : `InfluxDB tokens: no change is in this preview; ${missing}`;
  if (source === "state") {
    const left = summary.delete > 0 ? `, ${summary.delete} left by an interrupted replacement` : "";
    const pending = summary.create > 0 ? `, ${summary.create} that an interrupted run may have made` : "";
    const adopted = summary.adopt > 0 ? `, ${summary.adopt} that an interrupted run may have adopted` : "";
    return `${count(summary.same, "InfluxDB token")} in the state${left}${pending}${adopted}`;
  }
  const actions = ACTION_ORDER.filter((action) => summary[action] > 0);
  const counts = actions
    .map((action) => `${summary[action].toLocaleString("en")} ${PLANNED_LABELS[action]}`)
    .join(", ");
  return `InfluxDB tokens: ${counts}${complete ? "" : `; ${missing}`}`;
}

/** How many risks are open and how many acknowledged, in one sentence without its full stop; empty where none are. */
export function summaryOfRisks({ tokens }: Report): string {
  const risks = tokens.flatMap((token) => token.risks);
  if (risks.length === 0) return "";
  const acknowledged = risks.filter((risk) => risk.acknowledged !== undefined).length;
  const rest = acknowledged > 0 ? `, ${acknowledged} acknowledged` : "";
  return `${count(risks.length - acknowledged, "open risk")}${rest}`;
}

/** The change of a token in one phrase, such as `replace: permissions`; empty for one of a state that has none. */
export function changeOf(token: ReportedToken, { source }: Report): string {
  const { action } = token;
  const reasons = reasonsOf(token);
  if (source === "state" && action === "same") return reasons.join(", ");
  // What is left behind is all the same to those who hold it, unless it is switched off.
  const label = `${ACTION_LABELS[action]}${action === "leave" && token.status === "inactive" ? ", inactive" : ""}`;
  return reasons.length === 0 ? label : `${label}: ${reasons.join(", ")}`;
}

/** Why the token changes, which one it adopts, and where it moves to. */
export function reasonsOf(token: ReportedToken): readonly string[] {
  const { action, reasons, adopts, host, previousHost } = token;
  const adopted = adopts === undefined ? [] : [action === "adopt" ? adopts : `adopts ${adopts}`];
  const changes = memberChanges(token);
  if (previousHost === undefined) return [...changes, ...reasons, ...adopted];
  return [
    ...changes,
    ...reasons.filter((reason) => reason !== "host"),
    ...adopted,
    `host from ${previousHost} to ${host}`,
  ];
}

/** The name of a row, for a fleet with the number of its members. */
export function titleOf({ name, members }: ReportedToken): string {
  return members === undefined ? name : `${name} (${count(members.count, "member")})`;
}

/** Members of a fleet that are named for each kind of change, where the place is short. */
export const MAX_MEMBERS = 50;

/** The marks of what becomes of members, as {@link MEMBER_CHANGES} lists them. */
const MEMBER_MARKS = { added: "+", removed: "−", replaced: "↻", patched: "~" } as const;

/** What may become of the token of a member. */
export const MEMBER_CHANGES = ["added", "removed", "replaced", "patched"] as const;

/** How many members of a fleet change how, such as `+3 −1 ↻2`; none where all change alike, or none does. */
function memberChanges({ action, members }: ReportedToken): string[] {
  if (members === undefined || action !== "update") return [];
  const changes = MEMBER_CHANGES.filter((change) => members[change].length > 0);
  const isWhole = changes.length === 1 && members.patched.length === members.count;
  if (changes.length === 0 || isWhole) return [];
  return [
    changes.map((change) => MEMBER_MARKS[change] + members[change].length.toLocaleString("en")).join(" "),
  ];
}

/** The names of members that change while others do not, each with its mark, and at most so many of a kind. */
export function changedMembers({ action, members }: ReportedToken, most: number): string[] {
  if (members === undefined || action !== "update") return [];
  const some = MEMBER_CHANGES.filter(
    (change) => change === "removed" || members[change].length < members.count,
  );
  return some.flatMap((change) => {
    const names = members[change];
    const more = names.length - most;
    const listed = more > 1 ? names.slice(0, most) : names;
    const marked = listed.map((name) => `${MEMBER_MARKS[change]} ${name}`);
    return more > 1 ? [...marked, `${MEMBER_MARKS[change]} … and ${more.toLocaleString("en")} more`] : marked;
  });
}

/** The servers that the tokens are on, in one line; empty where there is no token. */
export function serversOf({ servers }: Report): string {
  if (servers.length === 0) return "";
  return `${servers.length === 1 ? "Server" : "Servers"}: ${servers.join(", ")}`;
}

const INPUT_LABELS: ReadonlyMap<string, string> = new Map([
  ["org", "the organization"],
  ["orgId", "the organization"],
  ["user", "the owner"],
  ["userId", "the owner"],
]);

/** What is not known of a token, in one phrase; empty where everything is. */
export function unknownOf({ permissions: { unknown, unknownInputs, allUnknown } }: ReportedToken): string {
  const parts = [
    ...(allUnknown ? ["permissions"] : []),
    ...(unknown > 0 ? [count(unknown, "bucket")] : []),
    ...unknownInputs.map((name) =>
      isBucketList(name) ? `the buckets of ${name}` : (INPUT_LABELS.get(name) ?? name),
    ),
  ];
  if (parts.length === 0) return "";
  const isOne = parts.length === 1 && !allUnknown && unknown < 2 && !unknownInputs.some(isBucketList);
  return `${parts.join(", ")} ${isOne ? "is" : "are"} not known before pulumi up`;
}

function isBucketList(input: string): boolean {
  return input in BUCKET_FLAGS;
}

/** What a risk is about, where its id does not say it. */
export function detailsOf({ details = [] }: Finding): string {
  return details.length === 0 ? "" : `: ${details.join("; ")}`;
}

/** How many tokens of a fleet have each of its risks, in brackets. */
export function riskReach({ members }: ReportedToken): string {
  return members === undefined ? "" : ` (${count(members.count, "member")})`;
}

/** Such as `1 token`, `2 tokens`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}
