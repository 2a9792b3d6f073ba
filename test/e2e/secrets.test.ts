import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeMaker } from "../support/influxdb";
import { SecretSearch } from "../support/secretSearch";
import { openStack, type TestStack } from "../support/stack";

const ENVIRONMENT = "env-t0ken-that-must-not-leak";
const PROFILE = "profile-t0ken-that-must-not-leak";
const PROXY = "proxy-passw0rd-that-must-not-leak";
const KEY = "key-materia1-that-must-not-leak";
const WRONG = "wrong-t0ken-that-must-not-leak";

/** Declares what works, and what fails in each of several ways. */
function declare(folder: string, maker: string, url: string): { works: object; all: object } {
  const pem = (name: string): string => join(folder, name);
  writeFileSync(pem("client.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  writeFileSync(pem("client.key"), `-----BEGIN PRIVATE KEY-----\n${KEY}\n-----END PRIVATE KEY-----\n`);
  writeFileSync(
    join(folder, "configs"),
    `[p]\nurl = "http://127.0.0.1:1"\ntoken = "${PROFILE}"\nactive = true\n`,
  );
  const connection = { httpDebug: true, retries: 0 };
  // What the stack's config gives goes to the stack's server only.
  const files = { certFile: pem("client.pem"), keyFile: pem("client.key"), token: WRONG, timeoutMs: 2_000 };
  const works = {
    configured: { org: "acme", readTasks: true, description: "configured", connection },
    own: { org: "acme", readTasks: true, description: "own", connection: { ...connection, token: maker } },
  };
  const failing = {
    refused: {
      org: "acme",
      readTasks: true,
      connection: { token: WRONG, host: url.replace("127.0.0.1", "localhost") },
    },
    unseen: { org: "umbrella", readTasks: true, connection },
    proxied: { org: "acme", readTasks: true, connection: { ...files, host: "https://influxdb.invalid" } },
    keyed: { org: "acme", readTasks: true, connection: { ...files, host: "https://127.0.0.1:1" } },
  };
  return { works, all: { ...works, ...failing } };
}

describe("a run as verbose as can be, with a secret in every place that holds one", () => {
  let stack: TestStack;
  let folder: string;
  let maker: string;
  let made: string[];
  let search: SecretSearch;
  /** Exit codes in the order of runs. */
  const codes: number[] = [];

  async function run(name: string, args: string[]): Promise<void> {
    const { code } = await search.run(name, args, {
      HTTPS_PROXY: `http://ann:${PROXY}@127.0.0.1:1`,
      INFLUX_TOKEN: ENVIRONMENT,
      INFLUX_CONFIGS_PATH: join(folder, "configs"),
    });
    codes.push(code);
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "secrets-"));
    const declared = join(folder, "declared.json");
    stack = await openStack(join(__dirname, "programs", "declared"), {
      plainTokens: true,
      env: { DECLARED: declared },
    });
    search = new SecretSearch(stack.engine);
    ({ token: maker } = await makeMaker(stack.server));
    const { works, all } = declare(folder, maker, stack.server.url);
    writeFileSync(declared, JSON.stringify(all));
    await run("up", ["up", "--continue-on-error"]);
    made = stack.server
      .authorizations()
      .filter(({ description }) => description in works)
      .map(({ token }) => token);
    await run("destroy", ["destroy", "--refresh"]);
  });
  afterAll(async () => {
    await stack.dispose();
    rmSync(folder, { recursive: true });
  });

  it("makes, refreshes and deletes what works", () => {
    expect(codes.map((code) => code === 0)).toEqual([false, true]);
    expect(made).toHaveLength(2);
    expect(stack.server.authorizations()).toHaveLength(2);
    expect(search.text("up: stdout")).toContain("Authorization: Token (redacted)");
    expect(search.text("destroy: stdout")).toMatch(/> DELETE http/);
    expect(search.text("up: up.events")).toContain("resp: (not shown, for it holds a token)");
  });

  it("has no secret of config, environment, profile, proxy or key in anything that is written", () => {
    const secrets = [stack.server.operatorToken, ENVIRONMENT, PROFILE, PROXY, KEY];
    expect(search.whereabouts(secrets)).toEqual([]);
  });

  it("has the tokens that are in the state nowhere but in the engine's own log of what it sends and gets", () => {
    const places = search.whereaboutsBeyondEngineLog([maker, WRONG, ...made]);
    expect(places).toEqual([]);
    // Else nothing was looked for in the right place.
    expect(search.whereabouts(made)).toContain("up: stderr");
  });

  it("tells each failure once, as one plain message", () => {
    const [, diagnostics = ""] = search.text("up: stdout").split("\nDiagnostics:\n");
    const failures = diagnostics
      .split("\n")
      .filter((line) => line.startsWith("    error: ") && !line.includes("update failed"));
    const look = (org: string, rest: string): unknown =>
      expect.stringMatching(new RegExp(`^error: cannot look up the organization "${org}" from org: ${rest}`));
    expect(failures.map((line) => line.trim()).sort()).toEqual([
      look(
        "acme",
        "http://localhost:\\d+ answered 401 .*: the server does not know the token from connection.token",
      ),
      look(
        "acme",
        "no answer from https://127.0.0.1:1: ERR_OSSL.*: connection.certFile or .* cannot be used",
      ),
      look(
        "acme",
        "the proxy http://127.0.0.1:1, from HTTPS_PROXY, lets nothing through to https://influxdb.invalid",
      ),
      look("umbrella", "http://127.0.0.1:\\d+ answered 404"),
    ]);
    expect(diagnostics).not.toMatch(/\n\s+at /);
  });
});
