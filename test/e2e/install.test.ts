import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { environmentOf } from "../../scripts/engine";
import { findOrBuildLanguageHost } from "../../scripts/languageHosts";
import { findOrInstallPulumiCli } from "../../scripts/pulumiCli";
import { run } from "../../scripts/run";
import { startServer, type TestServer } from "../support/influxdb";
import { NPM, pack } from "../support/packed";

const ROOT = join(__dirname, "..", "..");
const [README, FIRST_TOKEN, WITHOUT_PROGRAM, NATIVE] = [
  "README",
  "docs/tasks/first-token",
  "docs/tasks/without-a-program",
  "docs/native",
].map((page) => readFileSync(join(ROOT, `${page}.md`), "utf8")) as [string, string, string, string];

/** A page's code block of a language, the first one after a heading or any other text. */
function block(page: string, language: string, after: string): string {
  const from = page.indexOf(after);
  const [, text] = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(page.slice(from)) ?? [];
  if (from === -1 || text === undefined) throw new Error(`the page has no ${language} block after ${after}`);
  return text;
}

/** Puts something of this machine in the place of a name that a page can only give as an example. */
function filledIn(text: string, values: Record<string, string>): string {
  return Object.entries(values).reduce((filled, [name, value]) => {
    expect(filled).toContain(name);
    return filled.replaceAll(name, value);
  }, text);
}

