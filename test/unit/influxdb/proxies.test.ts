import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as https from "node:https";
import { createServer, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Authority, makeAuthority } from "../../support/certificates";
import { inFrontOf } from "../../support/front";
import { startServer, type TestServer } from "../../support/influxdb";
import { newProvider, type ProviderHost, stateAt } from "../../support/providerHost";
import { type Proxy, startProxy } from "../../support/proxy";
import { OWN, Servers } from "../../support/serving";

let host: ProviderHost;

const ID = "00000000000000d1";
/** Where everything is fine the server says that there is no such token: `read` gives a blank id. */
const GONE = { id: "" };
const NAMES = ["NO_PROXY", "no_proxy", "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"];

let authority: Authority;
let folder: string;
let proxy: Proxy;
let refuse: Parameters<typeof startProxy>[0];
let saved: NodeJS.ProcessEnv;
const servers = new Servers();

beforeAll(async () => {
  authority = await makeAuthority();
  folder = mkdtempSync(join(tmpdir(), "proxies-"));
  writeFileSync(join(folder, "ca.pem"), authority.cert);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  saved = { ...process.env };
  for (const name of NAMES) Reflect.deleteProperty(process.env, name);
  refuse = () => undefined;
  proxy = await startProxy((request, nth) => refuse?.(request, nth));
  jest.spyOn(console, "warn").mockReturnValue();
});
afterEach(async () => {
  jest.restoreAllMocks();
  for (const name of NAMES) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, saved);
  await proxy.close();
  await servers.end();
});

const notFound: RequestListener = (_request, response) => {
  response.writeHead(404, { "Content-Type": "application/json", ...OWN });
  response.end('{"code":"not found","message":"authorization not found"}');
};

/** The port of a server with a certificate for the name that only the proxy can resolve. */
async function secure(name = "influxdb.test", options: https.ServerOptions = {}): Promise<number> {
  const { key, cert } = await authority.issue(name);
  return servers.listen(https.createServer({ key, cert, ...options }, notFound));
}

const caFile = (): string => join(folder, "ca.pem");

async function read(url: string, connection: object = {}, id = ID): Promise<{ id: string }> {
  host = newProvider();
  return readOn(url, connection, id);
}

/** In the same run as the last one. */
async function readOn(url: string, connection: object = {}, id = ID): Promise<{ id: string }> {
  return host.read(id, stateAt(url, { token: "s3cret-t0ken", retries: 0, ...connection }));
}

