import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reverseProxyTo } from "../support/reverseProxy";
import { startServer, type TestServer } from "../support/influxdb";
import { newProvider, type ProviderHost } from "../support/providerHost";
import { Servers } from "../support/serving";

let host: ProviderHost;

const servers = new Servers();
const shown: { url: string; token: string }[] = [];
let folder: string;
let eu: TestServer;
let us: TestServer;
/** The same two, where it is seen which token each of them is shown. */
let [euUrl, usUrl] = ["", ""];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "two-servers-"));
  [eu, us] = await Promise.all([startServer(), startServer()]);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await Promise.all([eu.close(), us.close()]);
});
beforeEach(async () => {
  writeProfile("");
  shown.length = 0;
  [euUrl, usUrl] = await Promise.all([watched(eu), watched(us)]);
  begin();
});
afterEach(() => servers.end());

/** The next run, with this environment and this stack config. */
function begin(env: Record<string, string> = {}, config: Record<string, string> = {}): void {
  host = newProvider({ config, env: { INFLUX_CONFIGS_PATH: configs(), ...env } });
}

async function watched(server: TestServer): Promise<string> {
  const url = await servers.serve(
    reverseProxyTo(server.url, ({ headers }) => {
      const token = (headers.authorization ?? "").replace("Token ", "");
      if (token !== "") shown.push({ url, token });
      return false;
    }),
  );
  return url;
}

const inputs = (connection: object = {}): Record<string, unknown> => ({
  org: "acme",
  readTasks: true,
  connection,
});

/** As `pulumi up` does it; rejects with what the preview or the run fails with. */
async function up(raw: Record<string, unknown>): Promise<unknown> {
  const { inputs: news, failures } = await host.check({}, raw);
  if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason).join("\n"));
  return host.create(news);
}

const configs = (): string => join(folder, "configs");

/** Makes the CLI's configs file, or a folder in its place, and gives the variables that name it. */
function writeProfile(text: string | undefined): Record<string, string> {
  rmSync(configs(), { recursive: true, force: true });
  if (text === undefined) mkdirSync(configs());
  else writeFileSync(configs(), text);
  return { INFLUX_CONFIGS_PATH: configs() };
}

describe("two servers and their making tokens", () => {
  /** Everything that gives the token of the first server together with its address, while a token is to be made on the second. */
  const mixtures: Record<string, () => Record<string, unknown>> = {
    "environment, and the program names another host": () => {
      begin({ INFLUX_HOST: euUrl, INFLUX_TOKEN: eu.operatorToken });
      return inputs({ host: usUrl });
    },
    "environment, and the stack config names another host": () => {
      begin({ INFLUX_HOST: euUrl, INFLUX_TOKEN: eu.operatorToken }, { "influx-token:host": usUrl });
      return inputs();
    },
    "stack config, and the program names another host": () => {
      begin({}, { "influx-token:host": euUrl, "influx-token:token": eu.operatorToken });
      return inputs({ host: usUrl });
    },
    "profile, and the environment names another host": () => {
      begin({ INFLUX_HOST: usUrl });
      writeProfile(`[eu]\nactive = true\nurl = "${euUrl}"\ntoken = "${eu.operatorToken}"\n`);
      return inputs();
    },
  };

  it.each(Object.keys(mixtures))(
    "sends no server the other one's token, and names both: %s",
    async (name) => {
      const raw = mixtures[name]?.();
      if (raw === undefined) throw new Error(name);
      const running = up(raw);
      await expect(running).rejects.toThrow(euUrl);
      await expect(running).rejects.toThrow(usUrl);
      await expect(running).rejects.not.toThrow(eu.operatorToken);
      expect(shown).toEqual([]);
    },
  );

  it("each get their own, where the program names host and token", async () => {
    begin({ INFLUX_HOST: euUrl, INFLUX_TOKEN: eu.operatorToken });
    await up(inputs());
    await up(inputs({ host: usUrl, token: us.operatorToken }));
    const pairs = new Set(shown.map(({ url, token }) => `${url} ${token}`));
    expect(pairs).toEqual(new Set([`${euUrl} ${eu.operatorToken}`, `${usUrl} ${us.operatorToken}`]));
  });

  it("never get the other one's in place of a stale one", async () => {
    begin({ INFLUX_HOST: euUrl, INFLUX_TOKEN: eu.operatorToken });
    await expect(up(inputs({ host: usUrl, token: "stale-t0ken" }))).rejects.toThrow(/unauthorized access/);
    expect(new Set(shown.map(({ token }) => token))).toEqual(new Set(["stale-t0ken"]));
  });
});

