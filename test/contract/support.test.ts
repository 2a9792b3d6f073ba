import { startEmulator, type EmulatorOptions } from "../../emulator";
import { Servers } from "../support/serving";
import { differences, type Bindings } from "./support/compare";
import { call } from "./support/http";
import { readRecordings, type Exchange } from "./support/recording";
import { Replay } from "./support/replay";
import { emulatorTarget, idOf, post, realTarget, type Leniency } from "./support/target";

describe("the comparison", () => {
  const compare = (expected: unknown, got: unknown, bindings: Bindings = new Map()): string[] =>
    differences(expected, got, bindings, "body");

  it("finds none where everything is the same", () => {
    expect(compare({ a: [1, null, { b: "c" }] }, { a: [1, null, { b: "c" }] })).toEqual([]);
  });

  it("names the place, what was expected and what came", () => {
    expect(compare({ a: [{ b: "c" }] }, { a: [{ b: "d" }] })).toEqual(['body.a[0].b: expected "c", got "d"']);
  });

  it("reports what is missing and what is too much", () => {
    expect(compare({ a: 1 }, { b: 2 })).toEqual([
      "body.a: expected 1, got nothing",
      "body.b: expected nothing, got 2",
    ]);
    expect(compare([1], [1, 2])).toEqual(["body.length: expected 1, got 2"]);
    expect(compare([], {})).toEqual(["body: expected [], got {}"]);
  });

  it("binds a placeholder on first sight, and holds the server to it from then on", () => {
    const bindings: Bindings = new Map();
    expect(compare({ self: "/orgs/{{org}}" }, { self: "/orgs/a1" }, bindings)).toEqual([]);
    expect(bindings.get("org")).toBe("a1");
    expect(compare("{{org}}", "b2", bindings)).toEqual(['body: expected "a1", got "b2"']);
  });

  it("takes any RFC 3339 time for {{time}}, and nothing else", () => {
    expect(compare("{{time}}", "2024-05-06T07:08:09.123456789+02:00")).toEqual([]);
    expect(compare("{{time}}", "yesterday")).toEqual(['body: expected "{{time}}", got "yesterday"']);
  });

  it("reads text as text, not as a pattern", () => {
    expect(compare("a.c (x)", "abc (x)")).toHaveLength(1);
  });
});

