import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fleetDiff } from "../../../native/fleetDiff";
import { type Properties, revealed, secret } from "../../../native/wire";
import { WIRE_UNKNOWN } from "../../../provider/pulumiHost/wireValues";
import { NATIVE_FLEET } from "../../../provider/tokenTypes";
import { type Fault, startFaultProxy } from "../../support/faultProxy";
import { startServer, type TestServer } from "../../support/influxdb";
import { type Held, PartialFailure, type PluginOptions, PluginUnderTest, urnOf } from "../../support/plugin";

const SHARD = urnOf("sensors-18", NATIVE_FLEET.shard);
const RETIREMENT = urnOf("sensors-retirement", NATIVE_FLEET.retirement);
const EACH = { org: "acme", readTasks: true };
const PERMISSIONS = { "orgs/acme/tasks": "read" };
const DEFAULT = "shop/dev/sensors/{member}";

let server: TestServer;
let plugin: PluginUnderTest;
let folder: string;

beforeEach(async () => {
  server = await startServer();
  // Where shards keep their journal.
  folder = mkdtempSync(join(tmpdir(), "fleet-test-"));
});
afterEach(async () => {
  plugin.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(options: PluginOptions = {}): Promise<void> {
  const config = { host: server.url, token: secret(server.operatorToken), retries: "0" };
  const env = { XDG_STATE_HOME: folder, ...options.env };
  plugin = await PluginUnderTest.start({ ...options, env, config: { ...config, ...options.config } });
}

async function checked(news: Properties, olds: Properties = {}): Promise<Held["inputs"]> {
  const given = { shard: "shop/dev/sensors/18", each: EACH, ...news };
  const { inputs, failures } = await plugin.check(given, olds, SHARD);
  expect(failures).toEqual([]);
  return inputs;
}

const made = async (news: Properties): Promise<Held> => plugin.create(await checked(news), false, SHARD);
const described = (): string[] =>
  server
    .authorizations()
    .map(({ description }) => description)
    .slice(1)
    .sort();
const tokensOf = ({ outputs }: Pick<Held, "outputs">): Record<string, string> =>
  revealed(outputs["tokens"]) as Record<string, string>;

describe("a shard of the plugin", () => {
  it("is checked, made, compared, changed, read and deleted, with one token for each member", async () => {
    await start();
    const held = await made({ members: { a: {}, b: { keepers: { k: "1" } } } });
    expect(held.inputs).toEqual({
      shard: "shop/dev/sensors/18",
      each: { ...EACH, description: DEFAULT },
      members: { a: {}, b: { keepers: { k: "1" } } },
      permissions: PERMISSIONS,
      host: server.url,
    });
    expect(described()).toEqual(["shop/dev/sensors/a", "shop/dev/sensors/b"]);
    const unchanged = await checked({ members: { a: {}, b: { keepers: { k: "1" } } } }, held.inputs);
    expect(await plugin.diff(held, unchanged, [], SHARD)).toEqual({
      changes: false,
      replaces: [],
      detailed: {},
    });

    const news = await checked({ members: { a: {}, c: {} } }, held.inputs);
    expect(await plugin.diff(held, news, [], SHARD)).toEqual({
      changes: true,
      replaces: [],
      detailed: { 'members["b"]': "DELETE", 'members["c"]': "ADD" },
    });
    const changed = await plugin.update(held, news, false, SHARD);
    expect(tokensOf(changed)["a"]).toBe(tokensOf(held)["a"]);
    expect(Object.keys(tokensOf(changed))).toEqual(["a", "c"]);
    expect(await plugin.read(held.id, changed, SHARD)).toEqual(changed);
    await plugin.delete(changed, SHARD);
    expect(described()).toEqual([]);
  });

  it("stores its values as a secret, and what is secret of its inputs, too", async () => {
    await start();
    const held = await made({
      each: { ...EACH, org: secret("acme"), description: secret("hush/{member}") },
      members: { a: { keepers: { k: secret("1"), l: "2" } }, b: { readBuckets: true } },
    });
    expect(held.inputs).toMatchObject({
      each: { org: secret("acme"), description: secret("hush/{member}"), readTasks: true },
      members: { a: { keepers: { k: secret("1"), l: "2" } }, b: { readBuckets: true } },
      permissions: secret(PERMISSIONS),
      memberPermissions: { b: secret(expect.anything()) },
    });
    const { tokens, __shard, permissions, memberPermissions, ...plain } = held.outputs;
    expect(tokens).toEqual(secret({ a: expect.any(String) as unknown, b: expect.any(String) as unknown }));
    expect(__shard).toEqual(secret(expect.any(String)));
    expect([permissions, memberPermissions]).toEqual([
      held.inputs["permissions"],
      held.inputs["memberPermissions"],
    ]);
    expect(JSON.stringify(plain)).not.toMatch(/hush|acme/);
    const news = await checked({ ...held.inputs, members: { a: {} } }, held.inputs);
    const changed = await plugin.update(held, news, false, SHARD);
    expect(changed.outputs).toMatchObject({
      tokens: secret(expect.anything()),
      __shard: secret(expect.anything()),
      permissions,
    });
    // Of a drifted member, the inputs come from the state, which is a secret as a whole.
    await server.call("PATCH", `/api/v2/authorizations/${idIn(changed, "a")}`, { status: "inactive" });
    const read = await plugin.read(held.id, changed, SHARD);
    expect(read?.inputs).toMatchObject({
      each: { org: secret("acme"), description: secret("hush/{member}") },
      members: { a: { status: "inactive" } },
      permissions,
    });
  });

  it("marks only members whose own inputs name something secret", async () => {
    await start();
    const inputs = await checked({
      members: { a: { readBucket: [secret("primary")] }, b: { readLabels: true } },
    });
    expect(inputs["permissions"]).toEqual(PERMISSIONS);
    expect(inputs["memberPermissions"]).toEqual({
      a: secret(expect.anything()),
      b: { ...PERMISSIONS, "orgs/acme/labels": "read" },
    });
  });

  it("knows in a preview which values stay", async () => {
    await start();
    const inputs = await checked({ members: { a: {}, b: {} } });
    const first = await plugin.create(inputs, true, SHARD);
    expect(first.outputs).toMatchObject({
      tokens: secret({ a: WIRE_UNKNOWN, b: WIRE_UNKNOWN }),
      permissions: PERMISSIONS,
      host: server.url,
    });
    const held = await plugin.create(inputs, false, SHARD);
    server.countRequests();
    const news = await checked({ members: { a: {}, b: { keepers: { k: "1" } }, c: {} } }, held.inputs);
    const next = await plugin.update(held, news, true, SHARD);
    expect(tokensOf(next)).toEqual({ a: tokensOf(held)["a"], b: WIRE_UNKNOWN, c: WIRE_UNKNOWN });
    expect(next.outputs["tokens"]).toEqual(secret(expect.anything()));
    expect(server.countRequests()).toEqual({});
  });

  it("takes what all have in common from the provider where the program leaves it out", async () => {
    await start({ config: { descriptionTemplate: "{stack}: {name}", user: secret("admin") } });
    const inputs = await checked({ members: { a: {} } });
    expect(inputs["each"]).toEqual({ ...EACH, description: "dev: sensors/{member}", user: secret("admin") });
    const own = await checked({ each: { ...EACH, description: "own {member}" }, members: { a: {} } });
    expect(own["each"]).toMatchObject({ description: "own {member}" });
  });

  it("names a wrong input by its place, and shows nothing of a secret one", async () => {
    await start();
    const given = {
      shard: "shop/dev/sensors/18",
      each: { ...EACH, description: secret("hush-hush") },
      members: { a: {} },
    };
    const { failures } = await plugin.check(given, {}, SHARD);
    expect(failures.map(({ reason }) => reason).join()).toMatch(/each\.description must hold \{member\}/);
    expect(JSON.stringify(failures)).not.toContain("hush-hush");
    const own = await plugin.check({ ...given, each: EACH, members: { a: { org: "x" } } }, {}, SHARD);
    expect(own.failures).toEqual([
      { property: "", reason: 'members["a"].org cannot be a member\'s own: give it in each' },
    ]);
    expect(server.countRequests()).toEqual({});
  });

  it("records what was made where a part of it failed, and goes on in the next run", async () => {
    const faults: Fault[] = ["503 before"];
    const proxy = await startFaultProxy(server.url, ({ method }) =>
      method === "POST" ? faults.shift() : undefined,
    );
    try {
      await start({ config: { host: proxy.url } });
      const inputs = await checked({ members: { a: {}, b: {} } });
      const failure = await plugin.create(inputs, false, SHARD).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(PartialFailure);
      const { id, outputs } = failure as PartialFailure;
      expect(outputs).toMatchObject({
        tokens: secret(expect.anything()),
        __shard: secret(expect.anything()),
      });
      const after: Held = { id, inputs, outputs };
      expect((await plugin.diff(after, inputs, [], SHARD)).changes).toBe(true);
      const mended = await plugin.update(after, inputs, false, SHARD);
      expect((await plugin.diff(mended, inputs, [], SHARD)).changes).toBe(false);
      expect(described()).toEqual(["shop/dev/sensors/a", "shop/dev/sensors/b"]);
    } finally {
      await proxy.close();
    }
  });

  it("shows which member was deleted on the server, and leaves a refresh's own display to the engine", async () => {
    await start();
    const held = await made({ members: { a: {}, b: {} } });
    await server.call("DELETE", `/api/v2/authorizations/${idIn(held, "a")}`);
    const read = await plugin.read(held.id, held, SHARD);
    if (read === undefined) throw new Error("it is gone");
    expect(read.inputs["members"]).toEqual({ b: {} });
    // The engine asks for no check before it compares what it read, in a run of its own.
    plugin.close();
    await start();
    expect(await plugin.diff(read, held.inputs, [], SHARD)).toEqual({
      changes: true,
      replaces: [],
      detailed: {},
    });
    const news = await checked({ members: { a: {}, b: {} } }, read.inputs);
    expect(await plugin.diff(read, news, [], SHARD)).toMatchObject({ detailed: { 'members["a"]': "ADD" } });
  });

  it("is neither imported nor listed, nor deleted without a state", async () => {
    await start();
    await expect(plugin.read("shop/dev/sensors/18", undefined, SHARD)).rejects.toThrow(
      "a fleet cannot be imported",
    );
    const nothing: Held = { id: "shop/dev/sensors/18", inputs: {}, outputs: {} };
    await expect(plugin.delete(nothing, SHARD)).rejects.toThrow(
      "a fleet that no state holds cannot be deleted",
    );
  });

  it("begins no step of a run that was cancelled", async () => {
    await start();
    const inputs = await checked({ members: { a: {} } });
    await plugin.cancel();
    await expect(plugin.create(inputs, false, SHARD)).rejects.toThrow("the run was cancelled");
    expect(described()).toEqual([]);
  });
});

describe("the companion of a fleet", () => {
  it("is replaced in a run that retires tokens, and its deletion ends them", async () => {
    await start();
    const inputsOf = async (of: Held, olds: Properties = {}): Promise<Properties> => {
      const text = String(of.outputs["__retired"]);
      const given = {
        fleet: "shop/dev/sensors",
        retired: text === "" ? 0 : text.split("\n").length,
        __retired: text,
        host: of.outputs["host"],
      };
      const { inputs, failures } = await plugin.check(given, olds, RETIREMENT);
      expect(failures).toEqual([]);
      return inputs;
    };
    const held = await made({ members: { a: {}, b: {} } });
    const first = await inputsOf(held);
    const companion = await plugin.create(first, false, RETIREMENT);
    expect(companion.outputs).not.toHaveProperty("tokens");
    const news = await checked({ members: { a: { keepers: { k: "2" } }, b: {} } }, held.inputs);
    const changed = await plugin.update(held, news, false, SHARD);
    // The one before is valid until all that depends on the new one was changed.
    expect(described()).toEqual(["shop/dev/sensors/a", "shop/dev/sensors/a", "shop/dev/sensors/b"]);
    const second = await inputsOf(changed, first);
    expect(await plugin.diff(companion, second, [], RETIREMENT)).toEqual({
      changes: true,
      replaces: ["retired"],
      detailed: { retired: "UPDATE_REPLACE" },
    });
    await plugin.create(second, false, RETIREMENT);
    await plugin.delete(companion, RETIREMENT);
    expect(described()).toEqual(["shop/dev/sensors/a", "shop/dev/sensors/b"]);
    expect(await plugin.read(companion.id, companion, RETIREMENT)).toEqual(companion);
  });
});

describe("the lines of a change", () => {
  const inputs = { shard: "p/s/f/00", each: EACH, members: { a: {} } };

  it("name members as the engine's paths do, whatever is in their names", () => {
    const news = { ...inputs, members: { "a.b": {}, 'c["d"]': {}, "e\\": {} } };
    expect([...fleetDiff(inputs, news, [], []).keys()]).toEqual([
      'members["a"]',
      'members["a.b"]',
      'members["c[\\"d\\"]"]',
      "members",
    ]);
  });

  it("name what differs of what all have in common, and nothing that the engine hides", () => {
    const news = { ...inputs, each: { org: "acme", readLabels: true }, __retired: "x", keepOldFor: "24h" };
    const diffs = fleetDiff({ ...inputs, __retired: "" }, news, [], ["a"]);
    expect(Object.fromEntries([...diffs].map(([path, { kind }]) => [path, kind]))).toEqual({
      "each.readTasks": "DELETE",
      "each.readLabels": "ADD",
      keepOldFor: "ADD",
    });
  });

  it("name members that get a new token where no input says so", () => {
    expect([...fleetDiff(inputs, inputs, [], ["a"])]).toEqual([
      ['members["a"]', { kind: "UPDATE", inputDiff: true }],
    ]);
  });
});

function idIn({ outputs }: Held, member: string): string {
  const line = String(outputs["__made"])
    .split("\n")
    .find((each) => each.endsWith(` ${member}`));
  return line?.split(" ")[0] ?? "";
}
