import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStack, type TestStack } from "../support/stack";

const ROOT = join(__dirname, "..", "..");
const NAME = "pulumi-influx-token";

const COMPONENT = `
const pulumi = require("@pulumi/pulumi");
const { InfluxToken } = require("${NAME}");
exports.Ci = class extends pulumi.ComponentResource {
  constructor(name) {
    super("acme:index:Ci", name);
    new InfluxToken(name, { org: "acme", readTasks: true }, { parent: this });
  }
};
`;

/** The dependencies of a package and nothing else, as pnpm lays them out: each a link. */
async function link(folder: string, dependencies: Record<string, string>): Promise<void> {
  for (const [name, target] of Object.entries(dependencies)) {
    const path = join(folder, "node_modules", name);
    await mkdir(join(path, ".."), { recursive: true });
    await symlink(target, path);
  }
}

describe("a component in a package of its own, where each package sees its own dependencies only", () => {
  let workspace = "";
  let program = "";
  let stack: TestStack;

  beforeAll(async () => {
    workspace = await mkdtemp(join(tmpdir(), "influx-token-workspace-"));
    program = join(workspace, "program");
    const component = join(workspace, "component");
    const pulumi = { "@pulumi/pulumi": join(ROOT, "node_modules", "@pulumi", "pulumi") };
    await link(component, { ...pulumi, [NAME]: ROOT });
    await link(program, { ...pulumi, component });
    await writeFile(join(component, "package.json"), '{ "name": "component", "main": "index.js" }');
    await writeFile(join(component, "index.js"), COMPONENT);
    await writeFile(join(program, "package.json"), '{ "name": "program", "main": "index.js" }');
    await writeFile(join(program, "index.js"), 'const { Ci } = require("component");\nnew Ci("ci");\n');
    await writeFile(
      join(program, "Pulumi.yaml"),
      "name: layout\nruntime:\n  name: nodejs\n  options:\n    typescript: false\nmain: .\n",
    );
    stack = await openStack(program);
  });
  afterAll(async () => {
    await stack.dispose();
    await rm(workspace, { recursive: true, force: true });
  });

  const printed = async (): Promise<string> => stack.failing(["up", "--yes", "--skip-preview"]);
  const page = (): Promise<string> => readFile(join(ROOT, "docs", "troubleshooting.md"), "utf8");

  it("says what to do where the program does not depend on the package, in one message without a stack", async () => {
    const told = await printed();
    const [message = ""] = /error: (pulumi-influx-token is not among .*)/.exec(told) ?? [];
    expect(message).toContain(program);
    expect(message).toContain(`Add ${NAME} to "dependencies" in the program's own package.json`);
    expect(told).not.toMatch(/Cannot find module|^ +at /m);
    expect(stack.server.authorizations()).toHaveLength(1);
    const [heading = ""] = /pulumi-influx-token is not among .* load/.exec(message) ?? [];
    expect(await page()).toContain(`## \`${heading.split(", and")[0]}\``);
  });

  it("makes the token once the program depends on the package", async () => {
    await link(program, { [NAME]: ROOT });
    expect(await stack.up()).toEqual({ created: 1, unchanged: 2 });
    expect(stack.server.authorizations()).toHaveLength(2);
  });

  it("keeps token and state where token and package are removed at once, as the docs say by the message", async () => {
    await writeFile(join(program, "index.js"), "");
    await rm(join(program, "node_modules", NAME));
    const message = "Cannot find module 'pulumi-influx-token/provider'";
    expect(await printed()).toContain(message);
    expect(await page()).toContain(`## \`${message}\``);
    expect(stack.server.authorizations()).toHaveLength(2);
    const { resources = [] } = (await stack.engine.export()).deployment;
    expect(resources.filter(({ type }) => type.endsWith(":InfluxToken"))).toHaveLength(1);
  });

  it("deletes the token by `up` once the package is there again, as the docs say", async () => {
    await link(program, { [NAME]: ROOT });
    expect(await stack.up()).toEqual({ deleted: 2, unchanged: 1 });
    expect(stack.server.authorizations()).toHaveLength(1);
  });
});
