import { ConfigureRequest } from "@pulumi/pulumi/proto/provider_pb";
import { EngineLog } from "../../../native/engineLog";
import { secret } from "../../../native/wire";
import { WIRE_UNKNOWN } from "../../../provider/pulumiHost/wireValues";
import { NATIVE_ROTATING_TOKEN } from "../../../provider/tokenTypes";
import { type Fault, startFaultProxy } from "../../support/faultProxy";
import { startServer, type TestServer } from "../../support/influxdb";
import { type Held, PartialFailure, type PluginOptions, PluginUnderTest, urnOf } from "../../support/plugin";

const BASE = { org: "acme", readTasks: true, description: "ci" };

let server: TestServer;
let plugin: PluginUnderTest | undefined;

beforeEach(async () => {
  server = await startServer();
});
afterEach(async () => {
  plugin?.close();
  plugin = undefined;
  await server.close();
});

async function start(options: PluginOptions = {}): Promise<PluginUnderTest> {
  const config = { host: server.url, token: secret(server.operatorToken), retries: "0" };
  plugin = await PluginUnderTest.start({ ...options, config: { ...config, ...options.config } });
  return plugin;
}

async function checked(of: PluginUnderTest, news: object, olds: object = {}): Promise<Held["inputs"]> {
  const { inputs, failures } = await of.check({ ...BASE, ...news }, { ...olds });
  expect(failures).toEqual([]);
  return inputs;
}

