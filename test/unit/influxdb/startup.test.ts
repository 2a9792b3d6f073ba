import dns from "node:dns";
import type { IncomingMessage } from "node:http";
import { type FaultProxy, startFaultProxy } from "../../support/faultProxy";
import { stateAt } from "../../support/providerHost";
import { setUpRun } from "../../support/testRun";

const POST = "POST /api/v2/authorizations";
const REFUSED =
  /ECONNREFUSED: nothing listens there: is InfluxDB running, and is the address from connection.host right\?$/;
const ID = "00000000000000d1";

const run = setUpRun();
let proxy: FaultProxy;
let seen: string[];

beforeEach(async () => {
  seen = [];
  proxy = await startFaultProxy(run.server.url, ({ method = "", url = "" }: IncomingMessage) => {
    seen.push(`${method} ${url}`);
    return undefined;
  });
  await proxy.kill();
});
afterEach(() => proxy.close().catch(() => undefined));

const connection = (timeoutMs: number, url = proxy.url) => ({
  host: url,
  token: run.server.operatorToken,
  retries: 0,
  timeoutMs,
});

const create = (n: number, timeoutMs: number) =>
  run.create(connection(timeoutMs), { org: "acme", description: `${n}` });

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("a server at whose address nobody listens yet", () => {
  it("is waited for by every request, and by all of them together", async () => {
    const making = Array.from({ length: 30 }, (_, n) => create(n, 20_000));
    await sleep(700);
    await proxy.restart();
    const made = await Promise.all(making);
    expect(new Set(made.map(({ id }) => id)).size).toBe(30);
    const counts = run.server.countRequests();
    expect(counts[POST]).toBe(30);
    expect(counts["GET /api/v2/orgs"]).toBe(1);
    // One looked whether it is there.
    expect(seen.filter((one) => one === "GET /ping").length).toBeLessThanOrEqual(1);
    await proxy.kill();
    // The client takes a moment to notice that its idle connections are closed.
    await sleep(50);
    const steps = made.flatMap(({ id, outs }, n) => [
      n % 2 === 0 ? run.host.read(id, outs) : run.host.delete(id, outs),
    ]);
    await sleep(300);
    await proxy.restart();
    await Promise.all(steps);
    expect(run.server.authorizations()).toHaveLength(1 + 15);
  });

  it("is waited for as long as connection.timeoutMs says, once: what comes then fails at once, with the same advice", async () => {
    const begin = Date.now();
    const together = await Promise.allSettled(Array.from({ length: 40 }, (_, n) => create(n, 800)));
    const waited = Date.now() - begin;
    expect(waited).toBeGreaterThan(700);
    expect(waited).toBeLessThan(2_000);
    for (const result of together) {
      expect(result).toMatchObject({ reason: { message: expect.stringMatching(REFUSED) as unknown } });
    }
    const then = Date.now();
    for (let n = 0; n < 5; n += 1) {
      await expect(create(n, 800)).rejects.toThrow(REFUSED);
      await expect(run.host.read(ID, stateAt(proxy.url, connection(800)))).rejects.toThrow(REFUSED);
    }
    expect(Date.now() - then).toBeLessThan(500);
  });

  it("is gone on with when it comes after all, and waited for again by the next run", async () => {
    await expect(create(1, 1_000)).rejects.toThrow(REFUSED);
    await proxy.restart();
    await create(1, 1_000);
    await proxy.kill();
    await sleep(50);
    await expect(create(2, 1_000)).rejects.toThrow(REFUSED);
    run.begin();
    const making = create(3, 1_000);
    await sleep(300);
    await proxy.restart();
    await making;
    expect(run.server.authorizations()).toHaveLength(1 + 2);
  });

  it("holds up no request to another server", async () => {
    const waiting = create(1, 1_500).catch(() => undefined);
    const begin = Date.now();
    await run.create({ retries: 0, timeoutMs: 1_500 });
    expect(Date.now() - begin).toBeLessThan(1_000);
    await waiting;
  });

  it("is waited for by a name with several addresses as well", async () => {
    // Of this machine's own address nobody hears in the first error of several.
    const addresses = [
      { address: "2001:db8::1", family: 6 },
      { address: "127.0.0.1", family: 4 },
    ];
    const lookup = jest.spyOn(dns, "lookup").mockImplementation(((
      _name: string,
      _options: object,
      found: (error: null, all: object) => void,
    ) => {
      found(null, addresses);
    }) as never);
    const { port } = new URL(proxy.url);
    const begin = Date.now();
    const url = `http://influxdb.test:${port}`;
    const reading = run.host.read(ID, stateAt(url, connection(500, url)));
    await expect(reading).rejects.toThrow(REFUSED);
    expect(Date.now() - begin).toBeGreaterThan(400);
    lookup.mockRestore();
  });
});
