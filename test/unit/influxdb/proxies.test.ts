import * as https from "node:https";
import { createServer, type RequestListener } from "node:http";
import { setUpAuthority } from "../../support/certificates";
import { reverseProxyTo } from "../../support/reverseProxy";
import { stateAt } from "../../support/providerHost";
import { type Proxy, startProxy } from "../../support/proxy";
import { OWN } from "../../support/serving";
import { setUpRun } from "../../support/testRun";

const ID = "00000000000000d1";
/** Where everything is fine the server says that there is no such token: `read` gives a blank id. */
const GONE = { id: "" };

let proxy: Proxy;
let refuse: Parameters<typeof startProxy>[0];

const authority = setUpAuthority();
const run = setUpRun();

beforeEach(async () => {
  refuse = () => undefined;
  proxy = await startProxy((request, nth) => refuse?.(request, nth));
});
afterEach(() => proxy.close());

const notFound: RequestListener = (_request, response) => {
  response.writeHead(404, { "Content-Type": "application/json", ...OWN });
  response.end('{"code":"not found","message":"authorization not found"}');
};

/** The port of a server with a certificate for the name that only the proxy can resolve. */
async function secure(
  name = "influxdb.test",
  options: https.ServerOptions = {},
  listener = notFound,
): Promise<number> {
  const { key, cert } = await authority.issue(name);
  return run.servers.listen(https.createServer({ key, cert, ...options }, listener));
}

const read = (url: string, connection: object = {}): Promise<{ id: string }> =>
  run.host.read(ID, stateAt(url, { token: "s3cret-t0ken", retries: 0, ...connection }));

describe("a proxy for https", () => {
  it("opens a tunnel, in which TLS is whole: it reads neither the token nor anything else", async () => {
    run.begin({ env: { HTTPS_PROXY: proxy.url } });
    const port = await secure();
    expect(await read(`https://influxdb.test:${port}`, { caFile: authority.caFile })).toEqual(GONE);
    expect(proxy.seen).toEqual([`CONNECT influxdb.test:${port}`]);
    expect(proxy.read()).not.toContain("s3cret");
    expect(proxy.read()).not.toContain("/api/v2");
  });

  it("leaves the certificate to be checked: by caFile, by name, or not at all with skipVerify", async () => {
    run.begin({ env: { HTTPS_PROXY: proxy.url } });
    const url = `https://influxdb.test:${await secure()}`;
    await expect(read(url)).rejects.toThrow(/the certificate is not signed by an authority/);
    expect(await read(url, { skipVerify: true })).toEqual(GONE);
    const other = `https://influxdb.test:${await secure("elsewhere.test")}`;
    await expect(read(other, { caFile: authority.caFile })).rejects.toThrow(
      /the certificate is for another name/,
    );
  });

  it("lets a client certificate through", async () => {
    run.begin({ env: { HTTPS_PROXY: proxy.url } });
    const wanting = { ca: authority.cert, requestCert: true, rejectUnauthorized: true };
    const url = `https://influxdb.test:${await secure("influxdb.test", wanting)}`;
    const { cert, key } = await authority.issue("client");
    const certFile = authority.write("client.pem", cert);
    const keyFile = authority.write("client.key", key);
    expect(await read(url, { caFile: authority.caFile, certFile, keyFile })).toEqual(GONE);
    await expect(read(url, { caFile: authority.caFile })).rejects.toThrow(
      /the server wants a client certificate/,
    );
  });

  it("is asked for one tunnel, however many requests come one after the other", async () => {
    run.begin({ env: { HTTPS_PROXY: proxy.url } });
    const url = `https://influxdb.test:${await secure()}`;
    for (let nth = 0; nth < 5; nth += 1) await read(url, { caFile: authority.caFile });
    expect(proxy.seen).toHaveLength(1);
    await Promise.all(
      Array.from({ length: 60 }, () => read(url, { caFile: authority.caFile, maxConcurrent: 4 })),
    );
    expect(proxy.seen.length).toBeLessThanOrEqual(1 + 4);
  });

  it("gets its user and password, which are in no message and in no log", async () => {
    const url = proxy.url.replace("http://", "http://ann:p%40ss-w0rd@");
    run.begin({ env: { HTTPS_PROXY: url } });
    expect(
      await read(`https://influxdb.test:${await secure()}`, { caFile: authority.caFile, httpDebug: true }),
    ).toEqual(GONE);
    const basic = Buffer.from("ann:p@ss-w0rd").toString("base64");
    expect(proxy.shown).toEqual([`Basic ${basic}`]);
    refuse = () => 403;
    const reading = read("https://influxdb.test:1", { httpDebug: true });
    await expect(reading).rejects.toThrow(
      `cannot read the token ${ID}: the proxy ${proxy.url}, from HTTPS_PROXY, lets nothing through to https://influxdb.test:1: 403: is HTTPS_PROXY right, and may this machine use it? NO_PROXY names the hosts that need no proxy`,
    );
    const written = run.debugLines.join("\n");
    expect(written).toContain("404");
    for (const secret of ["ss-w0rd", basic]) expect(written).not.toContain(secret);
  });

  it("is named where it fails, rather than the server", async () => {
    run.begin({ env: { https_proxy: "127.0.0.1:1" } });
    const down = read("https://influxdb.test");
    await expect(down).rejects.toThrow(
      /the proxy http:\/\/127\.0\.0\.1:1, from https_proxy, lets nothing through to https:\/\/influxdb\.test: ECONNREFUSED: nothing listens there: is https_proxy right\? NO_PROXY names/,
    );
    run.begin({ env: { https_proxy: proxy.url } });
    refuse = () => 407;
    await expect(read("https://influxdb.test")).rejects.toThrow(
      /407: it wants to know its user: write https_proxy as http:\/\/user:password@host:port$/,
    );
    refuse = () => 0;
    await expect(read("https://influxdb.test")).rejects.toThrow(/lets nothing through .*: no answer: is/);
    run.begin({ env: { https_proxy: "http://proxy.invalid:3128" } });
    await expect(read("https://influxdb.test")).rejects.toThrow(
      /its name cannot be resolved: is https_proxy/,
    );
  });

  it("keeps no request waiting where it opens no tunnel, however many there are", async () => {
    run.begin({ env: { HTTPS_PROXY: proxy.url } });
    refuse = () => 403;
    const url = "https://influxdb.test";
    const begin = Date.now();
    const reading = Array.from({ length: 60 }, (_, n) => read(url, { maxConcurrent: n % 2 === 0 ? 2 : 16 }));
    const results = await Promise.allSettled(reading);
    expect(results.filter(({ status }) => status === "rejected")).toHaveLength(60);
    expect(Date.now() - begin).toBeLessThan(5_000);
  });

  it("has no more time to answer than the server", async () => {
    run.begin({ env: { HTTPS_PROXY: proxy.url } });
    refuse = () => -1;
    await expect(read("https://influxdb.test", { timeoutMs: 300 })).rejects.toThrow(
      `no answer from https://influxdb.test through the proxy ${proxy.url}, from HTTPS_PROXY: 300 ms are over: the server did not answer in time: try again, or raise connection.timeoutMs`,
    );
  });

  it("is tried again where it may succeed, also with what makes a token, for the server heard nothing", async () => {
    run.begin({ env: { HTTPS_PROXY: proxy.url } });
    const answers = [503, 502];
    refuse = () => answers.shift();
    const port = await secure("influxdb.test", {}, reverseProxyTo(run.server.url));
    const { outs } = await run.create({
      host: `https://influxdb.test:${port}`,
      caFile: authority.caFile,
    });
    expect(proxy.seen).toHaveLength(3);
    expect(run.madeTokens()).toEqual([outs.token]);
    expect(run.server.countRequests()).toEqual({ "GET /ping": 1, "POST /api/v2/authorizations": 1 });
  });
});

