import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { programFolders, unresolvedStub } from "../../../provider/pulumiHost/stubResolution";

const DIST = join(__dirname, "..", "..", "..", "dist");

/** A package as the stub requires it: by a subpath that only its `exports` know. */
const REQUEST = "some-tokens/provider";

/** Whether a package is found from a folder, in a Node.js of its own: jest finds modules by rules of its own. */
function foundFrom(cwd: string): unknown {
  const host = createRequire(require.resolve("@pulumi/pulumi/package.json"));
  const script = `
    const load = require(${JSON.stringify(host.resolve("require-from-string"))});
    const { unresolvedStub } = require(${JSON.stringify(join(DIST, "provider", "pulumiHost", "stubResolution.js"))});
    let byHost = true;
    try {
      load('exports.handler=()=>require("${REQUEST}")').handler();
    } catch (error) {
      byHost = error.code !== "MODULE_NOT_FOUND";
    }
    const byUs = unresolvedStub("${REQUEST}", [process.cwd()]) === undefined;
    process.stdout.write(JSON.stringify({ byHost, byUs }));`;
  return JSON.parse(execFileSync(process.execPath, ["-e", script], { cwd, encoding: "utf8" }));
}

describe("unresolvedStub", () => {
  let workspace = "";
  const folder = (...path: string[]): string => {
    const made = join(workspace, ...path);
    mkdirSync(made, { recursive: true });
    return made;
  };
  const install = (where: string): void => {
    mkdirSync(where, { recursive: true });
    writeFileSync(
      join(where, "package.json"),
      JSON.stringify({ name: "some-tokens", exports: { "./provider": "./main.js" } }),
    );
    writeFileSync(join(where, "main.js"), "");
  };

  beforeEach(() => {
    workspace = realpathSync(mkdtempSync(join(tmpdir(), "influx-token-stub-")));
  });
  afterEach(() => {
    rmSync(workspace, { recursive: true });
  });

  it("says nothing where the package is in the program's node_modules", () => {
    install(folder("program", "node_modules", "some-tokens"));
    expect(unresolvedStub(REQUEST, [folder("program")])).toBeUndefined();
  });

  it("says nothing where the package is in a folder above, as npm's workspaces have it", () => {
    install(folder("node_modules", "some-tokens"));
    expect(unresolvedStub(REQUEST, [folder("packages", "program")])).toBeUndefined();
  });

  it("names package and folder where only a neighbour has it", () => {
    install(folder("component", "node_modules", "some-tokens"));
    const problem = unresolvedStub(REQUEST, [folder("program")]);
    expect(problem).toContain('Add some-tokens to "dependencies"');
    expect(problem).toContain(join(workspace, "program"));
  });

  it.each([
    ["above/packages/program", true],
    ["above/node_modules/some-tokens/program", true],
    ["some-tokens/program", false],
    ["none", false],
  ])("agrees with the loader of Pulumi's host in %s, which finds it: %s", (name, found) => {
    install(folder("above", "node_modules", "some-tokens"));
    install(folder("some-tokens"));
    expect(foundFrom(folder(name))).toEqual({ byHost: found, byUs: found });
  });

  it("says nothing where one of the folders has it, or nobody knows the folder", () => {
    install(folder("program", "node_modules", "some-tokens"));
    expect(unresolvedStub(REQUEST, [folder("elsewhere"), folder("program")])).toBeUndefined();
    expect(unresolvedStub(REQUEST, [])).toBeUndefined();
  });

  it("names a package with a scope as a whole", () => {
    expect(unresolvedStub("@acme/tokens/provider", [folder("program")])).toContain("Add @acme/tokens to");
  });
});

describe("programFolders", () => {
  it("are where the program runs and its project is, where Pulumi runs it", () => {
    const env = { PULUMI_NODEJS_ENGINE: "127.0.0.1:1", PULUMI_NODEJS_ROOT_DIRECTORY: "/project" };
    expect(programFolders(env)).toEqual([process.cwd(), process.cwd(), "/project"]);
    expect(programFolders({ PULUMI_NODEJS_ENGINE: "127.0.0.1:1" })).toEqual([process.cwd(), process.cwd()]);
  });

  it("are not known in a unit test, and in an inline program of the automation API", () => {
    expect(programFolders({})).toEqual([]);
    expect(unresolvedStub("no-such-package/provider", [])).toBeUndefined();
  });

  it("are not asked under Yarn's Plug'n'Play, which has no node_modules", () => {
    const versions = process.versions;
    Object.defineProperty(process, "versions", { value: { ...versions, pnp: "3" }, configurable: true });
    try {
      expect(programFolders({ PULUMI_NODEJS_ENGINE: "127.0.0.1:1" })).toEqual([]);
    } finally {
      Object.defineProperty(process, "versions", { value: versions, configurable: true });
    }
  });
});