describe("the replay", () => {
  const recordings = readRecordings();

  it("refuses to use a token that no answer has shown", async () => {
    const recording: Exchange = {
      name: "as a stranger",
      as: "stranger",
      request: { method: "GET", path: "/api/v2/me" },
      response: { status: 200, headers: {}, body: "" },
    };
    const target = await emulatorTarget({ server: "2.9.1", exchanges: [] });
    try {
      await expect(new Replay(target, { server: "2.9.1", exchanges: [] }).run(recording)).rejects.toThrow(
        "uses {{stranger.token}} before an answer shows it",
      );
    } finally {
      await target.remove();
    }
  });

  it.each([
    ["v2.9.1", { onTheRecorded: 0, onAnother: 0 }],
    ["v2.4.0", { onTheRecorded: 1, onAnother: 0 }],
    [undefined, { onTheRecorded: 1, onAnother: 1 }],
  ])("wants the header of the version, and on another server any version: %s", async (version, wanted) => {
    const servers = new Servers();
    const url = await servers.serve((_, response) => {
      response.writeHead(200, version === undefined ? {} : { "X-Influxdb-Version": version }).end();
    });
    const exchange: Exchange = {
      name: "version",
      as: null,
      request: { method: "GET", path: "/" },
      response: { status: 200, headers: { "X-Influxdb-Version": "v2.9.1" }, body: "" },
    };
    const differences = async (leniency: Leniency | undefined): Promise<string[]> => {
      const target = { url, leniency, operatorToken: "", names: new Map(), bindings: new Map() };
      const nothing = { made: () => undefined, remove: () => Promise.resolve() };
      return new Replay({ ...target, ...nothing }, { server: "2.9.1", exchanges: [] }).run(exchange);
    };
    expect({
      onTheRecorded: (await differences(undefined)).length,
      onAnother: (await differences({ showsTokens: true })).length,
    }).toEqual(wanted);
    await servers.end();
  });

  // What runs against INFLUX_HOST, run on an emulator of each kind: of other names, another version, and not empty.
  it.each<[string, EmulatorOptions]>([
    ["hashed tokens", { version: "v2.8.3" }],
    [
      "plain tokens",
      {
        plainTokens: true,
        version: "v2.4.0",
        resourceTypes: ["authorizations", "buckets", "orgs", "tasks", "telegrafs", "users", "instance"],
      },
    ],
  ])(
    "holds every recording on a server of another version with %s, and leaves nothing there",
    async (_, options) => {
      const onboard = { username: "root", org: "home", bucket: "first" };
      const emulator = await startEmulator({ ...options, onboard });
      const operatorToken = emulator.onboarded?.token ?? "";
      const inventory = async (): Promise<unknown> => [
        ...(await Promise.all(
          ["orgs", "users", "buckets"].map(async (kind) => {
            const { body } = await call(emulator.url, {
              method: "GET",
              path: `/api/v2/${kind}?limit=100`,
              token: operatorToken,
            });
            return (body as Record<string, { id: string }[]>)[kind]?.map(({ id }) => id);
          }),
        )),
        // Lists leave out the tokens of organizations and users that are gone.
        emulator.authorizations().map(({ id }) => id),
      ];
      // The recordings' own names are taken.
      for (const name of ["acme", "doomed", "moving", "moved"]) {
        await post(emulator.url, operatorToken, "/api/v2/orgs", { name });
      }
      for (const name of ["ci", "leaver", "alice", "alicia", "helper"]) {
        await post(emulator.url, operatorToken, "/api/v2/users", { name });
      }
      const before = await inventory();
      try {
        for (const { recording } of recordings) {
          const target = await realTarget(emulator.url, operatorToken, recording);
          const replay = new Replay(target, recording);
          for (const exchange of recording.exchanges) {
            expect([exchange.name, await replay.run(exchange)]).toEqual([exchange.name, []]);
          }
          await target.remove();
        }
        expect(await inventory()).toEqual(before);
      } finally {
        await emulator.close();
      }
    },
  );

  it("removes also what outlives its organization or its owner, and tokens that nobody told of", async () => {
    const emulator = await startEmulator({ onboard: { username: "root", org: "home", bucket: "first" } });
    const operatorToken = emulator.onboarded?.token ?? "";
    try {
      const target = await realTarget(emulator.url, operatorToken);
      const make = async (kind: string, body: object): Promise<string> => {
        const id = idOf(await post(emulator.url, operatorToken, `/api/v2/${kind}`, body));
        target.made(`/api/v2/${kind}/${id}`);
        return id;
      };
      const permissions = [{ action: "read", resource: { type: "users" } }];
      const acme = target.bindings.get("org");
      for (const left of ["orgs", "users"]) {
        const id = await make(left, { name: `short-lived ${left}` });
        const owner = left === "orgs" ? { orgID: id } : { orgID: acme, userID: id };
        await make("authorizations", { ...owner, permissions });
        await call(emulator.url, { method: "DELETE", path: `/api/v2/${left}/${id}`, token: operatorToken });
      }
      await post(emulator.url, operatorToken, "/api/v2/authorizations", { orgID: acme, permissions });
      expect(emulator.authorizations().length).toBeGreaterThan(3);
      await target.remove();
      expect(emulator.authorizations().map(({ token }) => token)).toEqual([operatorToken]);
    } finally {
      await emulator.close();
    }
  });

  it("says so when the operator token is refused", async () => {
    const emulator = await startEmulator();
    await expect(realTarget(emulator.url, "wrong")).rejects.toThrow("unauthorized access");
    await emulator.close();
  });
});
