import { getBorderCharacters, table } from "table";
import type { Report, ReportedToken } from "./model";
import type { TokenAction } from "./parse";
import { ACTION_MARKS, changeOf, riskSummaryOf, summaryOf, unknownOf } from "./words";

/** How {@link renderTable} prints. */
export interface TableOptions {
  /** Colours, for a terminal that has them. Default: none. */
  readonly colour?: boolean;
  /** Leave out the line of headers and the summary, for other programs. Default: `false`. */
  readonly hideHeaders?: boolean;
  /** Every permission, however many. Default: of those that do not change only the first few. */
  readonly full?: boolean;
}

const HEADERS = ["Name", "Organization", "Owner", "Change", "Permissions", "Risks"];

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
  replace: "yellow",
  create: "green",
  delete: "red",
  update: "cyan",
  same: "dim",
};

/** Columns without lines, as the influx CLI prints its lists. Ends with a line break. */
export function renderTable(report: Report, options: TableOptions = {}): string {
  const { colour = false, hideHeaders = false, full = false } = options;
  const paint = (name: Colour, text: string): string => (colour && text !== "" ? COLOURS[name](text) : text);
  const rows = report.tokens.map((token) => [
    paint("bold", token.name),
    token.org,
    token.owner,
    paint(ACTION_COLOURS[token.action], changeLine(token, report)),
    permissionLines(token, full, paint).join("\n"),
    riskLines(token, paint).join("\n"),
  ]);
  const printed = hideHeaders ? rows : [HEADERS.map((header) => paint("bold", header)), ...rows];
  const body = printed.length === 0 || report.tokens.length === 0 ? "" : columns(printed);
  if (hideHeaders) return body;
  const sentences = [summaryOf(report), riskSummaryOf(report)].filter((text) => text !== "");
  return `${body === "" ? "" : `${body}\n`}${sentences.join(". ")}.\n`;
}

function changeLine(token: ReportedToken, report: Report): string {
  const change = changeOf(token, report);
  return change === "" ? "" : `${ACTION_MARKS[token.action]} ${change}`;
}

function columns(rows: string[][]): string {
  const text = table(rows, {
    border: getBorderCharacters("void"),
    columnDefault: { paddingLeft: 0, paddingRight: 2 },
    drawHorizontalLine: () => false,
  });
  return text.replace(/ +$/gm, "");
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
    ...risks.map(({ id, acknowledged }) =>
      acknowledged === undefined ? paint("yellow", `! ${id}`) : paint("dim", `✓ ${id}: ${acknowledged}`),
    ),
    ...unusedAcknowledgements.map((id) => paint("dim", `  ${id} is acknowledged, but not there`)),
  ];
}
