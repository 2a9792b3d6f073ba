import { createServer, type IncomingMessage } from "node:http";
import * as https from "node:https";
import type { TLSSocket } from "node:tls";
import { setUpAuthority } from "../../support/certificates";
import { reverseProxyTo } from "../../support/reverseProxy";
import { stateAt } from "../../support/providerHost";
import { setUpRun } from "../../support/testRun";

const ID = "00000000000000d1";
const GONE = { id: "" };

/** What each request said of the server that it was meant for. */
let meant: { host: string | undefined; serverName: unknown; from: string | undefined }[];

const authority = setUpAuthority();
const run = setUpRun();

beforeEach(() => {
  meant = [];
});

/** The next run, which connects to another address than the host's. */
function connectTo(address: string, env: Record<string, string> = {}): void {
  run.begin({ env: { ...env, INFLUX_CONNECT_TO: address } });
}

function note({ headers, socket }: IncomingMessage): false {
  const { servername } = socket as Partial<TLSSocket>;
  meant.push({ host: headers.host, serverName: servername, from: socket.remoteAddress });
  return false;
}

/** The emulator behind a certificate for the name; gives the port on this machine. */
async function secure(name: string): Promise<number> {
  const { key, cert } = await authority.issue(name);
  return run.servers.listen(https.createServer({ key, cert }, reverseProxyTo(run.server.url, note)));
}

const read = (host: string, connection: object = {}): Promise<{ id: string }> =>
  run.host.read(ID, stateAt(host, { token: run.server.operatorToken, retries: 0, ...connection }));

describe("INFLUX_CONNECT_TO, with TLS", () => {
  it("is where sockets connect: name, Host and what is recorded stay those of the named host", async () => {
    connectTo(`127.0.0.1:${await secure("influxdb.test")}`);
    const { outs, id } = await run.create({
      host: "https://influxdb.test:8443",
      caFile: authority.caFile,
    });
    expect(outs.host).toBe("https://influxdb.test:8443");
    expect(JSON.stringify(outs)).not.toContain("127.0.0.1");
    expect(new Set(meant.map(({ host: name }) => name))).toEqual(new Set(["influxdb.test:8443"]));
    expect(new Set(meant.map(({ serverName }) => serverName))).toEqual(new Set(["influxdb.test"]));
    expect(run.server.authorizations().map((one) => one.id)).toContain(id);
    await run.host.delete(id, outs);
    expect(run.server.authorizations().map((one) => one.id)).not.toContain(id);
  });

  it("accepts no certificate of another name, not even one of the address that is connected to", async () => {
    for (const name of ["other.test", "127.0.0.1"]) {
      connectTo(`127.0.0.1:${await secure(name)}`);
      const creating = run.create({ host: "https://influxdb.test", caFile: authority.caFile, retries: 0 });
      await expect(creating).rejects.toThrow(
        /no answer from https:\/\/influxdb\.test at 127\.0\.0\.1:\d+, from INFLUX_CONNECT_TO: ERR_TLS_CERT_ALTNAME_INVALID: the certificate is for another name: is the address from INFLUX_CONNECT_TO right\?/,
      );
    }
    expect(meant).toEqual([]);
  });

  it("compares the certificate with a host that is named by its address, too", async () => {
    connectTo(`127.0.0.1:${await secure("192.0.2.7")}`);
    const connection = { token: "wrong", caFile: authority.caFile };
    await expect(read("https://192.0.2.7", connection)).rejects.toThrow(/401 "unauthorized access"/);
    connectTo(`127.0.0.1:${await secure("127.0.0.1")}`);
    await expect(read("https://192.0.2.7", connection)).rejects.toThrow(/ERR_TLS_CERT_ALTNAME_INVALID/);
  });
});

