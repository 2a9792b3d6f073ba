import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, copyFile, readdir, readFile, rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import which from "which";
import { defaultCacheFolder, type InstallOptions, withInstallLock, withWorkFolder } from "./cacheFolder";
import { messageOf } from "./command";
import { run } from "./run";

/** A Go module under `tools/`: its `tool` line names the program to build. */
export interface GoTool {
  /** Absolute path of the module's folder, named as its program is. */
  folder: string;
  /** Lowest Go version that builds it, such as `1.25.8`. */
  goVersion: string;
  /** Version of Pulumi's SDK that it pins, such as `3.245.0`, if it does. */
  sdkVersion: string | undefined;
}

/** Options of {@link findOrBuildGoTool}; each has a default fit for use. */
export interface GoToolOptions {
  /** Environment to look in (PATH, XDG_CACHE_HOME, Go's own); default `process.env`. */
  env?: NodeJS.ProcessEnv;
  /** Folder of what is built here; default `pulumi-influx-token` in the user's cache folder. */
  cacheFolder?: string;
  /** Folder of the Go modules; default `tools` of this checkout. */
  toolsFolder?: string;
  /** Paths of programs in the Go module of the tool's source, to be copied beside it; default none. */
  scripts?: readonly string[];
  /** Takes one line of progress; silent by default. */
  log?: (line: string) => void;
  /** Stops a build and removes what is unfinished. */
  signal?: AbortSignal;
}

const SDK = "github.com/pulumi/pulumi/sdk/v3";
const PROGRESS_EVERY_MS = 10_000;

/** The folder `tools` of this checkout. */
export function ownToolsFolder(): string {
  return join(dirname(require.resolve("pulumi-influx-token/package.json")), "tools");
}

/** Reads the module `toolsFolder`/`name`. Rejects when its go.mod lacks a Go version. */
export async function readGoTool(toolsFolder: string, name: string): Promise<GoTool> {
  const folder = join(toolsFolder, name);
  const goMod = await readFile(join(folder, "go.mod"), "utf8");
  const goVersion = /^go (\S+)$/m.exec(goMod)?.[1];
  if (goVersion === undefined) throw new Error(`${join(folder, "go.mod")} must name a go version.`);
  const sdkVersion = new RegExp(`^\\s*(?:require )?${SDK} v(\\S+)`, "m").exec(goMod)?.[1];
  return { folder, goVersion, sdkVersion };
}

/** Names what is built from these modules: a hash over the name and content of each go.mod, go.sum and file of source. */
export async function goToolsKey(toolsFolder: string, names: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  const folders = names.map(async (each) => {
    const sources = (await readdir(join(toolsFolder, each))).filter((name) => name.endsWith(".go"));
    return ["go.mod", "go.sum", ...sources].map((name) => join(each, name));
  });
  for (const name of (await Promise.all(folders)).flat().sort()) {
    hash.update(`${name}\0`);
    hash.update(await readFile(join(toolsFolder, name)));
    hash.update("\0");
  }
  return hash.digest("hex").slice(0, 16);
}

/**
 * Gives the path of the program `name`, built from the Go module `tools/name`: once for each content of it, into the
 * user's cache folder. Rejects with what to do where there is no Go, or Go cannot build it.
 */
