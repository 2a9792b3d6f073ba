import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Report } from "../../report/model";
import { findOrInstallPulumiCli } from "../../scripts/pulumiCli";
import { BEHAVIOUR_HOSTS, outputOf, textOf } from "../support/behaviourHosts";
import { openStack, type TestStack } from "../support/stack";

const ROOT = join(__dirname, "..", "..");
const MAIN = join(ROOT, "dist", "cli", "main.js");
const PROGRAMS = join(__dirname, "programs");

/** The command as it is installed, in a process of its own. */
function report(args: string[], options: { input?: string; env?: NodeJS.ProcessEnv; cwd?: string } = {}) {
  const env = { PATH: process.env["PATH"], ...options.env };
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "report", ...args], {
    encoding: "utf8",
    input: "",
    ...options,
    env,
  });
  return { code: status, stdout, stderr };
}

describe("the report of a real stack", () => {
  let stack: TestStack;
  let folder: string;
  let shown = "";

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "report-"));
    stack = await openStack(join(PROGRAMS, "declared"), { env: { DECLARED: join(folder, "declared.json") } });
  });
  afterAll(async () => {
    await stack.dispose();
    rmSync(folder, { recursive: true });
  });

  function declare(tokens: Record<string, Record<string, unknown>>): void {
    writeFileSync(join(folder, "declared.json"), JSON.stringify(tokens));
  }

  /** Runs the command on a text, and keeps all that it printed to look for what must not be there. */
  function reportOf(
    text: string,
    ...args: string[]
  ): { code: number | null; stdout: string; stderr: string } {
    const result = report(["-", ...args], { input: text });
    shown += result.stdout + result.stderr;
    return result;
  }

  const previewJson = (env: Record<string, string> = {}) =>
    stack.engine.preview(["--json", "--show-sames"], env).then(({ stdout }) => stdout);

  const tokensOf = (text: string, ...args: string[]) => {
    const { tokens } = JSON.parse(reportOf(text, "--json", ...args).stdout) as Report;
    return Object.fromEntries(tokens.map((token) => [token.name, token]));
  };

  const base = {
    ci: { org: "acme", readTasks: true },
    rotated: { org: "acme", readBuckets: true, keepers: { period: "1" } },
    described: { org: "acme", readBuckets: true },
    gone: { org: "acme", allAccess: true },
  };
  const operator = { org: "acme", operator: true };

  it("shows what is to be made, before it exists, and warns of each risk once, at its token", async () => {
    declare({ ...base, operator });
    const preview = await previewJson();
    expect(tokensOf(preview)).toMatchObject({
      ci: {
        action: "create",
        owner: "me",
        org: "acme",
        permissions: { added: ["read:orgs/acme/tasks"] },
        risks: [],
      },
      gone: { risks: [{ id: "all-access-token" }] },
      operator: { risks: [{ id: "operator-token" }] },
    });
    expect(reportOf(preview).stdout).toContain("InfluxDB tokens: 5 to create. 2 open risks.");
    expect(reportOf(preview, "--fail-on", "operator-token")).toMatchObject({
      code: 2,
      stderr: "influx-token: operator has the risk operator-token\n",
    });
    expect(reportOf(preview, "--fail-on", "server-wide-users,read-secrets").code).toBe(2);
    expect(reportOf(preview, "--fail-on", "system-buckets").code).toBe(1);

    const { diagnostics = [] } = JSON.parse(preview) as {
      diagnostics?: { urn: string; message: string }[];
    };
    const warned = diagnostics.map(
      ({ urn, message }) => `${urn.split("::").pop() ?? ""}: ${message.split(" (")[0] ?? ""}`,
    );
    expect(warned.sort()).toEqual(["gone: warning: all-access-token", "operator: warning: operator-token"]);
  });

  it("shows what changes, and what forces a replacement", async () => {
    expect(await stack.up()).toEqual({ created: 6 });
    const changed = {
      ci: { org: "acme", writeTasks: true, readTasks: true },
      rotated: { ...base.rotated, keepers: { period: "2" } },
      described: { ...base.described, description: "new" },
      operator: { ...operator, acknowledge: { "operator-token": "break-glass, see runbook" } },
      added: { org: "acme", readDashboards: true, connection: { token: stack.server.operatorToken } },
    };
    declare(changed);
    const preview = await previewJson();
    const tokens = tokensOf(preview);
    expect(tokens).toMatchObject({
      ci: {
        action: "replace",
        reasons: ["permissions"],
        permissions: { added: ["write:orgs/acme/tasks"], removed: [], kept: ["read:orgs/acme/tasks"] },
      },
      rotated: { action: "replace", reasons: ["keepers"], permissions: { added: [], removed: [] } },
      described: { action: "update", reasons: ["description"], owner: "admin" },
      gone: { action: "delete", risks: [], permissions: { added: [], kept: [] } },
      operator: {
        action: "update",
        reasons: ["acknowledge"],
        risks: [{ acknowledged: "break-glass, see runbook" }],
      },
      added: { action: "create" },
    });
    expect(tokens["gone"]?.permissions.removed).toHaveLength(43);
    expect(reportOf(preview, "--fail-on", "any").code).toBe(0);
    expect(reportOf(preview, "--markdown").stdout).toContain("| ± | <code>ci</code> |");
    const page = join(folder, "report.html");
    expect(reportOf(preview, "--html", page).code).toBe(0);
    shown += readFileSync(page, "utf8");

    const streamed = await previewJson({ PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true" });
    expect(streamed.trim().split("\n").length).toBeGreaterThan(10);
    expect(tokensOf(streamed)).toEqual(tokens);
  });

  it("finds an acknowledgement to be a change of the state only, and then no change at all", async () => {
    stack.server.countRequests();
    declare({ ...base, operator: { ...operator, acknowledge: { "operator-token": "why" } } });
    expect(await stack.up()).toEqual({ updated: 1, unchanged: 5 });
    expect(stack.server.countRequests()).toEqual({});
    expect(await stack.up()).toEqual({ unchanged: 6 });
    expect(await stack.refresh()).toEqual({ unchanged: 6 });
    expect(await stack.up()).toEqual({ unchanged: 6 });
  });

  it("shows what the tokens may do now, and no secret even of a state with secrets shown", async () => {
    const state = JSON.stringify(await stack.engine.export(["--show-secrets"]));
    const secrets = stack.server.authorizations().map(({ token }) => token);
    expect(secrets.filter((secret) => state.includes(secret)).length).toBeGreaterThan(4);
    expect(tokensOf(state, "--state")).toMatchObject({
      ci: {
        action: "same",
        owner: "admin",
        permissions: { kept: [`read:orgs/${stack.server.orgId}/tasks`] },
      },
      operator: { risks: [{ id: "operator-token", acknowledged: "why" }] },
    });
    expect(reportOf(state, "--state").stdout).toContain(
      "5 InfluxDB tokens in the state. 1 open risk, 1 acknowledged.",
    );
    reportOf(state, "--state", "--full");
    reportOf(state, "--state", "--markdown");
    expect(reportOf(state).stderr).toContain("give --state");
    expect(secrets.filter((secret) => secret !== "" && shown.includes(secret))).toEqual([]);
    expect(shown).not.toContain(stack.server.operatorToken);
  });

  it("says why a preview failed", async () => {
    declare({ ci: { org: "acme", readTsks: true } });
    const { code, stdout, stderr } = reportOf(await previewJson());
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("did you mean readTasks?");
  });

  it("runs the engine by itself, where no file is given", async () => {
    declare({ ...base });
    const { path } = await findOrInstallPulumiCli();
    // The command hands its environment on to the engine.
    const script = join(folder, "pulumi");
    const project = join(stack.engine.folder, "project");
    expect(existsSync(join(project, "Pulumi.yaml"))).toBe(true);
    writeFileSync(
      script,
      `#!/bin/sh\nexport HOME='${join(stack.engine.folder, "home")}' PULUMI_HOME='${join(stack.engine.folder, "home", ".pulumi")}' PATH="${join(path, "..")}:$PATH"\nexec '${path}' "$@"\n`,
      { mode: 0o755 },
    );
    const env = {
      PULUMI_CLI: script,
      PULUMI_BACKEND_URL: `file://${join(stack.engine.folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "only for this run",
      PULUMI_SKIP_UPDATE_CHECK: "1",
      PULUMI_NODEJS_TRANSPILE_ONLY: "true",
      DECLARED: join(folder, "declared.json"),
    };
    const { code, stdout } = report(["--stack", "dev", "--cwd", project], { env });
    expect(code).toBe(0);
    expect(stdout).toContain("InfluxDB tokens: 1 to delete, 4 unchanged.");
    const state = report(["--state", "--stack", "dev"], { env, cwd: project });
    expect(state.stdout).toContain("5 InfluxDB tokens in the state.");
  });

  it.each(BEHAVIOUR_HOSTS)(
    "leaves open what depends on a $kind resource that does not exist yet",
    async ({ open }) => {
      const dependent = await open();
      try {
        dependent.declare({
          maker: { args: { org: "acme", allAccess: true, description: "maker" } },
          made: {
            args: {
              orgId: outputOf("maker", "orgId"),
              readTasks: true,
              description: textOf("made by ", outputOf("maker", "id")),
            },
          },
        });
        const { stdout } = await dependent.engine.preview(["--json", "--show-sames"]);
        const text = reportOf(stdout).stdout;
        expect(text).toMatch(/not known before pulumi up/);
        expect(dependent.printed()).not.toContain("Error:");
      } finally {
        await dependent.dispose();
      }
    },
  );
});
