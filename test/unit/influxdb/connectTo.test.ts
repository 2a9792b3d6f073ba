import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import * as https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { type Authority, makeAuthority } from "../../support/certificates";
import { inFrontOf } from "../../support/front";
import { startServer, type TestServer } from "../../support/influxdb";
import { newProvider, type ProviderHost } from "../../support/providerHost";
import { Servers } from "../../support/serving";

let host: ProviderHost;

const ID = "00000000000000d1";
const GONE = { id: "" };

let authority: Authority;
let folder: string;
let server: TestServer;
let saved: NodeJS.ProcessEnv;
/** What each request said of the server that it was meant for. */
let meant: { host: string | undefined; serverName: unknown; from: string | undefined }[];
const servers = new Servers();

beforeAll(async () => {
  authority = await makeAuthority();
  folder = mkdtempSync(join(tmpdir(), "connect-to-"));
  writeFileSync(join(folder, "ca.pem"), authority.cert);
  server = await startServer();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await server.close();
});
beforeEach(() => {
  saved = process.env;
  process.env = { ...saved };
  meant = [];
  host = newProvider();
});
afterEach(async () => {
  process.env = saved;
  jest.restoreAllMocks();
  await servers.end();
});

const caFile = (): string => join(folder, "ca.pem");

function connectTo(address: string): void {
  process.env["INFLUX_CONNECT_TO"] = address;
}

function note({ headers, socket }: IncomingMessage): false {
  const { servername } = socket as Partial<TLSSocket>;
  meant.push({ host: headers.host, serverName: servername, from: socket.remoteAddress });
  return false;
}

/** The emulator behind a certificate for the name; gives the port on this machine. */
async function secure(name: string): Promise<number> {
  const { key, cert } = await authority.issue(name);
  return servers.listen(https.createServer({ key, cert }, inFrontOf(server.url, note)));
}

interface At {
  host: string;
  token: string;
  retries?: number;
  timeoutMs?: number;
}

const stateOf = (connection: At): object => ({ connection, host: connection.host, __format: 1 });
const read = (connection: At): Promise<{ id: string }> => host.read(ID, stateOf(connection));

const declared = (connection: object): object => ({
  orgId: server.orgId,
  readTasks: true,
  permissions: [],
  connection: { token: server.operatorToken, retries: 0, ...connection },
});

describe("INFLUX_CONNECT_TO, with TLS", () => {
  it("is where sockets connect: name, Host and what is recorded stay those of the named host", async () => {
    connectTo(`127.0.0.1:${await secure("influxdb.test")}`);
    const { outs, id } = await host.create(
      declared({ host: "https://influxdb.test:8443", caFile: caFile() }),
    );
    expect(outs.host).toBe("https://influxdb.test:8443");
    expect(JSON.stringify(outs)).not.toContain("127.0.0.1");
    expect(new Set(meant.map(({ host: name }) => name))).toEqual(new Set(["influxdb.test:8443"]));
    expect(new Set(meant.map(({ serverName }) => serverName))).toEqual(new Set(["influxdb.test"]));
    expect(server.authorizations().map((one) => one.id)).toContain(id);
    await host.delete(id, outs);
    expect(server.authorizations().map((one) => one.id)).not.toContain(id);
  });

  it("accepts no certificate of another name, not even one of the address that is connected to", async () => {
    for (const name of ["other.test", "127.0.0.1"]) {
      host = newProvider();
      connectTo(`127.0.0.1:${await secure(name)}`);
      await expect(
        host.create(declared({ host: `https://influxdb.test`, caFile: caFile() })),
      ).rejects.toThrow(
        /no answer from https:\/\/influxdb\.test at 127\.0\.0\.1:\d+, from INFLUX_CONNECT_TO: ERR_TLS_CERT_ALTNAME_INVALID: the certificate is for another name: is the address from INFLUX_CONNECT_TO right\?/,
      );
    }
    expect(meant).toEqual([]);
  });

  it("compares the certificate with a host that is named by its address, too", async () => {
    connectTo(`127.0.0.1:${await secure("192.0.2.7")}`);
    const connection = { host: "https://192.0.2.7", token: "wrong", caFile: caFile(), retries: 0 };
    await expect(read(connection)).rejects.toThrow(/401 "unauthorized access"/);
    host = newProvider();
    connectTo(`127.0.0.1:${await secure("127.0.0.1")}`);
    await expect(read(connection)).rejects.toThrow(/ERR_TLS_CERT_ALTNAME_INVALID/);
  });
});

