import { createProvider } from "../../provider/createProvider";
import { WIRE_UNKNOWN } from "../../provider/pulumiHost/wireValues";
import type { InfluxTokenInputs } from "../../provider/token/inputs";
import { startFaultProxy } from "../support/faultProxy";
import { newProvider, type ProviderHost, stateAt } from "../support/providerHost";
import { setUpRun } from "../support/testRun";

const HOST = "http://127.0.0.1:1";
const ID = "00000000000000d1";

afterEach(() => {
  jest.restoreAllMocks();
});

describe("inputs", () => {
  const host = newProvider({ config: { "influx-token:host": HOST, "influx-token:token": "t" } });

  it("are left open only where they depend on a setting of the connection that is not known yet", async () => {
    const check = (connection: object): Promise<InfluxTokenInputs> =>
      host.checked({ org: "acme", readTasks: true, connection });
    expect(await check({ host: WIRE_UNKNOWN })).toMatchObject({ host: WIRE_UNKNOWN });
    for (const setting of ["token", "retries", "caFile", "activeConfig"]) {
      expect(await check({ [setting]: WIRE_UNKNOWN })).toMatchObject({
        host: HOST,
        permissions: { "orgs/acme/tasks": "read" },
      });
    }
    const connection = { timeoutMs: WIRE_UNKNOWN, retries: -1 };
    const { failures } = await host.check({}, { org: "acme", readTasks: true, connection });
    expect(failures).toMatchObject([{ property: "connection.retries" }]);
  });

  it("keep the organization open where its profile is not known yet", async () => {
    const inputs = await host.checked({ readTasks: true, connection: { activeConfig: WIRE_UNKNOWN } });
    expect(inputs).toMatchObject({ org: WIRE_UNKNOWN, permissions: WIRE_UNKNOWN, host: HOST });
    const olds = await host.checked({ org: "acme", readTasks: true });
    const open = { readTasks: true, connection: WIRE_UNKNOWN };
    expect((await host.check(olds, open)).inputs).toMatchObject({ org: "acme", host: WIRE_UNKNOWN });
  });

  it("are without the text that loads the provider, also among the old ones", async () => {
    const declared = { org: "acme", readTasks: true };
    const inputs = await host.checked({ ...declared, __provider: "stub" });
    expect(inputs).not.toHaveProperty("__provider");
    const again = await host.check({ ...inputs, __provider: "stub" }, { ...inputs, __provider: "stub" });
    expect(again).toEqual({ inputs, failures: [] });
  });

  it("are refused with a reason where the host gives none", async () => {
    for (const none of [null, undefined]) {
      expect((await host.check(none, none)).failures).not.toEqual([]);
    }
  });
});

describe("what happens to a token", () => {
  const run = setUpRun();

  it("is a blank id where it is gone", async () => {
    const { id, outs } = await run.create();
    expect((await run.host.read(id, outs)).id).toBe(id);
    await run.server.call("DELETE", `/api/v2/authorizations/${id}`);
    expect(await run.host.read(id, outs)).toEqual({ id: "" });
  });

  it("is an error with id, properties and reasons where it is an orphan: made, and of no use", async () => {
    const proxy = await startFaultProxy(run.server.url, ({ method }) => {
      if (method === "DELETE") return "404 before";
      return method === "POST" ? "widen" : undefined;
    });
    const error = await run.create({ host: proxy.url, retries: 0 }).catch((reason: unknown) => reason);
    await proxy.close();
    const [orphan] = run.made();
    expect(error).toMatchObject({ id: orphan?.id, reasons: [(error as Error).message] });
    const { properties } = error as { properties: object };
    expect(properties).not.toHaveProperty("token");
    expect(properties).toMatchObject({ orgId: run.server.orgId, host: proxy.url });
  });
});

describe("a failure, which Pulumi's host prints as `${error}: ${error.stack}` beside what the engine prints", () => {
  it("of read and delete is printed by the engine only", async () => {
    const host = newProvider();
    const state = stateAt(HOST, { token: "t", retries: 0, timeoutMs: 200 });
    const print = jest.spyOn(console, "error").mockReturnValue();
    const failures: Error[] = [];
    const failed = (error: unknown): void => {
      console.error(`${String(error)}: ${(error as Error).stack ?? ""}`);
      console.error("something else");
      failures.push(error as Error);
    };
    await Promise.all([
      host.delete(ID, state).catch(failed),
      host.delete(ID, state).catch(failed),
      host.read(ID, state).catch(failed),
    ]);
    expect(print.mock.calls).toEqual(Array(3).fill(["something else"]));
    for (const { message, stack } of failures) {
      expect(message).toMatch(/^cannot (read|delete) the token \w+: no answer from .*: ECONNREFUSED: /);
      expect(stack).not.toMatch(/\n +at /);
    }
  });
});

// The only test that replaces what belongs to the process: everywhere else a provider is given its own.
describe("a provider that is given nothing", () => {
  it("takes the environment of its process, and warns and logs on its console", async () => {
    const saved = process.env;
    const url = "http://influxdb.invalid";
    process.env = { ...saved, INFLUX_HOST: url, INFLUX_ORG: "from the environment", NO_PROXY: "*" };
    const [warn, error] = [jest.spyOn(console, "warn"), jest.spyOn(console, "error")];
    for (const method of [warn, error]) method.mockReturnValue();
    try {
      const provider = createProvider() as unknown as ProviderHost;
      const { inputs } = await provider.check({}, { readTasks: true });
      expect(inputs).toMatchObject({ host: url, org: "from the environment" });
      const state = stateAt(url, { token: "t", retries: 0, httpDebug: true });
      await expect(provider.read(ID, state)).rejects.toThrow(url);
      expect(warn.mock.calls).toEqual([[expect.stringMatching(/^InfluxToken: warning: /)]]);
      expect(error.mock.calls).toEqual([[expect.stringContaining(`> GET ${url}/`)]]);
    } finally {
      process.env = saved;
    }
  });
});
