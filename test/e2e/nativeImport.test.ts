import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { nameOf, succeeded, tokenResources } from "../../scripts/engine";
import { OSS_TYPES } from "../../provider/permissions/catalogue";
import { NATIVE_ROTATING_TOKEN, NATIVE_TOKEN } from "../../provider/tokenTypes";
import type { Authorization } from "../../provider/types";
import { type Declared, NATIVE_HOST, type NativeStack } from "../support/behaviourHosts";
import type { TestServer } from "../support/influxdb";
import { makeManyTokens } from "../support/manyTokens";

// The server stores tokens hashed: only who made one knows its value.
const GET_ONE = "GET /api/v2/authorizations/{id}";
const PATCH_ONE = "PATCH /api/v2/authorizations/{id}";

/** Makes tokens as many as wanted, with permissions by chance. */
async function makeRandomTokens(server: TestServer, count: number): Promise<Authorization[]> {
  const { orgId: orgID } = server;
  const bucket = await server.makeBucket("random");
  const resource = fc.oneof(
    fc.record({
      type: fc.constantFrom(...OSS_TYPES.filter((type) => type !== "instance")),
      orgID: fc.constant(orgID),
    }),
    fc.record({ type: fc.constant("buckets"), id: fc.constant(bucket), orgID: fc.constant(orgID) }),
    fc.record({
      type: fc.constantFrom("tasks", "dashboards"),
      id: fc.constant("00000000000000c1"),
      orgID: fc.constant(orgID),
    }),
  );
  const permission = fc.record({ action: fc.constantFrom("read", "write"), resource });
  const sets = fc.sample(fc.array(permission, { minLength: 1, maxLength: 12 }), count);
  return Promise.all(
    sets.map((permissions, n) =>
      server.call<Authorization>("POST", "/api/v2/authorizations", {
        orgID,
        description: `random ${n}`,
        permissions,
      }),
    ),
  );
}

