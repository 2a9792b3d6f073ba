import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findOrBuildLanguageHost } from "../../../scripts/languageHosts";

// `go` is a small shell script: a real process, but no network and no real build.

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "language-hosts-test-"));
  for (const name of ["official", "bin", "module/python/cmd"])
    await mkdir(join(folder, name), { recursive: true });
  await program("official/pulumi", "");
});
afterEach(() => rm(folder, { recursive: true }));

async function program(path: string, text: string): Promise<void> {
  await writeFile(join(folder, path), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}

async function find(language: "yaml" | "python" | "go", pulumiCli = "official/pulumi"): Promise<string> {
  return findOrBuildLanguageHost(language, join(folder, pulumiCli), {
    env: { PATH: join(folder, "bin") },
    cacheFolder: join(folder, "cache"),
    toolsFolder: join(folder, "tools"),
  });
}

describe("the host of a language", () => {
  it("is the one beside the CLI, also where that is a link", async () => {
    await program("official/pulumi-language-yaml", "");
    await symlink(join(folder, "official", "pulumi"), join(folder, "bin", "pulumi"));
    expect(await find("yaml")).toBe(join(folder, "official"));
    expect(await find("yaml", "bin/pulumi")).toBe(join(folder, "official"));
  });

  it.each(["yaml", "python", "go"] as const)("is built where the CLI has none for %s", async (language) => {
    const name = `pulumi-language-${language}`;
    await mkdir(join(folder, "tools", name), { recursive: true });
    await writeFile(join(folder, "tools", name, "go.mod"), "module a\n\ngo 1.25.0\n");
    await writeFile(join(folder, "tools", name, "go.sum"), "");
    await program("module/python/cmd/pulumi-language-python-exec", "");
    await program(
      "bin/go",
      `PATH=/usr/bin:/bin
[ "$1 $4" = "list {{.Module.Dir}}" ] && echo "${join(folder, "module")}"
[ "$1" = build ] || exit 0
while [ "$1" != -o ]; do shift; done
echo >"$2/${name}"`,
    );
    const made = await find(language);
    expect(made.startsWith(join(folder, "cache", name))).toBe(true);
    expect((await readdir(made)).sort()).toEqual(language === "python" ? [name, `${name}-exec`] : [name]);
  });
});
