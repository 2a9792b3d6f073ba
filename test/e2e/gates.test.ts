import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve, type Serving } from "../../native/server";
import type { Report, ReportedToken } from "../../report/model";
import { openStack, type TestStack } from "../support/stack";

const ROOT = join(__dirname, "..", "..");
const MAIN = join(ROOT, "dist", "cli", "main.js");
const GATE = ["--fail-on", "high"];

/** The command as it is installed, in a process of its own, on what the engine printed. */
function report(printed: string, ...args: string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "report", "-", ...args], {
    encoding: "utf8",
    input: printed,
    env: { PATH: process.env["PATH"] },
  });
  return { code: status, stdout, stderr };
}

describe("the gate, on a real stack", () => {
  let stack: TestStack;
  let folder: string;
  let plugin: Serving;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "gates-"));
    const schema = () => readFileSync(join(ROOT, "plugin", "schema.json"), "utf8");
    plugin = await serve({ version: "0.1.0", schema, env: {} });
    stack = await openStack(join(__dirname, "programs", "scripted"), {
      env: {
        SCRIPT: join(folder, "script.cjs"),
        PULUMI_DEBUG_PROVIDERS: `influx-token:${plugin.port}`,
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      },
    });
  });
  afterAll(async () => {
    await stack.dispose();
    plugin.close();
    rmSync(folder, { recursive: true });
  });

  function script(...lines: string[]): void {
    const body = `module.exports = ({ pulumi, InfluxToken, Later }) => {\n${lines.join("\n")}\n};\n`;
    writeFileSync(join(folder, "script.cjs"), body);
  }

  /** The report of the preview, as one document and as events, which must be the same. */
  async function gate(): Promise<{ code: number | null; stderr: string; tokens: readonly ReportedToken[] }> {
    const document = await stack.engine.preview(["--json", "--show-sames"]);
    const events = await stack.engine.preview(["--json"], { PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true" });
    const [result, ...others] = [document, events].map(({ code, stdout }) => {
      expect(code).toBe(0);
      const { tokens } = JSON.parse(report(stdout, "--json").stdout) as Report;
      const passed = report(stdout, ...GATE);
      return { code: passed.code, stderr: passed.stderr, tokens };
    });
    expect(others).toEqual([result]);
    if (result === undefined) throw new Error("there was no preview");
    return result;
  }

  const outline = ({ tokens }: { tokens: readonly ReportedToken[] }) =>
    tokens.map(({ name, action, risks }) => [name, action, risks.map(({ id }) => id).join()]);

  it("knows one bucket that is not known yet, and does not know a flag, a list or an acknowledgement", async () => {
    script(
      `const later = new Later("l", "0a1b2c3d4e5f6071").value;`,
      `const of = (made) => later.apply(made);`,
      `const make = (name, args) => new InfluxToken(name, { org: "acme", ...args });`,
      `make("bucket", { readBucket: [later], writeBucket: [later, later] });`,
      `make("flag", { readTasks: true, readSecrets: of(() => true) });`,
      `make("list", { readBucket: of((id) => [id]) });`,
      `make("reason", { readSecrets: true, acknowledge: { "read-secrets": later } });`,
      `make("secret", { readTasks: true, readSecrets: pulumi.secret(true) });`,
      `make("accepted", { readTasks: true, readSecrets: of(() => true), acknowledge: { unknown: "ours" } });`,
    );
    const result = await gate();
    expect(result.code).toBe(2);
    expect(outline(result)).toEqual([
      ["accepted", "create", "unknown"],
      ["bucket", "create", ""],
      ["flag", "create", "unknown"],
      ["list", "create", "unknown"],
      ["reason", "create", "unknown,read-secrets"],
      ["secret", "create", "unknown"],
    ]);
    expect(result.tokens.find(({ name }) => name === "bucket")?.permissions).toMatchObject({ unknown: 3 });
    expect(result.stderr).not.toContain("accepted");
    expect(result.stderr.match(/has the risk unknown/g)).toHaveLength(4);
  });

  it("names the server in every form", async () => {
    script(`new InfluxToken("ci", { org: "acme", readTasks: true });`);
    const { stdout } = await stack.engine.preview(["--json"]);
    const page = join(folder, "page.html");
    expect(report(stdout).stdout).toContain(`Server: ${stack.server.url}\n`);
    expect(report(stdout, "--markdown").stdout).toContain("Server: <code>http");
    expect(JSON.parse(report(stdout, "--json").stdout)).toMatchObject({
      servers: [stack.server.url],
      tokens: [{ host: stack.server.url }],
    });
    expect(report(stdout, "--html", page).code).toBe(0);
  });

  it("does not pass what it did not see whole", async () => {
    script(
      `new InfluxToken("kept", { org: "acme", readSecrets: true }, { retainOnDelete: true });`,
      `new InfluxToken("rotated", { org: "acme", readSecrets: true }, { retainOnDelete: true });`,
      `new InfluxToken("quiet", { org: "acme", readTasks: true });`,
    );
    await stack.up();
    const changes = (await stack.engine.preview(["--json"])).stdout;
    const refused = report(changes, ...GATE);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("--show-sames")]);
    expect(refused.stdout).not.toContain("No InfluxDB tokens");
    const { stdout: compared } = await stack.engine.run(["refresh", "--preview-only", "--json"]);
    expect(report(compared, ...GATE).code).toBe(1);
    const { stdout: done } = await stack.engine.run(["up", "--yes", "--skip-preview", "--json"]);
    expect(report(done, ...GATE)).toMatchObject({ code: 1, stdout: "" });
  });

  it("has the risks of what is left behind, also after a replacement", async () => {
    script(
      `new InfluxToken("rotated", { org: "acme", readTasks: true });`,
      `new InfluxToken("quiet", { org: "acme", readTasks: true });`,
    );
    const result = await gate();
    expect(outline(result)).toEqual([
      ["rotated", "replace", ""],
      ["kept", "leave", "read-secrets"],
      ["rotated", "leave", "read-secrets"],
      ["quiet", "same", ""],
    ]);
    expect(result.code).toBe(2);
    const before = stack.server.authorizations().length;
    await stack.up();
    expect(stack.server.authorizations()).toHaveLength(before + 1);
  });

  it("judges native tokens in the same stack, takes a move for no new token, and leaves open what nobody checked", async () => {
    script(
      `const later = new Later("l", "http://localhost:1").value;`,
      `const provider = new pulumi.ProviderResource("influx-token", "other", { host: later, token: "t" });`,
      `const native = (name, args, opts) => new pulumi.CustomResource("influx-token:index:Token", name, { org: "acme", ...args }, opts);`,
      `new InfluxToken("rotated", { org: "acme", readSecrets: true });`,
      `native("quiet", { readTasks: true }, { aliases: [{ type: "pulumi-nodejs:dynamic/influxdb:InfluxToken" }] });`,
      `native("reader", { readSecrets: true });`,
      `native("list", { readBucket: later.apply((id) => [id]) });`,
      `native("secret", { readTasks: true, readSecrets: pulumi.secret(true) });`,
      `native("unchecked", { readTasks: true }, { provider });`,
    );
    const result = await gate();
    expect(outline(result)).toEqual([
      ["rotated", "replace", "read-secrets"],
      ["list", "create", "unknown"],
      ["reader", "create", "read-secrets"],
      ["secret", "create", "unknown"],
      ["unchecked", "create", "unknown"],
      ["quiet", "same", ""],
    ]);
    expect(result.code).toBe(2);
  });

  it("compares what a refresh found on the server, and what got another name there", async () => {
    const { resources = [] } = (await stack.engine.export()).deployment;
    const { id = "" } = resources.find(({ urn }) => urn.endsWith("::quiet")) ?? {};
    await stack.server.call("PATCH", `/api/v2/orgs/${stack.server.orgId}`, { name: "acme, renamed" });
    await stack.server.call("PATCH", `/api/v2/authorizations/${id}`, { status: "inactive" });
    await stack.refresh();
    script(
      `new InfluxToken("rotated", { org: "acme", readTasks: true, keepers: { period: "2" } });`,
      `new InfluxToken("quiet", { org: "acme, renamed", readTasks: true, readChecks: true });`,
    );
    const result = await gate();
    const permissions = Object.fromEntries(result.tokens.map((token) => [token.name, token.permissions]));
    expect(permissions).toMatchObject({
      rotated: { added: [], removed: [], kept: ["read:orgs/acme/tasks"] },
      quiet: {
        added: ["read:orgs/acme, renamed/checks"],
        removed: [],
        kept: ["read:orgs/acme, renamed/tasks"],
      },
    });
    expect(result.code).toBe(0);
  });
});
