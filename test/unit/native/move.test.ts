import { revealed, secret } from "../../../native/wire";
import { PROVIDER_KEY } from "../../../provider/pulumiHost/wireValues";
import { DYNAMIC_ROTATING_TOKEN, NATIVE_ROTATING_TOKEN, NATIVE_TOKEN } from "../../../provider/tokenTypes";
import recorded from "../../fixtures/dynamic-states.json";
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
    expect({ ...before, permissions: outputs["permissions"] }).toMatchObject(revealed(outputs) as object);
    expect(Object.keys(outputs)).not.toEqual(expect.arrayContaining([PROVIDER_KEY]));
    expect(outputs).not.toHaveProperty("connection");
  });

  it("still sees a change that asks for a new token, by what the dynamic state held", async () => {
    const [state] = STATES.filter(({ name }) => name === "keepers");
    if (state === undefined) throw new Error("no such state");
    const other = { ...declaredOf(state), keepers: { a: "2" } };
    const news = (await plugin.check(other, state.inputs, urnIn(state))).inputs;
    expect((await plugin.diff(state, news, [], urnIn(state))).replaces).toEqual(["keepers"]);
  });

  it("replaces one whose owner was deleted, as the dynamic one would be", async () => {
    const [state] = STATES.filter(({ name }) => name === ORPHAN);
    if (state === undefined) throw new Error("no such state");
    const news = (await plugin.check(declaredOf(state), state.inputs, urnIn(state))).inputs;
    expect((await plugin.diff(state, news, [], urnIn(state))).replaces).toEqual(["user"]);
  });
});

describe("the way back", () => {
  it.each(named(KEPT))("makes the dynamic state whole again, and no new token: %s", async (_, state) => {
    const { id, outputs } = await moved(state);
    const config = Object.fromEntries(
      Object.entries(CONFIG).map(([key, value]) => [`influx-token:${key}`, String(revealed(value))]),
    );
    const options = { config, now, env: {} };
    const host = state.isRotating ? newRotatingProvider(options) : newProvider(options);
    const olds = revealed(outputs);
    const declared = revealed(declaredOf(state));
    const { inputs, failures } = await host.check(revealed(state.inputs), declared);
    expect(failures).toEqual([]);
    expect(await host.diff(id, olds, inputs)).toMatchObject({ changes: true, replaces: [] });
    const { outs } = await host.update(id, olds, inputs);
    const stored = Object.entries(revealed(state.outputs) as Record<string, unknown>);
    const whole = Object.fromEntries(stored.filter(([name]) => ![PROVIDER_KEY, "connection"].includes(name)));
    // The names in it are the program's again.
    expect(outs).toEqual({ ...whole, permissions: inputs.permissions });
    expect(await host.diff(id, outs, inputs)).toMatchObject({ changes: false, replaces: [] });
  });
});
