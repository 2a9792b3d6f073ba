import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reverseProxyTo } from "../support/reverseProxy";
import { startServer, type TestServer } from "../support/influxdb";
import { type Entry, MiniEngine } from "../support/miniEngine";
import { newProvider, type ProviderHost } from "../support/providerHost";
import { Servers } from "../support/serving";

let host: ProviderHost;

const servers = new Servers();
let right: TestServer;
let wrong: TestServer;
let engine: MiniEngine;
let home: string;
const base = { org: "acme", readTasks: true };
const declared = new Map(["a", "b"].map((name) => [name, { ...base, description: name }]));

/** A run with this environment and this stack config. */
function run(env: Record<string, string>, config: Record<string, string> = {}): void {
  host = newProvider({ config, env: { INFLUX_CONFIGS_PATH: join(home, "configs"), ...env } });
  engine.host = host;
}

/** The address comes from the environment, as where one machine differs from the next. */
function at(url: string, { operatorToken }: Pick<TestServer, "operatorToken"> = right): void {
  run({ INFLUX_HOST: url, INFLUX_TOKEN: operatorToken });
}

/** Another address of the same server, or a clone of it that knows every id. */
function secondAddress(): Promise<string> {
  return servers.serve(reverseProxyTo(right.url));
}

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "influx-home-"));
  [right, wrong] = await Promise.all([startServer(), startServer()]);
  engine = new MiniEngine(newProvider());
  at(right.url);
  await engine.up(declared);
  expect(engine.errors).toEqual([]);
});
afterEach(async () => {
  rmSync(home, { recursive: true });
  await Promise.all([right.close(), wrong.close(), servers.end()]);
});

const recorded = (): string => JSON.stringify([...engine.state]);
const messages = (): string[] => engine.errors.map(({ message }) => message).sort();
const entry = (name = "a"): Entry => engine.state.get(name) ?? { id: "", inputs: {}, outs: {} as never };
const idsOn = (server: TestServer): string[] => server.authorizations().map(({ id }) => id);

describe("a run whose INFLUX_HOST is another than the recorded host, and that nothing else names", () => {
  it.each(["a server that never had the tokens", "a clone that knows their ids"])(
    "fails in everything it does, names both and sends nothing: %s",
    async (what) => {
      const isClone = what.startsWith("a clone");
      const url = isClone ? await secondAddress() : wrong.url;
      const before = recorded();
      [right, wrong].forEach((server) => server.countRequests());
      at(url, isClone ? right : wrong);
      const { id, inputs, outs } = entry();

      const both = (message: string): void => {
        expect(message).toContain(right.url);
        expect(message).toContain(url);
        expect(message).toContain("INFLUX_HOST");
      };
      const { failures } = await host.check(inputs, { ...base, description: "new" });
      expect(failures).toHaveLength(1);
      both(failures[0]?.reason ?? "");
      const failed = await Promise.allSettled([
        host.read(id, outs),
        host.update(id, outs, { ...inputs, description: "new" }),
        host.delete(id, outs),
      ]);
      for (const one of failed) both(one.status === "rejected" ? (one.reason as Error).message : "");

      await engine.refresh();
      await engine.up(declared);
      await engine.up(new Map());
      expect(recorded()).toBe(before);
      expect([right.countRequests(), wrong.countRequests()]).toEqual([{}, {}]);
    },
  );

  it("does not matter to a new token", async () => {
    at(wrong.url, wrong);
    engine.state.clear();
    await engine.up(declared);
    expect(messages()).toEqual([]);
    expect(entry().outs.host).toBe(wrong.url);
  });
});

