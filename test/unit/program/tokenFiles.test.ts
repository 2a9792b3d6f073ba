import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { TokenFilesError } from "../../../program/places";
import { projectFolder } from "../../../program/projectFolder";
import { readTokenFiles } from "../../../program/tokenFiles";
import { tokensFrom } from "../../../program/tokensFrom";
import { thrownBy } from "../../support/thrownBy";

let base: string;
let root: string;
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), "token-files-")));
  root = join(base, "project");
  mkdirSync(join(root, "tokens"), { recursive: true });
});
afterEach(() => {
  rmSync(base, { recursive: true });
});

/** Writes a file of the project. */
function put(path: string, text = `${path.replace(/\W/g, "-")}: { readTasks: true }\n`): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** Each token's name with its place. */
const read = (given = "tokens/", others?: ReadonlyMap<string, string>): string[] =>
  readTokenFiles(given, root, others).tokens.map(({ name, at }) => `${name} in ${at}`);

const refusal = (given?: string, others?: ReadonlyMap<string, string>): string[] => {
  const error = thrownBy(() => read(given, others));
  expect(error).toBeInstanceOf(TokenFilesError);
  return (error as Error).message.split("\n");
};

describe("tokens from files", () => {
  it("are those of each .yaml, .yml and .json of a folder and of the folders in it, by name", () => {
    for (const path of ["tokens/b.yml", "tokens/a.yaml", "tokens/team/c.json", "tokens/D.YAML"])
      put(path, path.endsWith("json") ? '{"c": {"readTasks": true}}' : undefined);
    expect(read()).toEqual([
      "tokens-D-YAML in tokens/D.YAML:1",
      "tokens-a-yaml in tokens/a.yaml:1",
      "tokens-b-yml in tokens/b.yml:1",
      "c in tokens/team/c.json:1",
    ]);
    expect(read("./tokens")).toHaveLength(4);
    expect(read(join(root, "tokens"))).toHaveLength(4);
  });

  it("may be those of one file", () => {
    put("tokens.yaml");
    expect(read("tokens.yaml")).toEqual(["tokens-yaml in tokens.yaml:1"]);
  });

  it("leave hidden files and Markdown alone, and nothing else", () => {
    for (const path of [
      "a.yaml",
      ".a.yaml.swp",
      ".git/b.yaml",
      "README.md",
      "a.yaml.bak",
      "c.ymal",
      "OWNERS",
    ])
      put(`tokens/${path}`);
    expect(refusal()).toEqual(
      ["OWNERS", "a.yaml.bak", "c.ymal"].map(
        (name) => `tokens/${name}: it does not end in .yaml, .yml, .json: rename it, or move it elsewhere`,
      ),
    );
  });

  it("name both files of a token that is declared twice, also in the stack config", () => {
    put("tokens/a.yaml", "ci: { readTasks: true }\ncd: { readTasks: true }\n");
    put("tokens/b.yaml", "\ncd: { readTasks: true }\n");
    expect(refusal("tokens", new Map([["ci", "influx-token:tokens of the stack config"]]))).toEqual([
      "tokens/a.yaml:1: ci is also declared in influx-token:tokens of the stack config",
      "tokens/b.yaml:2: cd is also declared in tokens/a.yaml:2",
    ]);
  });

  it("tell what is wrong in all files at once, up to the twentieth", () => {
    put("tokens/a.yaml", "ci: { readTaks: true }\n");
    put("tokens/b.yaml", "");
    put("tokens/c.yaml", Array.from({ length: 30 }, (_, n) => `t${n}: 5\n`).join(""));
    const lines = refusal();
    expect(lines).toHaveLength(21);
    expect(lines[0]).toMatch(/^tokens\/a\.yaml:1: ci\.readTaks: .* did you mean readTasks\?$/);
    expect(lines[1]).toMatch(/^tokens\/b\.yaml: it is empty/);
    expect(lines[2]).toMatch(/^tokens\/c\.yaml:1: t0 must hold/);
    expect(lines[20]).toBe("12 more problems");
  });

  it("are not none where there is nothing to read", () => {
    expect(refusal()).toEqual(["tokens: there is no file that ends in .yaml, .yml, .json"]);
    expect(refusal("elsewhere/")).toEqual([
      `elsewhere (${join(root, "elsewhere")}): it cannot be read (ENOENT)`,
    ]);
    const absolute = join(root, "elsewhere");
    expect(refusal(absolute)).toEqual([`${absolute}: it cannot be read (ENOENT)`]);
    put("tokens.txt");
    expect(refusal("tokens.txt")).toEqual([expect.stringMatching(/^tokens\.txt: it does not end in/)]);
  });

  it("may be links inside the project, as Kubernetes makes them, but none that lead out of it", () => {
    put("tokens/..data/a.yaml", "a: { readTasks: true }\n");
    symlinkSync("..data/a.yaml", join(root, "tokens", "a.yaml"));
    expect(read()).toEqual(["a in tokens/a.yaml:1"]);

    writeFileSync(join(base, "outside.yaml"), "s3cret: [\n");
    symlinkSync(join(base, "outside.yaml"), join(root, "tokens", "b.yaml"));
    symlinkSync("missing.yaml", join(root, "tokens", "c.yaml"));
    symlinkSync("..data", join(root, "tokens", "d"));
    expect(refusal()).toEqual([
      "tokens/b.yaml: it is a link that leads out of the project, and is not followed",
      "tokens/c.yaml: it cannot be read (ENOENT)",
      "tokens/d: it is a link to a folder, which is not followed",
    ]);
    mkdirSync(join(base, "teams"));
    symlinkSync(join(base, "teams"), join(root, "teams"));
    expect(refusal("teams")[0]).toBe(
      "teams: it is a link that leads out of the project, and is not followed",
    );
  });

  it("may be elsewhere where the stack config says so, and then nothing leads out of there", () => {
    mkdirSync(join(base, "teams"));
    writeFileSync(join(base, "teams", "a.yaml"), "a: { readTasks: true }\n");
    expect(read("../teams")).toEqual(["a in ../teams/a.yaml:1"]);
    put("tokens.yaml");
    symlinkSync(join(root, "tokens.yaml"), join(base, "teams", "b.yaml"));
    expect(refusal("../teams")).toEqual([
      expect.stringContaining("../teams/b.yaml: it is a link that leads out"),
    ]);
  });

  it("name what is no file, and do not wait for it", () => {
    execFileSync("mkfifo", [join(root, "tokens", "a.yaml")]);
    expect(refusal()).toEqual(["tokens/a.yaml: it cannot be read (not a file)"]);
  });

  it("show names as they can be read, whoever gave them", () => {
    put("tokens/\u001b[31m.yaml", '"a\\u001b[31m": 5\n');
    expect(refusal().join()).not.toContain("\u001b");
  });
});

