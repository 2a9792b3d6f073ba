import { readFile, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { run } from "./run";

/** A Go module under `tools/`: its `tool` line names the program to build. */
export interface GoTool {
  /** Absolute path of the module's folder, named as its program is. */
  folder: string;
  /** Lowest Go version that builds it, such as `1.25.8`. */
  goVersion: string;
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

/** Reads the modules in `toolsFolder`, sorted by name. Rejects when a go.mod lacks a version that is needed here. */
export async function readGoTools(toolsFolder: string): Promise<GoTool[]> {
  const entries = await readdir(toolsFolder, { withFileTypes: true });
  const folders = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(toolsFolder, entry.name));
  return Promise.all(
    folders.sort().map(async (folder) => {
      const goMod = await readFile(join(folder, "go.mod"), "utf8");
      const goVersion = /^go (\S+)$/m.exec(goMod)?.[1];
      const sdkVersion = new RegExp(`^\\s*(?:require )?${SDK} v(\\S+)`, "m").exec(goMod)?.[1];
      if (goVersion === undefined || sdkVersion === undefined) {
        throw new Error(`${join(folder, "go.mod")} must name a go version and a version of ${SDK}.`);
      }
      return { folder, goVersion, sdkVersion };
    }),
  );
}

/**
 * Builds one tool with exactly the modules that its go.sum pins, and logs the phase, the elapsed time and what is
 * being built at least every ten seconds. Rejects with the end of Go's own output when Go fails.
 */
export async function goBuild(tool: GoTool, options: GoBuildOptions): Promise<void> {
  const { go, into, log, signal } = options;
  const name = basename(tool.folder);
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

  log(`fetching the Go modules of ${name} ${tool.sdkVersion}`);
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
  log(`compiling ${name} ${tool.sdkVersion}: ${total} packages that Go's build cache does not hold`);
  let packages = 0;
  // A build without the flag answers `pulumi version` with an empty line.
  const version = `-s -w -X ${SDK}/go/common/version.Version=v${tool.sdkVersion}`;
  const built = await runGo(
    "compiling",
    ["build", "-mod=readonly", "-v", "-ldflags", version, "-o", `${into}/`, "tool"],
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
