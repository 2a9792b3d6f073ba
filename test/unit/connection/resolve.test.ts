import type { ProfileRequest } from "../../../provider/connection/profiles";
import { type Connection, resolveConnection } from "../../../provider/connection/resolve";
import type { Sources } from "../../../provider/connection/sources";
import { type Given, sourcesOf } from "./support/sources";

const resolve = (given: Given, recorded?: string): Connection =>
  resolveConnection(sourcesOf(given), recorded);

const all = {
  stored: { host: "http://stored:1", token: "stored" },
  config: { host: "http://config:1", token: "config" },
  env: { INFLUX_HOST: "http://env:1", INFLUX_TOKEN: "env" },
  profile: { name: "p", url: "https://profile:1", token: "profile" },
} satisfies Given;

describe("a connection", () => {
  it("comes from the first source that gives it: resource, stack config, environment, profile, default", () => {
    const { stored, config, env, profile } = all;
    const told = (given: Given): string[] => {
      const { host, token, tokenFrom } = resolve(given);
      return [host, token, tokenFrom];
    };
    expect(told({ stored, config, env, profile })).toEqual(["http://stored:1", "stored", "connection.token"]);
    expect(told({ config, env, profile })).toEqual([
      "http://config:1",
      "config",
      "influx-token:token in the stack config",
    ]);
    expect(told({ env, profile })).toEqual(["http://env:1", "env", "INFLUX_TOKEN"]);
    expect(told({ profile })).toEqual(["https://profile:1", "profile", 'token of the profile "p"']);
    expect(told({ env: { INFLUX_TOKEN: "t" } })[0]).toBe("http://localhost:8086");
  });

  it("is put together setting by setting", () => {
    expect(
      resolve({ stored: { host: "https://Stored:443/path/" }, env: { INFLUX_TOKEN: "env" } }),
    ).toMatchObject({ host: "https://stored/path", token: "env", hostFrom: "connection.host" });
  });

  it("needs a token, and says where one could be given", () => {
    expect(() => resolve({})).toThrow(
      /connection.token, .*influx-token:token.*INFLUX_TOKEN.*influx config create/,
    );
  });

  it.each([
    ["acme:8086", /http:\/\/ or https:\/\/ URL/],
    ["localhost", /is not a URL/],
    ["ftp://localhost", /http:\/\/ or https:\/\//],
    ["http://user:pass@localhost", /must not hold a user or password/],
    ["http://localhost?x=1", /must end before \?/],
  ])("refuses the address %s, naming where it came from", (host, message) => {
    const resolving = (): unknown => resolve({ env: { INFLUX_HOST: host, INFLUX_TOKEN: "t" } });
    expect(resolving).toThrow(message);
    expect(resolving).toThrow(/^INFLUX_HOST /);
  });

  it("refuses a token that holds a line break, without repeating it", () => {
    const resolving = (): unknown => resolve({ env: { INFLUX_TOKEN: "s3cret\n" } });
    expect(resolving).toThrow(/^INFLUX_TOKEN holds a character that no token has/);
    expect(resolving).not.toThrow(/s3cret/);
  });

  it("warns of a host to which tokens travel in the open, but not of this machine", () => {
    const warnings = (host: string, env = {}): number =>
      resolve({ stored: { host, token: "t" }, env }).warnings.length;
    expect([warnings("http://influxdb.example.com"), warnings("http://10.0.0.1:8086")]).toEqual([1, 1]);
    const fine = [
      "https://influxdb.example.com",
      "http://localhost:8086",
      "http://127.0.0.1",
      "http://[::1]:8086",
    ];
    expect(fine.map((host) => warnings(host))).toEqual([0, 0, 0, 0]);
    const through = (address: string, host: string): number => warnings(host, { INFLUX_CONNECT_TO: address });
    expect(through("[::1]:8086", "http://influxdb.example.com")).toBe(0);
    expect(through("10.0.0.1:8086", "http://localhost:8086")).toBe(1);
  });

  it("reads the files of TLS, and wants both of a client certificate", () => {
    const tls = (files: Sources["stored"]): unknown => resolve({ stored: { token: "t", ...files } }).tls;
    expect(tls({})).toEqual({});
    expect(tls({ caFile: "a", certFile: "b", keyFile: "c" })).toEqual({
      ca: "PEM of a",
      cert: "PEM of b",
      key: "PEM of c",
    });
    expect(() => tls({ certFile: "b" })).toThrow(/^connection.certFile is given without connection.keyFile/);
    expect(() => resolve({ stored: { token: "t" }, config: { keyFile: "c" } })).toThrow(
      /^influx-token:keyFile in the stack config is given without connection.certFile/,
    );
  });
});

describe("the profile", () => {
  const asked = (given: Given, recorded?: string): ProfileRequest[] => {
    const requests: ProfileRequest[] = [];
    resolveConnection(sourcesOf(given, requests), recorded);
    return requests;
  };

  it("is asked for once, by which profile and which file, and by whom", () => {
    const profile = { name: "prod", url: "http://localhost:1", token: "t" };
    const given = { stored: { activeConfig: "prod" }, env: { INFLUX_CONFIGS_PATH: "/configs" }, profile };
    expect(asked(given)).toEqual([
      {
        name: { value: "prod", from: "connection.activeConfig", property: "connection.activeConfig" },
        path: { value: "/configs", from: "INFLUX_CONFIGS_PATH", property: "connection.configsPath" },
      },
    ]);
  });

  it("is not read where host and token come from elsewhere, also where it is named", () => {
    const named = { activeConfig: "prod", configsPath: "/configs" };
    expect(asked({ config: { ...all.config, ...named } })).toEqual([]);
    expect(asked({ stored: named, env: all.env })).toEqual([]);
    expect(asked({ stored: named, env: { INFLUX_TOKEN: "env" } }, "http://recorded:1")).toEqual([]);
  });

  it("does not matter where it cannot be read and only a stale token would need it", () => {
    expect(resolve({ stored: all.stored, profile: "cannot read it" })).not.toHaveProperty("fallback");
  });

  it("is an error where it cannot be read and the host or the token is to come from it", () => {
    const profile = "cannot read it";
    expect(() => resolve({ env: { INFLUX_TOKEN: "t" }, profile })).toThrow(profile);
    expect(() => resolve({ env: { INFLUX_HOST: "http://env:1" }, profile })).toThrow(profile);
  });
});

describe("a making token whose source names another host", () => {
  const { stored, config, env, profile } = all;

  it.each<[string, Given, RegExp]>([
    [
      "config",
      { stored: { host: stored.host }, config },
      /^the token from influx-token:token in the stack config is for http:\/\/config:1, from influx-token:host in the stack config, and is not sent to http:\/\/stored:1, from connection.host: give connection.token beside connection.host$/,
    ],
    [
      "environment, and the host is the resource's",
      { stored: { host: stored.host }, env },
      /^the token from INFLUX_TOKEN is for http:\/\/env:1, from INFLUX_HOST, and is not sent to http:\/\/stored:1, from connection.host: give connection.token/,
    ],
    [
      "environment, and the host is the stack config's",
      { config: { host: config.host }, env },
      /for http:\/\/env:1, .*not sent to http:\/\/config:1, .*: set influx-token:token in the stack config/,
    ],
    [
      "profile, and the host is the resource's",
      { stored: { host: stored.host }, profile },
      /^the token from token of the profile "p" is for https:\/\/profile:1, from url of the profile "p", and is not sent to http:\/\/stored:1/,
    ],
    [
      "profile, and the host is the environment's",
      { env: { INFLUX_HOST: env.INFLUX_HOST }, profile },
      /not sent to http:\/\/env:1, from INFLUX_HOST: set INFLUX_TOKEN to a token of http:\/\/env:1$/,
    ],
  ])("is not sent: %s", (_where, given, message) => {
    expect(() => resolve(given)).toThrow(message);
  });

  it("is not sent to the recorded host either", () => {
    expect(() => resolve({ profile }, "http://recorded:1")).toThrow(
      /is for https:\/\/profile:1, .* and is not sent to http:\/\/recorded:1, from the state: set influx-token:token .* or INFLUX_TOKEN/,
    );
  });

  it("is not passed over for a later source's", () => {
    expect(() => resolve({ stored: { host: "https://profile:1" }, env, profile })).toThrow(
      /^the token from INFLUX_TOKEN is for http:\/\/env:1/,
    );
  });

  it("is refused as well where the host beside it is no address", () => {
    expect(() =>
      resolve({ stored: { host: stored.host }, env: { ...env, INFLUX_HOST: "nonsense" } }),
    ).toThrow(/^INFLUX_HOST is not a URL/);
  });

  it("is sent where the two are spelt differently only, or its source names none", () => {
    const token = (given: Given): string => resolve(given).token;
    expect(token({ stored: { host: "https://PROFILE:1/" }, profile })).toBe("profile");
    expect(token({ stored: { host: "http://env:1/" }, env })).toBe("env");
    expect(token({ stored: { host: stored.host }, env: { INFLUX_TOKEN: "env" } })).toBe("env");
    expect(token({ stored: { host: stored.host }, profile: { name: "p", token: "t" } })).toBe("t");
    expect(token({ stored: { token: "stored" }, env })).toBe("stored");
  });
});

describe("a connection with a token from the state, which may be stale", () => {
  const { stored, profile } = all;
  const fallback = (given: Given): unknown => resolve({ stored, ...given }).fallback;

  it("has the first other source's token in reserve", () => {
    expect(fallback({ env: { INFLUX_TOKEN: "env" }, profile })).toEqual({
      token: "env",
      tokenFrom: "INFLUX_TOKEN",
    });
    expect(fallback({ config: { token: "config", host: "http://stored:1/" } })).toEqual({
      token: "config",
      tokenFrom: "influx-token:token in the stack config",
    });
    expect(fallback({ profile: { ...profile, url: "http://stored:1" } })).toEqual({
      token: "profile",
      tokenFrom: 'token of the profile "p"',
    });
  });

  it("has none that was given for another server", () => {
    expect(fallback({ config: all.config, env: all.env, profile })).toBeUndefined();
    expect(fallback({ env: { INFLUX_HOST: "nonsense", INFLUX_TOKEN: "env" } })).toBeUndefined();
  });

  it("has none that is the same, and needs none where the token is not from the state", () => {
    expect(fallback({ env: { INFLUX_TOKEN: "stored" } })).toBeUndefined();
    expect(resolve({ config: { token: "config" }, env: { INFLUX_TOKEN: "env" } })).not.toHaveProperty(
      "fallback",
    );
  });
});
