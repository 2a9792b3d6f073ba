import { startEmulator, type EmulatorOptions } from "../../emulator";
import { differences, type Bindings } from "./support/compare";
import { call } from "./support/http";
import { readRecordings, type Exchange } from "./support/recording";
import { Replay } from "./support/replay";
import { emulatorTarget, realTarget } from "./support/target";

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

  // What runs against INFLUX_HOST, run on an emulator of each kind: of other names, another version, and not empty.
  it.each<[string, EmulatorOptions]>([
    ["hashed tokens", { version: "v2.8.3" }],
    [
      "plain tokens",
      {
        plainTokens: true,
        version: "v2.4.0",
        resourceTypes: ["authorizations", "buckets", "orgs", "tasks", "users", "instance"],
      },
    ],
  ])(
    "holds every recording on a server of another version with %s, and leaves nothing there",
    async (_, options) => {
      const onboard = { username: "root", org: "home", bucket: "first" };
      const emulator = await startEmulator({ ...options, onboard });
      const operatorToken = emulator.onboarded?.token ?? "";
      const inventory = async (): Promise<unknown> =>
        Promise.all(
          ["orgs", "users", "buckets", "authorizations"].map(async (kind) => {
            const { body } = await call(emulator.url, {
              method: "GET",
              path: `/api/v2/${kind}?limit=100`,
              token: operatorToken,
            });
            return (body as Record<string, { id: string }[]>)[kind]?.map(({ id }) => id);
          }),
        );
      const before = await inventory();
      try {
        for (const { recording } of recordings) {
          const target = await realTarget(emulator.url, operatorToken);
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

  it("says so when the operator token is refused", async () => {
    const emulator = await startEmulator();
    await expect(realTarget(emulator.url, "wrong")).rejects.toThrow("unauthorized access");
    await emulator.close();
  });
});
