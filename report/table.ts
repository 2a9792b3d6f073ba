import { getBorderCharacters, table } from "table";
import type { Report, ReportedToken } from "./model";
import type { TokenAction } from "./steps";
import { ACTION_MARKS, changeOf, detailsOf, riskSummaryOf, serversOf, summaryOf, unknownOf } from "./words";

/** How {@link renderTable} prints. */
export interface TableOptions {
  /** Colours, for a terminal that has them. Default: none. */
  readonly colour?: boolean;
  /** Leave out the servers, the line of headers and the summary, for other programs. Default: `false`. */
  readonly hideHeaders?: boolean;
  /** Every permission, however many. Default: of those that do not change only the first few. */
  readonly full?: boolean;
}

/** The server has a column only where there are several. */
const SERVER = "Server";
const HEADERS = ["Name", SERVER, "Organization", "Owner", "Change", "Permissions", "Severity", "Risks"];

/** Permissions that do not change are told of up to here: an operator token has 44. */
const FEW = 6;

type Paint = (text: string) => string;
const painted =
  (open: number, close: number): Paint =>
  (text) =>
    `\u001b[${open}m${text}\u001b[${close}m`;

const COLOURS = {
  bold: painted(1, 22),
  dim: painted(2, 22),
  red: painted(31, 39),
  green: painted(32, 39),
  yellow: painted(33, 39),
  cyan: painted(36, 39),
};
type Colour = keyof typeof COLOURS;

const ACTION_COLOURS: Readonly<Record<TokenAction, Colour>> = {
  unknown: "red",
  replace: "yellow",
  create: "green",
  delete: "red",
  leave: "yellow",
  update: "cyan",
  skip: "dim",
  same: "dim",
};

/** Columns without lines, as the influx CLI prints its lists. Ends with a line break. */
export function renderTable(report: Report, options: TableOptions = {}): string {
  const { colour = false, hideHeaders = false, full = false } = options;
  const paint = (name: Colour, text: string): string => (colour && text !== "" ? COLOURS[name](text) : text);
  const withServer = report.servers.length > 1;
  const headers = HEADERS.filter((header) => withServer || header !== SERVER);
  const rows = report.tokens.map((token) => [
    paint("bold", token.name),
    ...(withServer ? [token.host] : []),
    token.org,
    token.owner,
    paint(ACTION_COLOURS[token.action], changeLine(token, report)),
    permissionLines(token, full, paint).join("\n"),
    token.risks.map(({ severity }) => severity).join("\n"),
    riskLines(token, paint).join("\n"),
  ]);
  const printed = hideHeaders ? rows : [headers.map((header) => paint("bold", header)), ...rows];
  const body = printed.length === 0 || report.tokens.length === 0 ? "" : columns(printed);
  if (hideHeaders) return body;
  const sentences = [summaryOf(report), riskSummaryOf(report)].filter((text) => text !== "");
  const head = serversOf(report);
  return `${head === "" ? "" : `${head}\n\n`}${body === "" ? "" : `${body}\n`}${sentences.join(". ")}.\n`;
}

function changeLine(token: ReportedToken, report: Report): string {
  const change = changeOf(token, report);
  return change === "" ? "" : `${ACTION_MARKS[token.action]} ${change}`;
}

/** Letters that are as wide as they are long, colours and line breaks. */
// eslint-disable-next-line no-control-regex -- colours begin with one
const NARROW = /^(?:[\x20-\x7e±−·…✓\n]|\x1b\[\d+m)*$/;
// eslint-disable-next-line no-control-regex -- the same
const COLOUR = /\x1b\[\d+m/g;

function columns(rows: readonly string[][]): string {
  const isNarrow = rows.every((row) => row.every((cell) => NARROW.test(cell)));
  return (isNarrow ? padded(rows) : measured(rows)).replace(/ +$/gm, "");
}

/** What most stacks need, without a look at every single letter. */
function padded(rows: readonly string[][]): string {
  const lines = rows.flatMap((row) => {
    const cells = row.map((cell) => cell.split("\n"));
    const height = Math.max(...cells.map(({ length }) => length));
    return Array.from({ length: height }, (_, n) => cells.map((cell) => cell[n] ?? ""));
  });
  const widths: number[] = [];
  const lengthOf = (text: string): number => text.replace(COLOUR, "").length;
  for (const line of lines) line.forEach((text, n) => (widths[n] = Math.max(widths[n] ?? 0, lengthOf(text))));
  const pad = (text: string, n: number): string => text + " ".repeat((widths[n] ?? 0) - lengthOf(text) + 2);
  return lines.map((line) => `${line.map(pad).join("")}\n`).join("");
}

/** For letters of any width. */
function measured(rows: readonly string[][]): string {
  return table(
    rows.map((row) => [...row]),
    {
      border: getBorderCharacters("void"),
      columnDefault: { paddingLeft: 0, paddingRight: 2 },
      drawHorizontalLine: () => false,
    },
  );
}

function permissionLines(
  token: ReportedToken,
  full: boolean,
  paint: (name: Colour, text: string) => string,
): string[] {
  const { added, removed, kept } = token.permissions;
  // A token that comes or goes as a whole needs no mark at each line to be understood, but all that it may do.
  const changes = [
    ...few(added, full || token.action === "replace").map((text) => paint("green", `+ ${text}`)),
    ...few(removed, full || token.action === "replace").map((text) => paint("red", `− ${text}`)),
  ];
  const rest = few(kept, full).map((text) => paint("dim", `  ${text}`));
  const open = unknownOf(token);
  return [...changes, ...rest, ...(open === "" ? [] : [paint("yellow", `? ${open}`)])];
}

function few(texts: readonly string[], full: boolean): readonly string[] {
  if (full || texts.length <= FEW + 1) return texts;
  return [...texts.slice(0, FEW), `… and ${texts.length - FEW} more (--full)`];
}

function riskLines(
  { risks, unusedAcknowledgements }: ReportedToken,
  paint: (name: Colour, text: string) => string,
): string[] {
  return [
    ...risks.map((finding) => {
      const { id, severity, acknowledged } = finding;
      return acknowledged === undefined
        ? paint(severity === "critical" ? "red" : "yellow", `! ${id}${detailsOf(finding)}`)
        : paint("dim", `✓ ${id}: ${acknowledged}`);
    }),
    ...unusedAcknowledgements.map((id) => paint("dim", `  ${id} is acknowledged, but not there`)),
  ];
}
