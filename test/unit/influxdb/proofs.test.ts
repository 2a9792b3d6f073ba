import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import * as https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Authority, makeAuthority } from "../../support/certificates";
import { type FaultProxy, startFaultProxy } from "../../support/faultProxy";
import { inFrontOf } from "../../support/front";
import { startServer, type TestServer } from "../../support/influxdb";
import { checked, host, newRun } from "../../support/providerHost";
import { startProxy } from "../../support/proxy";
import { type Relay, startRelay } from "../../support/relay";
import { Servers } from "../../support/serving";

const POST = "POST /api/v2/authorizations";
const LIST = "GET /api/v2/authorizations";

let authority: Authority;
let folder: string;
let server: TestServer;
const servers = new Servers();
const relays: Relay[] = [];

beforeAll(async () => {
  authority = await makeAuthority();
  folder = mkdtempSync(join(tmpdir(), "proofs-"));
  writeFileSync(join(folder, "ca.pem"), authority.cert);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  await newRun();
  server = await startServer();
});
afterEach(async () => {
  for (const relay of relays.splice(0)) await relay.close();
  await servers.end();
  await server.close();
});

const made = (): string[] =>
  server
    .authorizations()
    .slice(1)
    .map(({ token }) => token);

async function create(url: string, connection: object = {}, more: object = {}) {
  const given = { host: url, token: server.operatorToken, retries: 2, ...connection };
  return host.create(await checked({ orgId: server.orgId, readTasks: true, connection: given, ...more }));
}

async function relayTo(port: number): Promise<Relay> {
  const relay = await startRelay(port);
  relays.push(relay);
  return relay;
}

/** InfluxDB behind TLS, and a relay in front of that. */
async function secured(
  name: string,
  options: https.ServerOptions = {},
  intercept: (...exchange: Parameters<RequestListener>) => boolean = () => false,
): Promise<{ relay: Relay; url: string }> {
  const { key, cert } = await authority.issue(name);
  const front = https.createServer({ key, cert, ...options }, inFrontOf(server.url, intercept));
  const relay = await relayTo(await servers.listen(front));
  return { relay, url: `https://${name}:${relay.port}` };
}

const trusting = (): object => ({ caFile: join(folder, "ca.pem") });

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
    await create(url, trusting(), { org: "nowhere", orgId: undefined }).catch(() => undefined);
    server.countRequests();
    if (direction === "there") relay.damage = "there";
    const { outs } = await create(url, trusting());
    expect(made()).toEqual([outs.token]);
    const counts = server.countRequests();
    expect(counts[POST]).toBe(1 + before);
    expect(counts[LIST]).toBe(1);
  });

  it("is told as such where it goes on", async () => {
    const { relay, url } = await secured("127.0.0.1", {}, ({ method }) => {
      if (method === "POST") relay.damage = "back";
      return false;
    });
    await expect(create(url, { ...trusting(), retries: 0 })).rejects.toThrow(
      /something on the way changes what is sent: try again/,
    );
    expect(made()).toEqual([]);
  });
});

describe("a connection that was never open", () => {
  it.each(["directly", "in a tunnel"])("is a proof that nothing was done, %s", async (way) => {
    const name = way === "directly" ? "127.0.0.1" : "influxdb.test";
    const proxy = await startProxy();
    const saved = process.env;
    process.env = { ...saved, HTTPS_PROXY: proxy.url, NO_PROXY: "" };
    const { relay, url } = await secured(name);
    try {
      await create(url, trusting());
      // The handshake of the next connection never ends.
      await relay.cut();
      relay.mishap = "mute";
      server.countRequests();
      await expect(create(url, { ...trusting(), timeoutMs: 1_000 })).rejects.toThrow(/1000 ms are over/);
      const { connections } = relay;
      expect(connections()).toBe(2);
      relay.mishap = undefined;
      expect(server.countRequests()).toEqual({});
      expect(made()).toHaveLength(1);
    } finally {
      process.env = saved;
      await relay.cut();
      await proxy.close();
    }
  });

  it("is tried again, also with what makes a token: its handshake broke", async () => {
    const { relay, url } = await secured("127.0.0.1");
    await create(url, trusting());
    await relay.cut();
    relay.mishap = "reset";
    server.countRequests();
    const creating = create(url, trusting());
    while (relay.connections() < 2) await new Promise(setImmediate);
    relay.mishap = undefined;
    await creating;
    expect(server.countRequests()).toEqual({ [POST]: 1 });
    expect(made()).toHaveLength(2);
  });
});

describe("a connection that was open", () => {
  it("proves nothing, though it broke before anything was answered", async () => {
    const relay = await relayTo(Number(new URL(server.url).port));
    const url = `http://127.0.0.1:${relay.port}`;
    await create(url);
    await relay.cut();
    relay.mishap = "swallow";
    server.countRequests();
    const creating = create(url);
    while (relay.connections() < 2) await new Promise(setImmediate);
    relay.mishap = undefined;
    await creating;
    expect(server.countRequests()).toMatchObject({ [POST]: 1, [LIST]: 1 });
    expect(made()).toHaveLength(2);
  });
});

