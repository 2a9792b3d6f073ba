import { constants, existsSync } from "node:fs";
import {
  access,
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  realpath,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { basename, delimiter, dirname, isAbsolute, join, resolve } from "node:path";
import { type EnginePart, goBuild, goToolsKey, readEngineParts } from "./goBuild";
import { withFolderLock } from "./folderLock";
import { run } from "./run";

/** A Pulumi CLI that runs, with the plugins that a dynamic provider in TypeScript needs. */
export interface PulumiCli {
  /** Absolute path of the program `pulumi`. */
  path: string;
  /** What `pulumi version` answered, such as `v3.245.0`. */
  version: string;
  /** The way that gave it. */
  source: "PULUMI_CLI" | "PATH" | "cache" | "official" | "go";
}

/** Options of {@link findOrInstallPulumiCli}; each has a default fit for use. */
export interface PulumiCliOptions {
  /** Environment to look in (PULUMI_CLI, PATH, XDG_CACHE_HOME, Go's own); default `process.env`. */
  env?: NodeJS.ProcessEnv;
  /** Folder of what is installed here; default `pulumi-influx-token` in the user's cache folder. */
  cacheFolder?: string;
  /** Folder of the Go modules that pin the engine; default `tools` of this checkout. */
  toolsFolder?: string;
  /** Takes one line of progress; silent by default. */
  log?: (line: string) => void;
  /** Installs the official release `version` (such as `3.245.0`) into `root`/bin; default Pulumi's automation API. */
  installOfficial?: (version: string, root: string) => Promise<void>;
  /** Stops an installation and removes what is unfinished. */
  signal?: AbortSignal;
}

/** No way led to a usable CLI. The message names each way, why it failed, and what to do. */
export class PulumiCliError extends Error {
  override name = "PulumiCliError";
}

const CLI = "pulumi";
const DYNAMIC_PROVIDER = "pulumi-resource-pulumi-nodejs";
const LANGUAGE_HOST = "pulumi-language-nodejs";
const PLUGINS = [LANGUAGE_HOST, DYNAMIC_PROVIDER];
/** The engine's modules under `tools/`, where other modules may be too. */
const ENGINE_PARTS = [CLI, LANGUAGE_HOST];
/** A first start from a cold disk takes seconds; a program that hangs is of no use. */
const VERSION_TIMEOUT_MS = 60_000;
const LEFTOVER_AFTER_MS = 24 * 60 * 60 * 1000;

const HELP = `Usage: scripts/pulumi-cli

Prints the path of a usable Pulumi CLI on standard output, and progress on standard error.
The first of these that works is taken:
  1. the program that the environment variable PULUMI_CLI names (it must work when set)
  2. pulumi on the PATH, with its plugins for Node.js
  3. what this script installed before, in $XDG_CACHE_HOME or ~/.cache
  4. the official release, installed there
  5. the same version built with Go from tools/, installed there; this takes several minutes once

Exit code: 0, or 1 when none works; the message then tells why and what to do.
`;

/**
 * Finds a Pulumi CLI, or installs one into the user's cache folder, where every checkout with the same `tools/` finds
 * it. Concurrent calls, in one process or many, install it once.
 * Rejects with {@link PulumiCliError} when no way works.
 */
export async function findOrInstallPulumiCli(options: PulumiCliOptions = {}): Promise<PulumiCli> {
  const { env = process.env, log = () => undefined, signal } = options;
  const { installOfficial = installOfficialRelease } = options;

  const named = env["PULUMI_CLI"];
  if (named) {
    const found = await inspect(resolve(named), env);
    if (typeof found !== "string") return { ...found, source: "PULUMI_CLI" };
    throw new PulumiCliError(
      `PULUMI_CLI is set to ${named}, which is not usable: ${found}. Correct it, or unset it to let the CLI be found.`,
    );
  }

  const toolsFolder = options.toolsFolder ?? join(packageRoot(), "tools");
  const tools = await readEngineParts(toolsFolder, ENGINE_PARTS);
  const folder = join(options.cacheFolder ?? defaultCacheFolder(env), await pulumiCliKey(toolsFolder));
  const version = tools.find((tool) => basename(tool.folder) === CLI)?.sdkVersion;
  if (version === undefined) throw new PulumiCliError(`${toolsFolder} lacks the module ${CLI}.`);

  const failures: string[] = [];
  const failed = (way: string, reason: string): void => {
    failures.push(`${way}: ${reason}`);
    log(`${way}: ${reason}`);
  };

  const onPath = await which(CLI, env);
  if (onPath === undefined) {
    failures.push("pulumi on the PATH: there is none");
  } else {
    const found = await inspect(onPath, env);
    if (typeof found !== "string") return { ...found, source: "PATH" };
    failed("pulumi on the PATH", found);
  }

  const inCache = async (): Promise<PulumiCli | string> => {
    const found = await inspect(join(folder, CLI), env);
    return typeof found === "string" ? found : { ...found, source: "cache" };
  };
  if (existsSync(folder)) {
    const found = await inCache();
    if (typeof found !== "string") return found;
    failed("installed before", found);
  } else {
    failures.push(`installed before: ${folder} does not exist`);
  }

  await mkdir(dirname(folder), { recursive: true });
  return withFolderLock(`${folder}.lock`, { log, signal }, async () => {
    const installedMeanwhile = await inCache();
    if (typeof installedMeanwhile !== "string") return installedMeanwhile;

    const ways = [
      {
        source: "official",
        name: `official release ${version}`,
        prepare: async (work: string) => {
          log(`installing the official release ${version}`);
          await installOfficial(version, work);
          return join(work, "bin");
        },
      },
      {
        source: "go",
        name: `built with Go from ${toolsFolder}`,
        prepare: (work: string) => buildFromTools(tools, work, { env, log, signal }),
      },
    ] as const;
    await removeLeftovers(folder);
    for (const { source, name, prepare } of ways) {
      const work = await mkdtemp(`${folder}.tmp-`);
      try {
        const ready = await prepare(work);
        const found = await inspect(join(ready, CLI), env);
        if (typeof found === "string") throw new Error(found);
        await replaceFolder(ready, folder, env);
        log(`installed ${found.version} in ${folder}`);
        return { ...found, path: join(folder, CLI), source };
      } catch (error) {
        signal?.throwIfAborted();
        failed(name, messageOf(error));
      } finally {
        await rm(work, { recursive: true, force: true });
      }
    }
    throw new PulumiCliError(noWayMessage(failures, tools));
  });
}

/** Names the cached engine. */
export function pulumiCliKey(toolsFolder: string): Promise<string> {
  return goToolsKey(toolsFolder, ENGINE_PARTS);
}

/** The CLI at `path`, or the reason why it is not usable. */
async function inspect(path: string, env: NodeJS.ProcessEnv): Promise<Omit<PulumiCli, "source"> | string> {
  let version: string;
  try {
    const answer = await run(path, ["version"], {
      env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "1" },
      timeoutMs: VERSION_TIMEOUT_MS,
    });
    if (answer.code !== 0) {
      return `\`${path} version\` ended with exit code ${answer.code}: ${answer.stderr.trim() || "no output"}`;
    }
    version = answer.stdout.trim();
  } catch (error) {
    return `\`${path} version\` does not run: ${messageOf(error)}`;
  }
  // The engine looks beside its own file, which a package manager may have linked to.
  const beside = [dirname(path), dirname(await realpath(path))];
  for (const plugin of PLUGINS) {
    const found = await which(plugin, { PATH: [...beside, env["PATH"] ?? ""].join(delimiter) });
    if (found === undefined) return `${plugin} is neither beside ${path} nor on the PATH`;
  }
  return { path, version };
}

