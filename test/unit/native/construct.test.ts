import { Alias } from "@pulumi/pulumi/proto/alias_pb";
import { ConstructRequest } from "@pulumi/pulumi/proto/provider_pb";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { Value } from "google-protobuf/google/protobuf/struct_pb";
import { fromStruct, type Properties, revealed, secret, toStruct } from "../../../native/wire";
import { WIRE_UNKNOWN } from "../../../provider/pulumiHost/wireValues";
import { NATIVE_FLEET } from "../../../provider/tokenTypes";
import { becomes } from "../../support/becomes";
import { type Answer, FakeMonitor, urnFor } from "../../support/monitor";
import { PluginUnderTest, PROVIDER_ID, urnOf } from "../../support/plugin";

const { component: FLEET, shard: SHARD } = NATIVE_FLEET;
const STACK = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev";
const BUCKET = urnOf("logs", "influxdb:index:Bucket");
const PERMISSIONS = { "orgs/acme/tasks": "read" };

/** "a" is in one shard, "b" and "y" in another one. */
const SHARDS = { a: "18", b: "22" };

let monitor: FakeMonitor;
let plugin: PluginUnderTest;

beforeEach(async () => {
  plugin = await PluginUnderTest.start({ config: { host: "http://127.0.0.1:1", token: secret("t") } });
});
afterEach(() => {
  monitor.close();
  plugin.close();
});

/** What the engine has of a shard after its step. */
const made: Answer = (request) => {
  if (request.getName() === "failing") return undefined;
  if (request.getType() !== SHARD) return fromStruct(request.getObject());
  const { members = {} } = revealed(fromStruct(request.getObject())) as { members?: object };
  const names = Object.keys(members);
  return {
    tokens: secret(Object.fromEntries(names.map((name) => [name, `value of ${name}`]))),
    __made: names.map((name) => `${idOf(name)} 0 1700000000 ${name}`).join("\n"),
    __retired: names.map((name) => `00000000000000ff x - ${name}`).join("\n"),
    permissions: PERMISSIONS,
    host: "http://127.0.0.1:1",
  };
};

const idOf = (name: string): string => Buffer.from(name).toString("hex").padStart(16, "0");

function requestOf(inputs: Properties): ConstructRequest {
  return new ConstructRequest()
    .setProject("shop")
    .setStack("dev")
    .setMonitorendpoint(monitor.address)
    .setType(FLEET)
    .setName("sensors")
    .setParent(STACK)
    .setInputs(toStruct(inputs));
}

const EACH_UNDESCRIBED = { org: "acme", readTasks: true };
const EACH = { ...EACH_UNDESCRIBED, description: "shop/dev/sensors/{member}" };

async function construct(
  inputs: Properties,
  answer: Answer = made,
  edit: (request: ConstructRequest) => void = () => undefined,
): ReturnType<PluginUnderTest["construct"]> {
  monitor = await FakeMonitor.start(answer);
  const request = requestOf(inputs);
  edit(request);
  return plugin.construct(request);
}

const registered = (name: string): RegisterResourceRequest => {
  const found = monitor.requests.find((request) => request.getName() === name);
  if (found === undefined) throw new Error(`${name} was not registered`);
  return found;
};
const inputsOf = (name: string): Properties => fromStruct(registered(name).getObject());
const names = (): string[] => monitor.requests.map((request) => request.getName());

