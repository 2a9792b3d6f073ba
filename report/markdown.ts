import type { Report, ReportedToken } from "./model";
import {
  ACTION_MARKS,
  changedMembers,
  changeOf,
  count,
  detailsOf,
  MAX_MEMBERS,
  riskReach,
  summaryOfChanges,
  summaryOfRisks,
  titleOf,
  unknownOf,
} from "./summary";

/** GitHub allows 65,536 characters in a comment: the rest is for lines that a pipeline adds. */
export const MARKDOWN_LIMIT = 64_000;

/** Characters kept for the notice that something is left out. */
const RESERVE = 400;

/** Servers that are named above the table. Where there are several, each token names its own. */
const MAX_SERVERS = 20;

/** Characters of a name or a reason: longer ones would leave no place for others. */
const MAX_TEXT = 200;

/**
 * A comment for a pull request: a row for each token, and its permissions folded below. What does not fit is left out,
 * from the end, where the unchanged tokens are: first what is folded, then rows. A notice says what.
 */
export function renderMarkdown(report: Report, limit = MARKDOWN_LIMIT): string {
  const budget = new Budget(limit - RESERVE);
  budget.add(`### ${summaryOfChanges(report)}\n`);
  const { servers } = report;
  if (servers.length > 0) {
    const shown = servers.slice(0, MAX_SERVERS).map(code).join(", ");
    const more = servers.length > MAX_SERVERS ? ` and ${servers.length - MAX_SERVERS} more` : "";
    budget.add(`\n${servers.length === 1 ? "Server" : "Servers"}: ${shown}${more}\n`);
  }
  const risks = summaryOfRisks(report);
  if (risks !== "") budget.add(`\n${risks}.\n`);
  if (report.tokens.length === 0) return budget.text;

  const [title, rule] = servers.length > 1 ? [" server |", " - |"] : ["", ""];
  budget.add(`\n| | token |${title} organization | owner | change | permissions | risks |\n`);
  budget.add(`| - | - |${rule} - | - | - | - | - |\n`);
  const omitted: string[] = [];
  const rows = budget.addAll(report.tokens.map((token) => rowOf(token, report)));
  if (rows > 0) omitted.push(`${count(rows, "token")} and all permissions`);
  else {
    if (!budget.add(explanationsOf(report))) omitted.push("what the risks mean");
    const folded = budget.addAll(report.tokens.map(foldedOf).filter((text) => text !== ""));
    if (folded > 0) omitted.push(`the permissions of ${count(folded, "token")}`);
  }
  if (omitted.length === 0) return budget.text;
  return `${budget.text}\n> **Cut to fit ${limit.toLocaleString("en")} characters.** Left out: ${omitted.join(", ")}. \`influx-token report\` shows everything.\n`;
}

/** A text of whole pieces, up to a limit of characters. */
class Budget {
  text = "";

  constructor(private readonly limit: number) {}

  /** Adds the piece if it fits. Returns whether it does. */
  add(piece: string): boolean {
    if (this.text.length + piece.length > this.limit) return false;
    this.text += piece;
    return true;
  }

  /** Adds pieces until one does not fit. Returns how many are left out. */
  addAll(pieces: readonly string[]): number {
    const first = pieces.findIndex((piece) => !this.add(piece));
    return first < 0 ? 0 : pieces.length - first;
  }
}

function rowOf(token: ReportedToken, report: Report): string {
  const { added, removed, kept } = token.permissions;
  const counts = [
    added.length > 0 ? `+${added.length}` : "",
    removed.length > 0 ? `−${removed.length}` : "",
    kept.length > 0 ? `${kept.length} kept` : "",
    unknownOf(token) === "" ? "" : "? not known yet",
  ].filter((text) => text !== "");
  const reach = plain(riskReach(token));
  const risks = [
    ...token.risks.map((finding) => {
      const { id, severity, acknowledged } = finding;
      return acknowledged === undefined
        ? `⚠️ **${id}** (${severity})${reach}${plain(detailsOf(finding))}`
        : `✅ ${id}${reach}: ${code(acknowledged)} (${severity})`;
    }),
    ...token.unusedAcknowledgements.map((id) => `${code(id)} is acknowledged, but not there`),
  ];
  const cells = [
    ACTION_MARKS[token.action],
    code(titleOf(token)),
    ...(report.servers.length > 1 ? [code(token.host)] : []),
    code(token.org),
    code(token.owner),
    plain(changeOf(token, report)),
    counts.join(", "),
    risks.slice(0, 20).join("<br>"),
  ];
  return `| ${cells.join(" | ")} |\n`;
}

function explanationsOf({ tokens }: Report): string {
  const open = tokens.flatMap(({ risks }) => risks).filter(({ acknowledged }) => acknowledged === undefined);
  const byId = new Map(open.map((risk) => [risk.id, risk]));
  if (byId.size === 0) return "";
  const lines = [...byId.values()].map(
    ({ id, title, severity, explanation }) =>
      `- **${id}** (${severity}, ${title}): ${explanation.replaceAll("_", "\\_")}`,
  );
  return `\n<details><summary>What the risks mean</summary>\n\n${lines.join("\n")}\n\n</details>\n`;
}

function foldedOf(token: ReportedToken): string {
  const { added, removed, kept } = token.permissions;
  const lines = [
    ...added.map((text) => `+ ${text}`),
    ...removed.map((text) => `- ${text}`),
    ...kept.map((text) => `  ${text}`),
  ];
  const unknown = unknownOf(token);
  if (unknown !== "") lines.push(`! ${unknown}`);
  const members = changedMembers(token, MAX_MEMBERS);
  if (lines.length + members.length === 0) return "";
  const summary = `${ACTION_MARKS[token.action]} ${code(titleOf(token))}: ${count(lines.length, "permission")}`;
  if (members.length > 0) lines.push("", "members", ...members.map((text) => `  ${text}`));
  const fence = fenceFor(lines);
  return `\n<details><summary>${summary}</summary>\n\n${fence}diff\n${lines.join("\n")}\n${fence}\n\n</details>\n`;
}

/** A fence that is longer than any run of backticks within, so that nothing within can end the block. */
function fenceFor(lines: readonly string[]): string {
  const runs = lines.flatMap((line) => line.match(/`+/g) ?? []).map(({ length }) => length);
  return "`".repeat(Math.max(3, 1 + Math.max(0, ...runs)));
}

/** Text as it is: neither markup, nor HTML, nor a link. */
function plain(text: string): string {
  const short = text.length > MAX_TEXT ? `${Array.from(text).slice(0, MAX_TEXT).join("")}…` : text;
  return short.replace(/[^\p{L}\p{N} ,;…-]/gu, (character) => `&#${character.codePointAt(0) ?? 0xfffd};`);
}

/** Text as code, where neither a mention nor a number of an issue becomes a link. */
function code(text: string): string {
  return text === "" ? "" : `<code>${plain(text)}</code>`;
}