async function buildFromTools(
  tools: EnginePart[],
  work: string,
  options: { env: NodeJS.ProcessEnv; log: (line: string) => void; signal: AbortSignal | undefined },
): Promise<string> {
  const go = await which("go", options.env);
  if (go === undefined) throw new Error("there is no go on the PATH");
  options.log("building the Pulumi CLI with Go: several minutes the first time");
  for (const tool of tools) await goBuild(tool, { ...options, go, into: work });
  const script = join(dirname(require.resolve("@pulumi/pulumi/package.json")), DYNAMIC_PROVIDER);
  await copyFile(script, join(work, DYNAMIC_PROVIDER));
  await chmod(join(work, DYNAMIC_PROVIDER), 0o755);
  return work;
}

async function installOfficialRelease(version: string, root: string): Promise<void> {
  // Loaded here because it takes a second, which a CLI that is there already must not cost. Its `semver` is that of
  // Pulumi, whichever copy npm put at the top.
  const load = createRequire(require.resolve("@pulumi/pulumi/automation"));
  const { PulumiCommand } = load("@pulumi/pulumi/automation") as typeof import("@pulumi/pulumi/automation");
  const { SemVer } = load("semver") as typeof import("semver");
  await PulumiCommand.install({ version: new SemVer(version), root });
}

