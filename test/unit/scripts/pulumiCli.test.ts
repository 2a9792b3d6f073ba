import {
  appendFile,
  chmod,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  findOrInstallPulumiCli,
  pulumiCliKey,
  PulumiCliError,
  type PulumiCliOptions,
} from "../../../scripts/pulumiCli";

// The programs are small shell scripts in temporary folders: real processes, but no network and no real Go.

const LANGUAGE_HOST = "pulumi-language-nodejs";
const DYNAMIC_PROVIDER = "pulumi-resource-pulumi-nodejs";

let folder: string;
let log: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pulumi-cli-test-"));
  log = [];
  await writeTool("pulumi", "3.245.0", "1.25.8");
  await writeTool(LANGUAGE_HOST, "3.68.0", "1.24");
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe("the PATH", () => {
  it("gives the pulumi that is there with its plugins", async () => {
    await fakeEngine("bin", "v3.300.0");
    const cli = await find();
    expect(cli).toEqual({ path: join(folder, "bin", "pulumi"), version: "v3.300.0", source: "PATH" });
    expect(log).toEqual([]);
  });

  it("finds plugins elsewhere in the PATH", async () => {
    await fakeEngine("bin", "v3.300.0", []);
    await fakeEngine("plugins", undefined);
    expect(await find({ PATH: path("bin", "plugins") })).toMatchObject({ source: "PATH" });
  });

  it("finds plugins beside the file that a link in the PATH leads to", async () => {
    await fakeEngine("opt", "v3.300.0");
    await mkdir(join(folder, "bin"));
    await symlink(join(folder, "opt", "pulumi"), join(folder, "bin", "pulumi"));
    expect(await find()).toMatchObject({ path: join(folder, "bin", "pulumi"), source: "PATH" });
  });

  it.each([
    ["fails", "echo broken >&2; exit 3", /pulumi on the PATH: .*exit code 3: broken/],
    ["lacks its interpreter", undefined, /pulumi on the PATH: .*does not run/],
  ])("is passed over, with the reason, when its pulumi %s", async (_, body, reason) => {
    await fakeEngine("bin", undefined);
    await script(
      join(folder, "bin", "pulumi"),
      body ?? "",
      body === undefined ? "#!/no/such/shell" : undefined,
    );
    await fakeEngine(await cached(), "v3.245.0");
    expect(await find()).toMatchObject({ source: "cache" });
    expect(log.join("\n")).toMatch(reason);
  });

  it.each([
    [LANGUAGE_HOST, DYNAMIC_PROVIDER],
    [DYNAMIC_PROVIDER, LANGUAGE_HOST],
  ])("is passed over, with the reason, when %s is missing", async (missing, present) => {
    await fakeEngine("bin", "v3.300.0", [present]);
    await fakeEngine(await cached(), "v3.245.0");
    expect(await find()).toMatchObject({ source: "cache" });
    expect(log.join("\n")).toContain(`${missing} is neither beside`);
  });
});

describe("PULUMI_CLI", () => {
  it("comes before the PATH", async () => {
    await fakeEngine("bin", "v3.300.0");
    await fakeEngine("own", "v3.301.0");
    const PULUMI_CLI = join(folder, "own", "pulumi");
    expect(await find({ PULUMI_CLI })).toEqual({
      path: PULUMI_CLI,
      version: "v3.301.0",
      source: "PULUMI_CLI",
    });
  });

  it("is an error when it names what does not run, even with another in the PATH", async () => {
    await fakeEngine("bin", "v3.300.0");
    const PULUMI_CLI = join(folder, "nowhere");
    await expect(find({ PULUMI_CLI })).rejects.toThrow(
      /^PULUMI_CLI is set to .*nowhere, which is not usable/,
    );
  });
});

describe("the cache folder", () => {
  it("is in XDG_CACHE_HOME", async () => {
    const key = await pulumiCliKey(join(folder, "tools"));
    await fakeEngine(join("xdg", "pulumi-influx-token", key), "v3.245.0");
    const env = { PATH: path("bin"), XDG_CACHE_HOME: join(folder, "xdg") };
    const cli = await findOrInstallPulumiCli({
      env,
      toolsFolder: join(folder, "tools"),
      installOfficial: unreachable,
    });
    expect(cli.path).toBe(join(folder, "xdg", "pulumi-influx-token", key, "pulumi"));
  });

  it("has another key after a change of any go.mod or go.sum, and the same one elsewhere", async () => {
    const tools = join(folder, "tools");
    const keys = [await pulumiCliKey(tools)];
    for (const file of ["pulumi/go.sum", `${LANGUAGE_HOST}/go.sum`, "pulumi/go.mod"]) {
      await appendFile(join(tools, file), "\n");
      keys.push(await pulumiCliKey(tools));
    }
    expect(new Set(keys).size).toBe(4);
    await appendFile(join(tools, "pulumi", "README.md"), "no part of the key");
    await writeTool("actionlint", "1.0.0", "1.25");
    expect(await pulumiCliKey(tools)).toBe(keys.at(-1));
  });

  it("gets the official release where its host is in reach", async () => {
    const installOfficial = async (version: string, root: string): Promise<void> => {
      await fakeEngine(join(root, "bin"), `v${version}`);
    };
    const expected = { path: join(folder, await cached(), "pulumi"), version: "v3.245.0" };
    expect(await find({}, { installOfficial })).toEqual({ ...expected, source: "official" });
    expect(await find()).toEqual({ ...expected, source: "cache" });
    expect(await readdir(join(folder, "cache"))).toEqual([await pulumiCliKey(join(folder, "tools"))]);
  });
});

