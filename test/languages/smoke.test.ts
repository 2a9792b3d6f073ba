import { readFileSync } from "node:fs";
import { join } from "node:path";
import { serve } from "../../native/server";
import { plaintextOf, type StackResource } from "../../scripts/engine";
import { openStack, type TestStack } from "../support/stack";
import { go, type Prepare, python, temporaryFolder } from "./preparation";

const SCHEMA = readFileSync(join(__dirname, "..", "..", "plugin", "schema.json"), "utf8");

/** What the tokens of both examples may do. */
const PERMISSIONS = { "orgs/acme/buckets": "read, write" };

const LANGUAGES: readonly (readonly [string, Prepare])[] = [
  ["Python", python],
  ["Go", go],
];

describe.each(LANGUAGES)("a program in %s, with an SDK made from the schema", (_, prepare) => {
  let stack: TestStack;
  /** What was begun is ended, also where the rest fails. */
  const endings: (() => unknown)[] = [];

  beforeAll(async () => {
    const { folder, remove } = await temporaryFolder();
    endings.unshift(remove);
    const { programFolder, engine } = await prepare(folder);
    const plugin = await serve({ version: "0.1.0", schema: () => SCHEMA, env: {} });
    endings.unshift(plugin.close);
    const env = {
      ...engine.env,
      PULUMI_DEBUG_PROVIDERS: `influx-token:${plugin.port}`,
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    };
    stack = await openStack(programFolder, { ...engine, env });
    endings.unshift(() => stack.dispose());
    stack.server.countRequests();
  }, 900_000);
  afterAll(async () => {
    for (const end of endings) await end();
  });

  const tokens = async (): Promise<StackResource[]> =>
    (await stack.resources()).filter(({ type }) => type.startsWith("influx-token:"));

  it("shows the permissions in a preview that sends no request", async () => {
    const shown = await stack.preview(["--diff"]);
    expect(shown).toMatch(/permissions *: \{\s*\+? *orgs\/acme\/buckets *: "read, write"/);
    expect(shown).toMatch(/Resources:\n +\+ 3 to create/);
    expect(stack.server.countRequests()).toEqual({});
  });

  it("makes its tokens, and no value of one is in the state or in what is printed", async () => {
    expect(await stack.up()).toEqual({ created: 3 });
    const made = await tokens();
    expect(made.map(({ type }) => type).sort()).toEqual([
      "influx-token:index:RotatingToken",
      "influx-token:index:Token",
    ]);
    expect(made.map(({ outputs }) => [outputs?.["description"], outputs?.["status"]]).sort()).toEqual([
      ["acme: ci", "inactive"],
      ["acme: telegraf", "active"],
    ]);
    const bare = (await stack.engine.export(["--show-secrets"])).deployment.resources ?? [];
    const root = bare.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
    expect(root["permissions"]).toEqual(PERMISSIONS);
    const held = await stack.server.call<{ authorizations: { description: string }[] }>(
      "GET",
      "/api/v2/authorizations",
    );
    expect(held.authorizations.map(({ description }) => description)).toEqual(
      expect.arrayContaining(["acme: telegraf", "acme: ci"]),
    );
    const state = await stack.engine.stateText();
    for (const name of ["telegraf", "ci"]) {
      const value = plaintextOf(root[name]);
      expect(value).toMatch(/^\S{40,}$/);
      expect(state).not.toContain(value);
      expect(stack.printed()).not.toContain(value);
    }
  });

  it("finds nothing to do when it runs again, nor in a refresh", async () => {
    expect(await stack.up()).toEqual({ unchanged: 3 });
    expect(await stack.refresh()).toEqual({ unchanged: 3 });
  });

  it("deletes its tokens", async () => {
    expect(await stack.destroy()).toEqual({ deleted: 3 });
    expect(await tokens()).toEqual([]);
    const left = await stack.server.call<{ authorizations: object[] }>("GET", "/api/v2/authorizations");
    expect(left.authorizations).toHaveLength(1);
  });
});
