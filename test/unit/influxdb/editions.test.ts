import type { RequestListener } from "node:http";
import { startEmulator } from "../../../emulator";
import { reverseProxyTo } from "../../support/reverseProxy";
import { startServer } from "../../support/influxdb";
import { OWN, Servers } from "../../support/serving";
import { newProvider } from "../../support/providerHost";

const host = newProvider();

const servers = new Servers();
afterEach(() => servers.end());

const make = (url: string, more: object = {}, token = "any") =>
  host.create({
    org: "acme",
    readTasks: true,
    permissions: {},
    host: url,
    connection: { host: url, token, retries: 0 },
    ...more,
  });

/** A server that answers a ping with these headers, and everything else with a status and a body. */
const claiming =
  (headers: Record<string, string>, status: number, body: string, ping = 204): RequestListener =>
  (request, response) => {
    if (request.url === "/ping") response.writeHead(ping, headers).end();
    else response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(body);
  };

const page: RequestListener = (_request, response) => {
  response.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>Sign in</title>");
};

// InfluxDB 1.x and 3 are known from their documentation: no recording of them is here.
describe("a token asked of what is no InfluxDB 2.x, or not ready, fails with what it is and what to do:", () => {
  it.each<[string, RequestListener, RegExp]>([
    [
      "InfluxDB 1.x",
      claiming({ "X-Influxdb-Version": "1.8.10", "X-Influxdb-Build": "OSS" }, 404, "404 page not found\n"),
      /this is InfluxDB 1\.8\.10, which has users and passwords in place of API tokens; this provider is for/,
    ],
    ...["Core", "Enterprise"].map((build): [string, RequestListener, RegExp] => [
      `InfluxDB 3 ${build}`,
      claiming({ "X-Influxdb-Version": "3.2.1", "X-Influxdb-Build": build }, 404, ""),
      new RegExp(
        `this is InfluxDB 3 ${build} \\(3\\.2\\.1\\), whose tokens are made with \`influxdb3 create`,
      ),
    ]),
    [
      "InfluxDB 3 that wants a token for a ping",
      claiming({ "cluster-uuid": "c" }, 401, "", 401),
      /this is InfluxDB 3, whose tokens are made with/,
    ],
    [
      "a page of a proxy",
      page,
      /a web page answers there, not InfluxDB: does a proxy or another service stand/,
    ],
    [
      "a server that is starting",
      claiming({}, 503, "", 503),
      /the server is still starting, or a proxy does/,
    ],
    ["something else", claiming({}, 200, '{"hello":"world"}'), /the answer is not InfluxDB's: does a proxy/],
  ])("%s", async (_what, listener, message) => {
    await expect(make(await servers.serve(listener))).rejects.toThrow(message);
  });

  it("an InfluxDB 2.x that is not set up", async () => {
    const emulator = await startEmulator();
    await expect(make(emulator.url)).rejects.toThrow(
      /this InfluxDB is not set up yet and has no tokens at all: run `influx setup` first$/,
    );
    await emulator.close();
  });
});

describe("a server that does not list its resource types, as before 2.4", () => {
  it("gets what the catalogue of OSS holds", async () => {
    const server = await startServer();
    const url = await servers.serve(
      reverseProxyTo(server.url, (request, response) => {
        if (request.url !== "/api/v2/resources") return false;
        response.writeHead(404, { "Content-Type": "application/json", ...OWN });
        response.end('{"code":"not found","message":"path not found"}');
        return true;
      }),
    );
    const { outs } = await make(url, { readTasks: false, operator: true }, server.operatorToken);
    expect(Object.keys(outs.effectivePermissions)).toHaveLength(22);
    await server.close();
  });
});