describe("INFLUX_CONNECT_TO, without TLS", () => {
  it("is connected to, by address or by name, and the Host is the named one", async () => {
    const { port } = new URL(await servers.serve(inFrontOf(server.url, note)));
    jest.spyOn(console, "warn").mockReturnValue();
    for (const address of ["127.0.0.1", "localhost"]) {
      host = newProvider();
      connectTo(`${address}:${port}`);
      const connection = { host: "http://influxdb.test", token: server.operatorToken, retries: 0 };
      expect(await read(connection)).toEqual(GONE);
    }
    expect(meant.map(({ host: name }) => name)).toEqual(["influxdb.test", "influxdb.test"]);
    expect(console.warn).not.toHaveBeenCalled();
  });

  it("is connected to past the environment's proxies, also where these are malformed", async () => {
    const { port } = new URL(await servers.serve(inFrontOf(server.url, note)));
    process.env["HTTP_PROXY"] = "http://127.0.0.1:1";
    process.env["HTTPS_PROXY"] = "ftp://nonsense";
    connectTo(`127.0.0.1:${port}`);
    const connection = { host: "http://influxdb.test", token: server.operatorToken, retries: 0 };
    expect(await read(connection)).toEqual(GONE);
    connectTo(`127.0.0.1:${await secure("influxdb.test")}`);
    host = newProvider();
    const overTls = { ...connection, host: "https://influxdb.test", caFile: caFile() };
    expect(await read(overTls)).toEqual(GONE);
  });

  it("is named where nothing listens, where its name cannot be resolved, and in what a server answers", async () => {
    jest.spyOn(console, "warn").mockReturnValue();
    const readAt = async (address: string): Promise<unknown> => {
      host = newProvider();
      connectTo(address);
      return read({ host: "http://influxdb.test", token: "wrong", retries: 0, timeoutMs: 500 });
    };
    await expect(readAt("127.0.0.1:1")).rejects.toThrow(
      "no answer from http://influxdb.test at 127.0.0.1:1, from INFLUX_CONNECT_TO: ECONNREFUSED: nothing listens there: is InfluxDB running, and is the address from INFLUX_CONNECT_TO right?",
    );
    await expect(readAt("tunnel.invalid:1")).rejects.toThrow(
      /the name cannot be resolved: is the address from INFLUX_CONNECT_TO right\?/,
    );
    const { port } = new URL(await servers.serve(inFrontOf(server.url)));
    await expect(readAt(`127.0.0.1:${port}`)).rejects.toThrow(
      `http://influxdb.test at 127.0.0.1:${port}, from INFLUX_CONNECT_TO answered 401 "unauthorized access"`,
    );
  });

  it("carries no second server's token to the first: that is refused before anything is sent", async () => {
    let heard = "";
    const { port } = new URL(
      await servers.serve((request, response) => {
        heard += `${request.headers.host ?? ""} ${request.headers.authorization ?? ""}\n`;
        response.writeHead(404, { "Content-Type": "application/json", "X-Influxdb-Build": "OSS" });
        response.end('{"code":"not found","message":"authorization not found"}');
      }),
    );
    connectTo(`127.0.0.1:${port}`);
    const at = (name: string): At => ({ host: `http://${name}`, token: `t0ken-of-${name}` });
    await read(at("a.test"));
    const second = [
      read(at("b.test")),
      host.delete(ID, stateOf(at("b.test"))),
      host.create(stateOf(at("b.test"))),
    ];
    for (const { reason } of (await Promise.allSettled(second)) as PromiseRejectedResult[]) {
      expect(reason).toMatchObject({
        message: expect.stringMatching(/two, http:\/\/a\.test and http:\/\/b\.test/) as unknown,
      });
    }
    expect(heard).toBe("a.test Token t0ken-of-a.test\n");
    host = newProvider();
    await read(at("b.test"));
    expect(heard).toContain("b.test Token t0ken-of-b.test");
  });

  it("is refused where it is malformed, before anything is sent", async () => {
    connectTo("http://127.0.0.1:1");
    await expect(host.create(declared({ host: "http://influxdb.test" }))).rejects.toThrow(
      /^INFLUX_CONNECT_TO must be host:port/,
    );
  });

  it("is used for many requests at once, each socket kept for the next", async () => {
    const ports = new Set<number | undefined>();
    const front = createServer(
      inFrontOf(server.url, ({ socket }) => {
        ports.add(socket.remotePort);
        return false;
      }),
    );
    connectTo(`127.0.0.1:${await servers.listen(front)}`);
    const connection = { host: "http://influxdb.test", token: server.operatorToken, maxConcurrent: 4 };
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(Array.from({ length: 12 }, () => read(connection)));
    }
    expect(ports.size).toBeLessThanOrEqual(4);
  });
});