describe("a fleet", () => {
  it("is a component, a shard for each group of members, and what deletes replaced tokens", async () => {
    const { urn, state, dependencies } = await construct({ each: EACH, members: ["a", "b"] });
    expect(names()).toEqual(["sensors", "sensors-18", "sensors-22", "sensors-retirement"]);
    const [component] = monitor.requests;
    expect([component?.getType(), component?.getParent(), component?.getCustom()]).toEqual([
      FLEET,
      STACK,
      false,
    ]);
    for (const request of monitor.requests.slice(1)) {
      expect([request.getParent(), request.getCustom()]).toEqual([urn, true]);
    }
    expect(inputsOf("sensors-18")).toEqual({ shard: "shop/dev/sensors/18", each: EACH, members: { a: {} } });
    expect(inputsOf("sensors-22")).toEqual({ shard: "shop/dev/sensors/22", each: EACH, members: { b: {} } });
    expect(registered("sensors-18").getAdditionalsecretoutputsList()).toEqual(["tokens", "__shard"]);
    const shards = Object.values(SHARDS).map((label) => urnFor(registered(`sensors-${label}`)));
    expect(state).toEqual({
      tokens: secret({ a: "value of a", b: "value of b" }),
      ids: { a: idOf("a"), b: idOf("b") },
      permissions: PERMISSIONS,
      count: 2,
    });
    expect(dependencies).toEqual({ tokens: shards, ids: shards, permissions: shards });
  });

  it("hands what its shards retired to its companion, which the engine makes after all of them", async () => {
    await construct({ each: EACH, members: ["a", "b"] });
    expect(inputsOf("sensors-retirement")).toEqual({
      fleet: "shop/dev/sensors",
      retired: 2,
      __retired: "00000000000000ff x - a\n00000000000000ff x - b",
      host: "http://127.0.0.1:1",
    });
    const shards = Object.values(SHARDS).map((label) => urnFor(registered(`sensors-${label}`)));
    expect(registered("sensors-retirement").getDependenciesList()).toEqual(shards);
  });

  it("gives members their own inputs, with what is secret or not known yet", async () => {
    const own = { keepers: { a: secret("1") }, rotateAfter: WIRE_UNKNOWN };
    await construct({
      each: { ...EACH, org: secret("acme"), readBucket: [WIRE_UNKNOWN] },
      members: { a: own, b: null },
      keepOldFor: "24h",
    });
    expect(inputsOf("sensors-18")).toEqual({
      shard: "shop/dev/sensors/18",
      each: { ...EACH, org: secret("acme"), readBucket: [WIRE_UNKNOWN] },
      members: { a: own },
      keepOldFor: "24h",
    });
    expect(inputsOf("sensors-22")).toMatchObject({ members: { b: {} } });
  });

  it("takes a dict of Python as it is written there, and leaves keys of the user's own alone", async () => {
    const own = { read_buckets: true, keepers: { my_key: "1" }, rotate_after: secret("90d") };
    await construct({ each: EACH, members: { a: own, b: secret({ read_labels: true }) } });
    expect(inputsOf("sensors-18")["members"]).toEqual({
      a: { readBuckets: true, keepers: { my_key: "1" }, rotateAfter: secret("90d") },
    });
    expect(inputsOf("sensors-22")["members"]).toEqual({ b: secret({ readLabels: true }) });
  });

  it("of nobody is a component alone", async () => {
    const { state } = await construct({ each: EACH, members: [] });
    expect(names()).toEqual(["sensors"]);
    expect(state).toEqual({ tokens: secret({}), ids: {}, count: 0 });
  });

  it("knows in a preview which members there are going to be, and what stays of the others", async () => {
    const { state } = await construct({ each: EACH, members: ["a", "b"] }, (request) =>
      request.getName() === "sensors-18"
        ? {
            tokens: secret(WIRE_UNKNOWN),
            __made: WIRE_UNKNOWN,
            __retired: WIRE_UNKNOWN,
            permissions: PERMISSIONS,
          }
        : made(request),
    );
    expect(state).toEqual({
      tokens: secret({ a: WIRE_UNKNOWN, b: "value of b" }),
      ids: { a: WIRE_UNKNOWN, b: idOf("b") },
      permissions: PERMISSIONS,
      count: 2,
    });
    expect(inputsOf("sensors-retirement")).toMatchObject({ retired: WIRE_UNKNOWN, __retired: WIRE_UNKNOWN });
  });

  it("says what is wrong with what all have in common once: the engine ends the run at the first shard", async () => {
    const failing = construct({ each: EACH, members: ["a", "b"] }, (request) =>
      request.getType() === SHARD ? undefined : made(request),
    );
    await expect(failing).rejects.toThrow(/^the run ended before all of it was registered$/);
    expect(names()).toEqual(["sensors", "sensors-18"]);
  });

  it("leaves no channel open, whether it was put together or not", async () => {
    const sockets = (): number =>
      process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length;
    const before = sockets();
    await construct({ each: EACH, members: ["a"] });
    const failing = requestOf({ each: EACH_UNDESCRIBED, members: ["a"] }).setName("failing");
    await expect(plugin.construct(failing)).rejects.toThrow("the run ended");
    await becomes(() => Promise.resolve(sockets() <= before), true);
  });
});

