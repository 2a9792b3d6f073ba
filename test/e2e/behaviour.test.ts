import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

  function declare(tokens: Record<string, Record<string, unknown>>): void {
    writeFileSync(join(folder, "declared.json"), JSON.stringify(tokens));
    stack.server.countRequests();
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
    declare({ ci: { org: "acme", readTasks: true, description: "d0" } });
    expect(await stack.up()).toEqual({ created: 1, deleted: 12, unchanged: 1 });
    expect(stack.server.countRequests()).toEqual({ [POST]: 1, "GET /api/v2/orgs": 1, [DELETE_ONE]: 12 });
  });

  it("changes description and status in place, by one request, and the token stays the same", async () => {
    const before = made("d0");
    declare({ ci: { org: "acme", readTasks: true, description: "d1", status: "inactive" } });
    expect(await stack.up()).toEqual({ updated: 1, unchanged: 1 });
    expect(stack.server.countRequests()).toEqual({ [PATCH_ONE]: 1 });
    expect(made("d1")).toMatchObject({ id: before?.id, token: before?.token, status: "inactive" });
    expect(await stack.up()).toEqual({ unchanged: 2 });
  });

  it("makes a new token for other permissions, before the old one goes", async () => {
    const before = made("d1");
    declare({ ci: { org: "acme", readTasks: true, writeTasks: true, description: "d1" } });
    const preview = await stack.preview(["--diff"]);
    expect(preview).toContain("+-pulumi-nodejs:dynamic/influxdb:InfluxToken: (replace)");
    expect(preview).toMatch(/~ orgs\/acme\/tasks: "read" => "read, write"/);
    expect(await stack.up()).toEqual({ replaced: 1, unchanged: 1 });
    expect(Object.keys(stack.server.countRequests())).toEqual(["GET /api/v2/orgs", POST, DELETE_ONE]);
    expect(made("d1")?.token).not.toBe(before?.token);
    expect(stack.server.authorizations()).toHaveLength(2);
  });

  it("makes no change of an organization that is named by its id now", async () => {
    declare({ ci: { orgId: stack.server.orgId, writeTasks: true, readTasks: true, description: "d1" } });
    expect(await stack.up()).toEqual({ unchanged: 2 });
    expect(stack.server.countRequests()).toEqual({});
  });

  it("makes a new token for another keeper", async () => {
    declare({
      ci: {
        org: "acme",
        readTasks: true,
        writeTasks: true,
        description: "d1",
        keepers: { period: "2026-12" },
      },
    });
    expect(await stack.up()).toEqual({ replaced: 1, unchanged: 1 });
    expect(await stack.up()).toEqual({ unchanged: 2 });
  });

  it("finds what was changed behind its back, and mends it", async () => {
    const { id = "" } = made("d1") ?? {};
    await stack.server.call("PATCH", `/api/v2/authorizations/${id}`, { status: "inactive" });
    expect(await stack.refresh()).toEqual({ updated: 1, unchanged: 1 });
    stack.server.countRequests();
    expect(await stack.up()).toEqual({ updated: 1, unchanged: 1 });
    expect(stack.server.countRequests()).toEqual({ [PATCH_ONE]: 1 });
    expect(made("d1")).toMatchObject({ id, status: "active" });
  });

  it("makes again what was deleted behind its back", async () => {
    const { id = "" } = made("d1") ?? {};
    await stack.server.call("DELETE", `/api/v2/authorizations/${id}`);
    expect(await stack.refresh()).toEqual({ deleted: 1, unchanged: 1 });
    expect(await stack.up()).toEqual({ created: 1, unchanged: 1 });
    expect(made("d1")).toBeDefined();
  });

  it("keeps connection.token secret through create, update and refresh", async () => {
    const connection = { token: stack.server.operatorToken, host: stack.server.url };
    declare({ ci: { org: "acme", readTasks: true, description: "own connection", connection } });
    expect(await stack.up()).toEqual({ replaced: 1, unchanged: 1 });
    declare({ ci: { org: "acme", readTasks: true, description: "own connection, updated", connection } });
    expect(await stack.up()).toEqual({ updated: 1, unchanged: 1 });
    expect(await stack.refresh()).toEqual({ unchanged: 2 });
    const state = await stack.engine.stateText();
    expect(state).toContain(stack.server.url);
    expect(state + stack.printed()).not.toContain(stack.server.operatorToken);
    expect(state + stack.printed()).not.toContain(made("own connection, updated")?.token);
  });

  it("fails a preview of wrong inputs, naming each property and what to do", async () => {
    declare({ ci: { org: "acme", readBukets: true, readTasks: "yes", writeBucket: ["metrics"] } });
    const shown = await stack.failing(["preview"]);
    expect(shown).toContain("did you mean readBuckets?");
    expect(shown).toContain("readTasks must be true or false, not a string");
    expect(shown).toContain('"metrics" is not a bucket id');
    expect(shown).not.toMatch(/\n\s+at /);
    expect(stack.server.countRequests()).toEqual({});
  });

  it("leaves nothing behind", async () => {
    expect(await stack.destroy()).toEqual({ deleted: 2 });
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
    expect(await stack.up()).toEqual({ unchanged: 3 });
    expect(await stack.refresh()).toEqual({ unchanged: 3 });
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
    expect(await stack.refresh()).toEqual({ unchanged: 2 });
    expect(await stack.engine.stateText()).not.toContain(stack.server.operatorToken);
  });

  it("keeps the organization of a token that exists, whatever another environment says", async () => {
    const { stdout } = await stack.engine.preview(["--diff"], { INFLUX_ORG: "umbrella" });
    expect(stdout).not.toContain("umbrella");
    expect(stdout).toMatch(/2 unchanged/);
  });

  it("says where a profile is missed: where a token is needed, and a preview needs none", async () => {
    const env = { INFLUX_ACTIVE_CONFIG: "prod" };
    expect((await stack.engine.preview([], env)).code).toBe(0);
    const shown = await stack.failing(["refresh", "--yes", "--skip-preview"], env);
    expect(shown).toContain('has no profile "prod", asked for by INFLUX_ACTIVE_CONFIG: it has "local"');
  });

  it("is destroyed by the same profile", async () => {
    expect(await stack.destroy()).toEqual({ deleted: 2 });
    expect(stack.server.authorizations()).toHaveLength(1);
  });
});
