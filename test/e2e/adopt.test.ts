import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { succeeded } from "../../scripts/engine";
import type { StoredAuthorization } from "../../emulator";
import { openStack, type TestStack } from "../support/stack";

const PROGRAM = join(__dirname, "programs", "scripted");

let stack: TestStack;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "scripted-"));
  stack = await openStack(PROGRAM, { env: { SCRIPT: join(folder, "script.cjs") } });
});
afterAll(async () => {
  try {
    succeeded(await stack.engine.destroy());
    expect(stack.server.authorizations()).toHaveLength(1);
  } finally {
    await stack.dispose();
    rmSync(folder, { recursive: true });
  }
});

const program = (args: object, options: object = {}): void => {
  const declared = `new InfluxToken("ci", ${JSON.stringify(args)}, ${JSON.stringify(options)});`;
  const text = `module.exports = ({ InfluxToken }) => {\n${declared}\n};\n`;
  writeFileSync(join(folder, "script.cjs"), text);
};

const requests = (): Record<string, number> => stack.server.countRequests();

const GET_ONE = "GET /api/v2/authorizations/{id}";
const PREFLIGHT = { INFLUX_PREFLIGHT: "1" };

// The server stores tokens hashed: only who made one knows its value.
describe("a token that was made by hand", () => {
  let byHand: StoredAuthorization;
  let bucket: string;

  beforeAll(async () => {
    const { orgId: orgID } = stack.server;
    bucket = await stack.server.makeBucket("metrics");
    byHand = await stack.server.call("POST", "/api/v2/authorizations", {
      orgID,
      description: "by hand",
      permissions: [{ action: "write", resource: { type: "buckets", orgID, id: bucket } }],
    });
    requests();
  });

  it("that is not what the program declares fails a preview with preflight, line by line", async () => {
    program({ org: "acme", writeBucket: ["metrics"], readTasks: true }, { import: byHand.id });
    const shown = await stack.failing(["preview"], PREFLIGHT);
    expect(shown).toContain('~ description: "by hand" on the server, none in the program');
    expect(shown).toContain("+ read:orgs/acme/tasks");
    expect(Object.keys(requests()).filter((name) => !name.startsWith("GET"))).toEqual([]);
  });

  it("is adopted by the option import: the preview shows the id, and the state keeps its value a secret", async () => {
    program(
      { org: "acme", description: "by hand", writeBucket: ["metrics"], adoptToken: byHand.token },
      { import: byHand.id },
    );
    expect(await stack.preview(["--diff"])).toMatch(new RegExp(`adopt +: "${byHand.id}"`));
    expect(requests()).toEqual({});
    expect(await stack.up()).toEqual({ created: 2 });
    const [token] = (await stack.resources()).filter(({ type }) => type.includes("InfluxToken"));
    expect(token?.id).toBe(byHand.id);
    expect(JSON.stringify(token)).not.toContain(byHand.token);
    expect(stack.printed()).not.toContain(byHand.token);
    expect(stack.server.authorizations()).toHaveLength(2);
  });

  it("stays as it is: a second up, a refresh and the program without the option change nothing", async () => {
    expect(await stack.up()).toEqual({ unchanged: 2 });
    requests();
    expect(await stack.refresh()).toEqual({ unchanged: 2 });
    expect(requests()).toEqual({ [GET_ONE]: 1, "GET /api/v2/buckets": 1 });
    program({ org: "acme", description: "by hand", writeBucket: [bucket] });
    expect(await stack.up()).toEqual({ unchanged: 2 });
  });

  it("is not lost by a replacement while the program still adopts it, forced or not", async () => {
    const args = { org: "acme", description: "by hand", writeBucket: ["metrics"], adoptToken: byHand.token };
    program({ ...args, readTasks: true }, { import: byHand.id });
    expect(await stack.failing(["preview"])).toContain("remove adopt first");
    program(args, { import: byHand.id });
    const urn = (await stack.resources()).find(({ type }) => type.includes("InfluxToken"))?.urn ?? "";
    const forced = await stack.up(["--replace", urn]);
    expect(forced).toMatchObject({ replaced: 1 });
    expect(stack.server.authorizations().map(({ id }) => id)).toContain(byHand.id);
    expect(stack.printed()).toContain("only its old record is removed");
  });
});

describe("a token that two resources of a program adopt", () => {
  it("fails the preview, which names both", async () => {
    const declare = (name: string): string =>
      `new InfluxToken("${name}", { org: "acme", readTasks: true, adopt: "00000000000000EF" });`;
    writeFileSync(
      join(folder, "script.cjs"),
      `module.exports = ({ InfluxToken }) => {\n${declare("one")}\n${declare("two")}\n};\n`,
    );
    expect(await stack.failing(["preview"])).toContain(
      'InfluxToken "two" adopts the token 00000000000000EF, which InfluxToken "one" adopts already',
    );
  });
});

describe("a preview with preflight", () => {
  it("names the input of what the server does not have", async () => {
    program({ org: "acme", readBucket: ["metrisc"], user: "nobody" });
    const shown = await stack.failing(["preview"], PREFLIGHT);
    expect(shown).toMatch(/property readBucket\[0\] .*did you mean "metrics"/s);
    expect(shown).toMatch(/property user .*"nobody"/s);
  });
});