describe("the life of a token", () => {
  it("is checked, made, compared, read, changed and deleted", async () => {
    const engine = await start();
    const inputs = await checked(engine, {});
    expect(inputs).toEqual({ ...BASE, host: server.url, permissions: { "orgs/acme/tasks": "read" } });
    const held = await engine.create(inputs);
    expect(await engine.diff(held, await checked(engine, {}, inputs))).toEqual({
      changes: false,
      replaces: [],
      detailed: {},
    });
    expect(await engine.read(held.id, held)).toEqual({
      ...held,
      inputs: expect.objectContaining(inputs) as unknown,
    });
    const news = await checked(engine, { description: "other" }, inputs);
    expect(await engine.diff(held, news)).toEqual({
      changes: true,
      replaces: [],
      detailed: { description: "UPDATE" },
    });
    const changed = await engine.update(held, news);
    expect(changed.outputs).toMatchObject({ description: "other", token: held.outputs["token"] });
    await engine.delete(changed);
    expect(await engine.read(held.id, changed)).toBeUndefined();
  });

  it("stores no input among the outputs, and each secret as one", async () => {
    const engine = await start();
    const held = await engine.create(await checked(engine, { keepers: { a: "1" }, readBuckets: true }));
    expect(Object.keys(held.outputs).sort()).toEqual([
      "__format",
      "createdAt",
      "description",
      "effectivePermissions",
      "host",
      "org",
      "orgId",
      "permissions",
      "status",
      "token",
      "updatedAt",
      "user",
      "userId",
    ]);
    expect(held.outputs["token"]).toEqual(secret(expect.any(String)));
  });

  it("shows which properties ask for a new token", async () => {
    const engine = await start();
    const held = await engine.create(await checked(engine, { keepers: { a: "1" } }));
    const news = await checked(
      engine,
      { readTasks: false, readLabels: true, status: "inactive" },
      held.inputs,
    );
    expect(await engine.diff(held, news)).toEqual({
      changes: true,
      replaces: ["keepers"],
      detailed: {
        keepers: "DELETE_REPLACE",
        permissions: "UPDATE_REPLACE",
        readLabels: "ADD_REPLACE",
        readTasks: "DELETE_REPLACE",
        status: "ADD",
      },
    });
  });

  it("names the property of a wrong input, and sends nothing", async () => {
    const engine = await start();
    const { failures } = await engine.check({ ...BASE, readBucket: "b" });
    expect(failures).toEqual([
      { property: "readBucket", reason: expect.stringMatching(/readBucket/) as unknown },
    ]);
    expect(server.countRequests()).toEqual({});
  });

  it("speaks of the provider's settings where the connection is wrong", async () => {
    const engine = await start({ config: { host: "ftp://x" }, provider: "eu" });
    const { failures } = await engine.check(BASE);
    expect(failures).toEqual([
      { property: "", reason: expect.stringMatching(/^the provider's host /) as unknown },
    ]);
  });
});

describe("previews", () => {
  it("know what follows from the inputs of a token that is to be made", async () => {
    const engine = await start();
    const { outputs } = await engine.create(await checked(engine, {}), true);
    expect(outputs).toMatchObject({
      org: "acme",
      description: "ci",
      status: "active",
      host: server.url,
      permissions: { "orgs/acme/tasks": "read" },
      orgId: WIRE_UNKNOWN,
      token: secret(WIRE_UNKNOWN),
    });
    expect(outputs).not.toHaveProperty("rotateAt");
    expect(server.countRequests()).toEqual({});
  });

  it("know all of a token that changes in place, but when", async () => {
    const engine = await start();
    const held = await engine.create(await checked(engine, {}));
    server.countRequests();
    const news = await checked(engine, { description: "other" }, held.inputs);
    const { outputs } = await engine.update(held, news, true);
    expect(outputs).toEqual({ ...held.outputs, description: "other", updatedAt: WIRE_UNKNOWN });
    expect(server.countRequests()).toEqual({});
  });

  it("take what is not known yet for a change", async () => {
    const engine = await start();
    const held = await engine.create(await checked(engine, {}));
    const news = await checked(engine, { readBucket: [WIRE_UNKNOWN] }, held.inputs);
    expect(news).toMatchObject({ permissions: WIRE_UNKNOWN });
    expect(await engine.diff(held, news)).toMatchObject({ changes: true, replaces: ["permissions"] });
  });
});

describe("secrets", () => {
  it("stay secret in inputs and outputs, and in what is made of them", async () => {
    const engine = await start();
    const inputs = await checked(engine, {
      org: secret("acme"),
      description: secret("hush"),
      keepers: { a: secret("1"), b: "2" },
    });
    expect(inputs).toMatchObject({
      org: secret("acme"),
      description: secret("hush"),
      keepers: { a: secret("1"), b: "2" },
      permissions: secret({ "orgs/acme/tasks": "read" }),
    });
    const held = await engine.create(inputs);
    const marked = { org: secret("acme"), description: secret("hush"), permissions: inputs["permissions"] };
    expect(held.outputs).toMatchObject(marked);
    const read = await engine.read(held.id, held);
    expect(read?.outputs).toMatchObject(marked);
    expect(read?.inputs).toMatchObject({ ...marked, keepers: { a: secret("1"), b: "2" } });
    const news = await checked(engine, { ...inputs, status: "inactive" }, inputs);
    expect((await engine.update(held, news)).outputs).toMatchObject(marked);
  });

  it("of the stack's config stay secret where a token takes them from there", async () => {
    const engine = await start({ config: { org: secret("acme"), user: secret("admin") } });
    const { inputs } = await engine.check({ readTasks: true });
    expect(inputs).toMatchObject({
      org: secret("acme"),
      user: secret("admin"),
      permissions: secret(expect.anything()),
    });
  });
});

describe("a step that failed after it changed something", () => {
  it("records what there is, also which inputs it has, and the next run ends it", async () => {
    let faults: Fault[] = [];
    const proxy = await startFaultProxy(server.url, ({ method }) =>
      method === "DELETE" ? faults.shift() : undefined,
    );
    try {
      const engine = await start({ config: { host: proxy.url } });
      const urn = urnOf("ci", NATIVE_ROTATING_TOKEN.type);
      const check = async (news: object, olds: object = {}): Promise<Held["inputs"]> =>
        (await engine.check({ ...BASE, ...news }, { ...olds }, urn)).inputs;
      let held = await engine.create(await check({ generation: 1 }), false, urn);
      held = await engine.update(held, await check({ generation: 2 }, held.inputs), false, urn);
      faults = ["503 before"];
      const news = await check({ generation: 3 }, held.inputs);
      const failure = await engine.update(held, news, false, urn).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(PartialFailure);
      const { id, outputs } = failure as PartialFailure;
      expect(id).toBe(held.id);
      expect(outputs).toMatchObject({
        token: secret(expect.any(String)),
        previousToken: secret(expect.any(String)),
      });
      // The engine takes the new inputs for done.
      const after: Held = { id, inputs: news, outputs };
      expect((await engine.diff(after, news, [], urn)).changes).toBe(true);
      const mended = await engine.update(after, news, false, urn);
      expect((await engine.diff(mended, news, [], urn)).changes).toBe(false);
      await engine.delete(mended, urn);
      expect(await server.call("GET", "/api/v2/authorizations")).toMatchObject({
        authorizations: [{ description: "admin's Token" }],
      });
    } finally {
      await proxy.close();
    }
  });
});

describe("what the plugin says", () => {
  it("stands beside its resource, once, and names no secret flag", async () => {
    const engine = await start();
    await engine.check({ org: "acme", allAccess: true, description: "x" });
    await engine.check({ org: "acme", allAccess: true, description: "x" });
    await engine.check({ org: "acme", operator: secret(true) }, {}, urnOf("hidden"));
    expect(engine.lines).toEqual([
      { severity: "WARNING", urn: urnOf("ci"), message: expect.stringMatching(/all-access/i) as unknown },
    ]);
  });

  it("is not said of a risk that is acknowledged", async () => {
    const engine = await start();
    await engine.check({ org: "acme", allAccess: true, acknowledge: { "all-access": "see runbook" } });
    expect(engine.lines).toEqual([]);
  });

  it("has each exchange where httpDebug asks for it, without secrets, before the step ends", async () => {
    const engine = await start({ config: { httpDebug: "true" } });
    await engine.create(await checked(engine, {}));
    const text = engine.lines.map(({ message }) => message).join("\n");
    expect(text).toContain("POST");
    expect(text).not.toContain(server.operatorToken);
    expect(engine.lines.every(({ severity, urn }) => severity === "INFO" && urn === urnOf("ci"))).toBe(true);
  });
});

describe("a provider's config", () => {
  it("keeps the token as a secret, and drops what is a program's or a run's", async () => {
    const engine = await start();
    const marked = await engine.checkConfig({ token: secret("t") });
    expect(marked.inputs).toEqual({ token: secret("t") });
    const news = {
      host: "http://a",
      token: "t",
      tokens: "[]",
      fleets: "[]",
      tokensFrom: "x",
      preflight: "true",
      version: "1.0.0",
    };
    expect(await engine.checkConfig(news)).toEqual({
      inputs: { host: "http://a", token: secret("t"), version: "1.0.0" },
      failures: [],
    });
  });

  it("names what nobody reads, and a template that cannot be read", async () => {
    const engine = await start();
    const { failures } = await engine.checkConfig({ hots: "http://a", descriptionTemplate: "{nam}" });
    expect(failures.map(({ reason }) => reason).join("\n")).toMatch(
      /hots[^]*did you mean[^]*host[^]*\{nam\}/,
    );
  });

  it("of a default provider is the stack's as it is now, host and token together", async () => {
    const stale = { host: "http://127.0.0.1:1", token: secret("stale") };
    const now = JSON.stringify({
      "influx-token:host": server.url,
      "influx-token:token": server.operatorToken,
    });
    const engine = await start({ config: stale, env: { PULUMI_CONFIG: now } });
    const held = await engine.create(await checked(engine, {}));
    expect(held.outputs).toMatchObject({ host: server.url });
    await engine.configure(stale);
    expect(await engine.read(held.id, held)).toBeDefined();
  });

  it("of a provider that a program names default-something is its own", async () => {
    const env = { PULUMI_CONFIG: JSON.stringify({ host: "http://127.0.0.1:1", token: "other" }) };
    const engine = await start({ env, provider: "default-eu" });
    expect((await engine.check(BASE)).inputs).toMatchObject({ host: server.url });
    await engine.configure({ host: server.url, token: server.operatorToken }, "default_0_1_0");
    expect((await engine.check(BASE)).inputs).toMatchObject({ host: "http://127.0.0.1:1" });
  });

  it("of an explicit provider comes before the stack's", async () => {
    const env = {
      PULUMI_CONFIG: JSON.stringify({ host: "http://127.0.0.1:1", token: "other", org: "elsewhere" }),
    };
    const engine = await start({ env, provider: "eu", config: { org: "acme" } });
    const { inputs } = await engine.check({ readTasks: true });
    expect(inputs).toMatchObject({ host: server.url, org: "acme" });
    expect((await engine.create(inputs)).outputs).toMatchObject({ org: "acme" });
  });

  it("gives what a token leaves out, from its place in the stack", async () => {
    const engine = await start({
      config: { descriptionTemplate: "{project}/{stack}/{name}", rotateAfter: "90d" },
    });
    const { inputs } = await engine.check({ org: "acme", readTasks: true });
    expect(inputs).toMatchObject({ description: "shop/dev/ci", rotateAfter: "90d" });
    const held = await engine.create(inputs);
    expect(held.outputs).toMatchObject({ rotateAt: expect.any(String) as unknown });
  });

  it("gives nothing whose changes are ignored", async () => {
    const engine = await start();
    const held = await engine.create((await engine.check({ org: "acme", readTasks: true })).inputs);
    await engine.configure({ host: server.url, token: server.operatorToken, descriptionTemplate: "{name}" });
    const { inputs } = await engine.check({ org: "acme", readTasks: true }, held.inputs);
    expect((await engine.diff(held, inputs)).changes).toBe(true);
    expect((await engine.diff(held, inputs, ["description"])).changes).toBe(false);
  });
});

describe("a run without a change", () => {
  /** What the engine records then: the new inputs beside the old outputs. */
  const unchanged = async (
    engine: PluginUnderTest,
    held: Held,
    news: object,
    ignored: string[] = [],
  ): Promise<Held> => {
    const inputs = await checked(engine, news, held.inputs);
    const { changes, replaces } = await engine.diff(held, inputs, ignored);
    expect(replaces).toEqual([]);
    if (ignored.length > 0) expect(changes).toBe(false);
    return changes ? engine.update(held, inputs, false, undefined, ignored) : { ...held, inputs };
  };

  it.each<[string, object, object]>([
    ["a bucket beside all of them", {}, { readBucket: ["primary"] }],
    ["a bucket no more beside all of them", { readBucket: ["primary"] }, {}],
    ["an id in place of a name", { org: "acme" }, {}],
  ])("stays without one for %s", async (what, before, after) => {
    const engine = await start();
    const all = { readBuckets: true };
    let held = await engine.create(await checked(engine, { ...all, ...before }));
    const news = what.startsWith("an id")
      ? { ...all, org: undefined, orgId: server.orgId }
      : { ...all, ...after };
    for (let run = 0; run < 3; run += 1) held = await unchanged(engine, held, news);
    expect(await engine.diff(held, await checked(engine, news, held.inputs))).toMatchObject({
      changes: false,
    });
    const refreshed = (await engine.read(held.id, held)) as Held;
    expect(await engine.diff(refreshed, await checked(engine, news, refreshed.inputs))).toMatchObject({
      changes: false,
    });
    server.countRequests();
  });

  it.each(["user", "description", "rotateAfter"])("goes on ignoring changes of %s", async (name) => {
    const engine = await start();
    const BARE = { org: "acme", readTasks: true, description: undefined };
    let held = await engine.create(await checked(engine, BARE));
    await server.call("POST", "/api/v2/users", { name: "svc" });
    const config = { host: server.url, token: server.operatorToken };
    const defaults = { user: "svc", descriptionTemplate: "{name}", rotateAfter: "1h" };
    const key = name === "description" ? "descriptionTemplate" : (name as keyof typeof defaults);
    await engine.configure({ ...config, [key]: defaults[key] });
    for (let run = 0; run < 2; run += 1) held = await unchanged(engine, held, BARE, [name]);
    // The engine sets an ignored input back to what it recorded.
    const news = {
      ...(await checked(engine, { ...BARE, status: "inactive" }, held.inputs)),
      [name]: held.inputs[name],
    };
    const { outputs } = await engine.update(held, news, false, undefined, [name]);
    expect(outputs).toMatchObject({ user: "admin", description: "", status: "inactive" });
    expect(outputs).not.toHaveProperty("rotateAt");
  });
});

describe("an imported token", () => {
  it("keeps its permissions where changes of them are ignored", async () => {
    const engine = await start();
    const { id } = await engine.create(await checked(engine, {}));
    const held = (await engine.read(id)) as Held;
    await engine.configure({ host: server.url, token: server.operatorToken });
    const news = await checked(engine, { readLabels: true }, held.inputs);
    // Nor is it replaced in any run before one that changes nothing: Pulumi records an import that fails, too.
    await expect(engine.diff(held, news)).rejects.toThrow(/imported and replaced in one run/);
    const same = { ...held, inputs: await checked(engine, {}, held.inputs) };
    expect(await engine.diff(same, news)).toMatchObject({ replaces: ["permissions"] });
    expect(await engine.diff(held, news, ["permissions"])).toMatchObject({ changes: false });
  });

  it("shows no change in a refresh, which asks for the difference from what was imported", async () => {
    const engine = await start();
    const { id } = await engine.create(await checked(engine, {}));
    const held = (await engine.read(id)) as Held;
    const refreshed = (await engine.read(id, held)) as Held;
    expect(await engine.diff(refreshed, held.inputs)).toMatchObject({ changes: false });
  });

  it("is changed on no other server than its own, and moved by its name only", async () => {
    const engine = await start({ config: { host: "" }, env: { INFLUX_HOST: "http://127.0.0.1:1" } });
    const own = await start();
    const { id } = await own.create(await checked(own, {}));
    const held = (await own.read(id)) as Held;
    own.close();
    const news = await checked(engine, { readLabels: true }, held.inputs);
    await expect(engine.diff(held, news)).rejects.toThrow(
      /the state says that the token is on .*INFLUX_HOST/,
    );
    await engine.configure({ host: "http://127.0.0.1:1", token: server.operatorToken });
    const moved = await checked(engine, {}, held.inputs);
    expect(await engine.diff(held, moved)).toMatchObject({ changes: true, detailed: { host: "ADD" } });
    engine.close();
  });

  it("is read again by whatever a program knows of it", async () => {
    const engine = await start();
    const { id } = await engine.create(await checked(engine, {}));
    expect(await engine.read(id, { id, inputs: {}, outputs: { org: "acme" } })).toMatchObject({ id });
  });
});

describe("a secret input that is refused", () => {
  it.each<[string, object, RegExp]>([
    ["adoptToken", { adopt: "00000000000000ab", adoptToken: "hush-hush==\n" }, /^adoptToken /],
    ["userId", { userId: secret("hush-hush") }, /^userId .*\[secret\]/],
    ["keepers", { keepers: secret("hush-hush") }, /^keepers/],
    ["rotateAfter", { rotateAfter: secret("hush-hush") }, /^rotateAfter .*\[secret\]/],
  ])("shows nothing of it: %s", async (_name, news, reason) => {
    const engine = await start();
    const { failures } = await engine.check({ ...BASE, ...news });
    // The engine shows the value of the property that a failure names.
    expect(failures).toEqual([{ property: "", reason: expect.stringMatching(reason) as unknown }]);
    expect(JSON.stringify(failures)).not.toContain("hush");
  });
});

describe("a secret name that the server does not know", () => {
  it.each<[string, object]>([
    ["bucket", { org: "acme", readBucket: [secret("hush-bucket")] }],
    ["organization", { org: secret("hush-org"), readTasks: true }],
    ["owner", { org: "acme", user: secret("hush-user"), readTasks: true }],
  ])("is in no message: %s", async (_what, news) => {
    const engine = await start({ config: { httpDebug: "true" } });
    const { inputs } = await engine.check({ ...news });
    const failure = await engine.create(inputs).catch((error: unknown) => error as Error);
    expect((failure as Error).message).toMatch(/\[secret\]/);
    expect((failure as Error).message + JSON.stringify(engine.lines)).not.toContain("hush");
  });
});

describe("an engine", () => {
  it("that gives no old inputs is refused, for no state is whole without them", async () => {
    const engine = await start();
    await expect(engine.ask("configure", new ConfigureRequest())).rejects.toThrow(/too old/);
  });

  it("hears which resources there are where it asks for another one", async () => {
    const engine = await start();
    const urn = urnOf("ci", "influx-token:index:Bucket");
    await expect(engine.check(BASE, {}, urn)).rejects.toThrow(
      /no resource .*Bucket: known are .*index:Token/,
    );
  });

  it("that tells no address gets no lines", () => {
    expect(() => {
      new EngineLog().warn("nobody hears it");
    }).not.toThrow();
  });
});

describe("a run that is cancelled", () => {
  it("begins no step after it, and the next run does", async () => {
    const engine = await start();
    const inputs = await checked(engine, {});
    await engine.cancel();
    await expect(engine.create(inputs)).rejects.toThrow(/cancelled/);
    expect(server.countRequests()).toEqual({});
    await engine.configure({ host: server.url, token: server.operatorToken });
    expect((await engine.create(inputs)).id).not.toBe("");
  });
});

describe("import and list", () => {
  it("gives what a program has to declare, and no difference from it", async () => {
    const engine = await start();
    const made = await engine.create(await checked(engine, { writeBucket: ["primary"], status: "inactive" }));
    const found = await engine.read(made.id);
    expect(found?.inputs).toEqual({
      ...BASE,
      org: "acme",
      writeBucket: ["primary"],
      status: "inactive",
    });
    const { inputs } = await engine.check(found?.inputs ?? {}, found?.inputs);
    expect(await engine.diff(found as Held, inputs)).toEqual({ changes: false, replaces: [], detailed: {} });
    expect(await engine.read("0000000000000abc")).toBeUndefined();
  });

  it("lists the tokens of an organization without their values", async () => {
    const engine = await start();
    const made = await engine.create(await checked(engine, {}));
    expect(await engine.list({ org: "acme" })).toContainEqual({ id: made.id, name: "ci" });
    expect(await engine.list({ org: "acme" }, 1)).toHaveLength(1);
    await expect(engine.list({ org: "nowhere" })).rejects.toThrow(/nowhere/);
  });
});