describe("the influx CLI's configs file", () => {
  /** Each gives the variables that name it. */
  const kinds: Record<string, () => Record<string, string>> = {
    "half-written": () => writeProfile('[eu]\nactive = true\nurl = "http'),
    "of wrong values": () => writeProfile("[eu]\nactive = true\nurl = 7\n"),
    "a folder": () => writeProfile(undefined),
    "named and missing": () => ({ INFLUX_CONFIGS_PATH: "/nowhere", INFLUX_ACTIVE_CONFIG: "prod" }),
  };
  it.each(Object.entries(kinds))(
    "does not matter where nothing is needed from it: %s",
    async (_kind, make) => {
      const env = { ...make(), INFLUX_HOST: euUrl, INFLUX_TOKEN: eu.operatorToken };
      begin(env, { "influx-token:org": "acme" });
      await up({ readTasks: true });
      await up({ readTasks: true, connection: { token: eu.operatorToken } });
    },
  );

  it.each(Object.entries(kinds))(
    "fails the preview where host or organization is to come from it: %s",
    async (_kind, make) => {
      const env = { ...make(), INFLUX_TOKEN: eu.operatorToken };
      begin(env);
      const problems = async (raw: object): Promise<string> =>
        (await host.check({}, raw)).failures.map(({ reason }) => reason).join("\n");
      expect(await problems(inputs())).toMatch(/configs|profile/);
      begin({ ...env, INFLUX_HOST: euUrl });
      expect(await problems({ readTasks: true })).toMatch(/configs|profile/);
      expect(await problems(inputs())).toBe("");
    },
  );
});

describe("a preview", () => {
  it("needs neither a making token, nor the server, nor a file", async () => {
    const connection = { host: "https://influxdb.invalid", caFile: "/nowhere", activeConfig: "prod" };
    expect(await host.checked(inputs(connection))).toMatchObject({ host: "https://influxdb.invalid" });
  });

  it.each<[string, Record<string, string>, string]>([
    ["connection.timeoutMs", { timeoutMs: "3000000000" }, "must be a whole number from 1 to 3600000"],
    ["connection.retries", { retries: "1e3" }, "must be a whole number from 0 to 100"],
    ["connection.maxConcurrent", { maxConcurrent: "0" }, "must be a whole number from 1 to 1000"],
    ["connection.httpDebug", { httpDebug: "yes" }, "must be true or false"],
    ["connection.host", { host: "localhost" }, "is not a URL"],
    ["org", { org: " acme" }, '" acme" has blanks around the name'],
    ["orgId", { orgId: "acme" }, "is not an organization id"],
  ])("fails where the stack config is wrong, and names what: %s", async (property, config, reason) => {
    const entries = Object.entries(config).map(([key, value]): [string, string] => [
      `influx-token:${key}`,
      value,
    ]);
    begin({}, Object.fromEntries(entries));
    const { failures } = await host.check(
      {},
      { readTasks: true, ...(property.startsWith("connection") && { org: "acme" }) },
    );
    expect(failures).toEqual([
      {
        property,
        reason: expect.stringMatching(
          new RegExp(`^influx-token:\\w+ in the stack config .*${reason}`),
        ) as unknown,
      },
    ]);
  });
});
