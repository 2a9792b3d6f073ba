import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { withFolderLock } from "./folderLock";
import { goBuild, goToolsKey, readGoTool } from "./goBuild";
import { defaultCacheFolder, messageOf, packageRoot, removeLeftovers, which } from "./pulumiCli";

/** Options of {@link findOrBuildGoTool}; each has a default fit for use. */
export interface GoToolOptions {
  /** Environment to look in (PATH, XDG_CACHE_HOME, Go's own); default `process.env`. */
  env?: NodeJS.ProcessEnv;
  /** Folder of what is built here; default `pulumi-influx-token` in the user's cache folder. */
  cacheFolder?: string;
  /** Folder of the Go modules; default `tools` of this checkout. */
  toolsFolder?: string;
  /** Takes one line of progress; silent by default. */
  log?: (line: string) => void;
}

/**
 * Gives the path of the program `name`, built from the Go module `tools/name`: once for each go.mod and go.sum, into the
 * user's cache folder. Rejects with what to do where there is no Go, or Go cannot build it.
 */
export async function findOrBuildGoTool(name: string, options: GoToolOptions = {}): Promise<string> {
  const { env = process.env, log = () => undefined } = options;
  const toolsFolder = options.toolsFolder ?? join(packageRoot(), "tools");
  const key = await goToolsKey(toolsFolder, [name]);
  const folder = join(options.cacheFolder ?? defaultCacheFolder(env), `${name}-${key}`);
  const path = join(folder, name);
  if (existsSync(path)) return path;

  const tool = await readGoTool(toolsFolder, name);
  await mkdir(dirname(folder), { recursive: true });
  return withFolderLock(`${folder}.lock`, { log }, async () => {
    if (existsSync(path)) return path;
    await removeLeftovers(folder);
    const work = await mkdtemp(`${folder}.tmp-`);
    try {
      const go = await which("go", env);
      if (go === undefined) throw new Error("there is no go on the PATH");
      await goBuild(tool, { go, into: work, env, log });
      // Who took over the lock may have been faster: its folder is as good.
      await rename(work, folder).catch((error: unknown) => {
        if (!existsSync(path)) throw error;
      });
      return path;
    } catch (error) {
      throw new Error(
        `${name} cannot be built from ${tool.folder}: ${messageOf(error)}\n` +
          `What to do: install Go ${tool.goVersion} or later (https://go.dev/doc/install), with a module proxy in reach, and try again.`,
        { cause: error },
      );
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
}
