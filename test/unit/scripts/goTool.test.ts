import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findOrBuildGoTool } from "../../../scripts/goTool";

// `go` is a small shell script: a real process, but no network and no real build.

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "go-tool-test-"));
  await mkdir(join(folder, "tools", "lint"), { recursive: true });
  await mkdir(join(folder, "bin"));
  await writeFile(join(folder, "tools", "lint", "go.mod"), "module tools/lint\n\ngo 1.25.0\n");
  await writeFile(join(folder, "tools", "lint", "go.sum"), "");
});
afterEach(() => rm(folder, { recursive: true }));

const find = (scripts: readonly string[] = []): Promise<string> =>
  findOrBuildGoTool("lint", {
    scripts,
    env: { PATH: join(folder, "bin") },
    cacheFolder: join(folder, "cache"),
    toolsFolder: join(folder, "tools"),
  });

async function fakeGo(build: string): Promise<void> {
  const go = join(folder, "bin", "go");
  const script = `#!/bin/sh
PATH=/usr/bin:/bin
[ "$1 $4" = "list {{.Module.Dir}}" ] && echo "${join(folder, "module")}"
[ "$1" = build ] || exit 0
echo built >>"${join(folder, "builds")}"
while [ "$1" != -o ]; do shift; done
${build}
`;
  await writeFile(go, script);
  await chmod(go, 0o755);
}

describe("a tool built with Go", () => {
  it("is built once, also for calls at the same time, and again after a change of its modules", async () => {
    await fakeGo('echo tool >"$2/lint"');
    const paths = await Promise.all([find(), find()]);
    expect(new Set(paths).size).toBe(1);
    expect(await find()).toBe(paths[0]);
    expect(await readFile(join(folder, "builds"), "utf8")).toBe("built\n");
    expect(await readdir(join(folder, "cache"))).toHaveLength(1);
    await writeFile(join(folder, "tools", "lint", "go.sum"), "another\n");
    expect(await find()).not.toBe(paths[0]);
    expect(await readFile(join(folder, "builds"), "utf8")).toBe("built\nbuilt\n");
  });

  it("is built again after a change of its own source", async () => {
    await fakeGo('echo tool >"$2/lint"');
    const first = await find();
    await writeFile(join(folder, "tools", "lint", "main.go"), "package main\n");
    expect(await find()).not.toBe(first);
  });

  it("has beside it what it starts from the module of its source", async () => {
    await fakeGo('echo tool >"$2/lint"');
    await expect(find(["cmd/lint-exec"])).rejects.toThrow(
      /^lint cannot be built from [^]*module\/cmd\/lint-exec[^]*What to do:/,
    );
    expect(await readdir(join(folder, "cache"))).toEqual([]);
    await mkdir(join(folder, "module", "cmd"), { recursive: true });
    await writeFile(join(folder, "module", "cmd", "lint-exec"), "script\n", { mode: 0o444 });
    const copy = join(dirname(await find(["cmd/lint-exec"])), "lint-exec");
    expect(await readFile(copy, "utf8")).toBe("script\n");
    expect((await stat(copy)).mode & 0o777).toBe(0o755);
  });

  it("says what to do where there is no Go", async () => {
    await expect(find()).rejects.toThrow(
      /^lint cannot be built from .*tools\/lint: there is no go on the PATH\nWhat to do: install Go 1\.25\.0 or later /,
    );
  });

  it("gives Go's own reason, and leaves nothing behind, where the build fails", async () => {
    await fakeGo("echo 'no such host' >&2; exit 1");
    await expect(find()).rejects.toThrow(
      /`go build` in .* failed \(exit code 1\): no such host\nWhat to do:/,
    );
    expect(await readdir(join(folder, "cache"))).toEqual([]);
  });
});
