import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nameOf, type StackResource } from "../../scripts/engine";
import { openStack, type TestStack } from "../support/stack";

const PROGRAMS = join(__dirname, "programs");
const GET_ONE = "GET /api/v2/authorizations/{id}";
const PATCH_ONE = "PATCH /api/v2/authorizations/{id}";
const DELETE_ONE = "DELETE /api/v2/authorizations/{id}";
const POST = "POST /api/v2/authorizations";

describe("a stack whose declarations change", () => {
  let stack: TestStack;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "declared-"));
    stack = await openStack(join(PROGRAMS, "declared"), { env: { DECLARED: join(folder, "declared.json") } });
  });
  afterAll(async () => {
    await stack.dispose();
    rmSync(folder, { recursive: true });
  });

  const tasks = { org: "acme", readTasks: true };
  let declared: Record<string, Record<string, unknown>> = {};

  function declare(tokens: Record<string, Record<string, unknown>>): void {
    declared = tokens;
    writeFileSync(join(folder, "declared.json"), JSON.stringify(tokens));
    stack.server.countRequests();
  }

  function redeclare(name: string, inputs: Record<string, unknown>): void {
    declare({ ...declared, [name]: { ...declared[name], ...inputs } });
  }

  const made = (description: string): { id: string; token: string; status: string } | undefined =>
    stack.server.authorizations().find((authorization) => authorization.description === description);

  it("makes many tokens of one organization with one look-up of it", async () => {
    declare(
      Object.fromEntries(
        Array.from({ length: 12 }, (_, n) => [
          `token-${n}`,
          { org: "acme", readTasks: true, description: `d${n}` },
        ]),
      ),
    );
    expect(await stack.up()).toEqual({ created: 13 });
    expect(stack.server.countRequests()).toEqual({ [POST]: 12, "GET /api/v2/orgs": 1 });
  });

  it("refreshes each by one request, and destroys what is no longer declared by one each", async () => {
    expect(await stack.refresh()).toEqual({ unchanged: 13 });
    expect(stack.server.countRequests()).toEqual({ [GET_ONE]: 12 });
    declare({ edited: { ...tasks, description: "e0" }, widened: tasks, rotated: tasks });
    expect(await stack.up()).toEqual({ created: 3, deleted: 12, unchanged: 1 });
    expect(stack.server.countRequests()).toEqual({ [POST]: 3, "GET /api/v2/orgs": 1, [DELETE_ONE]: 12 });
  });

  describe("by an edit of each kind", () => {
    let before: ReadonlyMap<string, StackResource>;
    let after: ReadonlyMap<string, StackResource>;
    let shown = "";
    let requests = {};
    const byName = async (): Promise<ReadonlyMap<string, StackResource>> =>
      new Map((await stack.resources()).map((resource) => [nameOf(resource), resource]));

    beforeAll(async () => {
      before = await byName();
      const connection = { token: stack.server.operatorToken, host: stack.server.url };
      declare({
        edited: { ...tasks, description: "e1", status: "inactive" },
        widened: { ...tasks, writeTasks: true, description: "widened" },
        rotated: { ...tasks, keepers: { period: "2026-12" } },
        own: { ...tasks, description: "own", connection },
      });
      shown = await stack.preview(["--diff"]);
      expect(await stack.up()).toEqual({ created: 1, updated: 1, replaced: 2, unchanged: 1 });
      requests = stack.server.countRequests();
      after = await byName();
    });

    it("changes description and status in place, by one request, and the token stays the same", () => {
      expect(requests).toMatchObject({ [PATCH_ONE]: 1 });
      const { id } = before.get("edited") ?? {};
      expect(after.get("edited")).toMatchObject({ id, outputs: { description: "e1", status: "inactive" } });
      expect(made("e1")).toMatchObject({ id, status: "inactive" });
    });

    it("makes a new token for other permissions, and deletes the old one", () => {
      expect(shown).toContain("+-pulumi-nodejs:dynamic/influxdb:InfluxToken: (replace)");
      expect(shown).toMatch(/~ orgs\/acme\/tasks: "read" => "read, write"/);
      expect(requests).toMatchObject({ [POST]: 3, [DELETE_ONE]: 2 });
      expect(made("widened")?.id).not.toBe(before.get("widened")?.id);
    });

    it("makes a new token for another keeper", () => {
      expect(after.get("rotated")?.id).not.toBe(before.get("rotated")?.id);
      expect(stack.server.authorizations()).toHaveLength(5);
    });
  });

  it("makes no change the next time, and none of an organization that is named by its id now", async () => {
    const { orgId } = stack.server;
    redeclare("widened", { orgId, org: undefined });
    expect(await stack.up()).toEqual({ unchanged: 5 });
    expect(stack.server.countRequests()).toEqual({});
  });

  it("finds what was changed and deleted behind its back, mends it and makes it again", async () => {
    const { id = "" } = made("widened") ?? {};
    await stack.server.call("PATCH", `/api/v2/authorizations/${id}`, { status: "inactive" });
    await stack.server.call("DELETE", `/api/v2/authorizations/${made("e1")?.id ?? ""}`);
    expect(await stack.refresh()).toEqual({ updated: 1, deleted: 1, unchanged: 3 });
    redeclare("own", { description: "own, updated" });
    expect(await stack.up()).toEqual({ created: 1, updated: 2, unchanged: 2 });
    expect(stack.server.countRequests()).toEqual({ [PATCH_ONE]: 2, [POST]: 1, "GET /api/v2/orgs": 1 });
    expect(made("widened")).toMatchObject({ id, status: "active" });
    expect(made("e1")).toBeDefined();
  });

  it("has kept connection.token secret through create, refresh and update", async () => {
    const everything = (await stack.engine.stateText()) + stack.printed();
    expect(everything).toContain(stack.server.url);
    expect(everything).not.toContain(stack.server.operatorToken);
    expect(everything).not.toContain(made("own, updated")?.token ?? "no token");
  });

  it("fails a preview of wrong inputs, naming each property and what to do", async () => {
    declare({ ci: { org: "acme", readBukets: true, readTasks: "yes", writeBucket: ["name:"] } });
    const shown = await stack.failing(["preview"]);
    expect(shown).toContain("did you mean readBuckets?");
    expect(shown).toContain("readTasks must be true or false, not a string");
    expect(shown).toContain('"name:" is empty');
    expect(shown).not.toMatch(/\n\s+at /);
    expect(stack.server.countRequests()).toEqual({});
  });

  it("leaves nothing behind", async () => {
    expect(await stack.destroy()).toEqual({ deleted: 5 });
    expect(stack.server.authorizations()).toHaveLength(1);
  });
});

