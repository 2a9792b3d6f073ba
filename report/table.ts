import { getBorderCharacters, table } from "table";
import type { Report, ReportedToken } from "./model";
import type { TokenAction } from "./tokenStep";
import {
  ACTION_MARKS,
  changedMembers,
  changeOf,
  detailsOf,
  riskReach,
  serversOf,
  summaryOf,
  titleOf,
  unknownOf,
} from "./summary";

/** How {@link renderTable} prints. */
export interface TableOptions {
  /** Colours, for a terminal that has them. Default: none. */
  readonly colour?: boolean;
  /** Leave out the servers, the headers and the summary, for other programs. Default: `false`. */
  readonly hideHeaders?: boolean;
  /** List every permission, however many. Default: only the first few, unless a replacement adds or removes them. */
  readonly full?: boolean;
}

/** The server has a column only where there are several. */
const SERVER = "Server";
const HEADERS = ["Name", SERVER, "Organization", "Owner", "Change", "Permissions", "Severity", "Risks"];

/** Permissions of a kind that are listed: an operator token has 44. */
const MAX_LISTED = 6;

/** The codes that turn a colour on and off. */
const COLOURS = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;
type Colour = keyof typeof COLOURS;
/** The text in the colour, where colours are asked for. */
type Paint = (colour: Colour, text: string) => string;
const coloured: Paint = (colour, text) => {
  const [on, off] = COLOURS[colour];
  return text === "" ? "" : `\u001b[${on}m${text}\u001b[${off}m`;
};
const plain: Paint = (_, text) => text;

const ACTION_COLOURS: Readonly<Record<TokenAction, Colour>> = {
  unknown: "red",
  replace: "yellow",
  rotate: "yellow",
  create: "green",
  adopt: "green",
  delete: "red",
  leave: "yellow",
  update: "cyan",
  skip: "dim",
  same: "dim",
};

/** Columns without lines, as the influx CLI prints its lists. Ends with a line break. */
export function renderTable(report: Report, options: TableOptions = {}): string {
  const { colour = false, hideHeaders = false, full = false } = options;
  const paint = colour ? coloured : plain;
  const withServer = report.servers.length > 1;
  const headers = HEADERS.filter((header) => withServer || header !== SERVER);
  const rows = report.tokens.map((token) => [
    paint("bold", titleOf(token)),
    ...(withServer ? [token.host] : []),
    token.org,
    token.owner,
    changeLines(token, report, full, paint).join("\n"),
    permissionLines(token, full, paint).join("\n"),
    token.risks.map(({ severity }) => severity).join("\n"),
    riskLines(token, paint).join("\n"),
  ]);
  const printed = hideHeaders ? rows : [headers.map((header) => paint("bold", header)), ...rows];
  const body = rows.length === 0 ? "" : columns(printed);
  if (hideHeaders) return body;
  const head = serversOf(report);
  return `${head === "" ? "" : `${head}\n\n`}${body === "" ? "" : `${body}\n`}${summaryOf(report)}.\n`;
}

function changeLines(token: ReportedToken, report: Report, full: boolean, paint: Paint): string[] {
  const change = changeOf(token, report);
  const colour = ACTION_COLOURS[token.action];
  const members = changedMembers(token, full ? Infinity : MAX_LISTED).map((text) =>
    paint(colour, `  ${text}`),
  );
  return [change === "" ? "" : paint(colour, `${ACTION_MARKS[token.action]} ${change}`), ...members];
}

/** Characters that take one column each, colours and line breaks. */
// eslint-disable-next-line no-control-regex -- colours begin with one
const NARROW = /^(?:[\x20-\x7e±−·»«…✓↻\n]|\x1b\[\d+m)*$/;
// eslint-disable-next-line no-control-regex -- the same
const COLOUR = /\x1b\[\d+m/g;

/** Columns without lines; a cell may hold several lines. */
export function columns(rows: readonly string[][]): string {
  const isNarrow = rows.every((row) => row.every((cell) => NARROW.test(cell)));
  return (isNarrow ? padded(rows) : measured(rows)).replace(/ +$/gm, "");
}

/** For characters of one column each: many times faster, and enough for most stacks. */
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

/** For characters of any width. */
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

function permissionLines(token: ReportedToken, full: boolean, paint: Paint): string[] {
  const { added, removed, kept } = token.permissions;
  // A token that is created or deleted as a whole is understood by the first few.
  const listsChanges = full || token.action === "replace" || token.action === "rotate";
  const unknown = unknownOf(token);
  return [
    ...few(added, listsChanges).map((text) => paint("green", `+ ${text}`)),
    ...few(removed, listsChanges).map((text) => paint("red", `− ${text}`)),
    ...few(kept, full).map((text) => paint("dim", `  ${text}`)),
    ...(unknown === "" ? [] : [paint("yellow", `? ${unknown}`)]),
  ];
}

function few(texts: readonly string[], full: boolean): readonly string[] {
  if (full || texts.length <= MAX_LISTED + 1) return texts;
  return [...texts.slice(0, MAX_LISTED), `… and ${texts.length - MAX_LISTED} more (--full)`];
}

function riskLines(token: ReportedToken, paint: Paint): string[] {
  const { risks, unusedAcknowledgements } = token;
  const reach = riskReach(token);
  return [
    ...risks.map((finding) => {
      const { id, severity, acknowledged } = finding;
      return acknowledged === undefined
        ? paint(severity === "critical" ? "red" : "yellow", `! ${id}${reach}${detailsOf(finding)}`)
        : paint("dim", `✓ ${id}${reach}: ${acknowledged}`);
    }),
    ...unusedAcknowledgements.map((id) => paint("dim", `  ${id} is acknowledged, but not there`)),
  ];
}
