import type { Report, ReportedToken } from "./model";
import { ACTION_MARKS, changeOf, count, detailsOf, riskSummaryOf, summaryOf, unknownOf } from "./words";

/** What a comment on a pull request may hold is 65,536 characters: the rest is for whoever adds a line of their own. */
export const MARKDOWN_LIMIT = 64_000;

/** Kept for the notice that something is missing, and for closing what is open. */
const RESERVE = 400;

/** Servers that are named above the table; each token names its own where there are several. */
const MOST_SERVERS = 20;

/** A name or a reason longer than this would leave no place for others. */
const LONGEST = 200;

/**
 * A comment for a pull request: a row a token, and the permissions of each folded below. What does not fit is left
 * out from the end, where the unchanged tokens are, and a notice says so: first what is folded, then rows.
 */
export function renderMarkdown(report: Report, limit = MARKDOWN_LIMIT): string {
  const budget = new Budget(limit - RESERVE);
  const head = `### ${summaryOf(report)}\n`;
  budget.add(head);
  if (report.servers.length > 0) {
    const shown = report.servers.slice(0, MOST_SERVERS).map(code).join(", ");
    const more = report.servers.length - MOST_SERVERS;
    budget.add(
      `\n${report.servers.length === 1 ? "Server" : "Servers"}: ${shown}${more > 0 ? ` and ${more} more` : ""}\n`,
    );
  }
  const risks = riskSummaryOf(report);
  if (risks !== "") budget.add(`\n${risks}.\n`);
  if (report.tokens.length === 0) return budget.text;

  const server = report.servers.length > 1;
  budget.add(
    `\n| | token |${server ? " server |" : ""} organization | owner | change | permissions | risks |\n`,
  );
  budget.add(`| - | - |${server ? " - |" : ""} - | - | - | - | - |\n`);
  const leftRows = budget.addAll(report.tokens.map((token) => rowOf(token, report)));
  let leftDetails = 0;
  let leftExplanations = 0;
  if (leftRows === 0) {
    leftExplanations = budget.addAll([explanationsOf(report)]);
    leftDetails = budget.addAll(report.tokens.map(foldedOf).filter((text) => text !== ""));
  }
  const notices = [
    leftRows > 0 ? `${count(leftRows, "token")} and all permissions` : "",
    leftExplanations > 0 ? "what the risks mean" : "",
    leftDetails > 0 ? `the permissions of ${count(leftDetails, "token")}` : "",
  ].filter((text) => text !== "");
  const notice =
    notices.length === 0
      ? ""
      : `\n> **Cut to fit ${limit.toLocaleString("en")} characters.** Left out: ${notices.join(", ")}. \`influx-token report\` shows everything.\n`;
  return budget.text + notice;
}

/** Text that grows up to a limit, by whole pieces. */
class Budget {
  text = "";

  constructor(private readonly limit: number) {}

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
  const risks = [
    ...token.risks.map((finding) => {
      const { id, severity, acknowledged } = finding;
      return acknowledged === undefined
        ? `⚠️ **${id}** (${severity})${plain(detailsOf(finding))}`
        : `✅ ${id}: ${code(acknowledged)} (${severity})`;
    }),
    ...token.unusedAcknowledgements.map((id) => `${code(id)} is acknowledged, but not there`),
  ];
  const cells = [
    ACTION_MARKS[token.action],
    code(token.name),
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
  const open = unknownOf(token);
  if (open !== "") lines.push(`! ${open}`);
  if (lines.length === 0) return "";
  const summary = `${ACTION_MARKS[token.action]} ${code(token.name)}: ${count(lines.length, "permission")}`;
  const fence = fenceFor(lines);
  return `\n<details><summary>${summary}</summary>\n\n${fence}diff\n${lines.join("\n")}\n${fence}\n\n</details>\n`;
}

/** Longer than any run of backticks within, so that nothing within can end the block. */
function fenceFor(lines: readonly string[]): string {
  const runs = lines.flatMap((line) => line.match(/`+/g) ?? []).map(({ length }) => length);
  return "`".repeat(Math.max(3, 1 + Math.max(0, ...runs)));
}

/** Text as it is: neither markup, nor HTML, nor a link. */
function plain(text: string): string {
  const short = text.length > LONGEST ? `${Array.from(text).slice(0, LONGEST).join("")}…` : text;
  return short.replace(/[^\p{L}\p{N} ,;…-]/gu, (character) => `&#${character.codePointAt(0) ?? 0xfffd};`);
}

/** As code, where neither a mention nor a number of an issue becomes a link. */
function code(text: string): string {
  return text === "" ? "" : `<code>${plain(text)}</code>`;
}
