import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import type { PlannedToken } from "./plan";

const PROGRAMS = join(__dirname, "..", "..", "bench", "programs");

/** A program of the plugin, as a user writes it: its Pulumi.yaml says where the plugin is. */
export interface PluginProject {
  /** Of its Pulumi.yaml. */
  readonly folder: string;
  /** Declares these tokens from now on. */
  readonly declare: (tokens: readonly PlannedToken[]) => Promise<void>;
  readonly dispose: () => Promise<void>;
}

/**
 * Makes a project in a temporary folder.
 *
 * @param program name of a folder of programs; absent for a program in YAML.
 * @param plugin folder of the plugin.
 */
export async function makePluginProject(plugin: string, program?: string): Promise<PluginProject> {
  const folder = await mkdtemp(join(tmpdir(), "influx-token-bench-"));
  const write = (tokens: readonly PlannedToken[]): Promise<void> =>
    writeFile(join(folder, "Pulumi.yaml"), projectText(plugin, program, tokens));
  await write([]);
  return {
    folder,
    // A program in TypeScript reads the plan itself.
    declare: async (tokens) => {
      if (program === undefined) await write(tokens);
    },
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The text of a Pulumi.yaml. */
export function projectText(
  plugin: string,
  program: string | undefined,
  tokens: readonly PlannedToken[],
): string {
  const plugins = { providers: [{ name: "influx-token", path: plugin }] };
  if (program !== undefined)
    return stringify({ name: "bench", runtime: "nodejs", main: join(PROGRAMS, program), plugins });
  const resources = tokens.map(({ name, args }) => [name, { type: "influx-token:Token", properties: args }]);
  return stringify({
    name: "bench",
    runtime: "yaml",
    plugins,
    resources: Object.fromEntries(resources) as object,
  });
}