describe("what all members have in common", () => {
  it("has the provider's defaults, as secret as they are, and always a description", async () => {
    await plugin.configure({ host: "http://127.0.0.1:1", user: secret("owner"), org: "acme" });
    await construct({ each: { readTasks: true }, members: ["a"] });
    const each = { readTasks: true, description: "shop/dev/sensors/{member}", user: secret("owner") };
    expect(inputsOf("sensors")).toEqual({ each, count: 1 });
    expect(inputsOf("sensors-18")).toMatchObject({ each });
    monitor.close();
    await plugin.configure({ host: "http://127.0.0.1:1", descriptionTemplate: "{project}: {name}" });
    await construct({ each: EACH_UNDESCRIBED, members: ["a"] });
    expect(inputsOf("sensors-18")).toMatchObject({ each: { description: "shop: sensors/{member}" } });
  });

  it("is judged once, before anything is registered, and no secret is shown", async () => {
    const failure = construct({ each: { ...EACH, description: secret("hush-hush") }, members: ["a", "b"] });
    await expect(failure).rejects.toThrow('TokenFleet "sensors": each.description must hold {member}');
    await expect(failure).rejects.not.toThrow("hush-hush");
    expect(names()).toEqual([]);
  });

  it("warns of its risks once, beside the fleet, and those of members", async () => {
    await construct({
      each: { org: "acme", allAccess: true },
      members: { a: {}, b: {}, c: { allAccess: false, operator: true } },
    });
    expect(
      plugin.lines.map(({ severity, urn, message }) => [
        severity,
        urn,
        /all-access|operator/i.exec(message)?.[0],
      ]),
    ).toEqual([
      ["WARNING", urnFor(registered("sensors")), "all-access"],
      ["WARNING", urnFor(registered("sensors")), "operator"],
    ]);
  });

  it("is described as no other fleet's is: tokens are found by that", async () => {
    await construct({ each: EACH, members: ["a"] });
    await expect(
      plugin.construct(requestOf({ each: EACH, members: ["a"] }).setName("other")),
    ).rejects.toThrow(
      'fleet "other" describes its tokens as "sensors" does, shop/dev/sensors/{member}: give each.description another text',
    );
    // The same in the next run.
    await plugin.configure({ host: "http://127.0.0.1:1" });
    await plugin.construct(requestOf({ each: EACH, members: ["a"] }).setName("other"));
  });
});

