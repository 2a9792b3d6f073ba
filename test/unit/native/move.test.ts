import { revealed, secret } from "../../../native/wire";
import { PROVIDER_KEY } from "../../../provider/pulumiHost/wireValues";
import { isShared } from "../../../provider/token/state";
import { DYNAMIC_ROTATING_TOKEN, NATIVE_ROTATING_TOKEN, NATIVE_TOKEN } from "../../../provider/tokenTypes";
import recorded from "../../fixtures/dynamic-states.json";
import { startServer } from "../../support/influxdb";
import { type Held, PluginUnderTest, urnOf } from "../../support/plugin";
import { newProvider, newRotatingProvider } from "../../support/providerHost";

// States as the dynamic classes wrote them, by the real engine: only the tokens' values and the server's address are made
// up. From the first release on, every one of them must be read, and moved without a new token.

const HOST = "http://localhost:8086";
/** Nothing is sent; whatever is, fails soon. */
const CONFIG = { host: HOST, token: secret("made-up"), timeoutMs: "1", retries: "0" };

interface Recorded extends Held {
  readonly name: string;
  readonly isRotating: boolean;
}

const STATES: readonly Recorded[] = (recorded as readonly (Held & { name: string; type: string })[]).map(
  ({ type, ...held }) => ({ ...held, isRotating: type === DYNAMIC_ROTATING_TOKEN.type }),
);
/** Its owner was deleted: it is replaced, by whatever provider. */
const ORPHAN = "owner";
const KEPT = STATES.filter(({ name }) => name !== ORPHAN);

/** Before any of them is due. */
const now = (): number => Date.parse("2026-11-26T12:00:00Z");

let plugin: PluginUnderTest;
beforeAll(async () => {
  plugin = await PluginUnderTest.start({ config: CONFIG, now });
});
afterAll(() => {
  plugin.close();
});

function stateNamed(name: string): Recorded {
  const state = STATES.find((each) => each.name === name);
  if (state === undefined) throw new Error(`there is no state ${name}`);
  return state;
}

function without(values: object, ...names: readonly string[]): object {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));
}

function urnIn({ name, isRotating }: Recorded): string {
  return urnOf(name, isRotating ? NATIVE_ROTATING_TOKEN.type : NATIVE_TOKEN.type);
}

/** What the program declares, without what belongs to the dynamic resource. */
function declaredOf({ name, inputs }: Recorded): Record<string, unknown> {
  const added = [PROVIDER_KEY, "connection", "permissions", "host"];
  const declared = Object.entries(inputs).filter(([input]) => !added.includes(input));
  // A refresh found another name of the organization; the program does not know it.
  return { ...Object.fromEntries(declared), ...(name === "renamed" && { org: "umbrella" }) };
}

/** As the plugin holds it after the move. */
async function moved(state: Recorded, more: object = {}): Promise<Held> {
  const { inputs, failures } = await plugin.check(
    { ...declaredOf(state), ...more },
    state.inputs,
    urnIn(state),
  );
  expect(failures).toEqual([]);
  return plugin.update(state, inputs, false, urnIn(state));
}

function named(states: readonly Recorded[]): [string, Recorded][] {
  return states.map((state) => [state.name, state]);
}