describe("INFLUX_CONNECT_TO, without TLS", () => {
  it("is connected to, by address or by name, and the Host is the named one", async () => {
    const { port } = new URL(await run.reverseProxy(note));
    for (const address of ["127.0.0.1", "localhost"]) {
      connectTo(`${address}:${port}`);
      expect(await read("http://influxdb.test")).toEqual(GONE);
    }
    expect(meant.map(({ host: name }) => name)).toEqual(["influxdb.test", "influxdb.test"]);
    expect(run.warnings).toEqual([]);
  });

  it("is connected to past the environment's proxies, also where these are malformed", async () => {
    const { port } = new URL(await run.reverseProxy(note));
    const proxies = { HTTP_PROXY: "http://127.0.0.1:1", HTTPS_PROXY: "ftp://nonsense" };
    connectTo(`127.0.0.1:${port}`, proxies);
    expect(await read("http://influxdb.test")).toEqual(GONE);
    connectTo(`127.0.0.1:${await secure("influxdb.test")}`, proxies);
    expect(await read("https://influxdb.test", { caFile: authority.caFile })).toEqual(GONE);
  });

  it("is named where nothing listens, where its name cannot be resolved, and in what a server answers", async () => {
    const readAt = async (address: string): Promise<unknown> => {
      connectTo(address);
      return read("http://influxdb.test", { token: "wrong", timeoutMs: 500 });
    };
    await expect(readAt("127.0.0.1:1")).rejects.toThrow(
      "no answer from http://influxdb.test at 127.0.0.1:1, from INFLUX_CONNECT_TO: ECONNREFUSED: nothing listens there: is InfluxDB running, and is the address from INFLUX_CONNECT_TO right?",
    );
    await expect(readAt("tunnel.invalid:1")).rejects.toThrow(
      /the name cannot be resolved: is the address from INFLUX_CONNECT_TO right\?/,
    );
    const { port } = new URL(await run.reverseProxy());
    await expect(readAt(`127.0.0.1:${port}`)).rejects.toThrow(
      `http://influxdb.test at 127.0.0.1:${port}, from INFLUX_CONNECT_TO answered 401 "unauthorized access"`,
    );
  });

  it("carries no second server's token to the first: that is refused before anything is sent", async () => {
    let heard = "";
    const { port } = new URL(
      await run.servers.serve((request, response) => {
        heard += `${request.headers.host ?? ""} ${request.headers.authorization ?? ""}\n`;
        response.writeHead(404, { "Content-Type": "application/json", "X-Influxdb-Build": "OSS" });
        response.end('{"code":"not found","message":"authorization not found"}');
      }),
    );
    connectTo(`127.0.0.1:${port}`);
    const stateOf = (name: string): object => stateAt(`http://${name}`, { token: `t0ken-of-${name}` });
    await run.host.read(ID, stateOf("a.test"));
    const second = [
      run.host.read(ID, stateOf("b.test")),
      run.host.delete(ID, stateOf("b.test")),
      run.host.create(stateOf("b.test")),
    ];
    for (const { reason } of (await Promise.allSettled(second)) as PromiseRejectedResult[]) {
      expect(reason).toMatchObject({
        message: expect.stringMatching(/two, http:\/\/a\.test and http:\/\/b\.test/) as unknown,
      });
    }
    expect(heard).toBe("a.test Token t0ken-of-a.test\n");
    connectTo(`127.0.0.1:${port}`);
    await run.host.read(ID, stateOf("b.test"));
    expect(heard).toContain("b.test Token t0ken-of-b.test");
  });

  it("is refused where it is malformed, before anything is sent", async () => {
    connectTo("http://127.0.0.1:1");
    const creating = run.host.create(stateAt("http://influxdb.test", { token: "s3cret" }));
    await expect(creating).rejects.toThrow(/^INFLUX_CONNECT_TO must be host:port/);
  });

  it("is used for many requests at once, each socket kept for the next", async () => {
    const ports = new Set<number | undefined>();
    const front = createServer(
      reverseProxyTo(run.server.url, ({ socket }) => {
        ports.add(socket.remotePort);
        return false;
      }),
    );
    connectTo(`127.0.0.1:${await run.servers.listen(front)}`);
    for (let round = 0; round < 3; round += 1) {
      const reading = Array.from({ length: 12 }, () => read("http://influxdb.test", { maxConcurrent: 4 }));
      await Promise.all(reading);
    }
    expect(ports.size).toBeLessThanOrEqual(4);
  });
});
