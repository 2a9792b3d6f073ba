import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { plaintextOf } from "../../scripts/engine";
import { NATIVE_FLEET } from "../../provider/tokenTypes";
import { openStack, type TestStack } from "../support/stack";

const ROOT = join(__dirname, "..", "..");

/** Each member is in a shard of its own; the provider is made in the same run. */
const program = (members: string, protect = true): string => `
name: fleet
runtime: yaml
plugins:
  providers:
    - { name: influx-token, path: node_modules/pulumi-influx-token/plugin }
resources:
  other:
    type: pulumi:providers:influx-token
    properties: { user: admin }
  sensors:
    type: influx-token:TokenFleet
    properties:
      each: { org: acme, readTasks: true }
      members: ${members}
    options: { provider: "\${other}", protect: ${protect} }
outputs:
  tokens: \${sensors.tokens}
  one: \${sensors.tokens["a.b"]}
  ids: \${sensors.ids}
  count: \${sensors.count}
`;

describe("a fleet in a program in YAML, with the plugin as it is shipped", () => {
  let folder: string;
  let stack: TestStack;

  const write = (text: string): void => {
    writeFileSync(join(stack.engine.folder, "project", "Pulumi.yaml"), text);
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "native-fleet-"));
    writeFileSync(join(folder, "Pulumi.yaml"), program('{ "a.b": {}, b: {}, \'"c"\': {} }'));
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    mkdirSync(join(folder, "state"));
    stack = await openStack(folder, {
      hosts: ["yaml"],
      env: {
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        XDG_STATE_HOME: join(folder, "state"),
      },
    });
    symlinkSync(join(ROOT, "node_modules"), join(stack.engine.folder, "project", "node_modules"));
  });
  afterAll(async () => {
    await stack.dispose();
    rmSync(folder, { recursive: true });
  });

  const described = (): string[] =>
    stack.server
      .authorizations()
      .slice(1)
      .map(({ description }) => description)
      .sort();

  it("makes a token for each member, with its own provider, and hands their values on as secrets", async () => {
    const shown = await stack.preview(["--diff"]);
    expect(shown).toMatch(/tokens: \[unknown\]/);
    expect(described()).toEqual([]);
    await stack.up();
    expect(described()).toEqual(['fleet/dev/sensors/"c"', "fleet/dev/sensors/a.b", "fleet/dev/sensors/b"]);
    const made = (await stack.engine.export(["--show-secrets"])).deployment.resources ?? [];
    const root = made.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
    const { plaintext } = root["tokens"] as { plaintext: string };
    const tokens = JSON.parse(plaintext) as Record<string, string>;
    expect(Object.keys(tokens).sort()).toEqual(['"c"', "a.b", "b"]);
    expect(plaintextOf(root["one"])).toBe(tokens["a.b"]);
    for (const token of Object.values(tokens)) expect(stack.printed()).not.toContain(token);
    for (const shard of made.filter(({ type }) => type === NATIVE_FLEET.shard)) {
      expect(shard).toMatchObject({
        provider: expect.stringContaining("::other::") as unknown,
        protect: true,
      });
    }
  });

  it("changes nothing the next time, also after a refresh", async () => {
    expect(await stack.up(["--refresh"])).toEqual({ unchanged: 7 });
  });

  it("changes the shards of members that come and change only, and shows whose they are", async () => {
    write(program('{ "a.b": {}, b: { keepers: { k: "1" } }, \'"c"\': {}, d: {} }', false));
    const before = stack.server.authorizations().find(({ description }) => description.endsWith("/b"));
    const { steps } = JSON.parse(await stack.preview(["--json"])) as {
      steps: { op: string; urn: string; detailedDiff?: Record<string, { kind: string }> | null }[];
    };
    const lines = steps
      .filter(({ urn, op }) => urn.includes(NATIVE_FLEET.shard) && op !== "same")
      .map(({ op, detailedDiff }) => [
        op,
        Object.entries(detailedDiff ?? {}).map(([path, { kind }]) => `${path} ${kind}`),
      ]);
    expect(lines.sort()).toEqual([
      ["create", []],
      ["update", ['members["b"] update']],
    ]);
    await stack.up();
    expect(described()).toEqual(
      ['fleet/dev/sensors/"c"', "a.b", "b", "d"].map((name) =>
        name.replace(/^(?=[a-d])/, "fleet/dev/sensors/"),
      ),
    );
    // The companion ended the one before, at the end of the run.
    expect(stack.server.authorizations().map(({ id }) => id)).not.toContain(before?.id);
    expect(await stack.up()).toEqual({ unchanged: 8 });
  });

  it("leaves nothing behind", async () => {
    await stack.destroy();
    expect(described()).toEqual([]);
  });
});