describe("a proxy for http", () => {
  it("is handed each request, and keeps its connections", async () => {
    run.begin({ env: { HTTP_PROXY: proxy.url } });
    const url = `http://influxdb.test:${await run.servers.listen(createServer(notFound))}`;
    for (let nth = 0; nth < 3; nth += 1) expect(await read(url)).toEqual(GONE);
    expect(proxy.seen).toEqual(Array(3).fill(`GET ${url}/api/v2/authorizations/${ID}`));
    expect(proxy.connections()).toBe(1);
  });

  it("gets its user and password, and is named where it wants others or is down", async () => {
    run.begin({ env: { HTTP_PROXY: proxy.url.replace("http://", "http://ann:p%40ss@") } });
    refuse = () => 407;
    await expect(read("http://influxdb.test")).rejects.toThrow(
      new RegExp(`answered 407: this is the proxy ${proxy.url}, from HTTP_PROXY: it wants to know its user`),
    );
    expect(proxy.shown).toEqual([`Basic ${Buffer.from("ann:p@ss").toString("base64")}`]);
    run.begin({ env: { HTTP_PROXY: "http://127.0.0.1:1" } });
    await expect(read("http://influxdb.test")).rejects.toThrow(
      /the proxy http:\/\/127\.0\.0\.1:1, from HTTP_PROXY, lets nothing through to http:\/\/influxdb\.test: ECONNREFUSED/,
    );
  });
});

describe("no proxy is used", () => {
  it("for this machine, and for what NO_PROXY names", async () => {
    const down = { HTTPS_PROXY: "http://127.0.0.1:1", HTTP_PROXY: "http://127.0.0.1:1" };
    run.begin({ env: down });
    const port = await secure("127.0.0.1");
    expect(await read(`https://127.0.0.1:${port}`, { caFile: authority.caFile })).toEqual(GONE);
    expect(await read(`http://localhost:${await run.servers.listen(createServer(notFound))}`)).toEqual(GONE);
    run.begin({ env: { ...down, NO_PROXY: "influxdb.invalid" } });
    await expect(read("https://influxdb.invalid")).rejects.toThrow(
      /no answer from https:\/\/influxdb\.invalid: (ENOTFOUND|EAI_AGAIN)/,
    );
  });
});
