import { type FileMember, readMemberList } from "./memberList";
import type * as MemberTable from "./memberTable";
import { endsIn, filesAt, type Place, type Report, type Search, textOf } from "./places";

const TABLES = [".csv"];
const LISTS = [".txt"];

/** How the names of files with members end. */
export const MEMBER_FILES: readonly string[] = [...LISTS, ...TABLES];

/** A member, and where it is declared: file and line. */
export interface PlacedMember extends Omit<FileMember, "line"> {
  readonly at: string;
}

/**
 * Reads the members of files, or of all files of folders. Whatever is not read is a problem, as is a file without any: a
 * member that nobody declares any more loses its token.
 *
 * @returns them, and which files were read.
 */
export function readMemberFiles(
  given: readonly string[],
  search: Omit<Search, "extensions">,
  report: Report,
): { members: PlacedMember[]; files: string[] } {
  const places = given.flatMap((path) => filesAt(path, { ...search, extensions: MEMBER_FILES }, report));
  return {
    members: places.flatMap((place) => membersOf(place, report)),
    files: places.map(({ path }) => path),
  };
}

function membersOf(place: Place, report: Report): PlacedMember[] {
  const text = textOf(place, report);
  if (text === undefined) return [];
  const { shown } = place;
  if (text.includes("\uFFFD")) {
    report(shown, "it is not UTF-8");
    return [];
  }
  const { members, problems } = endsIn(place.path, TABLES) ? readTable(text) : readMemberList(text);
  for (const { line, text: what } of problems) report(line === undefined ? shown : `${shown}:${line}`, what);
  // A file that was cut off may hold nothing, and all tokens of a fleet would be deleted.
  if (members.length === 0 && problems.length === 0)
    report(shown, "it names no member: for a fleet without any, write members: [] in place of membersFrom");
  return problems.length > 0
    ? []
    : members.map(({ line, ...member }) => ({ ...member, at: `${shown}:${line}` }));
}

function readTable(text: string): ReturnType<typeof MemberTable.readMemberTable> {
  // Loaded only where there is CSV to read.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { readMemberTable } = require("./memberTable") as typeof MemberTable;
  return readMemberTable(text);
}