/** Puts a complete folder in its place in one step. A usable one that another process put there first stays. */
async function replaceFolder(ready: string, target: string, env: NodeJS.ProcessEnv): Promise<void> {
  try {
    await rename(ready, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
    if (typeof (await inspect(join(target, CLI), env)) !== "string") return;
    await rename(target, `${ready}.old`);
    await rename(ready, target);
    await rm(`${ready}.old`, { recursive: true, force: true });
  }
}

/** A process that was killed could not remove its working folder. */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(dirname(folder))) {
    const path = join(dirname(folder), name);
    if (!name.startsWith(`${basename(folder)}.tmp-`)) continue;
    if (Date.now() - (await stat(path)).mtimeMs > LEFTOVER_AFTER_MS)
      await rm(path, { recursive: true, force: true });
  }
}

/** The first program of this name on the PATH. */
export async function which(command: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const folder of (env["PATH"] ?? "").split(delimiter).filter(isAbsolute)) {
    const path = join(folder, command);
    try {
      await access(path, constants.X_OK);
      if ((await stat(path)).isFile()) return path;
    } catch {
      // Not here: look in the next folder.
    }
  }
  return undefined;
}

/** Where programs that are installed or built here are kept. */
export function defaultCacheFolder(env: NodeJS.ProcessEnv): string {
  const configured = env["XDG_CACHE_HOME"] ?? "";
  return join(isAbsolute(configured) ? configured : join(homedir(), ".cache"), "pulumi-influx-token");
}

/** The nearest folder upwards with a package.json: this file runs from `scripts/` in tests and from `dist/scripts/`. */
export function packageRoot(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, "package.json")) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function noWayMessage(failures: string[], tools: EnginePart[]): string {
  const goVersions = tools.map((tool) => tool.goVersion);
  const lowestGo = goVersions.sort((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1) ?? "";
  return [
    "There is no usable Pulumi CLI. Tried, in this order:",
    ...failures.map((reason, index) => `  ${index + 1}. ${reason.replaceAll("\n", "\n     ")}`),
    "What to do: install Pulumi (https://www.pulumi.com/docs/install/) so that it is on the PATH,",
    `or install Go ${lowestGo} or later (https://go.dev/doc/install), and try again.`,
  ].join("\n");
}

async function main(args: string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(HELP);
    return 0;
  }
  if (args.length > 0) {
    process.stderr.write(`Unknown argument ${args.join(" ")}.\n${HELP}`);
    return 1;
  }
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      interrupted.abort(new Error(`Interrupted by ${signal}; nothing was installed.`));
    });
  }
  const log = (line: string): void => {
    process.stderr.write(`pulumi-cli: ${line}\n`);
  };
  try {
    const { path } = await findOrInstallPulumiCli({ log, signal: interrupted.signal });
    process.stdout.write(`${path}\n`);
    return 0;
  } catch (error) {
    log(messageOf(error));
    return 1;
  }
}

if (require.main === module) {
  void main(process.argv.slice(2)).then((code) => (process.exitCode = code));
}
