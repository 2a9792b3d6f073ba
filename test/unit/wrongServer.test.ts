import { inFrontOf } from "../support/front";
import { startServer, type TestServer } from "../support/influxdb";
import { MiniEngine } from "../support/miniEngine";
import { host, newRun } from "../support/providerHost";
import { Servers } from "../support/serving";

const servers = new Servers();
let right: TestServer;
let wrong: TestServer;
let engine: MiniEngine;
let saved: NodeJS.ProcessEnv;
const declared = new Map(
  ["a", "b"].map((name) => [name, { org: "acme", readTasks: true, description: name }]),
);

/** The address comes from the environment, as where one machine differs from the next. */
async function at(url: string, { operatorToken }: Pick<TestServer, "operatorToken"> = right): Promise<void> {
  await newRun();
  process.env = { ...saved, INFLUX_HOST: url, INFLUX_TOKEN: operatorToken };
}

beforeEach(async () => {
  saved = process.env;
  [right, wrong] = await Promise.all([startServer(), startServer()]);
  engine = new MiniEngine();
  await at(right.url);
  await engine.up(declared);
  expect(engine.errors).toEqual([]);
});
afterEach(async () => {
  process.env = saved;
  await Promise.all([right.close(), wrong.close(), servers.end()]);
});

const recorded = (): string => JSON.stringify([...engine.state]);
const messages = (): string[] => engine.errors.map(({ message }) => message).sort();

describe("a run with the address of another server than the one that made the tokens", () => {
  it("fails a refresh, naming both and the ways out, and leaves the state as it is", async () => {
    const before = recorded();
    await at(wrong.url, wrong);
    await engine.refresh();
    const ids = [...engine.state.values()].map(({ id }) => id).sort();
    expect(messages()).toEqual(
      ids.map(
        (id) =>
          `the token ${id} was made on ${right.url} and is not on ${wrong.url}: if ${wrong.url} is the wrong server, set the right one (connection.host, influx-token:host or INFLUX_HOST); if ${right.url} is gone for good, take the token out of the state with \`pulumi state delete\` or rename the resource`,
      ),
    );
    expect(recorded()).toBe(before);
  });

  it("makes no token twice", async () => {
    await at(wrong.url, wrong);
    await engine.refresh();
    await engine.up(declared);
    expect(wrong.authorizations()).toHaveLength(1);
    expect(right.authorizations()).toHaveLength(3);
  });

  it("takes none for changed or deleted", async () => {
    const before = recorded();
    await at(wrong.url, wrong);
    await engine.up(new Map([["a", { org: "acme", readTasks: true, description: "new" }]]));
    expect(messages()).toEqual(
      Array(2).fill(expect.stringContaining(`made on ${right.url} and is not on ${wrong.url}`)),
    );
    expect(recorded()).toBe(before);
    expect(right.authorizations()).toHaveLength(3);
  });
});

describe("a server that moved", () => {
  it("is known by its tokens, and nothing changes but the record of where they are", async () => {
    const url = await servers.serve(inFrontOf(right.url));
    await at(url);
    const before = new Map(engine.state);
    await engine.refresh();
    expect(engine.errors).toEqual([]);
    for (const [name, { id, outs }] of engine.state) {
      expect(outs).toEqual({ ...before.get(name)?.outs, host: url });
      const { permissions } = outs;
      expect(await host.diff(id, outs, { ...declared.get(name), permissions })).toMatchObject({
        changes: false,
      });
    }
    expect(right.authorizations()).toHaveLength(3);
  });
});

describe("a token that is missing on the server that made it, or of whose server an older state says nothing", () => {
  it("is gone", async () => {
    const [first, second] = [...engine.state.values()];
    for (const one of [first, second]) await right.call("DELETE", `/api/v2/authorizations/${one?.id ?? ""}`);
    if (second !== undefined) {
      const outs = { ...second.outs };
      Reflect.deleteProperty(outs, "host");
      engine.state.set("b", { id: second.id, outs });
    }
    await engine.refresh();
    expect(engine.errors).toEqual([]);
    expect(engine.state.size).toBe(0);
  });
});

describe("a caller that is switched off", () => {
  it("is told so, though the server answers its look-ups with empty lists", async () => {
    const { token } = await right.call<{ token: string }>("POST", "/api/v2/authorizations", {
      orgID: right.orgId,
      status: "inactive",
      permissions: [{ action: "read", resource: { type: "orgs" } }],
    });
    await at(right.url, { operatorToken: token });
    await engine.up(new Map([["c", { org: "acme", readChecks: true }]]));
    expect(messages()).toContainEqual(
      expect.stringMatching(
        /^cannot tell whose .* 401 "token is inactive": the token from INFLUX_TOKEN is switched off: set it active/,
      ),
    );
  });
});
