import { type FaultProxy, startFaultProxy } from "../../support/faultProxy";
import { setUpRun } from "../../support/testRun";

const POST = "POST /api/v2/authorizations";
const LIST = "GET /api/v2/authorizations";

const run = setUpRun();

const create = (host: string, connection: object = {}, more: object = {}) =>
  run.create({ host, retries: 2, ...connection }, more);

describe("a gateway that is busy", () => {
  /** Answers requests that make tokens in InfluxDB's place, so many times. */
  const busy = (times: number, retryAfter: string): Promise<string> =>
    run.reverseProxy(({ method }, response) => {
      if (method !== "POST" || times === 0) return false;
      times -= 1;
      response.writeHead(429, { "Retry-After": retryAfter }).end();
      return true;
    });

  it("is asked again when it said so, after a look for what it may have let through", async () => {
    const begin = Date.now();
    const { outs } = await create(await busy(1, "1"));
    expect(Date.now() - begin).toBeGreaterThan(950);
    expect(run.madeTokens()).toEqual([outs.token]);
    expect(run.server.countRequests()).toMatchObject({ [POST]: 1, [LIST]: 1 });
  });

  it("is not waited for beyond connection.timeoutMs: no retry, the create fails at once", async () => {
    const begin = Date.now();
    await expect(create(await busy(9, "3600"))).rejects.toThrow(/answered 429/);
    expect(Date.now() - begin).toBeLessThan(2_000);
    expect(run.madeTokens()).toEqual([]);
  });
});

describe("what is only set up wrongly fails before anything is made, and nothing is looked for:", () => {
  const nothingDone = (): void => {
    const { [POST]: posts = 0, [LIST]: lists = 0 } = run.server.countRequests();
    expect([posts, lists, run.madeTokens()]).toEqual([0, 0, []]);
  };

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
    const url = await run.servers.serve((_request, response) => {
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
    const all = Array.from({ length: 20 }, (_, n) => create(run.server.url, {}, { description: `${n}` }));
    await Promise.all(all);
    await create(run.server.url);
    expect(run.server.countRequests()).toEqual({ "GET /ping": 1, [POST]: 21 });
  });

  it("may be that to any look-up", async () => {
    await create(run.server.url, {}, { org: "acme" });
    expect(run.server.countRequests()).toEqual({ "GET /api/v2/orgs": 1, [POST]: 1 });
  });

  it("is taken from the API where a gateway lets nothing else through, whatever its status", async () => {
    const url = await run.reverseProxy(({ url = "" }, response) => {
      if (url.startsWith("/api/v2/me")) response.writeHead(500, { "x-platform-error-code": "x" }).end();
      else if (!url.startsWith("/api/")) response.writeHead(404).end("<html>no</html>");
      else return false;
      return true;
    });
    await create(url);
    expect(run.madeTokens()).toHaveLength(1);
  });

  it("is asked for again by the next create where it did not come", async () => {
    let isReady = false;
    const url = await run.reverseProxy((_request, response) => {
      if (!isReady) response.writeHead(503).end();
      return !isReady;
    });
    await expect(create(url, { retries: 0 })).rejects.toThrow(/nothing was made$/);
    isReady = true;
    await create(url, { retries: 0 });
    expect(run.madeTokens()).toHaveLength(1);
  });
});

describe("a list of tokens that proves nothing", () => {
  /** Loses the answer to the first request that makes a token. */
  async function losingAnswer(url = run.server.url): Promise<FaultProxy> {
    let isLost = false;
    return startFaultProxy(url, ({ method }) => {
      if (method !== "POST" || isLost) return undefined;
      isLost = true;
      return "drop after";
    });
  }

  it("is one that a cache gives: the server is asked on", async () => {
    let lists = 0;
    const cache = await run.reverseProxy((request, response) => {
      if (request.url?.includes("/authorizations?") !== true) return false;
      lists += 1;
      if (lists > 1) return false;
      response.writeHead(200, { "Content-Type": "application/json" }).end('{"authorizations":[]}');
      return true;
    });
    const losing = await losingAnswer(cache);
    const { outs } = await create(losing.url);
    expect(run.madeTokens()).toEqual([outs.token]);
    await losing.close();
  });

  it("is the empty one of a caller that may not read tokens: nothing more is made, and it says so", async () => {
    const grants = [
      ["write", "authorizations"],
      ["write", "users"],
      ["read", "tasks"],
    ] as const;
    const permissions = grants.map(([action, type]) => ({ action, resource: { type } }));
    const body = { orgID: run.server.orgId, permissions };
    const { token } = await run.server.call<{ token: string }>("POST", "/api/v2/authorizations", body);
    const losing = await losingAnswer();
    await expect(create(losing.url, { token }, { description: "ci" })).rejects.toThrow(
      /it may have been made all the same, and looking for it failed \(the token from connection.token may not read tokens\): look for a token "ci"/,
    );
    expect(run.madeTokens()).toHaveLength(2);
    await losing.close();
  });
});
