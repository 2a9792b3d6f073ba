import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { succeeded } from "../../scripts/engine";
import type { StoredAuthorization } from "../../emulator";
import { makeMaker, startServer, type TestServer } from "../support/influxdb";
import { filesOf, SecretSearch } from "../support/secretSearch";
import { openStack, type TestStack } from "../support/stack";

const ENVIRONMENT = "env-t0ken-that-must-not-leak";
const PROFILE = "profile-t0ken-that-must-not-leak";
const PROXY = "proxy-passw0rd-that-must-not-leak";
const KEY = "key-materia1-that-must-not-leak";
const WRONG = "wrong-t0ken-that-must-not-leak";

const WRONG_VALUE = "adopted-t0ken-that-must-not-leak";

/** A token that a program adopts: its value is told by whoever made it. */
async function madeByHand(server: TestServer): Promise<{ adopt: string; adoptToken: string }> {
  const { orgId: orgID } = server;
  const permissions = [{ action: "read", resource: { type: "tasks", orgID } }];
  const body = { orgID, permissions, description: "by hand" };
  const { id, token } = await server.call<StoredAuthorization>("POST", "/api/v2/authorizations", body);
  return { adopt: id, adoptToken: token };
}

/** Declares tokens to adopt: by the value that a server tells, by one that is tried, and by a wrong one. */
async function declareAdoptions(server: TestServer, hashed: TestServer) {
  const adopted = { org: "acme", readTasks: true, description: "by hand" };
  const connection = { httpDebug: true, retries: 0, host: hashed.url, token: hashed.operatorToken };
  const [told, tried, wrong] = [await madeByHand(server), await madeByHand(hashed), await madeByHand(hashed)];
  return {
    values: [told.adoptToken, tried.adoptToken, wrong.adoptToken, WRONG_VALUE, hashed.operatorToken],
    declared: {
      told: { ...adopted, ...told, connection: { httpDebug: true, retries: 0 } },
      tried: { ...adopted, ...tried, connection },
      wrong: { ...adopted, ...wrong, adoptToken: WRONG_VALUE, connection },
    },
  };
}

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
  /** A server that stores tokens hashed, so that it does not tell their values. */
  let hashed: TestServer;
  let adoptions: Awaited<ReturnType<typeof declareAdoptions>>;
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
    hashed = await startServer();
    adoptions = await declareAdoptions(stack.server, hashed);
    writeFileSync(declared, JSON.stringify({ ...all, ...adoptions.declared }));
    await run("up", ["up", "--continue-on-error"]);
    made = stack.server
      .authorizations()
      .filter(({ description }) => description in works)
      .map(({ token }) => token);
    await run("destroy", ["destroy", "--refresh"]);
  });
  afterAll(async () => {
    await hashed.close();
    await stack.dispose();
    rmSync(folder, { recursive: true });
  });

  it("makes, adopts, refreshes and deletes what works", () => {
    expect(codes.map((code) => code === 0)).toEqual([false, true]);
    expect(made).toHaveLength(2);
    expect(stack.server.authorizations()).toHaveLength(2);
    // The operator's, and the one that was not adopted.
    expect(hashed.authorizations()).toHaveLength(2);
    expect(search.text("up: stdout")).toContain("Authorization: Token (redacted)");
    expect(search.text("destroy: stdout")).toMatch(/> DELETE http/);
    expect(search.text("up: up.events")).toContain("resp: (not shown, for it holds a token)");
  });

  it("has no secret of config, environment, profile, proxy or key in anything that is written", () => {
    const secrets = [stack.server.operatorToken, ENVIRONMENT, PROFILE, PROXY, KEY];
    expect(search.whereabouts(secrets)).toEqual([]);
  });

  it("has the tokens that are in the state nowhere but in the engine's own log of what it sends and gets", () => {
    const places = search.whereaboutsBeyondEngineLog([maker, WRONG, ...made, ...adoptions.values]);
    expect(places).toEqual([]);
    // Else nothing was looked for in the right place.
    const [told = "", tried = ""] = adoptions.values;
    for (const value of [...made, told, tried, WRONG_VALUE])
      expect(search.whereabouts([value])).toContain("up: stderr");
  });

  it("tells each failure once, as one plain message", () => {
    const [, diagnostics = ""] = search.text("up: stdout").split("\nDiagnostics:\n");
    const failures = diagnostics
      .split("\n")
      .filter((line) => line.startsWith("    error: ") && !line.includes("update failed"));
    const look = (org: string, rest: string): unknown =>
      expect.stringMatching(new RegExp(`^error: cannot look up the organization "${org}" from org: ${rest}`));
    const adopting: unknown = expect.stringMatching(
      /^error: cannot adopt the token [0-9a-f]{16}: the server does not accept adoptToken/,
    );
    expect(failures.map((line) => line.trim()).sort()).toEqual([
      adopting,
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

describe("a made token that the program exports and passes on", () => {
  const PROGRAM = `
    module.exports = ({ pulumi, InfluxToken }) => {
      const maker = new InfluxToken("maker", { org: "acme", allAccess: true });
      new InfluxToken("made", { org: "acme", readTasks: true, connection: { token: maker.token } });
      const unchanged = { create: async (given) => ({ id: "consumer", outs: given }) };
      class Consumer extends pulumi.dynamic.Resource {
        constructor(name, url) {
          super(unchanged, name, { url });
        }
      }
      const url = pulumi.interpolate\`https://ci:\${maker.token}@influxdb.invalid\`;
      const { url: passedOn } = new Consumer("consumer", url);
      return { token: maker.token, nested: { url }, passedOn };
    };
  `;
  let stack: TestStack;
  let folder: string;
  let tokens: string[];
  const written = new Map<string, string>();

  async function run(args: string[]): Promise<void> {
    const { stdout, stderr } = succeeded(await stack.engine.run(args));
    written.set(args.join(" "), stdout + stderr);
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "secrets-"));
    const script = join(folder, "script.cjs");
    const events = join(folder, "events");
    writeFileSync(script, PROGRAM);
    stack = await openStack(join(__dirname, "programs", "scripted"), {
      plainTokens: true,
      env: { SCRIPT: script, PULUMI_DEBUG_COMMANDS: "true" },
    });
    await run(["up", "--yes", "--skip-preview", "--diff", "--logtostderr", "-v=3", "--event-log", events]);
    await run(["stack"]);
    await run(["stack", "output"]);
    await run(["stack", "output", "--json"]);
    await run(["stack", "export"]);
    tokens = stack.server
      .authorizations()
      .slice(1)
      .map(({ token }) => token);
    written.set("event log", readFileSync(events, "utf8"));
    for (const [path, text] of filesOf(stack.engine.folder)) written.set(path, text);
  });
  afterAll(async () => {
    await stack.dispose();
    rmSync(folder, { recursive: true });
  });

  it("is masked in every output of the stack, and shown to whoever asks for secrets", async () => {
    const hidden = "[secret]";
    expect(JSON.parse(written.get("stack output --json") ?? "")).toEqual({
      token: hidden,
      nested: { url: hidden },
      passedOn: hidden,
    });
    const shown = await stack.engine.run(["stack", "output", "--show-secrets", "--json"]);
    const url = `https://ci:${tokens[0] ?? ""}@influxdb.invalid`;
    expect(JSON.parse(shown.stdout)).toEqual({ token: tokens[0], nested: { url }, passedOn: url });
  });

  it("is in no output, export, log, event or file of the run, but for the SDK's line of another resource that got it", () => {
    expect(tokens).toHaveLength(2);
    expect([...written.keys()]).toEqual(expect.arrayContaining(["event log", "stack export"]));
    const lines = [...written.values()]
      .flatMap((text) => text.split("\n"))
      .filter((line) => tokens.some((token) => line.includes(token)));
    // docs/reliability.md says that this line cannot be prevented. It also shows that the search finds what is there.
    const documented = /"RegisterResource RPC finished: resource:consumer\[/;
    expect(lines.filter((line) => !documented.test(line))).toEqual([]);
    expect(lines).toHaveLength(2);
  });
});