describe("the folder of Pulumi.yaml", () => {
  const found = (run: Partial<Parameters<typeof projectFolder>[0]>): string | undefined =>
    projectFolder({
      told: "rootDirectory",
      project: "acme",
      cwd: join(root, "program"),
      shell: undefined,
      ...run,
    });
  beforeEach(() => {
    put("program/index.js", "");
    put("Pulumi.yaml", "name: acme\nmain: program/index.js\n");
  });

  it("is the one that Pulumi tells", () => {
    expect(found({ told: base })).toBe(base);
  });

  it("is found from the program or the shell where Pulumi does not tell it", () => {
    expect(found({})).toBe(root);
    expect(found({ shell: join(root, "tokens") })).toBe(root);
    expect(found({ shell: base })).toBe(root);
    put("Pulumi.yaml", "name: acme\nmain: program/\n");
    expect(found({})).toBe(root);
  });

  it("is the shell's where a link leads from several projects to the program, as npm's do", () => {
    const other = join(base, "other");
    mkdirSync(other);
    symlinkSync(join(root, "program"), join(other, "linked"));
    writeFileSync(join(other, "Pulumi.yaml"), "name: acme\nmain: linked/index.js\n");
    expect(found({ shell: other })).toBe(other);
  });

  it.each([
    ["another project", "name: other\nmain: program/index.js\n"],
    ["another program", "name: acme\nmain: tokens\n"],
    ["the folder itself as its program", "name: acme\n"],
    ["a program that is not there", "name: acme\nmain: gone/index.js\n"],
    ["nothing", ""],
    ["no YAML", "{"],
  ])("is not one whose Pulumi.yaml has %s", (_, text) => {
    put("Pulumi.yaml", text);
    expect(found({ shell: root })).toBeUndefined();
  });

  it("is needed for a relative path only", () => {
    put("Pulumi.yaml", "");
    put("tokens/a.yaml");
    const run = { told: "", project: "acme", cwd: join(root, "program"), shell: root };
    expect(tokensFrom(join(root, "tokens"), run, new Map()).tokens).toHaveLength(1);
    expect(() => tokensFrom("tokens", run, new Map())).toThrow(/does not tell where Pulumi\.yaml is/);
    expect(tokensFrom("tokens", { ...run, told: root }, new Map()).tokens).toHaveLength(1);
  });
});