describe("a build with Go", () => {
  beforeEach(() => fakeGo());

  it("leaves the three programs of the engine in one folder, and is found again", async () => {
    expect(await find()).toMatchObject({ version: "v3.245.0", source: "go" });
    expect((await readdir(join(folder, await cached()))).sort()).toEqual([
      "pulumi",
      LANGUAGE_HOST,
      DYNAMIC_PROVIDER,
    ]);
    expect(await find()).toMatchObject({ source: "cache" });
    expect(await readdir(join(folder, "cache"))).toHaveLength(1);
  });

  it("says what it builds and how much of it", async () => {
    await find();
    expect(log.join("\n")).toContain(
      "compiling pulumi 3.245.0: 2 packages that Go's build cache does not hold",
    );
    expect(log.join("\n")).toMatch(/built pulumi-language-nodejs \(\d+ s\)/);
  });

  it("replaces an engine in the cache that no longer runs", async () => {
    await fakeEngine(await cached(), undefined);
    await script(join(folder, await cached(), "pulumi"), "exit 1");
    expect(await find()).toMatchObject({ source: "go" });
    expect(log.join("\n")).toMatch(/installed before: .*exit code 1/);
  });

  it("is made once for calls at the same time", async () => {
    const found = await Promise.all([find(), find(), find()]);
    expect(found.map(({ source }) => source).sort()).toEqual(["cache", "cache", "go"]);
    expect(await goBuilds()).toBe(2);
  });

  it("takes over the lock of a process that was killed", async () => {
    const lock = `${join(folder, await cached())}.lock`;
    await mkdir(lock, { recursive: true });
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(lock, longAgo, longAgo);
    expect(await find()).toMatchObject({ source: "go" });
  });

  it("leaves nothing behind when it fails", async () => {
    await fakeGo("echo 'no required module provides package' >&2; exit 1");
    await expect(find()).rejects.toThrow(/`go build` in .* failed \(exit code 1\): no required module/);
    expect(await readdir(join(folder, "cache"))).toEqual([]);
  });

  it("leaves nothing behind when it is interrupted", async () => {
    await fakeGo("exec sleep 60");
    const interrupted = new AbortController();
    const interruptOnceItCompiles = (line: string): void => {
      if (!line.startsWith("compiling")) return;
      setTimeout(() => {
        interrupted.abort(new Error("interrupted"));
      }, 100);
    };
    const finding = find({}, { signal: interrupted.signal, log: interruptOnceItCompiles });
    await expect(finding).rejects.toThrow("interrupted");
    expect(await readdir(join(folder, "cache"))).toEqual([]);
  });
});

it("says what it tried, why each way failed and what to do when no way works", async () => {
  const error: unknown = await find().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(PulumiCliError);
  expect(String(error)).toMatch(
    new RegExp(
      [
        "There is no usable Pulumi CLI.*",
        ".*1. pulumi on the PATH: there is none",
        ".*2. installed before: .* does not exist",
        ".*3. official release 3\\.245\\.0: its host is out of reach",
        ".*4. built with Go from .*tools: there is no go on the PATH",
        "What to do: install Pulumi \\(https://.*",
        "or install Go 1\\.25\\.8 or later .*",
      ].join("\n"),
    ),
  );
});

function find(env: NodeJS.ProcessEnv = {}, options: PulumiCliOptions = {}) {
  return findOrInstallPulumiCli({
    env: { PATH: path("bin"), ...env },
    cacheFolder: join(folder, "cache"),
    toolsFolder: join(folder, "tools"),
    log: (line) => log.push(line),
    installOfficial: unreachable,
    ...options,
  });
}

function unreachable(): Promise<never> {
  return Promise.reject(new Error("its host is out of reach"));
}

function path(...names: string[]): string {
  return names.map((name) => join(folder, name)).join(":");
}

/** The engine's folder in the cache, relative to the test's folder. */
async function cached(): Promise<string> {
  return join("cache", await pulumiCliKey(join(folder, "tools")));
}

async function writeTool(name: string, sdkVersion: string, goVersion: string): Promise<void> {
  const tool = join(folder, "tools", name);
  await mkdir(tool, { recursive: true });
  const goMod = `module tools/${name}\n\ngo ${goVersion}\n\nrequire github.com/pulumi/pulumi/sdk/v3 v${sdkVersion}\n`;
  await writeFile(join(tool, "go.mod"), goMod);
  await writeFile(join(tool, "go.sum"), "");
}

async function script(file: string, body: string, firstLine = "#!/bin/sh"): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  // The tests set a PATH without the system's folders, so that no real pulumi or go is found there.
  await writeFile(file, `${firstLine}\nPATH=/usr/bin:/bin\n${body}\n`);
  await chmod(file, 0o755);
}

async function fakeEngine(
  name: string,
  version?: string,
  plugins = [LANGUAGE_HOST, DYNAMIC_PROVIDER],
): Promise<void> {
  const at = name.startsWith("/") ? name : join(folder, name);
  if (version !== undefined) await script(join(at, "pulumi"), `[ "$1" = version ] && echo ${version}`);
  for (const plugin of plugins) await script(join(at, plugin), "exit 0");
}

/** A `go` that lists two packages and "builds" the program that its working folder is named after. */
async function fakeGo(
  build = 'printf "#!/bin/sh\\necho v3.245.0\\n" >"$out$name"; chmod +x "$out$name"',
): Promise<void> {
  await script(
    join(folder, "bin", "go"),
    `name=$(basename "$PWD")
case $1 in
list) printf 'runtime\\nfmt\\n' ;;
build)
  echo "$name" >>"${join(folder, "builds")}"
  while [ "$1" != -o ]; do shift; done
  out=$2
  ${build} ;;
esac`,
  );
}

async function goBuilds(): Promise<number> {
  return (await readFile(join(folder, "builds"), "utf8")).trim().split("\n").length;
}