describe("the options of a fleet", () => {
  it("reach the shards: provider, parent, protection, dependencies, and who is deleted with it", async () => {
    await construct({ each: EACH, members: ["a"] }, made, (request) => {
      request
        .setProtect(true)
        .setRetainondelete(true)
        .setDeletedwith(BUCKET)
        .setDependenciesList([STACK])
        .setStackTraceHandle("handle");
      request
        .getInputdependenciesMap()
        .set("each", new ConstructRequest.PropertyDependencies().setUrnsList([BUCKET]));
      request.getProvidersMap().set("influx-token", "other");
    });
    for (const name of ["sensors", "sensors-18"]) {
      const request = registered(name);
      expect([request.getProtect(), request.getRetainondelete(), request.getDeletedwith()]).toEqual([
        true,
        true,
        BUCKET,
      ]);
      expect(request.getDependenciesList()).toEqual([STACK, BUCKET]);
      expect(request.getPropertydependenciesMap().get("each")?.getUrnsList()).toEqual([BUCKET]);
      expect(request.getParentstacktracehandle()).toBe("handle");
    }
    // The engine asked this process as that provider.
    const provider = `${urnOf("default", "pulumi:providers:influx-token")}::${PROVIDER_ID}`;
    expect(registered("sensors-18").getProvider()).toBe(provider);
    expect(registered("sensors").getProvidersMap().get("influx-token")).toBe("other");
  });

  it("leave the companion free: it could not be replaced, nor delete anything", async () => {
    await construct({ each: EACH, members: ["a"] }, made, (request) => {
      request.setProtect(true).setRetainondelete(true);
    });
    const companion = registered("sensors-retirement");
    expect([companion.hasProtect(), companion.getProtect()]).toEqual([true, false]);
    expect([companion.hasRetainondelete(), companion.getRetainondelete()]).toEqual([true, false]);
  });

  it("say nothing of protection where the program does not: the engine takes the parent's", async () => {
    await construct({ each: EACH, members: ["a"] });
    expect(registered("sensors-18").hasProtect()).toBe(false);
    expect(registered("sensors-18").hasRetainondelete()).toBe(false);
  });

  it("are those of the component itself: aliases and hooks", async () => {
    const alias = new Alias().setSpec(new Alias.Spec().setName("old"));
    const hooks = new ConstructRequest.ResourceHooksBinding().setAfterCreateList(["told"]);
    await construct({ each: EACH, members: ["a"] }, made, (request) => {
      request.setAliasesList([alias]).setResourceHooks(hooks);
    });
    expect(registered("sensors").getAliasesList()).toEqual([alias]);
    expect(registered("sensors").getAliasspecs()).toBe(true);
    expect(registered("sensors").getHooks()?.getAfterCreateList()).toEqual(["told"]);
    expect(registered("sensors-18").getHooks()).toBeUndefined();
  });

  it.each<[string, (request: ConstructRequest) => void]>([
    ["ignoreChanges", (request) => request.setIgnorechangesList(["each.description"])],
    ["replaceOnChanges", (request) => request.setReplaceonchangesList(["*"])],
    ["replaceWith", (request) => request.setReplaceWithList([BUCKET])],
    ["replacementTrigger", (request) => request.setReplacementTrigger(new Value().setStringValue("x"))],
  ])("are refused where they would be passed over: %s", async (option, edit) => {
    await expect(construct({ each: EACH, members: ["a"] }, made, edit)).rejects.toThrow(
      `TokenFleet "sensors" cannot take the option ${option}: `,
    );
    expect(names()).toEqual([]);
  });
});

describe("members", () => {
  it.each<[string, unknown, RegExp]>([
    ["not known yet", WIRE_UNKNOWN, /members is not known yet: names of members have to be known/],
    ["with a name that is not known yet", ["a", WIRE_UNKNOWN], /members\[1\] is not known yet/],
    ["that are secret", secret(["a"]), /members is a secret, and names of members cannot be/],
    ["with a secret name", ["a", secret("hush-hush")], /members is a secret/],
    ["that are none", undefined, /members must be a list of names or a map/],
    ["of which two have one name", ["a", "a"], /"a" is given twice/],
    ["with a brace in a name", { "{a}": {} }, /holds a brace/],
  ])("%s are refused before anything is registered", async (_, members, message) => {
    const failure = construct({ each: EACH, ...(members !== undefined && { members }) });
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.not.toThrow("hush-hush");
    expect(names()).toEqual([]);
  });
});

it("knows no other component", async () => {
  const failure = construct({}, made, (request) => request.setType("influx-token:index:Other"));
  await expect(failure).rejects.toThrow("influx-token has no component influx-token:index:Other");
});