describe("a server that got another address", () => {
  const configFor = (url: string): Record<string, string> => ({
    "influx-token:host": url,
    "influx-token:token": right.operatorToken,
  });

  it("is asked for the tokens where the stack config names it, and their host is changed in place", async () => {
    const url = await secondAddress();
    run({}, configFor(url));
    const before = new Map(engine.state);
    const { inputs } = await host.check(entry().inputs, { ...base, description: "a" });
    expect(inputs.host).toBe(url);
    expect(await host.diff(entry().id, entry().outs, inputs)).toMatchObject({ changes: true, replaces: [] });
    right.countRequests();
    await engine.up(declared);
    expect(messages()).toEqual([]);
    expect(right.countRequests()).toEqual({ "GET /api/v2/authorizations/{id}": 2 });
    for (const [name, { id, outs }] of engine.state) {
      expect({ id, outs }).toEqual({
        id: before.get(name)?.id,
        outs: { ...before.get(name)?.outs, host: url },
      });
    }
    await engine.up(declared);
    expect(right.countRequests()).toEqual({});
  });

  it("is recorded by a refresh as well, among outputs and inputs", async () => {
    const url = await secondAddress();
    run({}, configFor(url));
    await engine.refresh();
    expect(messages()).toEqual([]);
    expect(entry()).toMatchObject({ inputs: { host: url }, outs: { host: url } });
  });

  it("takes a change along by one request", async () => {
    const url = await secondAddress();
    run({ INFLUX_TOKEN: right.operatorToken });
    right.countRequests();
    await engine.up(
      new Map([
        ["a", { ...base, description: "new", connection: { host: url } }],
        ["b", { ...base, description: "b", connection: { host: url } }],
      ]),
    );
    expect(messages()).toEqual([]);
    expect(right.countRequests()).toEqual({
      "GET /api/v2/authorizations/{id}": 1,
      "PATCH /api/v2/authorizations/{id}": 1,
    });
    expect(entry().outs).toMatchObject({ host: url, description: "new" });
  });

  it("has a token that is replaced by the way deleted at the named address", async () => {
    const url = await secondAddress();
    for (const [connection, config] of [
      [{ host: url }, {}],
      [undefined, { "influx-token:host": right.url, "influx-token:token": right.operatorToken }],
    ] as const) {
      run({ INFLUX_TOKEN: right.operatorToken }, config);
      const old = entry().id;
      const keepers = { at: connection?.host ?? "config" };
      await engine.up(new Map([["a", { ...base, keepers, ...(connection && { connection }) }]]));
      expect(messages()).toEqual([]);
      expect(idsOn(right)).not.toContain(old);
      expect(entry().outs.host).toBe(connection?.host ?? right.url);
    }
  });

  it("is the wrong one where it does not know the token: an error that names both, and nothing is lost", async () => {
    const before = recorded();
    const both = `made on ${right.url} and is not on ${wrong.url}`;
    const elsewhere = { "influx-token:host": wrong.url, "influx-token:token": wrong.operatorToken };
    run({}, elsewhere);
    await engine.refresh();
    await engine.up(declared);
    await engine.up(new Map());
    expect(messages()).toEqual(Array(6).fill(expect.stringContaining(both)));
    expect(recorded()).toBe(before);
    expect(idsOn(right)).toHaveLength(3);
    expect(idsOn(wrong)).toHaveLength(1);
  });
});

describe("a profile that names another server", () => {
  beforeEach(() => {
    writeFileSync(
      join(home, "configs"),
      `[other]\nurl = "${wrong.url}"\ntoken = "${wrong.operatorToken}"\nactive = true\n`,
    );
    run({ INFLUX_TOKEN: right.operatorToken });
  });

  it("is not looked at for a token that exists", async () => {
    await engine.refresh();
    await engine.up(
      new Map([
        ["a", { ...base, description: "new" }],
        ["b", { ...base, description: "b" }],
      ]),
    );
    expect(messages()).toEqual([]);
    expect(entry().outs).toMatchObject({ host: right.url, description: "new" });
    expect(wrong.countRequests()).toEqual({});
  });

  it("does not get the token that replaces one on the recorded server", async () => {
    const old = entry().id;
    await engine.up(
      new Map([
        ["a", { ...base, keepers: { a: "1" } }],
        ["b", { ...base, description: "b" }],
      ]),
    );
    expect(messages()).toEqual([]);
    expect(entry().id).not.toBe(old);
    expect(entry().outs.host).toBe(right.url);
    expect(wrong.countRequests()).toEqual({});
  });

  it("never has its token sent to the recorded server", async () => {
    run({});
    right.countRequests();
    await engine.refresh();
    expect(messages()).toEqual(Array(2).fill(expect.stringContaining(right.url)));
    expect(messages()[0]).toContain(wrong.url);
    expect(messages()[0]).not.toContain(wrong.operatorToken);
    expect(right.countRequests()).toEqual({});
  });
});

describe("a token that is missing on the server that made it", () => {
  it("is gone", async () => {
    for (const { id } of [...engine.state.values()])
      await right.call("DELETE", `/api/v2/authorizations/${id}`);
    await engine.refresh();
    expect(engine.errors).toEqual([]);
    expect(engine.state.size).toBe(0);
  });
});

describe("a caller that is switched off", () => {
  it("is named as the reason, though the server answers its look-ups with empty lists", async () => {
    const { token } = await right.call<{ token: string }>("POST", "/api/v2/authorizations", {
      orgID: right.orgId,
      status: "inactive",
      permissions: [{ action: "read", resource: { type: "orgs" } }],
    });
    at(right.url, { operatorToken: token });
    await engine.up(new Map([["c", { org: "acme", readChecks: true }]]));
    expect(messages()).toContainEqual(
      expect.stringMatching(
        /^cannot tell whose .* 401 "token is inactive": the token from INFLUX_TOKEN is switched off: set it active/,
      ),
    );
  });
});
