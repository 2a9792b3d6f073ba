import { isAbsolute } from "node:path";
import { TokenFilesError } from "./places";
import { type ProgramRun, projectFolder, UNKNOWN_FOLDER } from "./projectFolder";
import { type Declared, readTokenFiles } from "./tokenFiles";

/**
 * Reads what is declared in the file or folder that `influx-token:tokensFrom` names.
 *
 * @param others where else tokens and fleets are declared, by name.
 * @param read files of members that are read elsewhere.
 * @throws {TokenFilesError} for files that cannot be taken as they are, and where it is not certain which are meant.
 */
export function tokensFrom(
  given: string,
  run: ProgramRun,
  others: ReadonlyMap<string, string>,
  read: Iterable<string> = [],
): Declared {
  const root = projectFolder(run) ?? (isAbsolute(given) ? given : undefined);
  if (root !== undefined) return readTokenFiles(given, root, others, read);
  throw new TokenFilesError(UNKNOWN_FOLDER);
}
