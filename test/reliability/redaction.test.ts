import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import * as https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { makeAuthority } from "../support/certificates";
import { FAULTS, startFaultProxy } from "../support/faultProxy";
import { startServer } from "../support/influxdb";
import { Servers } from "../support/serving";
import { newProvider } from "../support/providerHost";

const host = newProvider();

const ID = "00000000000000d1";
/** Quotes and backslashes are other characters in JSON, and one secret is the beginning of another. */
const STORED = 'st0red-"that\\must-not-leak';
const END = "-with-an-3nd-of-its-own";
const NEWER = `${STORED}${END}`;
const PASSWORD = "passw0rd-that-must-not-leak";
const MADE = "m4de-that-must-not-leak";

let folder: string;
let key: string;
let written = "";
const servers = new Servers();
let saved: NodeJS.ProcessEnv;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "redaction-"));
  const authority = await makeAuthority();
  const [client, other] = [await authority.issue("client"), await authority.issue("other")];
  ({ key } = client);
  writeFileSync(join(folder, "ca.pem"), authority.cert);
  writeFileSync(join(folder, "client.pem"), client.cert);
  writeFileSync(join(folder, "other.pem"), other.cert);
  writeFileSync(join(folder, "client.key"), key);
  writeFileSync(join(folder, "configs"), `[p]\nactive = true\ntoken = "${PASSWORD}`);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  saved = process.env;
  process.env = { ...saved, INFLUX_TOKEN: NEWER, INFLUX_CONFIGS_PATH: "", INFLUX_HOST: "" };
  written = "";
  for (const method of ["log", "info", "warn", "error", "debug"] as const) {
    jest.spyOn(console, method).mockImplementation((...args: unknown[]) => {
      written += `${args.map(String).join(" ")}\n`;
    });
  }
});
afterEach(async () => {
  process.env = saved;
  jest.restoreAllMocks();
  await servers.end();
});

/** Takes every step there is with a connection, and gives how many failed; what they threw is written, too. */
async function takeSteps(connection: { host: string }): Promise<number> {
  const at = { permissions: {}, connection, host: connection.host };
  const inputs = { org: "acme", user: "ci", allAccess: true, readBucket: [ID], ...at };
  const recorded = { token: MADE, description: "", status: "active", effectivePermissions: {}, __format: 1 };
  const state = { ...inputs, ...recorded };
  const steps = [
    () => host.create(inputs),
    () => host.create({ orgId: ID, readTasks: true, ...at }),
    () => host.read(ID, state),
    () => host.update(ID, state, { ...inputs, description: "new" }),
    () => host.delete(ID, state),
  ];
  const results = await Promise.allSettled(steps.map((step) => step()));
  const failed = results.filter((result) => result.status === "rejected");
  for (const { reason } of failed) {
    const error = reason as Error;
    written += `${error.message}\n${error.stack ?? ""}\n${inspect(error, { depth: 20, showHidden: true })}\n`;
  }
  return failed.length;
}

function expectNoSecret(): void {
  expect(written).not.toBe("");
  const secrets = [STORED, NEWER, END, PASSWORD, MADE, ...key.split("\n").slice(1, -2)];
  const spellings = secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  const isCredential = /(Token|Bearer|Basic) (?!\(redacted\))[^\s"]{6}/;
  const holds = (line: string): boolean =>
    isCredential.test(line) || spellings.some((spelling) => line.includes(spelling));
  expect(written.split("\n").filter(holds)).toEqual([]);
}

const connection = { token: STORED, httpDebug: true, retries: 0, timeoutMs: 1_000 };

/** Says all that it was told, as some proxies do. */
const echo =
  (status: number, shape: (said: string) => string): RequestListener =>
  (request, response) => {
    const said = `${request.headers.authorization ?? ""} ${request.headers["proxy-authorization"] ?? ""}`;
    response.writeHead(status, { "Content-Type": "application/json", "Retry-After": "0" }).end(shape(said));
  };

const STATUSES = [200, 201, 204, 301, 400, 401, 403, 404, 407, 408, 422, 429, 500, 502, 503, 504];

const inError = (said: string): string => JSON.stringify({ code: "invalid", message: `you sent ${said}` });

const SHAPES: readonly ((said: string) => string)[] = [
  inError,
  (said) => `<html>${said}</html>`,
  (said) => JSON.stringify({ id: ID, token: MADE, permissions: [], Authorization: said }),
];

describe("no secret is in any error or line", () => {
  it("of a server that repeats what it was sent, whatever it answers", async () => {
    const listeners = STATUSES.flatMap((status) => SHAPES.map((shape) => echo(status, shape)));
    const hosts = await Promise.all(listeners.map((listener) => servers.serve(listener)));
    await Promise.all(hosts.map((host) => takeSteps({ ...connection, host })));
    for (const status of STATUSES) expect(written).toContain(`< ${status}\n`);
    expect(written).toContain("> Authorization: Token (redacted)");
    expectNoSecret();
  });

  it("of a proxy that answers in the server's place, or does not answer", async () => {
    const port = await servers.listen(createServer(echo(407, inError)));
    for (const proxy of [`127.0.0.1:${port}`, "127.0.0.1:1", "proxy.invalid:1"]) {
      process.env["HTTP_PROXY"] = process.env["HTTPS_PROXY"] = `http://ann:${PASSWORD}@${proxy}`;
      for (const scheme of ["http", "https"]) {
        expect(await takeSteps({ ...connection, host: `${scheme}://influxdb.test` })).toBe(5);
      }
    }
    process.env["HTTPS_PROXY"] = `socks5://ann:${PASSWORD}@127.0.0.1:1`;
    expect(await takeSteps({ ...connection, host: "https://influxdb.test" })).toBe(5);
    expectNoSecret();
  });

  it("of TLS that fails, and of files that are none", async () => {
    const { cert, key: serverKey } = await (await makeAuthority()).issue("127.0.0.1");
    const url = `https://127.0.0.1:${await servers.listen(https.createServer({ cert, key: serverKey }))}`;
    const file = (name: string): string => join(folder, name);
    const files: object[] = [
      {},
      { caFile: file("ca.pem") },
      { certFile: file("other.pem"), keyFile: file("client.key") },
      { certFile: file("client.key"), keyFile: file("client.pem") },
      { certFile: file("configs"), keyFile: file("client.key") },
      { keyFile: file("client.key") },
      { configsPath: file("configs") },
      { configsPath: file("client.key"), activeConfig: "p" },
    ];
    for (const each of files) expect(await takeSteps({ ...connection, host: url, ...each })).toBe(5);
    expectNoSecret();
  });

  it("of a network, whatever it does to everything", async () => {
    await Promise.all(
      FAULTS.map(async (fault) => {
        const server = await startServer({ plainTokens: true });
        const network = await startFaultProxy(server.url, () => fault);
        await takeSteps({ ...connection, host: network.url });
        await network.close();
        await server.close();
      }),
    );
    expectNoSecret();
  });
});
