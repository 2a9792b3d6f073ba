import { isAbsolute } from "node:path";
import { printable } from "../provider/text";
import { type Fleet, readFleet } from "./fleets";
import { TokenFilesError, withoutProblems } from "./places";
import { type ProgramRun, projectFolder, UNKNOWN_FOLDER } from "./projectFolder";

/** Name to what is declared, of the stack config. */
type Declared = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

/**
 * Reads the fleets of the stack config, with the members of their files. Paths are relative to the folder of Pulumi.yaml.
 *
 * @param key of the stack config.
 * @param others where else a name is declared.
 * @throws {TokenFilesError} which tells all that is wrong.
 */
export function configuredFleets(
  declared: Declared,
  key: string,
  run: ProgramRun,
  others: ReadonlyMap<string, string>,
): { fleets: Fleet[]; files: string[] } {
  return withoutProblems((report) => {
    const from = folderFor(declared, run);
    const all = [...declared].map(([name, fleet]) => {
      const shown = `${key}.${printable(name)}`;
      const at = (property: string): string => (property === "" ? shown : `${shown}.${property}`);
      const other = others.get(name);
      if (other !== undefined) report(shown, `${printable(name)} is also declared in ${other}`);
      return readFleet({ name, declared: fleet, at }, { from }, report);
    });
    return {
      fleets: all.flatMap(({ fleet }) => (fleet === undefined ? [] : [fleet])),
      files: all.flatMap(({ files }) => files),
    };
  });
}

function folderFor(declared: Declared, run: ProgramRun): string {
  const paths = [...declared.values()].flatMap((fleet): unknown[] => [fleet["membersFrom"]].flat());
  if (!paths.some((path) => typeof path === "string" && !isAbsolute(path))) return run.cwd;
  const root = projectFolder(run);
  if (root === undefined) throw new TokenFilesError(UNKNOWN_FOLDER);
  return root;
}
