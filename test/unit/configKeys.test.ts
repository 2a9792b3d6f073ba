import * as pulumi from "@pulumi/pulumi";
import * as fc from "fast-check";
import { InfluxToken } from "../../provider";
import { configKeyProblems } from "../../provider/configKeys";
import { CONFIG_KEYS } from "../../provider/connection/settings";

const problems = (keys: string[], project = "acme-metrics"): ReturnType<typeof configKeyProblems> =>
  configKeyProblems(Object.fromEntries(keys.map((key) => [key, "s3cret"])), project);

describe("a key of the stack config under influx-token:", () => {
  it("is one of the connection's settings, the organization, or the tokens of the program without code", () => {
    expect(problems(CONFIG_KEYS.map((name) => `influx-token:${name}`))).toEqual({ warnings: [] });
    expect(CONFIG_KEYS).toEqual(
      expect.arrayContaining(["host", "token", "timeoutMs", "org", "orgId", "tokens", "tokensFrom"]),
    );
  });

  it.each([
    ["hosts", "host"],
    ["hots", "host"],
    ["Host", "host"],
    ["url", "host"],
    ["tokn", "token"],
    ["orgID", "orgId"],
    ["organization", "org"],
    ["timeoutms", "timeoutMs"],
    ["timeout", "timeoutMs"],
    ["skip-verify", "skipVerify"],
    ["cafile", "caFile"],
    ["activeconfig", "activeConfig"],
    ["retry", "retries"],
    ["tokenFiles", "tokensFrom"],
    ["tokensfrom", "tokensFrom"],
  ])("is refused where nobody reads it, with the nearest known one: %s, %s", (name, nearest) => {
    expect(problems([`influx-token:${name}`]).error).toMatch(
      new RegExp(
        `^the stack config has influx-token:${name}, .* not known: did you mean influx-token:${nearest}\\?\n`,
      ),
    );
  });

  it("is refused with the list of all where none is near", () => {
    const { error = "" } = problems(["influx-token:frobnicate"]);
    expect(error).not.toContain("did you mean");
    expect(error).toContain("Known are influx-token:host, influx-token:token, ");
  });

  it("is named with the others that are wrong, up to ten, as it can be read", () => {
    const keys = Array.from({ length: 12 }, (_, n) => `influx-token:x${n}\u001b[31m`);
    const { error = "" } = problems(keys);
    expect(error.split("\n")).toHaveLength(12);
    expect(error).toMatch(/^2 more are not known$/m);
    expect(problems(keys.slice(2)).error).not.toContain("more are not known");
    expect(error).not.toContain("\u001b");
  });
});

describe("a key of the stack config that we would know", () => {
  it("is named in a warning where it stands under the project's name: pulumi config set host puts it there", () => {
    expect(problems(["acme-metrics:host", "acme-metrics:other", "influx-token:token"])).toEqual({
      warnings: [
        "no token reads acme-metrics:host of the stack config: if it is meant for one, set influx-token:host in its place",
      ],
    });
  });

  it("is named where it stands under influxdb:, but for the peer's own", () => {
    const named = (...keys: string[]): unknown =>
      problems(keys).warnings.map((text) => / (\S+:\S+) of/.exec(text)?.[1]);
    expect(named("influxdb:token", "influxdb:org")).toEqual(["influxdb:org", "influxdb:token"]);
    expect(named("influxdb:url", "influxdb:token")).toEqual([]);
    expect(named("influxdb:url", "influxdb:token", "influxdb:host")).toEqual(["influxdb:host"]);
    expect(named("influxdb:url")).toEqual([]);
  });

  it("is in its place where the project has the namespace's name", () => {
    expect(problems(["influx-token:host"], "influx-token")).toEqual({ warnings: [] });
    expect(problems(["influxdb:token"], "influxdb").warnings).toHaveLength(1);
  });

  it("is in no other namespace", () => {
    expect(problems(["aws:token", "host", "influx-tokens:host", "acme:host"])).toEqual({ warnings: [] });
  });
});

it("no message ever holds a value", () => {
  const key = fc.tuple(
    fc.constantFrom("influx-token", "influxdb", "acme-metrics"),
    fc.oneof(fc.constantFrom(...CONFIG_KEYS), fc.string()),
  );
  fc.assert(
    fc.property(fc.array(key.map((parts) => parts.join(":"))), (keys) => {
      expect(JSON.stringify(problems(keys))).not.toContain("s3cret");
    }),
  );
});

describe("InfluxToken in a program, with Pulumi's mocks in place of the engine", () => {
  let warn: jest.SpyInstance;
  beforeAll(async () => {
    warn = jest.spyOn(pulumi.log, "warn").mockResolvedValue();
    await pulumi.runtime.setMocks(
      { newResource: ({ inputs }) => ({ id: "1", state: inputs as object }), call: () => ({}) },
      "acme-metrics",
    );
  });
  afterAll(() => {
    jest.restoreAllMocks();
    pulumi.runtime.setAllConfig({});
  });
  const make = (name: string): InfluxToken => new InfluxToken(name, { org: "acme", readTasks: true });

  it("refuses unknown keys, each time, by an error that Pulumi shows without a stack", () => {
    pulumi.runtime.setAllConfig({ "influx-token:hots": "http://a", "acme-metrics:host": "s3cret" });
    for (const name of ["a", "b"]) {
      expect(() => make(name)).toThrow(pulumi.RunError);
      expect(() => make(name)).toThrow(/influx-token:hots, .* did you mean influx-token:host\?/);
    }
  });

  it("warns once of keys that it does not read", () => {
    pulumi.runtime.setAllConfig({ "acme-metrics:host": "s3cret", "acme-metrics:token": "s3cret" });
    for (const name of ["a", "b", "c"]) make(name);
    const texts = warn.mock.calls.map(([text]: unknown[]) => String(text));
    expect(texts).toEqual([
      expect.stringContaining("set influx-token:host in its place"),
      expect.stringContaining("set influx-token:token in its place"),
    ]);
  });
});