describe("a proxy for https", () => {
  it("opens a tunnel, in which TLS is whole: it reads neither the token nor anything else", async () => {
    process.env["HTTPS_PROXY"] = proxy.url;
    const port = await secure();
    expect(await read(`https://influxdb.test:${port}`, { caFile: caFile() })).toEqual(GONE);
    expect(proxy.seen).toEqual([`CONNECT influxdb.test:${port}`]);
    expect(proxy.read()).not.toContain("s3cret");
    expect(proxy.read()).not.toContain("/api/v2");
  });

  it("leaves the certificate to be checked: by caFile, by name, or not at all with skipVerify", async () => {
    process.env["HTTPS_PROXY"] = proxy.url;
    const url = `https://influxdb.test:${await secure()}`;
    await expect(read(url)).rejects.toThrow(/the certificate is not signed by an authority/);
    expect(await read(url, { skipVerify: true })).toEqual(GONE);
    const other = `https://influxdb.test:${await secure("elsewhere.test")}`;
    await expect(read(other, { caFile: caFile() })).rejects.toThrow(/the certificate is for another name/);
  });

  it("lets a client certificate through", async () => {
    process.env["HTTPS_PROXY"] = proxy.url;
    const wanting = { ca: authority.cert, requestCert: true, rejectUnauthorized: true };
    const url = `https://influxdb.test:${await secure("influxdb.test", wanting)}`;
    const { cert, key } = await authority.issue("client");
    const [certFile, keyFile] = [join(folder, "client.pem"), join(folder, "client.key")];
    writeFileSync(certFile, cert);
    writeFileSync(keyFile, key);
    expect(await read(url, { caFile: caFile(), certFile, keyFile })).toEqual(GONE);
    await expect(read(url, { caFile: caFile() })).rejects.toThrow(/the server wants a client certificate/);
  });

  it("is asked for one tunnel, however many requests come one after the other", async () => {
    process.env["HTTPS_PROXY"] = proxy.url;
    const url = `https://influxdb.test:${await secure()}`;
    for (let nth = 0; nth < 5; nth += 1) await readOn(url, { caFile: caFile() });
    expect(proxy.seen).toHaveLength(1);
    await Promise.all(Array.from({ length: 60 }, () => readOn(url, { caFile: caFile(), maxConcurrent: 4 })));
    expect(proxy.seen.length).toBeLessThanOrEqual(1 + 4);
  });

  it("is told its user and password, which are in no message and in no log", async () => {
    const url = proxy.url.replace("http://", "http://ann:p%40ss-w0rd@");
    process.env["HTTPS_PROXY"] = url;
    const log = jest.spyOn(console, "error").mockReturnValue();
    expect(
      await read(`https://influxdb.test:${await secure()}`, { caFile: caFile(), httpDebug: true }),
    ).toEqual(GONE);
    const basic = Buffer.from("ann:p@ss-w0rd").toString("base64");
    expect(proxy.shown).toEqual([`Basic ${basic}`]);
    refuse = () => 403;
    const reading = read("https://influxdb.test:1", { httpDebug: true });
    await expect(reading).rejects.toThrow(
      `cannot read the token ${ID}: the proxy ${proxy.url}, from HTTPS_PROXY, lets nothing through to https://influxdb.test:1: 403: is HTTPS_PROXY right, and may this machine use it? NO_PROXY names the hosts that need no proxy`,
    );
    const written = log.mock.calls.flat().join("\n");
    expect(written).toContain("404");
    for (const secret of ["ss-w0rd", basic]) expect(written).not.toContain(secret);
  });

  it("is named where it fails, rather than the server", async () => {
    process.env["https_proxy"] = "127.0.0.1:1";
    const down = read("https://influxdb.test");
    await expect(down).rejects.toThrow(
      /the proxy http:\/\/127\.0\.0\.1:1, from https_proxy, lets nothing through to https:\/\/influxdb\.test: ECONNREFUSED: nothing listens there: is https_proxy right\? NO_PROXY names/,
    );
    process.env["https_proxy"] = proxy.url;
    refuse = () => 407;
    await expect(read("https://influxdb.test")).rejects.toThrow(
      /407: it wants to know its user: write https_proxy as http:\/\/user:password@host:port$/,
    );
    refuse = () => 0;
    await expect(read("https://influxdb.test")).rejects.toThrow(/lets nothing through .*: no answer: is/);
    process.env["https_proxy"] = "http://proxy.invalid:3128";
    await expect(read("https://influxdb.test")).rejects.toThrow(
      /its name cannot be resolved: is https_proxy/,
    );
  });

  it("keeps no request waiting where it opens no tunnel, however many there are", async () => {
    process.env["HTTPS_PROXY"] = proxy.url;
    refuse = () => 403;
    const url = "https://influxdb.test";
    const begin = Date.now();
    const reading = Array.from({ length: 60 }, (_, n) => read(url, { maxConcurrent: n % 2 === 0 ? 2 : 16 }));
    const results = await Promise.allSettled(reading);
    expect(results.filter(({ status }) => status === "rejected")).toHaveLength(60);
    expect(Date.now() - begin).toBeLessThan(5_000);
  });

  it("has no more time to answer than the server", async () => {
    process.env["HTTPS_PROXY"] = proxy.url;
    refuse = () => -1;
    await expect(read("https://influxdb.test", { timeoutMs: 300 })).rejects.toThrow(
      `no answer from https://influxdb.test through the proxy ${proxy.url}, from HTTPS_PROXY: 300 ms are over: the server did not answer in time: try again, or raise connection.timeoutMs`,
    );
  });

  it("is tried again where it may succeed, also with what makes a token, for the server heard nothing", async () => {
    process.env["HTTPS_PROXY"] = proxy.url;
    const answers = [503, 502];
    refuse = () => answers.shift();
    const server = await startServer();
    const { key, cert } = await authority.issue("influxdb.test");
    const front = https.createServer({ key, cert }, inFrontOf(server.url));
    const connection = {
      host: `https://influxdb.test:${await servers.listen(front)}`,
      token: server.operatorToken,
      caFile: caFile(),
    };
    const { outs } = await host.create(
      await host.checked({ orgId: server.orgId, readTasks: true, connection }),
    );
    expect(proxy.seen).toHaveLength(3);
    expect(madeOn(server)).toEqual([outs.token]);
    expect(server.countRequests()).toEqual({ "GET /ping": 1, "POST /api/v2/authorizations": 1 });
    await server.close();
  });
});

describe("a proxy for http", () => {
  it("is handed each request, and keeps its connections", async () => {
    process.env["HTTP_PROXY"] = proxy.url;
    const url = `http://influxdb.test:${await servers.listen(createServer(notFound))}`;
    for (let nth = 0; nth < 3; nth += 1) expect(await readOn(url)).toEqual(GONE);
    expect(proxy.seen).toEqual(Array(3).fill(`GET ${url}/api/v2/authorizations/${ID}`));
    expect(proxy.connections()).toBe(1);
  });

  it("is told its user and password, and is named where it wants others or is down", async () => {
    process.env["HTTP_PROXY"] = proxy.url.replace("http://", "http://ann:p%40ss@");
    refuse = () => 407;
    await expect(read("http://influxdb.test")).rejects.toThrow(
      new RegExp(`answered 407: this is the proxy ${proxy.url}, from HTTP_PROXY: it wants to know its user`),
    );
    expect(proxy.shown).toEqual([`Basic ${Buffer.from("ann:p@ss").toString("base64")}`]);
    process.env["HTTP_PROXY"] = "http://127.0.0.1:1";
    await expect(read("http://influxdb.test")).rejects.toThrow(
      /the proxy http:\/\/127\.0\.0\.1:1, from HTTP_PROXY, lets nothing through to http:\/\/influxdb\.test: ECONNREFUSED/,
    );
  });
});

describe("no proxy is used", () => {
  it("for this machine, and for what NO_PROXY names", async () => {
    process.env["HTTPS_PROXY"] = "http://127.0.0.1:1";
    process.env["HTTP_PROXY"] = "http://127.0.0.1:1";
    const port = await secure("127.0.0.1");
    expect(await read(`https://127.0.0.1:${port}`, { caFile: caFile() })).toEqual(GONE);
    expect(await read(`http://localhost:${await servers.listen(createServer(notFound))}`)).toEqual(GONE);
    process.env["NO_PROXY"] = "influxdb.invalid";
    await expect(read("https://influxdb.invalid")).rejects.toThrow(
      /no answer from https:\/\/influxdb\.invalid: (ENOTFOUND|EAI_AGAIN)/,
    );
  });
});

function madeOn(server: TestServer): string[] {
  return server
    .authorizations()
    .slice(1)
    .map(({ token }) => token);
}
