/** Files and folders that the stack config, or another file, names: found, confined and told of, but not read. */
import { readdirSync, realpathSync, statSync } from "node:fs";
import { extname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { MAX_PATH, readSmallFile } from "../provider/connection/files";
import { printable } from "../provider/text";

/** The files cannot be taken as they are. The message has a line for each problem. */
export class TokenFilesError extends Error {
  override readonly name = "TokenFilesError";
}

/** As many problems as a message names. */
const MAX_PROBLEMS = 20;

/** A file or folder as it is read, and as it is shown. */
export interface Place {
  readonly path: string;
  readonly shown: string;
}

/** Takes note of a problem. */
export type Report = (at: string, what: string) => void;

/**
 * Gives what is read where there is no problem.
 *
 * @throws {TokenFilesError} which tells all that is wrong.
 */
export function withoutProblems<T>(read: (report: Report) => T): T {
  const problems: string[] = [];
  const result = read((at, what) => void problems.push(`${at}: ${what}`));
  if (problems.length === 0) return result;
  const more = problems.length - MAX_PROBLEMS;
  throw new TokenFilesError(
    [...problems.slice(0, MAX_PROBLEMS), ...(more > 0 ? [`${more} more problems`] : [])].join("\n"),
  );
}

/** A file's text; `undefined` where there is a problem with it. */
export function textOf({ path, shown }: Place, report: Report): string | undefined {
  return attempt(shown, report, () => readSmallFile(path));
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

/** Which files are looked for. */
export interface Search {
  /** The folder that a path is relative to. */
  readonly from: string;
  /** How messages show that folder. Default: not at all. */
  readonly shownFrom?: string;
  /** What must not be left; `undefined` where whoever names a place elsewhere means it. */
  readonly bound?: string;
  /** How the names of files end. */
  readonly extensions: readonly string[];
  /** How those of further files of a folder may end, which are given as well. */
  readonly beside?: readonly string[];
}

/** The file, or the files of the folder and of the folders in it, in an order that is the same everywhere. */
export function filesAt(given: string, search: Search, report: Report): Place[] {
  const { from, shownFrom = "", extensions } = search;
  const written = shownFrom === "" || isAbsolute(given) ? given : join(shownFrom, given);
  const top: Place = {
    path: resolve(from, given),
    shown: printable(written.replace(/[/\\]+$/, ""), MAX_PATH),
  };
  if (search.bound !== undefined && !isInside(search.bound, top.path)) {
    report(top.shown, "it is outside of the project: only the stack config may name a place elsewhere");
    return [];
  }
  // Whoever names a place elsewhere means it; a link inside the project may be anybody's.
  const bound = search.bound ?? (isInside(from, top.path) ? from : top.path);
  const where = isAbsolute(given) ? top.shown : `${top.shown} (${printable(top.path, MAX_PATH)})`;
  const stats = attempt(where, report, () => statSync(top.path));
  if (stats === undefined) return [];
  if (!stats.isDirectory()) return fileAt(top, bound, extensions, extensions, report);
  const files = leadsOut(top, bound, report) ? [] : filesIn(top, bound, search, report);
  if (!files.some(({ path }) => endsIn(path, extensions)))
    report(top.shown, `there is no file that ends in ${extensions.join(", ")}`);
  return files;
}

function filesIn({ path, shown }: Place, bound: string, search: Search, report: Report): Place[] {
  const { extensions, beside = [] } = search;
  const entries = attempt(shown, report, () => readdirSync(path, { withFileTypes: true })) ?? [];
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const { name } = entry;
      const place = { path: join(path, name), shown: `${shown}/${printable(name, MAX_PATH)}` };
      if (name.startsWith(".") || endsIn(name, [".md"])) return [];
      return entry.isDirectory()
        ? filesIn(place, bound, search, report)
        : fileAt(place, bound, extensions, [...extensions, ...beside], report);
    });
}

function fileAt(
  place: Place,
  bound: string,
  extensions: readonly string[],
  taken: readonly string[],
  report: Report,
): Place[] {
  const stats = attempt(place.shown, report, () => statSync(place.path));
  if (stats === undefined || leadsOut(place, bound, report)) return [];
  if (stats.isDirectory()) report(place.shown, "it is a link to a folder, which is not followed");
  else if (!endsIn(place.path, taken))
    report(place.shown, `it does not end in ${extensions.join(", ")}: rename it, or move it elsewhere`);
  else return [place];
  return [];
}

/** Whether a file's name ends in one of the extensions. */
export function endsIn(path: string, extensions: readonly string[]): boolean {
  return extensions.includes(extname(path).toLowerCase());
}

function leadsOut({ path, shown }: Place, bound: string, report: Report): boolean {
  const isOutside = attempt(shown, report, () => !isInside(realpathSync(bound), realpathSync(path)));
  if (isOutside === true) report(shown, "it is a link that leads out of the project, and is not followed");
  return isOutside !== false;
}

export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