export async function findOrBuildGoTool(name: string, options: GoToolOptions = {}): Promise<string> {
  const { env = process.env, log = () => undefined, toolsFolder = ownToolsFolder(), scripts = [] } = options;
  const { signal } = options;
  const key = await goToolsKey(toolsFolder, [name]);
  const folder = join(options.cacheFolder ?? defaultCacheFolder(env), `${name}-${key}`);
  const path = join(folder, name);
  if (existsSync(path)) return path;

  const tool = await readGoTool(toolsFolder, name);
  return withInstallLock(folder, { log, signal }, async () => {
    if (existsSync(path)) return path;
    try {
      return await withWorkFolder(folder, async (work) => {
        await buildGoTools([tool], work, env, { log, signal });
        await copyScripts(tool, scripts, work, env, signal);
        // Another process that took over the lock may have been faster: its folder is as good.
        await rename(work, folder).catch((error: unknown) => {
          if (!existsSync(path)) throw error;
        });
        return path;
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw new Error(
        `${name} cannot be built from ${tool.folder}: ${messageOf(error)}\n` +
          `What to do: install Go ${tool.goVersion} or later (https://go.dev/doc/install), with a module proxy in reach, and try again.`,
        { cause: error },
      );
    }
  });
}

async function copyScripts(
  { folder }: GoTool,
  scripts: readonly string[],
  into: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (scripts.length === 0) return;
  const args = ["list", "-mod=readonly", "-f", "{{.Module.Dir}}", "tool"];
  const options = { cwd: folder, env: { ...env, GOWORK: "off" }, signal };
  const { stdout, stderr } = await run("go", args, options);
  const source = stdout.trim();
  if (source === "")
    throw new Error(`\`go list\` in ${folder} does not say where the source is: ${stderr.trim()}`);
  for (const script of scripts) {
    const copy = join(into, basename(script));
    await copyFile(join(source, script), copy);
    await chmod(copy, 0o755);
  }
}

/**
 * Builds tools into a folder, with exactly the modules that each go.sum pins, and logs the phase, the elapsed time and
 * what is being built at least every ten seconds. GOFLAGS, GOPROXY and the like have their usual meaning. Rejects with
 * the end of Go's own output when Go fails.
 */
export async function buildGoTools(
  tools: readonly GoTool[],
  into: string,
  env: NodeJS.ProcessEnv,
  options: InstallOptions,
): Promise<void> {
  const go = await which("go", { path: env["PATH"] ?? "", nothrow: true });
  if (go === null) throw new Error("there is no go on the PATH");
  for (const tool of tools) await build(tool, into, { ...options, go, env });
}

async function build(
  { folder, sdkVersion }: GoTool,
  into: string,
  { go, env, log, signal }: InstallOptions & { go: string; env: NodeJS.ProcessEnv },
): Promise<void> {
  const name = basename(folder);
  const named = sdkVersion === undefined ? name : `${name} ${sdkVersion}`;
  const started = Date.now();
  let progress = `fetching the Go modules of ${named}`;
  const report = (): void => {
    log(`${progress} (${Math.round((Date.now() - started) / 1000)} s)`);
  };
  const runGo = async (args: string[], describe: (line: string) => void): Promise<string> => {
    report();
    const timer = setInterval(report, PROGRESS_EVERY_MS);
    // A go.work somewhere above the checkout would replace these modules with its own.
    const options = { cwd: folder, env: { ...env, GOWORK: "off" }, signal, onStderrLine: describe };
    const result = await run(go, args, options).finally(() => {
      clearInterval(timer);
    });
    if (result.code === 0) return result.stdout;
    const end = result.stderr.trim().split("\n").slice(-5).join("\n");
    throw new Error(`\`go ${args[0] ?? ""}\` in ${folder} failed (exit code ${result.code}): ${end}`);
  };

  let modules = 0;
  const staleOnly = "{{if .Stale}}{{.ImportPath}}{{end}}";
  const stale = await runGo(["list", "-mod=readonly", "-deps", "-f", staleOnly, "tool"], (line) => {
    const module = /^go: downloading (.+)/.exec(line)?.[1];
    if (module !== undefined)
      progress = `fetching the Go modules of ${name}: ${++modules} modules, now ${module}`;
  });

  const total = stale.split("\n").filter(Boolean).length;
  let packages = 0;
  progress = `compiling ${named}: ${total} packages that Go's build cache does not hold`;
  // Without its version in it, the engine answers `pulumi version` with an empty line.
  const version = sdkVersion === undefined ? "" : ` -X ${SDK}/go/common/version.Version=v${sdkVersion}`;
  const flags = ["-mod=readonly", "-v", "-ldflags", `-s -w${version}`, "-o", `${into}/`];
  await runGo(["build", ...flags, "tool"], (line) => {
    // Go names a package when it compiles it, and prints nothing while it links.
    progress = `compiling ${name}: ${++packages} of ${total} packages, now ${line}`;
  });
  progress = `built ${name}`;
  report();
}