describe("a token that depends on another one's outputs", () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await openStack(join(PROGRAMS, "dependent"));
  });
  afterAll(() => stack.dispose());

  it("is previewed with open values, made with the other's token, and settles", async () => {
    expect(await stack.preview(["--diff"])).toMatch(/permissions: (output<string>|\[unknown\])/);
    expect(await stack.up()).toEqual({ created: 3 });
    const [, maker, made] = stack.server.authorizations();
    expect(made?.description).toBe(`made by ${maker?.id ?? ""}`);
    expect(await stack.up(["--refresh"])).toEqual({ unchanged: 3 });
    const state = await stack.engine.stateText();
    expect(state).not.toContain(maker?.token);
    expect(state).not.toContain(made?.token);
  });

  it("is left alone when the other one only changes its description", async () => {
    await stack.engine.configSet("makerDescription", "another");
    expect(await stack.up()).toEqual({ updated: 1, unchanged: 2 });
  });

  it("goes before the other one does", async () => {
    expect(await stack.destroy()).toEqual({ deleted: 3 });
    expect(stack.server.authorizations()).toHaveLength(1);
  });
});

describe("a stack without config of its own", () => {
  const MISSING = { INFLUX_ACTIVE_CONFIG: "prod" };
  let stack: TestStack;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "declared-"));
    writeFileSync(join(folder, "declared.json"), JSON.stringify({ ci: { readTasks: true } }));
    stack = await openStack(join(PROGRAMS, "declared"), {
      configure: false,
      env: { DECLARED: join(folder, "declared.json"), INFLUX_CONFIGS_PATH: join(folder, "configs") },
    });
    writeFileSync(
      join(folder, "configs"),
      `[local]\nurl = "${stack.server.url}"\ntoken = "${stack.server.operatorToken}"\norg = "acme"\nactive = true\n`,
    );
  });
  afterAll(async () => {
    await stack.dispose();
    rmSync(folder, { recursive: true });
  });

  it("takes server, token and organization from the influx CLI's profile, and shows the organization", async () => {
    expect(await stack.preview(["--diff"])).toMatch(/org +: "acme"/);
    expect(await stack.up()).toEqual({ created: 2 });
    expect(await stack.engine.stateText()).not.toContain(stack.server.operatorToken);
  });

  it("needs no profile for a preview, and keeps the organization that its token has, whatever the environment says", async () => {
    const { code, stdout } = await stack.engine.preview(["--diff"], { ...MISSING, INFLUX_ORG: "umbrella" });
    expect(code).toBe(0);
    expect(stdout).not.toContain("umbrella");
    expect(stdout).toMatch(/2 unchanged/);
  });

  it("says where a profile is missed, where a token is needed", async () => {
    const shown = await stack.failing(["refresh", "--yes", "--skip-preview"], MISSING);
    expect(shown).toContain('has no profile "prod", asked for by INFLUX_ACTIVE_CONFIG: it has "local"');
  });

  it("is refreshed and destroyed by the same profile", async () => {
    expect(await stack.destroy(["--refresh"])).toEqual({ deleted: 2 });
    expect(stack.server.authorizations()).toHaveLength(1);
  });
});
