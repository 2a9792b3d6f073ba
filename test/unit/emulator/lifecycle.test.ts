import { Agent, request } from "node:http";
import { startEmulator, type EmulatorOptions } from "../../../emulator";
import { call } from "../../contract/support/http";
import { openApi } from "./support/api";

describe("options", () => {
  it.each<[unknown, string]>([
    [{ port: 65536 }, 'option "port" must be a whole number from 0 to 65535'],
    [{ port: "8086" }, 'option "port" must be a whole number from 0 to 65535'],
    [{ host: "" }, 'option "host" must be a host name or an address'],
    [{ plainTokens: "yes" }, 'option "plainTokens" must be true or false'],
    [{ version: "latest" }, 'option "version" must be a version like "v2.9.1"'],
    [{ resourceTypes: [] }, 'option "resourceTypes" must be a list of resource types'],
    [{ resourceTypes: [""] }, 'option "resourceTypes" must be a list of resource types'],
    [{ now: "2026-01-01" }, 'option "now" must be a function that gives milliseconds'],
    [{ onboard: null }, 'option "onboard" must be an object with username, org and bucket'],
    [
      { onboard: { username: "a", org: "b" } },
      'option "onboard" must be an object with username, org and bucket',
    ],
    [{ prot: 1 }, 'unknown option "prot"; known are port, host'],
  ])("are checked: %j", async (options, message) => {
    const starting = startEmulator(options as EmulatorOptions);
    await expect(starting).rejects.toThrow(TypeError);
    await expect(starting).rejects.toThrow(message);
  });

  it("set which resource types there are, also for the operator", async () => {
    const { emulator, ask } = await openApi({ resourceTypes: ["authorizations", "buckets", "flows"] });
    expect((await ask("GET /api/v2/resources")).body).toEqual(["authorizations", "buckets", "flows"]);
    expect(emulator.authorizations()[0]?.permissions).toHaveLength(6);
    await emulator.close();
  });

  it("set the clock that tokens are dated by", async () => {
    let now = Date.UTC(2020, 0);
    const { emulator, ask } = await openApi({ now: () => now });
    const [made] = emulator.authorizations();
    const { id = "", createdAt = "" } = made ?? {};
    expect(createdAt).toBe("2020-01-01T00:00:00.000Z");
    now += 1_000;
    await ask(`PATCH /api/v2/authorizations/${id}`, { body: { description: "new" } });
    expect(emulator.authorizations()[0]).toMatchObject({ createdAt, updatedAt: "2020-01-01T00:00:01.000Z" });
    await emulator.close();
  });

  it("set the version that is claimed; plain tokens alone claim an older one", async () => {
    for (const [options, version] of [
      [{ plainTokens: true }, "v2.7.12"],
      [{ version: "v3.0.0" }, "v3.0.0"],
    ] as const) {
      const emulator = await startEmulator(options);
      const { headers } = await call(emulator.url, { method: "GET", path: "/ping" });
      expect(headers["x-influxdb-version"]).toBe(version);
      await emulator.close();
    }
  });
});

it("dates its answers by its own clock", async () => {
  const emulator = await startEmulator({ now: () => Date.parse("2020-01-01T00:00:00Z") });
  const { headers } = await call(emulator.url, { method: "GET", path: "/ping" });
  expect(headers["date"]).toBe("Wed, 01 Jan 2020 00:00:00 GMT");
  await emulator.close();
});

it("says which address it cannot listen on", async () => {
  const first = await startEmulator();
  await expect(startEmulator({ port: first.port })).rejects.toThrow(
    `cannot listen on 127.0.0.1:${String(first.port)}: the port is in use`,
  );
  await first.close();
  await expect(startEmulator({ host: "not an address" })).rejects.toThrow(
    "cannot listen on not an address:0: ",
  );
});

it("writes an IPv6 address as URLs want it", async () => {
  const emulator = await startEmulator({ host: "::1" });
  expect(emulator.url).toBe(`http://[::1]:${String(emulator.port)}`);
  expect((await call(emulator.url, { method: "GET", path: "/ping" })).status).toBe(204);
  await emulator.close();
});

it("ends kept connections at once, and may be closed twice", async () => {
  const emulator = await startEmulator();
  const agent = new Agent({ keepAlive: true });
  await new Promise<void>((resolve) => {
    request(`${emulator.url}/ping`, { agent }, (response) => {
      response.resume().on("end", resolve);
    }).end();
  });
  const closedAt = Date.now();
  await emulator.close();
  expect(Date.now() - closedAt).toBeLessThan(1_000);
  await emulator.close();
  agent.destroy();
  await expect(call(emulator.url, { method: "GET", path: "/ping" })).rejects.toThrow("ECONNREFUSED");
});

it("counts requests by endpoint, from the start or the last reset", async () => {
  const { emulator, ask, userId } = await openApi();
  const { requests } = emulator;
  await ask("GET /api/v2/orgs?org=acme");
  await ask("GET /api/v2/orgs?org=other");
  await ask(`GET /api/v2/users/${userId}`);
  await ask(`DELETE /api/v2/users/00000000000000ff`);
  await ask("GET /api/v2/nonsense");
  expect(requests.counts()).toEqual({
    "GET /api/v2/orgs": 2,
    "GET /api/v2/users/{id}": 1,
    "DELETE /api/v2/users/{id}": 1,
    "GET /api/v2/nonsense": 1,
  });
  expect(requests.count("GET /api/v2/orgs")).toBe(2);
  expect(requests.count("/api/v2/users/{id}")).toBe(2);
  expect(requests.total).toBe(5);
  requests.reset();
  expect(requests.total).toBe(0);
  await emulator.close();
});

it("hands out copies: whoever changes them changes nothing", async () => {
  const { emulator } = await openApi();
  const [first] = emulator.authorizations();
  if (first !== undefined) first.status = "inactive";
  expect(emulator.authorizations()[0]?.status).toBe("active");
  await emulator.close();
});