describe("what is only set up wrongly fails before anything is made, and nothing is looked for:", () => {
  const nothingDone = (): void => {
    const { [POST]: posts = 0, [LIST]: lists = 0 } = server.countRequests();
    expect([posts, lists, made()]).toEqual([0, 0, []]);
  };

  it("a client certificate that is missing, of which TLS 1.3 tells after the handshake", async () => {
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
    nothingDone();
  });

  it.each<[string, number, Record<string, string>, RegExp]>([
    [
      "a proxy that wants a password",
      401,
      { "WWW-Authenticate": "Basic" },
      /something in front of it refuses the/,
    ],
    ["a firewall", 403, {}, /something in front of it refuses the request/],
    [
      "an address that redirects",
      308,
      { Location: "https://elsewhere.test" },
      /it redirects, and a token is never sent/,
    ],
    ["another service", 404, {}, /a web page answers there, not InfluxDB: does a proxy/],
    ["a gateway that is busy", 429, { "Retry-After": "0" }, /busy: try again later/],
    [
      "a gateway without InfluxDB",
      503,
      { "Retry-After": "0" },
      /still starting, or a proxy does not reach it/,
    ],
    [
      "a gateway that answers all with a page",
      200,
      { "Content-Type": "text/html" },
      /a web page answers there/,
    ],
  ])("%s", async (_what, status, headers, advice) => {
    const url = await servers.serve((_request, response) => {
      response.writeHead(status, headers).end("<html>hello</html>");
    });
    const creating = create(url, { retries: 1 }, { description: "ci" });
    await expect(creating).rejects.toThrow(advice);
    await expect(creating).rejects.toThrow(
      new RegExp(
        `^cannot create the token "ci": ${url} answered GET /ping with ${status} and GET /api/v2/me with ${status}, without InfluxDB's own headers such as X-Influxdb-Version: .*: nothing was made$`,
      ),
    );
    nothingDone();
  });
});

describe("the first answer of InfluxDB's own", () => {
  it("is asked for once by creates that begin together, and never again", async () => {
    const all = Array.from({ length: 20 }, (_, n) => create(server.url, {}, { description: `${n}` }));
    await Promise.all(all);
    await create(server.url);
    expect(server.countRequests()).toEqual({ "GET /ping": 1, [POST]: 21 });
  });

  it("may be that to any look-up", async () => {
    await create(server.url, {}, { org: "acme", orgId: undefined });
    expect(server.countRequests()).toEqual({ "GET /api/v2/orgs": 1, [POST]: 1 });
  });

  it("is taken from the API where a gateway lets nothing else through, whatever its status", async () => {
    const url = await servers.serve(
      inFrontOf(server.url, ({ url = "" }, response) => {
        if (url.startsWith("/api/v2/me")) response.writeHead(500, { "x-platform-error-code": "x" }).end();
        else if (!url.startsWith("/api/")) response.writeHead(404).end("<html>no</html>");
        else return false;
        return true;
      }),
    );
    await create(url);
    expect(made()).toHaveLength(1);
  });

  it("is asked for again by the next create where it did not come", async () => {
    let isReady = false;
    const url = await servers.serve(
      inFrontOf(server.url, (_request, response) => {
        if (!isReady) response.writeHead(503).end();
        return !isReady;
      }),
    );
    await expect(create(url, { retries: 0 })).rejects.toThrow(/nothing was made$/);
    isReady = true;
    await create(url, { retries: 0 });
    expect(made()).toHaveLength(1);
  });
});

describe("a list of tokens that proves nothing", () => {
  /** Loses the answer to the first request that makes a token. */
  async function losingAnswer(url = server.url): Promise<FaultProxy> {
    let isLost = false;
    return startFaultProxy(url, ({ method }) => {
      if (method !== "POST" || isLost) return undefined;
      isLost = true;
      return "drop after";
    });
  }

  it("is one that a cache gives: the server is asked on", async () => {
    let lists = 0;
    const cache = await servers.serve(
      inFrontOf(server.url, (request, response) => {
        if (request.url?.includes("/authorizations?") !== true) return false;
        lists += 1;
        if (lists > 1) return false;
        response.writeHead(200, { "Content-Type": "application/json" }).end('{"authorizations":[]}');
        return true;
      }),
    );
    const losing = await losingAnswer(cache);
    const { outs } = await create(losing.url);
    expect(made()).toEqual([outs.token]);
    await losing.close();
  });

  it("is the empty one of a caller that may not read tokens: nothing more is made, and it says so", async () => {
    const grants = [
      ["write", "authorizations"],
      ["write", "users"],
      ["read", "tasks"],
    ] as const;
    const permissions = grants.map(([action, type]) => ({ action, resource: { type } }));
    const body = { orgID: server.orgId, permissions };
    const { token } = await server.call<{ token: string }>("POST", "/api/v2/authorizations", body);
    const losing = await losingAnswer();
    await expect(create(losing.url, { token }, { description: "ci" })).rejects.toThrow(
      /it may have been made all the same, and looking for it failed \(the token from connection.token may not read tokens\): look for a token "ci"/,
    );
    expect(made()).toHaveLength(2);
    await losing.close();
  });
});
