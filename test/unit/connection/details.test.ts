import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolveOrganization } from "../../../provider/connection/organization";
import { readProfile } from "../../../provider/connection/profiles";
import { proxyFor, secretsOf } from "../../../provider/connection/proxy";
import { connectionProblem, resolveConnection } from "../../../provider/connection/resolve";
import { fromProfileIfReadable } from "../../../provider/connection/sources";
import type { ConnectionError } from "../../../provider/errors";
import { thrownBy } from "../../support/thrownBy";
import { sourcesOf } from "./support/sources";

describe("NO_PROXY", () => {
  const PROXY = { HTTP_PROXY: "http://proxy.example:3128" };
  const isLeftOut = (host: string, list: string): boolean =>
    proxyFor(host, { ...PROXY, NO_PROXY: list }) === undefined;

  it.each<[string, string]>([
    ["http://10.1.2.3", "10.0.0.0/8"],
    ["http://10.1.2.3", "10.1.2.0/24"],
    ["http://10.1.2.3", "10.1.2.3/32"],
    ["http://[fd00::5]", "fd00::/64"],
    ["http://[fd00::5]", "fd00::5/128"],
    ["http://influx.example:8086", "a,  influx.example:8086"],
    ["http://[fd00::5]:8086", "[fd00::5]:8086"],
  ])("lists %s by %s", (host, list) => {
    expect(isLeftOut(host, list)).toBe(true);
  });

  it.each<[string, string]>([
    ["http://11.1.2.3", "10.0.0.0/8"],
    ["http://10.1.2.3", "10.0.0.0/33"],
    ["http://10.1.2.3", "10.0.0.0/"],
    ["http://10.1.2.3", "10.0.0.0/x8"],
    ["http://10.1.2.3", "10.0.0.0/8x"],
    ["http://10.1.2.3", "fd00::/8"],
    ["http://[fd00::5]", "10.0.0.0/8"],
    ["http://[fd00::5]", "fd00::/129"],
    ["http://influx.example", "10.0.0.0/8"],
    ["http://influx.example", "internal/8"],
    ["http://influx.example.", "a,"],
    ["http://influx.example:8086", "influx.example:80"],
    ["http://influx.example:8086", "influx.example:8086x"],
  ])("does not list %s by %s", (host, list) => {
    expect(isLeftOut(host, list)).toBe(false);
  });
});

describe("the proxy of a connection", () => {
  const token = { INFLUX_TOKEN: "t0ken", INFLUX_HOST: "http://influx.example" };

  it("is what the environment names, and else there is none", () => {
    const env = { ...token, HTTP_PROXY: "http://proxy.example:3128" };
    const proxy = { url: "http://proxy.example:3128", from: "HTTP_PROXY" };
    expect(resolveConnection(sourcesOf({ env }))).toMatchObject({ proxy });
    expect(resolveConnection(sourcesOf({ env: token }))).not.toHaveProperty("proxy");
  });

  it("has no empty secret, which would blank out every message", () => {
    const auth = { username: "ci", password: "" };
    expect(secretsOf({ url: "http://p", from: "HTTP_PROXY", auth })).toEqual(["Y2k6"]);
  });
});

describe("a switch", () => {
  it.each(["falsey", "xfalse", "0x", "10", "truely", "xtrue", "t1"])("is not %s", (skipVerify) => {
    const sources = sourcesOf({ config: { skipVerify, token: "t0ken" } });
    expect(thrownBy(() => resolveConnection(sources))).toMatchObject({
      property: "connection.skipVerify",
      message: "influx-token:skipVerify in the stack config must be true or false",
    });
  });

  it.each<[string, boolean]>([
    ["TRUE", true],
    ["1", true],
    ["F", false],
    ["0", false],
  ])("is on or off by %s: %s", (skipVerify, expected) => {
    const sources = sourcesOf({ config: { skipVerify, token: "t0ken" } });
    expect(resolveConnection(sources).skipVerify).toBe(expected);
  });
});

describe("the sources of a connection", () => {
  it("need not say that everything is known", () => {
    const { open, ...sources } = sourcesOf({ stored: { host: "http://a", token: "t" } });
    expect(open).toEqual(new Set());
    expect(resolveConnection(sources).host).toBe("http://a");
  });

  it("hide no failure but the user's", () => {
    const fail = (): never => {
      throw new RangeError("broken");
    };
    const { readProfile: readable, ...sources } = sourcesOf({});
    expect(readable({})).toBeUndefined();
    expect(() => connectionProblem({ ...sources, readProfile: fail })).toThrow("broken");
    expect(() => fromProfileIfReadable({ ...sources, readProfile: fail }, "org")).toThrow("broken");
  });

  it("give a recorded organization's id before the environment's name", () => {
    const orgId = "00000000000000a1";
    expect(resolveOrganization(sourcesOf({ env: { INFLUX_ORG: "acme" } }), { orgId })).toEqual({ orgId });
  });
});

describe("a profile", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "profiles-"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const named = (value: string) => ({ value, from: "the test", property: "connection.activeConfig" });
  function read(source: string, name?: string) {
    const path = join(folder, "configs");
    writeFileSync(path, source);
    const file = { value: path, from: "INFLUX_CONFIGS_PATH", property: "connection.configsPath" };
    return readProfile({ path: file, ...(name !== undefined && { name: named(name) }) });
  }
  const problem = (source: string, name?: string): string =>
    (thrownBy(() => read(source, name)) as Error).message;
  const tables = (count: number): string =>
    Array.from({ length: count }, (_, index) => `[p${index}]\n`).join("");

  it("is a table, and nothing else", () => {
    const source = `text = "t"\n[[list]]\nurl = "http://b"\n[only]\nurl = "http://a"\n`;
    expect(read(source, "only")).toEqual({ name: "only", url: "http://a" });
    expect(problem(source, "text")).toMatch(/has no profile "text".*: it has "only"$/);
    expect(problem(source, "list")).toMatch(/has no profile "list"/);
  });

  it("that is missing is told with as many others as can be read", () => {
    expect(problem(tables(10), "x")).toMatch(/"p9"$/);
    expect(problem(tables(12), "x")).toMatch(/"p9", 2 more$/);
    expect(problem("", "x")).toMatch(/it has none$/);
  });

  it("that is malformed is told by line and column", () => {
    expect(problem("[a]\nurl = = 1\n")).toMatch(/not valid TOML at line 2, column [5-9]$/);
  });

  it("that cannot be read is a matter of the input that asked for it", () => {
    const property = (run: () => unknown): string => (thrownBy(run) as ConnectionError).property;
    expect(property(() => readProfile({ name: named("a") }, folder))).toBe("connection.activeConfig");
    writeFileSync(join(folder, ".influxdbv2"), "");
    expect(property(() => readProfile({}, folder))).toBe("connection.configsPath");
  });
});
