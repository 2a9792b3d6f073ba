import { createServer, type RequestListener } from "node:http";
import * as https from "node:https";
import { inspect } from "node:util";
import { type Issued, setUpAuthority } from "../support/certificates";
import { FAULTS, startFaultProxy } from "../support/faultProxy";
import { startServer } from "../support/influxdb";
import { Servers } from "../support/serving";
import { newProvider, type ProviderHost } from "../support/providerHost";

let host: ProviderHost;

const ID = "00000000000000d1";
/** Quotes and backslashes are other characters in JSON, and one secret is the beginning of another. */
const STORED = 'st0red-"that\\must-not-leak';
const END = "-with-an-3nd-of-its-own";
const NEWER = `${STORED}${END}`;
const PASSWORD = "passw0rd-that-must-not-leak";
const MADE = "m4de-that-must-not-leak";

let client: Issued;
let files: Record<"ca" | "client" | "other" | "key" | "configs", string>;
let written = "";
const authority = setUpAuthority();
const servers = new Servers();

beforeAll(async () => {
  client = await authority.issue("client");
  files = {
    ca: authority.caFile,
    client: authority.write("client.pem", client.cert),
    other: authority.write("other.pem", (await authority.issue("other")).cert),
    key: authority.write("client.key", client.key),
    configs: authority.write(
      "configs",
      `[p]
active = true
token = "${PASSWORD}`,
    ),
  };
});
beforeEach(() => {
  written = "";
  // Whatever writes past the provider's own log.
  for (const method of ["log", "info", "warn", "error", "debug"] as const) {
    jest.spyOn(console, method).mockImplementation((...args: unknown[]) => {
      written += `${args.map(String).join(" ")}
`;
    });
  }
  beginRun();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await servers.end();
});

function beginRun(proxies: Record<string, string> = {}): void {
  const log = (line: string): void =>
    void (written += `${line}
`);
  const env = { INFLUX_TOKEN: NEWER, INFLUX_CONFIGS_PATH: "", INFLUX_HOST: "", ...proxies };
  host = newProvider({ env, log: { warn: log, debug: log } });
}

/** Takes every step there is with a connection, and gives how many failed; what they threw is written, too. */
async function takeSteps(connection: { host: string; timeoutMs: number }): Promise<number> {
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
  const secrets = [STORED, NEWER, END, PASSWORD, MADE, ...client.key.split("\n").slice(1, -2)];
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
    // All of them answer, if late on a busy machine.
    await Promise.all(hosts.map((host) => takeSteps({ ...connection, timeoutMs: 30_000, host })));
    for (const status of STATUSES) expect(written).toContain(`< ${status}\n`);
    expect(written).toContain("> Authorization: Token (redacted)");
    expectNoSecret();
  });

  it("of a proxy that answers in the server's place, or does not answer", async () => {
    const port = await servers.listen(createServer(echo(407, inError)));
    for (const proxy of [`127.0.0.1:${port}`, "127.0.0.1:1", "proxy.invalid:1"]) {
      const url = `http://ann:${PASSWORD}@${proxy}`;
      beginRun({ HTTP_PROXY: url, HTTPS_PROXY: url });
      for (const scheme of ["http", "https"]) {
        expect(await takeSteps({ ...connection, host: `${scheme}://influxdb.test` })).toBe(5);
      }
    }
    beginRun({ HTTPS_PROXY: `socks5://ann:${PASSWORD}@127.0.0.1:1` });
    expect(await takeSteps({ ...connection, host: "https://influxdb.test" })).toBe(5);
    expectNoSecret();
  });

  it("of TLS that fails, and of files that are none", async () => {
    const { cert, key: serverKey } = await authority.issue("127.0.0.1");
    const url = `https://127.0.0.1:${await servers.listen(https.createServer({ cert, key: serverKey }))}`;
    const settings: object[] = [
      {},
      { caFile: files.ca },
      { certFile: files.other, keyFile: files.key },
      { certFile: files.key, keyFile: files.client },
      { certFile: files.configs, keyFile: files.key },
      { keyFile: files.key },
      { configsPath: files.configs },
      { configsPath: files.key, activeConfig: "p" },
    ];
    for (const each of settings) expect(await takeSteps({ ...connection, host: url, ...each })).toBe(5);
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