describe("the package, as its docs say to install and use it, in an empty folder", () => {
  let base = "";
  let folder = "";
  let tarball = "";
  let pulumiCli = "";
  let languageHost = "";
  let server: TestServer;
  let env: NodeJS.ProcessEnv;

  /** Runs lines as a reader would paste them. Gives what they print; fails where one fails. */
  const shell = async (lines: string, input = ""): Promise<string> => {
    const result = await run("sh", ["-e", "-c", lines], { cwd: folder, env, input, timeoutMs: 180_000 });
    if (result.code !== 0) throw new Error(`${lines}\n${result.stdout}${result.stderr}`);
    return result.stdout + result.stderr;
  };
  const preview = (): Promise<string> => shell("pulumi preview --non-interactive --diff");
  const up = (): Promise<string> => shell("pulumi up --yes --skip-preview --non-interactive");

  beforeAll(async () => {
    const { path } = await findOrInstallPulumiCli();
    server = await startServer();
    base = await mkdtemp(join(tmpdir(), "influx-token-install-"));
    folder = join(base, "infra");
    await Promise.all(["infra", "home", "state", "tmp"].map((name) => mkdir(join(base, name))));
    const engine = environmentOf(base, path);
    pulumiCli = path;
    languageHost = await findOrBuildLanguageHost("yaml", path);
    env = { ...engine, ...NPM, PATH: [engine["PATH"], languageHost].join(delimiter) };
    tarball = await pack(base);
  });
  afterAll(async () => {
    await server.close();
    await rm(base, { recursive: true, force: true });
  });

  it("is set up by the lines of docs/tasks/first-token.md", async () => {
    const lines = filledIn(block(FIRST_TOKEN, "sh", "## Set up"), {
      "install pulumi-influx-token": `install ${tarball}`,
      "https://influxdb.example.com:8086": server.url,
    });
    await shell(lines, server.operatorToken);
    expect(await readFile(join(folder, "Pulumi.dev.yaml"), "utf8")).toContain(
      `influx-token:host: ${server.url}`,
    );
  });

  it("has nothing of its repository in its package.json, and no script that runs where it is linked", async () => {
    const file = join(folder, "node_modules", "pulumi-influx-token", "package.json");
    const installed = JSON.parse(await readFile(file, "utf8")) as { scripts: object };
    expect(installed).not.toHaveProperty("workspaces");
    expect(Object.keys(installed.scripts)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(pre|post)?install$|^prepare$/)]),
    );
  });

  it("previews the first program of README and docs, its types checked by the compiler that Pulumi brings", async () => {
    expect(existsSync(join(folder, "node_modules", "typescript"))).toBe(false);
    await server.makeBucket("metrics");
    const program = block(FIRST_TOKEN, "ts", "## Declare a token");
    expect(block(README, "ts", "# pulumi-influx-token")).toBe(program);
    await writeFile(join(folder, "index.ts"), program);
    expect(await preview()).toContain('orgs/acme/buckets/metrics: "write"');
  });

  it("refuses a flag that is none before the program runs, by the same compiler", async () => {
    const path = join(folder, "index.ts");
    const program = await readFile(path, "utf8");
    await writeFile(path, program.replace("writeBucket:", "writeBukket:"));
    await expect(preview()).rejects.toThrow(/index\.ts.*writeBukket/s);
    await writeFile(path, program);
  });

  it("makes the token, changes nothing the next time, and deletes it", async () => {
    expect(await up()).toMatch(/\+ 2 created/);
    expect(server.authorizations()).toMatchObject([{}, { description: "ci: writes metrics" }]);
    expect(await up()).toMatch(/2 unchanged/);
    expect(await shell("pulumi destroy --yes --skip-preview --non-interactive")).toMatch(/- 2 deleted/);
    expect(server.authorizations()).toHaveLength(1);
  });

  it("previews the other programs of that page with the TypeScript that it says how to install", async () => {
    const [install = ""] = /npm install -D typescript@\S+(?=`)/.exec(FIRST_TOKEN) ?? [];
    await shell(install);
    await writeFile(join(folder, "index.ts"), block(FIRST_TOKEN, "ts", "## More kinds of tokens"));
    expect(await preview()).toContain("+ 5 to create");
  });

  it("previews the tokens of the stack config without a program, by the Pulumi.yaml of docs/tasks/without-a-program.md", async () => {
    await rm(join(folder, "index.ts"));
    await writeFile(
      join(folder, "Pulumi.yaml"),
      block(WITHOUT_PROGRAM, "yaml", "In a repository of its own"),
    );
    const tokens = block(WITHOUT_PROGRAM, "yaml", "`Pulumi.prod.yaml`:").replace(
      /^config:\n.*influx-token:host.*\n/,
      "",
    );
    const path = join(folder, "Pulumi.dev.yaml");
    await writeFile(path, (await readFile(path, "utf8")) + tokens);
    // The project has another name than before, and a stack belongs to one project.
    expect(await shell("pulumi stack init dev && pulumi preview --non-interactive")).toContain(
      "+ 3 to create",
    );
  });

  describe("with the plugin, by docs/native.md", () => {
    const NOT_FOUND =
      "no resource plugin 'pulumi-resource-influx-token' found in the workspace or on your $PATH";
    const uninstall = (): Promise<string> => shell("pulumi plugin rm resource influx-token --yes");

    it("makes and deletes a token by its program in YAML, with the line that says where the plugin is", async () => {
      folder = join(base, "yaml");
      await mkdir(folder);
      const lines = block(NATIVE, "sh", "For one project");
      await shell(filledIn(lines, { "pulumi-influx-token": tarball }));
      expect(existsSync(join(folder, "node_modules", "@pulumi"))).toBe(false);
      await writeFile(join(folder, "Pulumi.yaml"), block(NATIVE, "yaml", "For one project"));
      const config = `config:\n  influx-token:host: ${server.url}\n`;
      await writeFile(join(folder, "Pulumi.plugin.yaml"), config);
      env = {
        ...env,
        INFLUX_TOKEN: server.operatorToken,
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      };
      await shell("pulumi stack init plugin");
      expect(await up()).toMatch(/\+ 2 created/);
      expect(server.authorizations()).toMatchObject([{}, { description: "ci: writes metrics" }]);
      expect(await shell("pulumi destroy --yes --skip-preview --non-interactive")).toMatch(/- 2 deleted/);
      expect(server.authorizations()).toHaveLength(1);
    });

    it("is told where Node.js is missing, in the words of that page", async () => {
      const bin = join(base, "bin");
      await mkdir(bin);
      await symlink("/usr/bin/env", join(bin, "env"));
      const result = await run(pulumiCli, ["preview", "--non-interactive"], {
        cwd: folder,
        env: { ...env, PATH: [bin, languageHost].join(delimiter) },
      });
      expect(result.code).not.toBe(0);
      expect(result.stdout).toMatch(/exited prematurely[^]*node.*: No such file or directory/);
    });

    it("finds it without that line after each of the other ways, and without any does not", async () => {
      const program = block(NATIVE, "yaml", "For one project");
      await writeFile(join(folder, "Pulumi.yaml"), program.replace(/^plugins:\n(?: .*\n)+/m, ""));
      await expect(preview()).rejects.toThrow(NOT_FOUND);
      await shell(block(NATIVE, "sh", "For a machine"));
      expect(await preview()).toContain("+ 2 to create");
      await uninstall();
      await shell(block(NATIVE, "sh", "`--file` also takes"));
      expect(await preview()).toContain("+ 2 to create");
      await uninstall();
      const found = await shell(`${block(NATIVE, "sh", "On the PATH")}pulumi preview --non-interactive`);
      expect(found).toContain("using pulumi-resource-influx-token from $PATH");
      expect(found).toContain("+ 2 to create");
    });
  });
});
