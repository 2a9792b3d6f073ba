import { existsSync } from "node:fs";
import { chmod, copyFile, realpath, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, dirname, join, resolve } from "node:path";
import which from "which";
import { defaultCacheFolder, type InstallOptions, withInstallLock, withWorkFolder } from "./cacheFolder";
import { answerArguments, messageOf, runMain } from "./command";
import { buildGoTools, type GoTool, goToolsKey, ownToolsFolder, readGoTool } from "./goTool";
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
/** The engine's modules under `tools/`, where other modules may be too. */
const ENGINE_PARTS = [CLI, LANGUAGE_HOST];
/** A first start from a cold disk takes seconds; a program that hangs is of no use. */
const VERSION_TIMEOUT_MS = 60_000;

const HELP = `Usage: scripts/pulumi-cli

Prints the path of a usable Pulumi CLI on standard output, and progress on standard error.
The first of these that works is taken:
  1. the program that the environment variable PULUMI_CLI names (it must work when set)
  2. pulumi on the PATH, with its plugins for Node.js
  3. what this script installed before, in $XDG_CACHE_HOME or ~/.cache
  4. the official release, installed there
  5. the same version built with Go from tools/, installed there; this takes several minutes once

Exit code: 0; 1 when none works, and the message says why and what to do; 130 when interrupted.
`;

type Found = Omit<PulumiCli, "source">;

/** A way that leads nowhere on most machines, and is no news. */
class NothingThere extends Error {}

/**
 * Finds a Pulumi CLI, or installs one into the user's cache folder, where every checkout with the same `tools/` finds
 * it. Concurrent calls, in one process or many, install it once.
 * Rejects with {@link PulumiCliError} when no way works.
 */
export async function findOrInstallPulumiCli(options: PulumiCliOptions = {}): Promise<PulumiCli> {
  const { env = process.env, log = () => undefined, signal, toolsFolder = ownToolsFolder() } = options;
  const { installOfficial = installOfficialRelease } = options;

  const named = env["PULUMI_CLI"];
  if (named) {
    const found = await inspect(resolve(named), env).catch((error: unknown) => {
      throw new PulumiCliError(
        `PULUMI_CLI is set to ${named}, which is not usable: ${messageOf(error)}. Correct it, or unset it to let the CLI be found.`,
      );
    });
    return { ...found, source: "PULUMI_CLI" };
  }

  const tools = await Promise.all(ENGINE_PARTS.map((name) => readGoTool(toolsFolder, name)));
  const version = tools[0]?.sdkVersion;
  if (version === undefined) throw new PulumiCliError(`${toolsFolder}/${CLI} must name Pulumi's SDK.`);
  const folder = join(options.cacheFolder ?? defaultCacheFolder(env), await pulumiCliKey(toolsFolder));

  const failures: string[] = [];
  const attempt = async (
    source: PulumiCli["source"],
    way: string,
    find: () => Promise<Found>,
  ): Promise<PulumiCli | undefined> => {
    try {
      return { ...(await find()), source };
    } catch (error) {
      signal?.throwIfAborted();
      failures.push(`${way}: ${messageOf(error)}`);
      if (!(error instanceof NothingThere)) log(`${way}: ${messageOf(error)}`);
      return undefined;
    }
  };
  const onPath = async (): Promise<Found> => {
    const path = await which(CLI, { path: env["PATH"] ?? "", nothrow: true });
    if (path === null) throw new NothingThere("there is none");
    return inspect(path, env);
  };
  const inCache = (): Promise<Found> => {
    if (!existsSync(folder)) throw new NothingThere(`${folder} does not exist`);
    return inspect(join(folder, CLI), env);
  };
  /** Fills a work folder, and puts what `fill` returns in the cache's place. */
  const install = (fill: (work: string) => Promise<string>) => (): Promise<Found> =>
    withWorkFolder(folder, async (work) => {
      const ready = await fill(work);
      const found = await inspect(join(ready, CLI), env);
      await replaceFolder(ready, folder, env);
      log(`installed ${found.version} in ${folder}`);
      return { ...found, path: join(folder, CLI) };
    });
  const official = install(async (work) => {
    log(`installing the official release ${version}`);
    await installOfficial(version, work);
    return join(work, "bin");
  });
  const withGo = install((work) => buildEngine(tools, work, env, { log, signal }));

  return (
    (await attempt("PATH", "pulumi on the PATH", onPath)) ??
    (await attempt("cache", "installed before", async () => inCache())) ??
    (await withInstallLock(folder, { log, signal }, async () => {
      const meanwhile = await inspect(join(folder, CLI), env).catch(() => undefined);
      if (meanwhile !== undefined) return { ...meanwhile, source: "cache" as const };
      const installed =
        (await attempt("official", `official release ${version}`, official)) ??
        (await attempt("go", `built with Go from ${toolsFolder}`, withGo));
      if (installed === undefined) throw new PulumiCliError(noWayMessage(failures, tools));
      return installed;
    }))
  );
}

