import { CsvError, parse } from "csv-parse/sync";
import { misplaced, OF_FLEET, OWN_INPUTS } from "../provider/fleet/shardInputs";
import { printable, quoted } from "../provider/text";
import { hintForUnknown } from "../provider/token/inputHints";
import { READERS } from "../provider/token/inputReaders";
import { type FileMember, type MemberFile, withOneLineEnding } from "./memberList";

/** Names of the column with the names of members. */
const NAME_COLUMNS: readonly string[] = ["member", "name"];

/** Between the texts of a cell that holds a list. */
const SEPARATOR = ";";

/** Puts what a cell holds among the inputs; gives what is wrong with it. The cell is not empty. */
type Column = (cell: string, inputs: Record<string, unknown>) => string | undefined;

/**
 * Reads CSV of members (RFC 4180, with commas): the first line names the columns. Blanks around unquoted cells, empty
 * lines and lines that begin with `#` do not count; an empty cell leaves the input out. Pure.
 */
export function readMemberTable(text: string): MemberFile {
  const problems: { line: number; text: string }[] = [];
  const [header, ...rows] = rowsOf(text, (line, what) => void problems.push({ line, text: what }));
  if (header === undefined || problems.length > 0) return { members: [], problems };
  const columns = columnsOf(header.cells, (what) => void problems.push({ line: header.line, text: what }));
  if (problems.length > 0) return { members: [], problems };
  const nameAt = header.cells.findIndex((name) => NAME_COLUMNS.includes(name));
  const members = rows.map(({ cells, line }): FileMember => {
    const name = (cells[nameAt] ?? "").trim();
    const inputs: Record<string, unknown> = {};
    const problem = (what: string): void => void problems.push({ line, text: what });
    if (cells.length !== columns.length)
      problem(`the line has ${cells.length} cells, and the first line names ${columns.length} columns`);
    else if (name === "") problem(`the column ${header.cells[nameAt] ?? ""} is empty`);
    else {
      columns.forEach((column, index) => {
        const cell = cells[index] ?? "";
        const wrong = cell === "" ? undefined : column?.(cell, inputs);
        if (wrong !== undefined) problem(`${printable(name)}.${header.cells[index] ?? ""} ${wrong}`);
      });
    }
    return { name, inputs, line };
  });
  return { members, problems };
}

interface Row {
  readonly cells: readonly string[];
  /** Where it begins, from 1. */
  readonly line: number;
}

function rowsOf(text: string, problem: (line: number, what: string) => void): Row[] {
  const rows: Row[] = [];
  let end = 0;
  try {
    // The parser counts a line break of two characters within quotes as two.
    parse(withOneLineEnding(text), {
      record_delimiter: "\n",
      comment: "#",
      comment_no_infix: true,
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      trim: true,
      on_record: (cells: string[], { lines }) => {
        end = lines;
        rows.push({ cells, line: lines - cells.join("").split("\n").length + 1 });
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // The parser's own words repeat what stands in the file, and an open quote is noticed at its end.
    const isOpen = error.code === "CSV_QUOTE_NOT_CLOSED";
    const line = Number((error as { lines?: unknown }).lines);
    if (isOpen) problem(end + 1, 'a quote (") from here on is not closed');
    else
      problem(
        line,
        'a quote (") stands within a cell: put the cell in quotes, and write "" for each quote in it',
      );
  }
  return rows;
}

/** What each column holds; `undefined` for the names. */
function columnsOf(header: readonly string[], problem: (what: string) => void): (Column | undefined)[] {
  if (!header.some((name) => NAME_COLUMNS.includes(name))) {
    const isOther = header.length === 1 && /[;\t|]/.test(header[0] ?? "");
    problem(
      isOther
        ? "cells are divided by commas, and the first line has none"
        : `no column is named ${NAME_COLUMNS.join(" or ")}: the first line names the columns`,
    );
    return [];
  }
  const seen = new Map<string, number>();
  return header.map((name, index) => {
    const at = `column ${index + 1}`;
    if (name === "") {
      problem(`${at} has no name`);
      return undefined;
    }
    const key = NAME_COLUMNS.includes(name) ? "" : name;
    const first = seen.get(key);
    seen.set(key, first ?? index + 1);
    if (first !== undefined) problem(`${at}, ${quoted(name)}, is the same as column ${first}`);
    if (key === "") return undefined;
    const column = columnOf(name);
    if (typeof column === "function") return column;
    problem(`${at}, ${quoted(name)}: ${column}`);
    return undefined;
  });
}

/** How a column is read, by the kind of its input; or what is wrong with its name. */
function columnOf(name: string): Column | string {
  const dot = name.indexOf(".");
  const input = dot < 0 ? name : name.slice(0, dot);
  const schema = OWN_INPUTS.includes(input) ? READERS.get(input)?.schema : undefined;
  if (schema === undefined) {
    const [elsewhere] = misplaced({ [input]: true }, "", OF_FLEET);
    return elsewhere?.reason ?? hintForUnknown(name, "", OWN_INPUTS);
  }
  const key = name.slice(dot + 1);
  if (schema["type"] === "object") {
    if (dot < 0 || key === "") return `it needs a key: write ${input}.KEY`;
    return (cell, inputs) => {
      inputs[input] = Object.fromEntries([...Object.entries(inputs[input] ?? {}), [key, cell]]);
      return undefined;
    };
  }
  if (dot >= 0) return hintForUnknown(name, "", OWN_INPUTS);
  if (schema["type"] === "boolean") {
    return (cell, inputs) => {
      // Spreadsheets write capitals.
      const value = cell.toLowerCase();
      inputs[input] = value === "true";
      return ["true", "false"].includes(value) ? undefined : `must be true or false, not ${quoted(cell)}`;
    };
  }
  const isList = schema["type"] === "array";
  return (cell, inputs) => {
    inputs[input] = isList ? cell.split(SEPARATOR).map((each) => each.trim()) : cell;
    return undefined;
  };
}