describe("tokens that were made by hand, and that a native program takes over", () => {
  let stack: NativeStack;
  let tokens: Authorization[];
  let inexpressible: string;
  /** What the program declares for each, by name. */
  let declared: Record<string, Declared> = {};
  let before: unknown;

  beforeAll(async () => {
    stack = await NATIVE_HOST.open();
    const { adoptable, inexpressible: others } = await makeManyTokens(stack.server);
    tokens = [...adoptable, ...(await makeRandomTokens(stack.server, 100 - adoptable.length))];
    inexpressible = others[0]?.id ?? "";
    before = stack.server.authorizations();
    stack.declare({});
  });
  afterAll(() => stack.dispose());

  it("are written down by `pulumi import`, and a preview with what it writes finds no change", async () => {
    const all = tokens.map(({ id }, n) => ({ type: NATIVE_TOKEN.type, name: `t${n}`, id }));
    const rotating = { type: NATIVE_ROTATING_TOKEN.type, name: "rotating", id: tokens.at(-1)?.id };
    const list = join(stack.folder, "list.json");
    writeFileSync(list, JSON.stringify({ resources: [...all.slice(0, -1), rotating] }));
    const written = join(stack.folder, "written.yaml");
    const shown = succeeded(
      await stack.engine.run([
        "import",
        "--yes",
        "--skip-preview",
        "--protect=false",
        "--file",
        list,
        "--out",
        written,
      ]),
    );
    expect(shown.stdout).toContain(`= ${tokens.length} imported`);
    stack.write(readFileSync(written, "utf8"));
    expect(await stack.preview()).toContain(`${tokens.length + 1} unchanged`);
    const recorded = tokenResources(await stack.engine.state());
    declared = Object.fromEntries(
      recorded.map((one) => [
        nameOf(one),
        { type: one.type === NATIVE_TOKEN.type ? "Token" : "RotatingToken", args: one.inputs ?? {} },
      ]),
    );
    expect(stack.server.authorizations()).toEqual(before);
  });

  it("are imported by the option import, a hundred of them in one up, and the next ones change nothing", async () => {
    succeeded(await stack.engine.run(["state", "delete", "--all", "--yes"]));
    const ids = new Map(tokens.map(({ id }, n) => [n === tokens.length - 1 ? "rotating" : `t${n}`, id]));
    stack.declare(
      Object.fromEntries(
        Object.entries(declared).map(([name, one]) => [name, { ...one, options: { import: ids.get(name) } }]),
      ),
    );
    expect(await stack.up()).toEqual({ created: 1, imported: tokens.length });
    const requests = stack.server.countRequests();
    expect(requests).toMatchObject({
      [GET_ONE]: tokens.length,
      "GET /api/v2/me": 1,
      "GET /api/v2/resources": 1,
    });
    expect(Object.keys(requests).filter((request) => !request.startsWith("GET "))).toEqual([]);
    expect(await stack.up()).toEqual({ unchanged: tokens.length + 1 });
    stack.declare(declared);
    expect(await stack.up(["--refresh"])).toEqual({ unchanged: tokens.length + 1 });
    expect(stack.server.authorizations()).toEqual(before);
  });

  it("take their first keepers and differences in place, and other keepers later by a new token", async () => {
    const { t0, t1, rotating } = declared;
    const keep = (period: string): void => {
      const keepers = { period };
      stack.declare({
        ...declared,
        t0: { args: { ...t0?.args, keepers, description: "taken over" } },
        t1: { args: { ...t1?.args, rotateAfter: "90d" } },
        rotating: { type: "RotatingToken", args: { ...rotating?.args, keepers } },
      });
    };
    keep("1");
    expect(await stack.up(["--diff"])).toEqual({ updated: 3, unchanged: tokens.length - 2 });
    expect(stack.printed()).toContain('~ description: "operator" => "taken over"');
    expect(stack.printed()).toContain("gets its first keepers, and stays");
    expect(stack.server.countRequests()).toEqual({ [PATCH_ONE]: 1 });
    expect(await stack.up(["--refresh"])).toEqual({ unchanged: tokens.length + 1 });
    keep("2");
    const shown = await stack.preview(["--diff"]);
    expect(shown).toMatch(/\+-1 to replace/);
    expect(shown).toMatch(/~ 1 to update/);
    expect(shown).toMatch(/~ period: "1" => "2"/);
  });

  it("are not replaced by the run that imports them, and not imported where they are gone or cannot be declared", async () => {
    const [, token] = tokens;
    const id = token?.id ?? "";
    succeeded(await stack.engine.run(["state", "delete", "--all", "--yes"]));
    const declare = (imported: string): void => {
      stack.declare({ wrong: { args: { org: "acme", readTasks: true }, options: { import: imported } } });
    };
    declare("0000000000000abc");
    expect(await stack.failing(["preview"])).toContain("resource '0000000000000abc' does not exist");
    declare(inexpressible);
    const shown = await stack.failing(["preview"]);
    expect(shown).toContain("no input asks for all that it may do");
    expect(shown).toContain("read:/tasks: it reaches every organization");
    declare(id);
    const message = `the token ${id} would be imported and replaced in one run, for the program differs in permissions`;
    expect(await stack.failing(["preview"])).toContain(message);
    expect(await stack.failing(["up", "--yes", "--skip-preview"])).toContain(message);
    expect(stack.server.authorizations().map((one) => one.id)).toContain(id);
    expect(stack.server.authorizations()).toHaveLength(tokens.length + 2);
  });

  it("are read by `get`, without a value that nobody knows", async () => {
    const [, token] = tokens;
    succeeded(await stack.engine.run(["state", "delete", "--all", "--yes"]));
    const got = { type: "influx-token:Token", get: { id: token?.id } };
    const outputs = { org: "${got.org}", description: "${got.description}" };
    stack.write(`resources: ${JSON.stringify({ got })}\noutputs: ${JSON.stringify(outputs)}\n`);
    expect(await stack.up()).toEqual({ created: 1 });
    const { stdout } = await stack.engine.run(["stack", "output", "--json"]);
    expect(JSON.parse(stdout)).toEqual({ org: "acme", description: "all access" });
    const [read] = tokenResources(await stack.engine.state());
    expect(read).toMatchObject({ external: true, id: token?.id });
    expect(read?.outputs).not.toHaveProperty("token");
    await stack.destroy();
    expect(stack.server.authorizations()).toHaveLength(tokens.length + 2);
  });
});
