import type { RequestListener } from "node:http";
import * as https from "node:https";
import { setUpAuthority } from "../../support/certificates";
import { reverseProxyTo } from "../../support/reverseProxy";
import { startProxy } from "../../support/proxy";
import { type Relay, startRelay } from "../../support/relay";
import { setUpRun } from "../../support/testRun";

const POST = "POST /api/v2/authorizations";
const LIST = "GET /api/v2/authorizations";

const relays: Relay[] = [];
afterEach(async () => {
  for (const relay of relays.splice(0)) await relay.close();
});
const authority = setUpAuthority();
const run = setUpRun();

const create = (host: string, connection: object = {}, more: object = {}) =>
  run.create({ host, retries: 2, ...connection }, more);

async function relayTo(port: number): Promise<Relay> {
  const relay = await startRelay(port);
  relays.push(relay);
  return relay;
}

/** InfluxDB behind TLS, and a relay in front of that. */
async function secured(
  name: string,
  options: https.ServerOptions = {},
  intercept?: (...exchange: Parameters<RequestListener>) => boolean,
): Promise<{ relay: Relay; url: string }> {
  const { key, cert } = await authority.issue(name);
  const front = https.createServer({ key, cert, ...options }, reverseProxyTo(run.server.url, intercept));
  const relay = await relayTo(await run.servers.listen(front));
  return { relay, url: `https://${name}:${relay.port}` };
}

const trusting = (): object => ({ caFile: authority.caFile });

describe("a byte that is changed on the way, after the handshake", () => {
  it.each<["there" | "back", number]>([
    ["back", 1],
    ["there", 0],
  ])("%s, leaves open whether a token was made: it is looked for", async (direction, before) => {
    let isArmed = true;
    const { relay, url } = await secured("127.0.0.1", {}, ({ method }) => {
      if (method === "POST" && isArmed && direction === "back") {
        isArmed = false;
        relay.damage = "back";
      }
      return false;
    });
    // The handshake is over, and InfluxDB is known.
    await create(url, trusting(), { org: "nowhere" }).catch(() => undefined);
    run.server.countRequests();
    if (direction === "there") relay.damage = "there";
    const { outs } = await create(url, trusting());
    expect(run.madeTokens()).toEqual([outs.token]);
    const counts = run.server.countRequests();
    expect(counts[POST]).toBe(1 + before);
    expect(counts[LIST]).toBe(1);
  });

  it("is named as the reason where it goes on", async () => {
    const { relay, url } = await secured("127.0.0.1", {}, ({ method }) => {
      if (method === "POST") relay.damage = "back";
      return false;
    });
    await expect(create(url, { ...trusting(), retries: 0 })).rejects.toThrow(
      /something on the way changes what is sent: try again/,
    );
    expect(run.madeTokens()).toEqual([]);
  });
});

describe("a connection that was never open", () => {
  it.each(["directly", "in a tunnel"])("is a proof that nothing was done, %s", async (way) => {
    const name = way === "directly" ? "127.0.0.1" : "influxdb.test";
    const proxy = await startProxy();
    run.begin({ env: { HTTPS_PROXY: proxy.url } });
    const { relay, url } = await secured(name);
    try {
      // InfluxDB is known, so the next request is what makes a token.
      const connection = { ...trusting(), timeoutMs: 1_000 };
      await create(url, connection);
      // The handshake of the next connection never ends.
      await relay.cut();
      relay.mishap = "mute";
      run.server.countRequests();
      await expect(create(url, connection)).rejects.toThrow(
        /^cannot create the token: no answer from .*: 1000 ms are over: the server did not answer in time: try again, or raise connection.timeoutMs$/,
      );
      const { connections } = relay;
      expect(connections()).toBe(2);
      relay.mishap = undefined;
      expect(run.server.countRequests()).toEqual({});
      expect(run.madeTokens()).toHaveLength(1);
    } finally {
      await relay.cut();
      await proxy.close();
    }
  });

  it("is tried again, also with what makes a token: its handshake broke", async () => {
    const { relay, url } = await secured("127.0.0.1");
    await create(url, trusting());
    await relay.cut();
    relay.mishap = "reset";
    run.server.countRequests();
    const creating = create(url, trusting());
    while (relay.connections() < 2) await new Promise(setImmediate);
    relay.mishap = undefined;
    await creating;
    expect(run.server.countRequests()).toEqual({ [POST]: 1 });
    expect(run.madeTokens()).toHaveLength(2);
  });
});

describe("a connection that was open", () => {
  it("proves nothing, though it broke before anything was answered", async () => {
    const relay = await relayTo(Number(new URL(run.server.url).port));
    const url = `http://127.0.0.1:${relay.port}`;
    await create(url);
    await relay.cut();
    relay.mishap = "swallow";
    run.server.countRequests();
    const creating = create(url);
    while (relay.connections() < 2) await new Promise(setImmediate);
    relay.mishap = undefined;
    await creating;
    expect(run.server.countRequests()).toMatchObject({ [POST]: 1, [LIST]: 1 });
    expect(run.madeTokens()).toHaveLength(2);
  });
});

describe("what TLS 1.3 reports after the handshake", () => {
  it("is a client certificate that is missing: nothing is made, and nothing is looked for", async () => {
    const wanting = {
      ca: authority.cert,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: "TLSv1.3",
    } as const;
    const { url } = await secured("127.0.0.1", wanting);
    await expect(create(url, trusting(), { description: "ci" })).rejects.toThrow(
      /^cannot create the token "ci": no answer from .*: the server wants a client certificate: give connection.certFile/,
    );
    expect([run.server.countRequests(), run.madeTokens()]).toEqual([{}, []]);
  });
});
