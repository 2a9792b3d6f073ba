import type { Report, ReportedToken } from "./model";
import type { TokenAction } from "./parse";

/** How a change is told of, in every output: a mark that needs no colour, and a word. */
export const ACTION_MARKS: Readonly<Record<TokenAction, string>> = {
  replace: "±",
  create: "+",
  delete: "−",
  update: "~",
  same: "=",
};

const TO_DO: Readonly<Record<TokenAction, string>> = {
  replace: "to replace",
  create: "to create",
  delete: "to delete",
  update: "to update in place",
  same: "unchanged",
};

/** The change in one phrase, such as `replace: permissions`; nothing where there is none to tell of. */
export function changeOf({ action, reasons }: ReportedToken, { source }: Report): string {
  if (source === "state" && action === "same") return "";
  return reasons.length === 0 ? action : `${action}: ${reasons.join(", ")}`;
}

/** What happens to the stack's tokens, in one sentence without its full stop. */
export function summaryOf({ source, summary, tokens, complete }: Report): string {
  if (tokens.length === 0) return "No InfluxDB tokens";
  if (source === "state") {
    const left = summary.delete > 0 ? `, ${summary.delete} left by an interrupted replacement` : "";
    return `${count(summary.same, "InfluxDB token")} in the state${left}`;
  }
  const parts = (Object.keys(TO_DO) as TokenAction[]).filter((action) => summary[action] > 0);
  const told = parts.map((action) => `${summary[action]} ${TO_DO[action]}`).join(", ");
  return `InfluxDB tokens: ${told}${complete ? "" : "; unchanged ones are not in this preview"}`;
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

/** What is not known, in the place of permissions; nothing where everything is. */
export function unknownOf({ permissions: { unknown, allUnknown } }: ReportedToken): string {
  if (allUnknown) return "permissions not known before pulumi up";
  return unknown === 0 ? "" : `${count(unknown, "permission")} not known before pulumi up`;
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
