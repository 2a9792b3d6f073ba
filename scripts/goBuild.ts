import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { run } from "./run";

/** A Go module under `tools/`: its `tool` line names the program to build. */
export interface GoTool {
  /** Absolute path of the module's folder, named as its program is. */
  folder: string;
  /** Lowest Go version that builds it, such as `1.25.8`. */
  goVersion: string;
}

/** A part of Pulumi's engine. */
export interface EnginePart extends GoTool {
  /** Version of Pulumi's SDK that it pins, such as `3.245.0`. */
  sdkVersion: string;
}

/** Options of {@link goBuild}. */
export interface GoBuildOptions {
  /** Path of the `go` command. */
  go: string;
  /** Existing folder for the programs. */
  into: string;
  /** Whole environment; GOFLAGS, GOPROXY and the like have their usual meaning. */
  env: NodeJS.ProcessEnv;
  /** Takes one line of progress. */
  log: (line: string) => void;
  signal?: AbortSignal | undefined;
}

const SDK = "github.com/pulumi/pulumi/sdk/v3";
const PROGRESS_EVERY_MS = 10_000;

/** Reads the module `toolsFolder`/`name`. Rejects when its go.mod lacks a Go version. */
export async function readGoTool(toolsFolder: string, name: string): Promise<GoTool> {
  const folder = join(toolsFolder, name);
  const goVersion = /^go (\S+)$/m.exec(await readFile(join(folder, "go.mod"), "utf8"))?.[1];
  if (goVersion === undefined) throw new Error(`${join(folder, "go.mod")} must name a go version.`);
  return { folder, goVersion };
}

/** Reads the engine's modules. Rejects when a go.mod lacks a version that is needed here. */
export function readEngineParts(toolsFolder: string, names: readonly string[]): Promise<EnginePart[]> {
  return Promise.all(
    names.map(async (name) => {
      const tool = await readGoTool(toolsFolder, name);
      const goMod = await readFile(join(tool.folder, "go.mod"), "utf8");
      const sdkVersion = new RegExp(`^\\s*(?:require )?${SDK} v(\\S+)`, "m").exec(goMod)?.[1];
      if (sdkVersion === undefined) {
        throw new Error(`${join(tool.folder, "go.mod")} must name a version of ${SDK}.`);
      }
      return { ...tool, sdkVersion };
    }),
  );
}

/** Names what is built from these modules: a hash over the name and content of each go.mod and go.sum. */
export async function goToolsKey(toolsFolder: string, names: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const name of names.flatMap((each) => [join(each, "go.mod"), join(each, "go.sum")]).sort()) {
    hash.update(`${name}\0`);
    hash.update(await readFile(join(toolsFolder, name)));
    hash.update("\0");
  }
  return hash.digest("hex").slice(0, 16);
}

/**
 * Builds one tool with exactly the modules that its go.sum pins, and logs the phase, the elapsed time and what is
 * being built at least every ten seconds. Rejects with the end of Go's own output when Go fails.
 */
export async function goBuild(tool: GoTool | EnginePart, options: GoBuildOptions): Promise<void> {
  const { go, into, log, signal } = options;
  const name = basename(tool.folder);
  const sdkVersion = "sdkVersion" in tool ? tool.sdkVersion : undefined;
  const named = sdkVersion === undefined ? name : `${name} ${sdkVersion}`;
  // A go.work somewhere above the checkout would replace these modules with its own.
  const env = { ...options.env, GOWORK: "off" };

  const runGo = async (
    phase: string,
    args: string[],
    atFirst: string,
    describe: (line: string) => string | undefined,
  ) => {
    const started = Date.now();
    let progress = atFirst;
    const report = (): void => {
      log(`${phase} ${name}: ${seconds(started)}, ${progress}`);
    };
    const timer = setInterval(report, PROGRESS_EVERY_MS);
    const onStderrLine = (line: string): void => {
      progress = describe(line) ?? progress;
    };
    try {
      const { code, stdout, stderr } = await run(go, args, { cwd: tool.folder, env, signal, onStderrLine });
      if (code !== 0) {
        throw new Error(
          `\`go ${args[0] ?? ""}\` in ${tool.folder} failed (exit code ${code}): ${tail(stderr)}`,
        );
      }
      return { stdout, took: seconds(started) };
    } finally {
      clearInterval(timer);
    }
  };

  log(`fetching the Go modules of ${named}`);
  let modules = 0;
  const stale = await runGo(
    "fetching the Go modules of",
    ["list", "-mod=readonly", "-deps", "-f", "{{if .Stale}}{{.ImportPath}}{{end}}", "tool"],
    "asking for the list",
    (line) => {
      const module = /^go: downloading (.+)/.exec(line)?.[1];
      return module === undefined ? undefined : `${++modules} modules, now ${module}`;
    },
  );

  const total = stale.stdout.split("\n").filter(Boolean).length;
  log(`compiling ${named}: ${total} packages that Go's build cache does not hold`);
  let packages = 0;
  // Without its version in it, the engine answers `pulumi version` with an empty line.
  const version = sdkVersion === undefined ? "" : ` -X ${SDK}/go/common/version.Version=v${sdkVersion}`;
  const built = await runGo(
    "compiling",
    ["build", "-mod=readonly", "-v", "-ldflags", `-s -w${version}`, "-o", `${into}/`, "tool"],
    // Go names a package when it compiles it, and says nothing while it links.
    total > 1 ? "starting" : "linking",
    (line) => `${++packages} of ${total} packages, now ${line}`,
  );
  log(`built ${name} in ${built.took}`);
}

function seconds(since: number): string {
  const total = Math.round((Date.now() - since) / 1000);
  return total < 60 ? `${total} s` : `${Math.floor(total / 60)} min ${total % 60} s`;
}

function tail(text: string): string {
  return text.trim().split("\n").slice(-5).join("\n");
}
