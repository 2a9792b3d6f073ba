import { isAbsolute } from "node:path";
import { type ProgramRun, projectFolder } from "./projectFolder";
import { type FileToken, readTokenFiles, TokenFilesError } from "./tokenFiles";

/**
 * Reads the tokens of the file or folder that `influx-token:tokensFrom` names.
 *
 * @param others where else tokens are declared, by name.
 * @throws {TokenFilesError} for files that cannot be taken as they are, and where it is not certain which are meant.
 */
export function tokensFrom(
  given: string,
  run: ProgramRun,
  others: ReadonlyMap<string, string>,
): readonly FileToken[] {
  const root = projectFolder(run) ?? (isAbsolute(given) ? given : undefined);
  if (root !== undefined) return readTokenFiles(given, root, others);
  throw new TokenFilesError(
    "this version of Pulumi does not tell where Pulumi.yaml is: run it in that folder, give an absolute path, or update Pulumi",
  );
}