describe("the move of a dynamic token to the plugin", () => {
  it.each(named(KEPT))("changes nothing but that a connection is left out: %s", async (name, state) => {
    const news = (await plugin.check(declaredOf(state), state.inputs, urnIn(state))).inputs;
    const planned = await plugin.diff(state, news, [], urnIn(state));
    const { connection } = state.inputs as { connection?: object };
    expect([name, planned.replaces, planned.changes]).toEqual([name, [], connection !== undefined]);
  });

  it.each(named(KEPT))("keeps everything of the state that is no input: %s", async (_, state) => {
    const { outputs } = await moved(state);
    const before = revealed(state.outputs) as Record<string, unknown>;
    const lost = Object.keys(before).filter((key) => !(key in outputs) && !(key in state.inputs));
    expect(lost.filter((key) => !["__declared", PROVIDER_KEY, "rotateAfter"].includes(key))).toEqual([]);
    expect(before).toMatchObject(without(revealed(outputs) as object, "permissions"));
    expect(Object.keys(outputs)).not.toEqual(expect.arrayContaining([PROVIDER_KEY]));
    const repeated = Object.keys(declaredOf(state)).filter((name) => name in outputs && !isShared(name));
    expect(repeated).toEqual([]);
    expect(outputs).not.toHaveProperty("connection");
  });

  it.each(named(KEPT))("makes it like one that was native ever since: %s", async (_, state) => {
    const held = await moved(state);
    const news = (await plugin.check(declaredOf(state), held.inputs, urnIn(state))).inputs;
    expect(await plugin.diff(held, news, [], urnIn(state))).toMatchObject({ changes: false, replaces: [] });
  });

  it("still sees a change that asks for a new token, by what the dynamic state held", async () => {
    const state = stateNamed("keepers");
    const other = { ...declaredOf(state), keepers: { a: "2" } };
    for (const held of [state, await moved(state)]) {
      const news = (await plugin.check(other, held.inputs, urnIn(state))).inputs;
      expect((await plugin.diff(held, news, [], urnIn(state))).replaces).toEqual(["keepers"]);
    }
  });

  it("leaves it to the provider which server a refresh and a deletion ask, and with which token", async () => {
    const server = await startServer();
    const config = { host: server.url, token: secret(server.operatorToken), retries: "0" };
    const native = await PluginUnderTest.start({ config, now });
    try {
      const permissions = [{ action: "read", resource: { type: "tasks", orgID: server.orgId } }];
      const body = { orgID: server.orgId, description: "moved", permissions };
      const { id } = await server.call<{ id: string }>("POST", "/api/v2/authorizations", body);
      const { inputs, outputs } = stateNamed("connection");
      expect(outputs).toHaveProperty("connection.token");
      const connection = {
        ...(outputs["connection"] as object),
        host: "http://127.0.0.1:1",
        timeoutMs: 1,
        retries: 0,
      };
      const held = { id, inputs, outputs: { ...outputs, connection, host: server.url } };
      const read = await native.read(id, held);
      expect(read?.outputs).toMatchObject({ token: outputs["token"], description: "moved" });
      for (const gone of ["connection", PROVIDER_KEY]) expect(read?.outputs).not.toHaveProperty(gone);
      await native.delete(held);
      expect(server.authorizations()).toHaveLength(1);
    } finally {
      native.close();
      await server.close();
    }
  });

  it("replaces one whose owner was deleted, as the dynamic one would be", async () => {
    const state = stateNamed(ORPHAN);
    const news = (await plugin.check(declaredOf(state), state.inputs, urnIn(state))).inputs;
    expect((await plugin.diff(state, news, [], urnIn(state))).replaces).toEqual(["user"]);
  });
});

/** As a stack that goes back hands it over, to the provider of dynamic tokens. */
async function wayBack(state: Recorded, more: object = {}) {
  const { id, outputs } = await moved(state);
  const config = Object.fromEntries(
    Object.entries(CONFIG).map(([key, value]) => [`influx-token:${key}`, String(revealed(value))]),
  );
  const options = { config, now, env: {} };
  const host = state.isRotating ? newRotatingProvider(options) : newProvider(options);
  const declared = revealed({ ...declaredOf(state), ...more }) as Record<string, unknown>;
  const { inputs, failures } = await host.check(revealed(state.inputs), declared);
  expect(failures).toEqual([]);
  return { host, id, olds: revealed(outputs), inputs };
}

describe("the way back", () => {
  it.each(named(KEPT))("makes the dynamic state whole again, and no new token: %s", async (_, state) => {
    const { host, id, olds, inputs } = await wayBack(state);
    expect(await host.diff(id, olds, inputs)).toMatchObject({ changes: true, replaces: [] });
    const { outs } = await host.update(id, olds, inputs);
    const whole = without(revealed(state.outputs) as object, PROVIDER_KEY, "connection");
    // The names in it are the program's again.
    expect(outs).toEqual({ ...whole, permissions: inputs.permissions });
    expect(await host.diff(id, outs, inputs)).toMatchObject({ changes: false, replaces: [] });
  });

  it("takes other keepers over, and makes a new token for those that come later", async () => {
    const state = stateNamed("keepers");
    const { host, id, olds, inputs } = await wayBack(state, { keepers: { a: "2" } });
    expect(await host.diff(id, olds, inputs)).toMatchObject({ changes: true, replaces: [] });
    const { outs } = await host.update(id, olds, inputs);
    const later = { ...inputs, keepers: { a: "3" } };
    expect(await host.diff(id, outs, later)).toMatchObject({ changes: true, replaces: ["keepers"] });
  });

  it("keeps a preset on a server that knows fewer types than this version", async () => {
    const state = stateNamed("allAccess");
    const granted = Object.entries(state.outputs["effectivePermissions"] as Record<string, string>);
    const fewer = Object.fromEntries(granted.slice(1));
    const older = { ...state, outputs: { ...state.outputs, effectivePermissions: fewer } };
    const { host, id, olds, inputs } = await wayBack(older);
    expect(olds).toMatchObject({ effectivePermissions: fewer });
    expect(await host.diff(id, olds, inputs)).toMatchObject({ changes: true, replaces: [] });
  });
});
