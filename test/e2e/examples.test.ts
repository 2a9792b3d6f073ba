import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { PermissionTable } from "../../provider/permissions/table";
import { tokenResources } from "../../scripts/engine";
import { permissionCount, previewedPermissions } from "../../scripts/engineOutput";
import { SELECTION, SOAK } from "../support/soak";
import { openStack, type TestStack } from "../support/stack";

const EXAMPLES = join(__dirname, "..", "..", "examples");

/** What each example leaves on the server: how many permissions its token has, and some that it must have. */
const EXPECTED: Record<string, { count: number; among: Record<string, string> }> = {
  "all-access": { count: 43, among: { "/orgs/{org}": "read", "orgs/{org}/authorizations": "read, write" } },
  operator: { count: 44, among: { "/orgs": "read, write", "/authorizations": "read, write" } },
  "chosen-types": { count: 12, among: { "orgs/{org}/dashboards": "read, write", "/users": "read, write" } },
  "chosen-buckets": { count: 4, among: { "orgs/{org}/buckets/{bucket}": "read, write" } },
  "read-only": { count: 21, among: { "orgs/{org}/dbrp": "read", "/users": "read" } },
};

/** Also previewed before they are made. */
const PREVIEWED = SOAK ? Object.keys(EXPECTED) : ["chosen-buckets"];

/** Run in tests of their own: with Pulumi's mocks or the real plugin, with files, as pipelines (test/gitops), in test/languages, and in YAML (test/e2e/yaml). */
const ELSEWHERE = ["rotation", "deliver", "fleet", "gitops", "python", "go", "yaml"];

it("every example is run by a test", () => {
  expect(readdirSync(EXAMPLES).sort()).toEqual([...Object.keys(EXPECTED), ...ELSEWHERE].sort());
});

describe.each(Object.entries(EXPECTED))(`the example %s (${SELECTION})`, (name, { count, among }) => {
  let stack: TestStack;
  let bucket = "";
  beforeAll(async () => {
    stack = await openStack(join(EXAMPLES, name));
    if (name === "chosen-buckets") {
      const buckets = await Promise.all(["metrics", "logs"].map((each) => stack.server.makeBucket(each)));
      [bucket = ""] = buckets;
      for (const [index, id] of buckets.entries())
        await stack.engine.configSet(`buckets[${index}]`, id, { path: true });
    }
    stack.server.countRequests();
  });
  afterAll(() => stack.dispose());

  const tokenOutputs = async (): Promise<Record<string, unknown>> =>
    tokenResources(await stack.engine.state())[0]?.outputs ?? {};

  if (PREVIEWED.includes(name)) {
    it("shows its permissions in a preview that sends no request", async () => {
      const shown = await stack.preview(["--diff"]);
      const [table] = previewedPermissions(shown).values();
      expect(permissionCount(table)).toBe(count);
      expect(stack.server.countRequests()).toEqual({});
    });
  }

  it("makes its token", async () => {
    expect(await stack.up()).toEqual({ created: 2 });
    const { orgId } = stack.server;
    const { effectivePermissions: granted } = await tokenOutputs();
    expect(permissionCount(granted as PermissionTable)).toBe(count);
    const withIds = JSON.stringify(among).replaceAll("{org}", orgId).replaceAll("{bucket}", bucket);
    expect(granted).toMatchObject(JSON.parse(withIds) as object);
    expect(stack.server.authorizations()).toHaveLength(2);
  });

  it("finds and changes nothing when it is refreshed and run again, by one request", async () => {
    const before = await tokenOutputs();
    stack.server.countRequests();
    expect(await stack.up(["--refresh"])).toEqual({ unchanged: 2 });
    expect(stack.server.countRequests()).toEqual({ "GET /api/v2/authorizations/{id}": 1 });
    expect(withoutCiphertext(await tokenOutputs())).toEqual(withoutCiphertext(before));
  });

  it("leaves its token in no state and no output", async () => {
    const [, made] = stack.server.authorizations();
    const token = made?.token ?? "none";
    expect(token.length).toBeGreaterThan(20);
    const everything = stack.printed() + (await stack.engine.stateText());
    expect(everything).not.toContain(token);
    expect(everything).not.toContain(stack.server.operatorToken);
  });

  it("leaves nothing behind when it is destroyed", async () => {
    stack.server.countRequests();
    expect(await stack.destroy()).toEqual({ deleted: 2 });
    expect(stack.server.countRequests()).toEqual({ "DELETE /api/v2/authorizations/{id}": 1 });
    expect(stack.server.authorizations()).toHaveLength(1);
  });
});

/** Each write of the state encrypts anew, so that the same secret never looks the same. */
function withoutCiphertext(values: object): unknown {
  return JSON.parse(JSON.stringify(values, (key, value: unknown) => (key === "ciphertext" ? "…" : value)));
}
