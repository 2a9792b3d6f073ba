import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import which from "which";
import { defaultCacheFolder, withInstallLock, withWorkFolder } from "../../scripts/cacheFolder";
import type { EngineOptions } from "../../scripts/engine";
import { findOrBuildGoTool } from "../../scripts/goTool";
import { run, type RunOptions } from "../../scripts/run";

const ROOT = join(__dirname, "..", "..");

/** The modules that SDKs of Pulumi's generator import, and what builds them. */
const REQUIREMENTS = ["pulumi==3.272.0", "parver==1.0.1.post0", "semver==3.1.2", "setuptools==83.0.0"];

/** An example of this repository, ready to run. */
export interface Prepared {
  /** A copy of its folder. */
  readonly programFolder: string;
  readonly engine: Partial<EngineOptions>;
}

/** Gives a program in a language, with an SDK that is made from the schema. `folder` is for whatever it needs. */
export type Prepare = (folder: string) => Promise<Prepared>;

/** Runs a test's work in a temporary folder of its own. */
export async function temporaryFolder(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "languages-test-"));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Writes the SDKs for Python and Go, after a strict check of the schema. */
export async function writeSdks(folder: string): Promise<void> {
  const sdkgen = await findOrBuildGoTool("sdkgen");
  await demand(
    sdkgen,
    [join(ROOT, "plugin", "schema.json"), folder],
    {},
    "look at what it says of the schema",
  );
}

export const python: Prepare = async (folder) => {
  const programFolder = await copyOf("python", folder);
  const bin = join(await virtualEnvironment(), "bin");
  const sdk = join(folder, "sdk");
  // Everything that it needs is there: this works without a network.
  const args = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"];
  const into = ["--target", join(folder, "site"), join(sdk, "python")];
  await demand(join(bin, "python"), [...args, ...into], {}, "look at what pip says of the SDK");
  return {
    programFolder,
    engine: {
      hosts: ["python"],
      // Hosts of this age do not know a virtual environment of Pulumi.yaml.
      pathFolders: [bin],
      env: { PYTHONPATH: join(folder, "site"), PYTHONDONTWRITEBYTECODE: "1" },
    },
  };
};

export const go: Prepare = async (folder) => {
  const programFolder = await copyOf("go", folder);
  await rename(join(folder, "sdk", "go"), join(programFolder, "sdks", "influx-token"));
  const toDo = "have Go on the PATH, with a module proxy in reach for the first build";
  const options = { cwd: programFolder, env: { ...process.env, GOWORK: "off" } };
  await demand("go", ["build", "-mod=readonly", "-o", join(folder, "program"), "."], options, toDo);
  const { stdout } = await demand("go", ["env", "-json", "GOMODCACHE", "GOCACHE", "GOPATH"], options, toDo);
  // The host would build it anew at every run.
  const project = join(programFolder, "Pulumi.yaml");
  const binary = `runtime:\n  name: go\n  options:\n    binary: ${join(folder, "program")}`;
  await writeFile(project, (await readFile(project, "utf8")).replace("runtime: go", binary));
  return {
    programFolder,
    // The host asks Go for plugins of the program's modules, and has another home.
    engine: { hosts: ["go"], env: { ...(JSON.parse(stdout) as Record<string, string>), GOWORK: "off" } },
  };
};

async function copyOf(example: string, folder: string): Promise<string> {
  const programFolder = join(folder, "program-folder");
  await cp(join(ROOT, "examples", example), programFolder, { recursive: true });
  await mkdir(join(programFolder, "sdks"));
  await writeSdks(join(folder, "sdk"));
  return programFolder;
}

/** A virtual environment in the user's cache folder, made once for each Python and each set of modules. */
async function virtualEnvironment(): Promise<string> {
  const toDo = "have Python 3.9 or later with venv and pip on the PATH, and PyPI in reach for the first run";
  const interpreter = (await which("python3", { nothrow: true })) ?? "python3";
  const { stdout } = await demand(
    interpreter,
    ["-c", "import sys; print(sys.version, sys.base_prefix)"],
    {},
    toDo,
  );
  const key = createHash("sha256")
    .update([stdout, ...REQUIREMENTS].join("\n"))
    .digest("hex")
    .slice(0, 16);
  const folder = join(defaultCacheFolder(process.env), `python-${key}`);
  if (existsSync(folder)) return folder;
  return withInstallLock(folder, { log: () => undefined }, () =>
    withWorkFolder(folder, async (work) => {
      if (existsSync(folder)) return folder;
      await demand(interpreter, ["-m", "venv", work], {}, toDo);
      const install = ["-m", "pip", "install", "--quiet", ...REQUIREMENTS];
      await demand(join(work, "bin", "python"), install, {}, toDo);
      await rename(work, folder);
      return folder;
    }),
  );
}

/** Runs a command that must succeed. Rejects with the end of what it printed, and with what to do. */
async function demand(
  command: string,
  args: string[],
  options: RunOptions,
  toDo: string,
): Promise<{ stdout: string }> {
  const result = await run(command, args, options).catch((error: unknown) => ({
    code: undefined,
    stdout: "",
    stderr: String(error),
  }));
  if (result.code === 0) return result;
  const end = (result.stdout + result.stderr).trim().split("\n").slice(-10).join("\n");
  throw new Error(`\`${[command, ...args].join(" ")}\` failed:\n${end}\nWhat to do: ${toDo}.`);
}