/** Names the cached engine. */
export function pulumiCliKey(toolsFolder: string): Promise<string> {
  return goToolsKey(toolsFolder, ENGINE_PARTS);
}

/** The CLI at `path`. Rejects with the reason where it is not usable. */
async function inspect(path: string, env: NodeJS.ProcessEnv): Promise<Found> {
  const command = `\`${path} version\``;
  const options = { env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "1" }, timeoutMs: VERSION_TIMEOUT_MS };
  const { code, stdout, stderr } = await run(path, ["version"], options).catch((error: unknown) => {
    throw new Error(`${command} does not run: ${messageOf(error)}`);
  });
  if (code !== 0) throw new Error(`${command} ended with exit code ${code}: ${stderr.trim() || "no output"}`);
  // The engine looks beside its own file, which a package manager may have linked to.
  const folders = [dirname(path), dirname(await realpath(path)), env["PATH"] ?? ""].join(delimiter);
  for (const plugin of [LANGUAGE_HOST, DYNAMIC_PROVIDER]) {
    if ((await which(plugin, { path: folders, nothrow: true })) === null)
      throw new Error(`${plugin} is neither beside ${path} nor on the PATH`);
  }
  return { path, version: stdout.trim() };
}

async function buildEngine(
  tools: readonly GoTool[],
  work: string,
  env: NodeJS.ProcessEnv,
  options: InstallOptions,
): Promise<string> {
  options.log("building the Pulumi CLI with Go: several minutes the first time");
  await buildGoTools(tools, work, env, options);
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

/** Puts a complete folder in its place. A usable one that another process put there first stays. */
async function replaceFolder(ready: string, target: string, env: NodeJS.ProcessEnv): Promise<void> {
  await rename(ready, target).catch(async (error: unknown) => {
    if (!existsSync(target)) throw error;
    if (await inspect(join(target, CLI), env).catch(() => undefined)) return;
    await rm(target, { recursive: true });
    await rename(ready, target);
  });
}

function noWayMessage(failures: readonly string[], tools: readonly GoTool[]): string {
  const goVersions = tools.map((tool) => tool.goVersion);
  const lowestGo = goVersions.sort((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1) ?? "";
  return [
    "There is no usable Pulumi CLI. Tried, in this order:",
    ...failures.map((reason, index) => `  ${index + 1}. ${reason.replaceAll("\n", "\n     ")}`),
    "What to do: install Pulumi (https://www.pulumi.com/docs/install/) so that it is on the PATH,",
    `or install Go ${lowestGo} or later (https://go.dev/doc/install), and try again.`,
  ].join("\n");
}

async function main(args: readonly string[], signal: AbortSignal): Promise<number> {
  const answered = answerArguments(HELP, args);
  if (answered !== undefined) return answered;
  const log = (line: string): void => void process.stderr.write(`pulumi-cli: ${line}\n`);
  const { path } = await findOrInstallPulumiCli({ log, signal });
  process.stdout.write(`${path}\n`);
  return 0;
}

if (require.main === module) void runMain("pulumi-cli", (signal) => main(process.argv.slice(2), signal));
