import { isRecord } from "../provider/json";

/** Text that is no preview, or no state. The message says what was expected. */
export class ReportInputError extends Error {
  override readonly name = "ReportInputError";
}

export type Json = Readonly<Record<string, unknown>>;

/** The value where it is an object; else an empty one. */
export function record(value: unknown): Json {
  return isRecord(value) ? value : {};
}

/** The objects of a list; none where it is no list. */
export function records(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/**
 * The JSON values of a text, in order. Lines around them that do not begin with a brace are skipped: another tool wrote
 * them. A value that is cut off is an error, for what is missing may be what matters.
 *
 * @throws {ReportInputError} for a value that is cut off, or no JSON.
 */
export function readDocuments(printed: string): unknown[] {
  const text = printed.replace(/^\ufeff/, "");
  const whole = parseJson(text);
  if (whole !== undefined) return [whole];
  const values: unknown[] = [];
  for (let at = nextStart(text, 0); at >= 0;) {
    const end = endOfObject(text, at);
    const value = end < 0 ? undefined : parseJson(text.slice(at, end));
    if (value === undefined) {
      throw new ReportInputError("the JSON is cut off, or is none: give all that pulumi printed");
    }
    values.push(value);
    // Several values may share a line.
    const rest = text.slice(end).search(/\S/);
    at = rest >= 0 && text[end + rest] === "{" ? end + rest : nextStart(text, end);
  }
  return values;
}

/** The offset of the next line that begins with a brace; -1 where none does. */
function nextStart(text: string, from: number): number {
  if (from === 0 && text.startsWith("{")) return 0;
  const at = text.indexOf("\n{", from);
  return at < 0 ? -1 : at + 1;
}

/** The offset behind the brace that closes the one at `start`; -1 where none does. */
function endOfObject(text: string, start: number): number {
  const marks = /["{}]/g;
  marks.lastIndex = start;
  let depth = 0;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    if (mark[0] === '"') {
      const end = endOfString(text, mark.index);
      if (end < 0) return -1;
      marks.lastIndex = end;
    } else {
      depth += mark[0] === "{" ? 1 : -1;
      if (depth === 0) return mark.index + 1;
    }
  }
  return -1;
}

function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text[at - 1 - slashes] === "\\") slashes += 1;
    if (slashes % 2 === 0) return at + 1;
  }
  return -1;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
