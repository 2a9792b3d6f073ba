import { ReportInputError } from "./inputError";

/**
 * The JSON values of a text, in order. What a tool wrote around them is passed over: lines that do not begin with a
 * brace. A value that is not whole is an error, for what is missing may be what matters.
 *
 * @throws {ReportInputError} for a value that is cut off, or no JSON.
 */
export function readDocuments(printed: string): unknown[] {
  const text = printed.replace(/^\ufeff/, "");
  const whole = parsed(text);
  if (whole !== undefined) return [whole];
  const values: unknown[] = [];
  for (let at = nextStart(text, 0); at >= 0;) {
    const end = endOf(text, at);
    const value = end < 0 ? undefined : parsed(text.slice(at, end));
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

/** Where the next line begins with a brace. */
function nextStart(text: string, from: number): number {
  if (from === 0 && text.startsWith("{")) return 0;
  const at = text.indexOf("\n{", from);
  return at < 0 ? -1 : at + 1;
}

/** Behind the brace that closes the one at `start`; -1 where none does. */
function endOf(text: string, start: number): number {
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

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
