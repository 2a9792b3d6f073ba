import { resolveConnection, resolveOrganization, type Sources } from "../../../provider/connection/resolve";
import type { Profile } from "../../../provider/connection/profiles";

interface Given {
  stored?: Sources["stored"];
  config?: Record<string, string>;
  env?: Record<string, string>;
  profile?: Profile;
}

function sources({ stored = {}, config = {}, env = {}, profile }: Given): Sources {
  return {
    stored,
    config: (key) => config[key],
    env,
    readProfile: () => profile,
    readPem: (path) => `PEM of ${path}`,
  };
}

const all = {
  stored: { host: "http://stored:1", token: "stored" },
  config: { "influx-token:host": "http://config:1", "influx-token:token": "config" },
  env: { INFLUX_HOST: "http://env:1", INFLUX_TOKEN: "env" },
  profile: { name: "p", url: "https://profile:1", token: "profile" },
} satisfies Given;

describe("a connection", () => {
  it("comes from the first source that gives it: resource, stack config, environment, profile, default", () => {
    const { stored, config, env, profile } = all;
    const told = (given: Given): string[] => {
      const { host, token, tokenFrom } = resolveConnection(sources(given));
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
      resolveConnection(
        sources({ stored: { host: "https://Stored:443/path/" }, env: { INFLUX_TOKEN: "env" } }),
      ),
    ).toMatchObject({ host: "https://stored/path", token: "env", hostFrom: "connection.host" });
  });

  it("needs a token, and says where one could be given", () => {
    expect(() => resolveConnection(sources({}))).toThrow(
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
    const resolve = (): unknown =>
      resolveConnection(sources({ env: { INFLUX_HOST: host, INFLUX_TOKEN: "t" } }));
    expect(resolve).toThrow(message);
    expect(resolve).toThrow(/^INFLUX_HOST /);
  });

  it("refuses a token that holds a line break, without repeating it", () => {
    const resolve = (): unknown => resolveConnection(sources({ env: { INFLUX_TOKEN: "s3cret\n" } }));
    expect(resolve).toThrow(/^INFLUX_TOKEN holds a character that no token has/);
    expect(resolve).not.toThrow(/s3cret/);
  });

  it("reads switches as the CLI does", () => {
    const skipVerify = (value: string): boolean =>
      resolveConnection(sources({ env: { INFLUX_TOKEN: "t", INFLUX_SKIP_VERIFY: value } })).skipVerify;
    expect(["true", "TRUE", "1", "t"].map(skipVerify)).toEqual([true, true, true, true]);
    expect(["false", "0", ""].map(skipVerify)).toEqual([false, false, false]);
    const env = { INFLUX_TOKEN: "t", INFLUX_SKIP_VERIFY: "true" };
    expect(resolveConnection(sources({ stored: { skipVerify: false }, env })).skipVerify).toBe(false);
    expect(() => skipVerify("maybe")).toThrow("INFLUX_SKIP_VERIFY must be true or false");
    expect(
      resolveConnection(sources({ stored: { skipVerify: true, httpDebug: true, token: "t" } })),
    ).toMatchObject({
      skipVerify: true,
      httpDebug: true,
    });
  });

  it("hands on which profile and which file are asked for, and by whom", () => {
    const asked: unknown[] = [];
    resolveConnection({
      ...sources({ stored: { token: "t", activeConfig: "prod" }, env: { INFLUX_CONFIGS_PATH: "/configs" } }),
      readProfile: (request) => {
        asked.push(request);
        return undefined;
      },
    });
    expect(asked).toEqual([
      {
        name: { value: "prod", from: "connection.activeConfig", property: "connection.activeConfig" },
        path: { value: "/configs", from: "INFLUX_CONFIGS_PATH", property: "connection.configsPath" },
      },
    ]);
  });

  it("warns of a profile's token that goes to another host than the profile's", () => {
    const { profile } = all;
    const warnings = (host: string): readonly string[] =>
      resolveConnection(sources({ stored: { host }, profile })).warnings;
    expect(warnings("https://elsewhere:1")).toEqual([
      'the token of the profile "p" was made for https://profile:1 and is sent to https://elsewhere:1, from connection.host',
    ]);
    expect(warnings("https://PROFILE:1/")).toEqual([]);
    expect(
      resolveConnection(
        sources({ stored: { host: "https://elsewhere:1" }, profile: { name: "p", token: "t" } }),
      ).warnings,
    ).toEqual([]);
  });

  it("warns of a host to which tokens travel in the open, but not of this machine", () => {
    const warnings = (host: string): number =>
      resolveConnection(sources({ stored: { host, token: "t" } })).warnings.length;
    expect(["http://influxdb.example.com", "http://10.0.0.1:8086"].map(warnings)).toEqual([1, 1]);
    const fine = [
      "https://influxdb.example.com",
      "http://localhost:8086",
      "http://127.0.0.1",
      "http://[::1]:8086",
    ];
    expect(fine.map(warnings)).toEqual([0, 0, 0, 0]);
  });

  it("has limits with defaults, and refuses others that are none", () => {
    const config = { "influx-token:timeoutMs": "5000", "influx-token:retries": "0" };
    const stored = { token: "t" };
    expect(resolveConnection(sources({ stored }))).toMatchObject({
      timeoutMs: 60_000,
      retries: 4,
      maxConcurrent: 16,
    });
    expect(resolveConnection(sources({ stored, config }))).toMatchObject({ timeoutMs: 5000, retries: 0 });
    expect(() =>
      resolveConnection(sources({ stored, config: { "influx-token:maxConcurrent": "0" } })),
    ).toThrow("influx-token:maxConcurrent in the stack config must be a whole number from 1 on");
  });

  it("reads the files of TLS, and wants both of a client certificate", () => {
    const tls = (files: Sources["stored"]): unknown =>
      resolveConnection(sources({ stored: { token: "t", ...files } })).tls;
    expect(tls({})).toEqual({});
    expect(tls({ caFile: "a", certFile: "b", keyFile: "c" })).toEqual({
      ca: "PEM of a",
      cert: "PEM of b",
      key: "PEM of c",
    });
    expect(() => tls({ certFile: "b" })).toThrow(/certFile is given without connection.keyFile/);
    expect(() => tls({ keyFile: "c" })).toThrow(/keyFile is given without connection.certFile/);
  });

  describe("with a token from the state, which may be stale", () => {
    const { stored, profile } = all;
    const fallback = (given: Given): unknown => resolveConnection(sources({ stored, ...given })).fallback;

    it("has the first other source's token in reserve", () => {
      expect(fallback({ env: { INFLUX_TOKEN: "env" }, profile })).toEqual({
        token: "env",
        tokenFrom: "INFLUX_TOKEN",
      });
      expect(
        fallback({ config: { "influx-token:token": "config", "influx-token:host": "http://stored:1/" } }),
      ).toEqual({
        token: "config",
        tokenFrom: "influx-token:token in the stack config",
      });
    });

    it("has none that was given for another server", () => {
      expect(fallback({ config: all.config, env: all.env, profile })).toBeUndefined();
      expect(fallback({ env: { INFLUX_HOST: "nonsense", INFLUX_TOKEN: "env" } })).toBeUndefined();
    });

    it("has none that is the same, and needs none where the token is not from the state", () => {
      expect(fallback({ env: { INFLUX_TOKEN: "stored" } })).toBeUndefined();
      expect(
        resolveConnection(
          sources({ config: { "influx-token:token": "config" }, env: { INFLUX_TOKEN: "env" } }),
        ).fallback,
      ).toBeUndefined();
    });
  });
});

describe("the organization that a program leaves out", () => {
  it("comes from the stack's config, the environment or the profile, in this order", () => {
    const profile = { name: "p", org: "profile" };
    const env = { INFLUX_ORG_ID: "00000000000000a1" };
    const config = { "influx-token:org": "config" };
    expect(resolveOrganization(sources({ config, env, profile }))).toEqual({ org: "config" });
    expect(resolveOrganization(sources({ env, profile }))).toEqual({ orgId: "00000000000000a1" });
    expect(resolveOrganization(sources({ profile }))).toEqual({ org: "profile" });
    expect(resolveOrganization(sources({ profile: { name: "p" } }))).toBeUndefined();
  });

  it("cannot be told where one source gives both name and id", () => {
    expect(() => resolveOrganization(sources({ env: { INFLUX_ORG: "a", INFLUX_ORG_ID: "b" } }))).toThrow(
      "INFLUX_ORG and INFLUX_ORG_ID are both set: keep one of them",
    );
  });
});
