import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import type * as Yaml from "yaml";
import { isRecord } from "../provider/json";

/** What Pulumi calls the file of a project. */
const PROJECT_FILES = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"];

/** What is known of the run. */
export interface ProgramRun {
  /** The folder of Pulumi.yaml, as Pulumi tells it; hosts from before December 2024 do not, and the SDK then gives another text. */
  readonly told: string;
  /** The project's name. */
  readonly project: string;
  /** Folder of `main`, which the engine makes the working directory. */
  readonly cwd: string;
  /** The shell's working directory, where it says so: the engine hands it on. */
  readonly shell: string | undefined;
}

/** What to do where the folder is needed and not certain. */
export const UNKNOWN_FOLDER =
  "this version of Pulumi does not tell where Pulumi.yaml is: run it in that folder, give an absolute path, or update Pulumi";

/**
 * The folder of the project's Pulumi.yaml. Where Pulumi does not tell it, it is looked for as the CLI does, from the
 * shell's folder and from the program's upwards, and taken only where name and `main` are those of this run.
 *
 * @returns `undefined` where it is not certain.
 */
export function projectFolder({ told, project, cwd, shell }: ProgramRun): string | undefined {
  if (isAbsolute(told)) return told;
  return [shell, cwd].flatMap((from) => (from === undefined ? [] : (upwards(from) ?? []))).find(isOurs);

  function isOurs(folder: string): boolean {
    try {
      const [file = ""] = projectFiles(folder);
      // Loaded only where Pulumi does not tell the folder.
      // eslint-disable-next-line @typescript-eslint/no-require-imports
      const { parse } = require("yaml") as typeof Yaml;
      const declared: unknown = parse(readFileSync(file, "utf8"));
      if (!isRecord(declared) || declared["name"] !== project) return false;
      const main = resolve(folder, typeof declared["main"] === "string" ? declared["main"] : ".");
      const mainFolder = statSync(main).isDirectory() ? main : dirname(main);
      return realpathSync(mainFolder) === realpathSync(cwd);
    } catch {
      return false;
    }
  }
}

function projectFiles(folder: string): string[] {
  return PROJECT_FILES.map((name) => join(folder, name)).filter((path) => existsSync(path));
}

/** The nearest folder with a project file, as the CLI finds it. */
function upwards(from: string): string | undefined {
  if (projectFiles(from).length > 0) return from;
  const parent = dirname(from);
  return parent === from ? undefined : upwards(parent);
}
