import { readdirSync, realpathSync, statSync } from "node:fs";
import { extname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { MAX_PATH, readSmallFile } from "../provider/connection/files";
import { printable } from "../provider/text";
import { type DocumentToken, readTokenDocument } from "./tokenDocument";

/** A token, and where it is declared. */
export interface FileToken extends Omit<DocumentToken, "line"> {
  /** File and line. */
  readonly at: string;
}

/** The files cannot be taken as they are. The message has a line for each problem. */
export class TokenFilesError extends Error {
  override readonly name = "TokenFilesError";
}

const EXTENSIONS = [".yaml", ".yml", ".json"];

/** As many problems as a message names. */
const MAX_PROBLEMS = 20;

/** A file or folder as it is read, and as it is shown. */
interface Place {
  readonly path: string;
  readonly shown: string;
}

/** Takes note of a problem. */
type Report = (at: string, what: string) => void;

/**
 * Reads the tokens of a file, or of all files of a folder and of the folders in it. Whatever is not read is an error,
 * for a token that nobody declares any more is deleted: only hidden files and Markdown are left alone.
 *
 * @param given as it is written: relative to `root`, or absolute.
 * @param root the folder of Pulumi.yaml. What is inside it must not lead out of it by links.
 * @param others where else tokens are declared, by name.
 * @throws {TokenFilesError} which tells all that is wrong, each with file and line.
 */
export function readTokenFiles(
  given: string,
  root: string,
  others: ReadonlyMap<string, string> = new Map(),
): FileToken[] {
  const problems: string[] = [];
  const report: Report = (at, what) => void problems.push(`${at}: ${what}`);
  const declared = new Map(others);
  const tokens = filesAt(given, root, report).flatMap((file) => tokensOf(file, report));
  for (const { name, at } of tokens) {
    const first = declared.get(name);
    if (first === undefined) declared.set(name, at);
    else report(at, `${printable(name)} is also declared in ${first}`);
  }
  if (problems.length > 0) throw new TokenFilesError(listOf(problems));
  return tokens;
}

function listOf(problems: readonly string[]): string {
  const more = problems.length - MAX_PROBLEMS;
  return [...problems.slice(0, MAX_PROBLEMS), ...(more > 0 ? [`${more} more problems`] : [])].join("\n");
}

function tokensOf({ path, shown }: Place, report: Report): FileToken[] {
  const text = attempt(shown, report, () => readSmallFile(path));
  if (text === undefined) return [];
  const { tokens, problems } = readTokenDocument(text);
  for (const { line, text: what } of problems) report(line === undefined ? shown : `${shown}:${line}`, what);
  return tokens.map(({ name, inputs, line }) => ({ name, inputs, at: `${shown}:${line}` }));
}

/** Gives what the system answers, or takes note of its error. */
function attempt<T>(shown: string, report: Report, ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    report(shown, `it cannot be read (${(error as NodeJS.ErrnoException).code ?? "unreadable"})`);
    return undefined;
  }
}

/** The files to read, in an order that is the same everywhere. */
function filesAt(given: string, root: string, report: Report): Place[] {
  const top: Place = {
    path: resolve(root, given),
    shown: printable(given.replace(/[/\\]+$/, ""), MAX_PATH),
  };
  // Whoever names a place elsewhere means it; a link inside the project may be anybody's.
  const bound = isInside(root, top.path) ? root : top.path;
  const where = isAbsolute(given) ? top.shown : `${top.shown} (${printable(top.path, MAX_PATH)})`;
  const stats = attempt(where, report, () => statSync(top.path));
  if (stats === undefined) return [];
  if (!stats.isDirectory()) return fileAt(top, bound, report);
  const files = leadsOut(top, bound, report) ? [] : filesIn(top, bound, report);
  if (files.length === 0) report(top.shown, `there is no file that ends in ${EXTENSIONS.join(", ")}`);
  return files;
}

function filesIn({ path, shown }: Place, bound: string, report: Report): Place[] {
  const entries = attempt(shown, report, () => readdirSync(path, { withFileTypes: true })) ?? [];
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const { name } = entry;
      const place = { path: join(path, name), shown: `${shown}/${printable(name, MAX_PATH)}` };
      if (name.startsWith(".") || extname(name).toLowerCase() === ".md") return [];
      return entry.isDirectory() ? filesIn(place, bound, report) : fileAt(place, bound, report);
    });
}

function fileAt(place: Place, bound: string, report: Report): Place[] {
  const stats = attempt(place.shown, report, () => statSync(place.path));
  if (stats === undefined || leadsOut(place, bound, report)) return [];
  if (stats.isDirectory()) report(place.shown, "it is a link to a folder, which is not followed");
  else if (!EXTENSIONS.includes(extname(place.path).toLowerCase()))
    report(place.shown, `it does not end in ${EXTENSIONS.join(", ")}: rename it, or move it elsewhere`);
  else return [place];
  return [];
}

function leadsOut({ path, shown }: Place, bound: string, report: Report): boolean {
  const isOutside = attempt(shown, report, () => !isInside(realpathSync(bound), realpathSync(path)));
  if (isOutside === true) report(shown, "it is a link that leads out of the project, and is not followed");
  return isOutside !== false;
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
