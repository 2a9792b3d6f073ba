import { BUCKET_FLAGS } from "../provider/permissions/expand";
import type { Finding } from "../provider/permissions/risks";
import { ACTION_ORDER, type Report, type ReportedToken } from "./model";
import type { TokenAction } from "./steps";

/** How a change is told of, in every output: a mark that needs no colour, and a word. */
export const ACTION_MARKS: Readonly<Record<TokenAction, string>> = {
  unknown: "?",
  replace: "±",
  create: "+",
  delete: "−",
  leave: "*",
  update: "~",
  skip: "·",
  same: "=",
};

/** Each change in a word or two. */
export const ACTION_WORDS: Readonly<Record<TokenAction, string>> = {
  unknown: "not known",
  replace: "replace",
  create: "create",
  delete: "delete",
  leave: "left behind",
  update: "update",
  skip: "skipped",
  same: "same",
};

const TO_DO: Readonly<Record<TokenAction, string>> = {
  unknown: "not known",
  replace: "to replace",
  create: "to create",
  delete: "to delete",
  leave: "left behind",
  update: "to update in place",
  skip: "skipped",
  same: "unchanged",
};

/** The change in one phrase, such as `replace: permissions`; nothing where there is none to tell of. */
export function changeOf(token: ReportedToken, { source }: Report): string {
  const { action } = token;
  if (source === "state" && action === "same") return "";
  const reasons = reasonsOf(token);
  return reasons.length === 0 ? ACTION_WORDS[action] : `${ACTION_WORDS[action]}: ${reasons.join(", ")}`;
}

/** Why the token changes, and where it moves to. */
export function reasonsOf({ reasons, host, previousHost }: ReportedToken): readonly string[] {
  if (previousHost === undefined) return reasons;
  return [...reasons.filter((reason) => reason !== "host"), `host from ${previousHost} to ${host}`];
}

/** The servers that the tokens are on, in one line; nothing where there is no token. */
export function serversOf({ servers }: Report): string {
  if (servers.length === 0) return "";
  return `${servers.length === 1 ? "Server" : "Servers"}: ${servers.join(", ")}`;
}

/** What happens to the stack's tokens, in one sentence without its full stop. */
export function summaryOf({ source, summary, tokens, complete }: Report): string {
  const missing = "unchanged ones are not in this preview";
  if (tokens.length === 0)
    return complete ? "No InfluxDB tokens" : `InfluxDB tokens: no change is in this preview; ${missing}`;
  if (source === "state") {
    const left = summary.delete > 0 ? `, ${summary.delete} left by an interrupted replacement` : "";
    const open = summary.create > 0 ? `, ${summary.create} that an interrupted run may have made` : "";
    return `${count(summary.same, "InfluxDB token")} in the state${left}${open}`;
  }
  const parts = ACTION_ORDER.filter((action) => summary[action] > 0);
  const told = parts.map((action) => `${summary[action]} ${TO_DO[action]}`).join(", ");
  return `InfluxDB tokens: ${told}${complete ? "" : `; ${missing}`}`;
}

/** How many risks there are that nobody acknowledged, and how many that somebody did. */
export function countRisks({ tokens }: Report): { open: number; acknowledged: number } {
  const all = tokens.flatMap(({ risks }) => risks);
  const acknowledged = all.filter((risk) => risk.acknowledged !== undefined).length;
  return { open: all.length - acknowledged, acknowledged };
}

/** The sentence on risks, or nothing where there are none. */
export function riskSummaryOf(report: Report): string {
  const { open, acknowledged } = countRisks(report);
  if (open + acknowledged === 0) return "";
  const told = acknowledged > 0 ? `, ${acknowledged} acknowledged` : "";
  return `${count(open, "open risk")}${told}`;
}

const NAMES: ReadonlyMap<string, string> = new Map([
  ["org", "the organization"],
  ["orgId", "the organization"],
  ["user", "the owner"],
]);

/** What is not known, in the place of permissions; nothing where everything is. */
export function unknownOf({ permissions: { unknown, unknownInputs, allUnknown } }: ReportedToken): string {
  const parts = [
    ...(allUnknown ? ["permissions"] : []),
    ...(unknown > 0 ? [count(unknown, "bucket")] : []),
    ...unknownInputs.map((name) =>
      isBucketList(name) ? `the buckets of ${name}` : (NAMES.get(name) ?? name),
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

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
