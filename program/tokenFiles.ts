import { dirname, resolve } from "node:path";
import { printable } from "../provider/text";
import { type Fleet, readFleet } from "./fleets";
import { MEMBER_FILES } from "./memberFiles";
import { endsIn, filesAt, isInside, type Place, type Report, textOf, withoutProblems } from "./places";
import { type DocumentToken, readTokenDocument, type TokenDocument } from "./tokenDocument";

/** A token, and where it is declared. */
export interface FileToken extends Omit<DocumentToken, "line"> {
  /** File and line. */
  readonly at: string;
}

/** What files declare. */
export interface Declared {
  readonly tokens: readonly FileToken[];
  readonly fleets: readonly Fleet[];
}

const EXTENSIONS = [".yaml", ".yml", ".json"];

/**
 * Reads the tokens and fleets of a file, or of all files of a folder and of the folders in it. Whatever is not read is
 * an error, for a token that nobody declares any more is deleted: only hidden files and Markdown are left alone, and
 * files of members that a fleet names.
 *
 * @param given as it is written: relative to `root`, or absolute.
 * @param root the folder of Pulumi.yaml. What is inside it must not lead out of it by links.
 * @param others where else tokens and fleets are declared, by name.
 * @param read files of members that are read elsewhere.
 * @throws {TokenFilesError} which tells all that is wrong, each with file and line.
 */
export function readTokenFiles(
  given: string,
  root: string,
  others: ReadonlyMap<string, string> = new Map(),
  read: Iterable<string> = [],
): Declared {
  return withoutProblems((report) => {
    const top = resolve(root, given);
    const places = filesAt(given, { from: root, extensions: EXTENSIONS, beside: MEMBER_FILES }, report);
    const [documents, beside] = divided(places, ({ path }) => endsIn(path, EXTENSIONS));
    const declared = new Map(others);
    const known = new Set(read);
    const tokens: FileToken[] = [];
    const fleets: Fleet[] = [];
    for (const place of documents) {
      const { path, shown } = place;
      const document = documentOf(place, report);
      const once = (name: string, line: number): void => {
        const first = declared.get(name);
        if (first === undefined) declared.set(name, `${shown}:${line}`);
        else report(`${shown}:${line}`, `${printable(name)} is also declared in ${first}`);
      };
      for (const { name, inputs, line } of document.tokens) {
        once(name, line);
        tokens.push({ name, inputs, at: `${shown}:${line}` });
      }
      // What a file names, whoever may write it could have read: only the stack config leads out of the project.
      const elsewhere = path === top ? dirname(path) : top;
      const bound = isInside(root, path) ? root : elsewhere;
      for (const { name, declared: inputs, line, lineAt } of document.fleets) {
        once(name, line);
        const at = (property: string): string =>
          `${shown}:${lineAt(property)}: ${[printable(name), property].filter((part) => part !== "").join(".")}`;
        const search = { from: dirname(path), shownFrom: dirname(shown), bound };
        const { fleet, files } = readFleet({ name, declared: inputs, at }, search, report);
        for (const file of files) known.add(file);
        if (fleet !== undefined) fleets.push(fleet);
      }
    }
    for (const { path, shown } of beside) {
      if (!known.has(path))
        report(shown, "no fleet takes its members from it: name it in membersFrom, or move it elsewhere");
    }
    return { tokens, fleets };
  });
}

function divided<T>(all: readonly T[], isFirst: (each: T) => boolean): [T[], T[]] {
  return [all.filter(isFirst), all.filter((each) => !isFirst(each))];
}

function documentOf(place: Place, report: Report): TokenDocument {
  const text = textOf(place, report);
  if (text === undefined) return { tokens: [], fleets: [], problems: [] };
  const document = readTokenDocument(text);
  const { shown } = place;
  for (const { line, text: what } of document.problems)
    report(line === undefined ? shown : `${shown}:${line}`, what);
  return document;
}
