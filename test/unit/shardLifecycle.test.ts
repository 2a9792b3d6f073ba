import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StoredAuthorization } from "../../emulator";
import { Journal } from "../../provider/journal";
import { type DeclaredFleet, FleetStack } from "../support/fleetStack";
import { startServer, type TestServer } from "../support/influxdb";
import { reverseProxyTo } from "../support/reverseProxy";
import { OWN, Servers } from "../support/serving";

const HOUR_MS = 3_600_000;

/** Two of them are in one shard: 03. */
const C_AND_J = ["c", "j"];
const NAMES = ["a", "b", ...C_AND_J];
const EACH = { org: "acme", readTasks: true };

let home: string;
let server: TestServer;
let stack: FleetStack;
let aheadMs: number;
const servers = new Servers();

const now = (): number => Date.now() + aheadMs;

/** A process that was, and is no more. */
const { pid: DEAD_PID } = spawnSync(process.execPath, ["--version"]);

function newStack(env: Record<string, string> = {}, path = "acme/prod"): FleetStack {
  const all = { INFLUX_HOST: server.url, INFLUX_TOKEN: server.operatorToken, XDG_STATE_HOME: home, ...env };
  return new FleetStack({ env: all, now }, path);
}

async function begin(plainTokens = false): Promise<void> {
  aheadMs = 0;
  home = mkdtempSync(join(tmpdir(), "fleet-"));
  server = await startServer({ plainTokens, now });
  stack = newStack();
}

async function end(): Promise<void> {
  await servers.end();
  await server.close();
  rmSync(home, { recursive: true });
}

/** Goes on with another address of the server, which the stack's config names. */
const at = (url: string, token = server.operatorToken): FleetStack =>
  stack.copy({
    env: { INFLUX_TOKEN: token, XDG_STATE_HOME: home },
    config: { "influx-token:host": url },
    now,
  });

const fleet = (more: Partial<DeclaredFleet> = {}): Record<string, DeclaredFleet> => ({
  f: { each: EACH, members: NAMES, ...more },
});
const each = (more: object): Record<string, DeclaredFleet> => fleet({ each: { ...EACH, ...more } });

/** The tokens on the server beside the operator's. */
const made = (): readonly StoredAuthorization[] => server.authorizations().slice(1);
const find = (id: string | undefined): StoredAuthorization | undefined => made().find((one) => one.id === id);
const idOf = (name: string): string => stack.members().get(`f/${name}`)?.id ?? "none";
const idsOf = (): Record<string, string> =>
  Object.fromEntries(
    [...stack.members()].flatMap(([name, { id }]) => (name.startsWith("f/") ? [[name.slice(2), id]] : [])),
  );

/** The server has what the state has, and each value is known and right. */
function expectExactly(names: readonly string[], more: readonly string[] = []): void {
  const recorded = [...stack.members()];
  expect(recorded.map(([name]) => name.slice(2)).sort()).toEqual([...names].sort());
  expect(
    made()
      .map(({ id }) => id)
      .sort(),
  ).toEqual([...recorded.map(([, { id }]) => id), ...more].sort());
  for (const [name, { id, token }] of recorded) {
    expect([name, find(id)?.token]).toEqual([name, token]);
    expect(token).toBeDefined();
  }
}

describe.each([
  ["stores tokens hashed", false],
  ["stores tokens plain", true],
])("a fleet on a server that %s", (_kind, plainTokens) => {
  beforeEach(() => begin(plainTokens));
  afterEach(end);

  it("is one token a member, with what is declared, and nothing happens the second time", async () => {
    const log = await stack.succeed(fleet());
    expect(log.sort()).toEqual(["create f-03", "create f-18", "create f-22", "create f-retirement"]);
    expectExactly(NAMES);
    for (const name of NAMES) {
      expect(find(idOf(name))).toMatchObject({
        description: `acme/prod/f/${name}`,
        status: "active",
        orgID: server.orgId,
        permissions: [{ action: "read", resource: { type: "tasks", orgID: server.orgId } }],
      });
    }
    server.countRequests();
    expect(await stack.preview(fleet())).toEqual([]);
    expect(await stack.succeed(fleet())).toEqual([]);
    expect(server.countRequests()).toEqual({});
    await stack.refresh();
    expect(await stack.succeed(fleet())).toEqual([]);
    expect(await stack.succeed({})).toHaveLength(4);
    expect(made()).toEqual([]);
  });

  it("rolls without a gap: what is replaced ends after everything else", async () => {
    await stack.succeed(fleet());
    const before = stack.members();
    const seen: string[] = [];
    stack.engine.beforeDeletes = () => {
      for (const [name, { id }] of before) if (find(id) !== undefined) seen.push(name);
      for (const { id } of stack.members().values()) expect(find(id)?.status).toBe("active");
      expect(made()).toHaveLength(8);
      return Promise.resolve();
    };
    const log = await stack.succeed(each({ readChecks: true }));
    stack.engine.beforeDeletes = () => Promise.resolve();
    expect(seen.sort()).toEqual([...before.keys()].sort());
    expect(log).toContain("delete replaced f-retirement");
    expectExactly(NAMES);
    for (const [name, { id }] of before) expect(stack.members().get(name)?.id).not.toBe(id);
    expect(find(idOf("a"))?.permissions).toHaveLength(2);
    expect(await stack.succeed(each({ readChecks: true }))).toEqual([]);
    await stack.refresh();
    expect(await stack.succeed(each({ readChecks: true }))).toEqual([]);
  });

  it("shows drift as that member's, and mends it", async () => {
    await stack.succeed(fleet());
    const ids = idsOf();
    await server.call("PATCH", `/api/v2/authorizations/${idOf("c")}`, { status: "inactive" });
    await server.call("PATCH", `/api/v2/authorizations/${idOf("a")}`, { description: "mine" });
    await stack.refresh();
    expect(stack.inputsOf("f-03")).toMatchObject({ members: { c: { status: "inactive" }, j: {} } });
    expect(stack.inputsOf("f-18")).toMatchObject({ members: { a: { description: "mine" } } });
    expect(await stack.preview(fleet())).toEqual(["f-18", "f-03"].sort().reverse().sort());
    expect((await stack.succeed(fleet())).sort()).toEqual(["update f-03", "update f-18"]);
    expect(idsOf()).toEqual(ids);
    expect(find(idOf("c"))?.status).toBe("active");
    expect(find(idOf("a"))?.description).toBe("acme/prod/f/a");
    await stack.refresh();
    expect(stack.inputsOf("f-03")).toMatchObject({ members: { c: {}, j: {} } });
    expect(await stack.succeed(fleet())).toEqual([]);
  });
});

describe("members", () => {
  beforeEach(() => begin());
  afterEach(end);

  it("that come, go or change touch only their own shards, and no other member", async () => {
    await stack.succeed(fleet());
    const ids = idsOf();
    expect(await stack.succeed(fleet({ members: [...NAMES, "g"] }))).toEqual(["create f-05"]);
    expectExactly([...NAMES, "g"]);
    const log = await stack.succeed(fleet({ members: [...NAMES.filter((name) => name !== "c"), "g"] }));
    expect(log).toEqual(["update f-03", "create f-retirement", "delete replaced f-retirement"]);
    expectExactly(["a", "b", "j", "g"]);
    const own = { a: { status: "inactive" }, b: {}, j: { readTasks: false, readChecks: true }, g: {} };
    await stack.succeed(fleet({ members: own }));
    expect(idOf("a")).toBe(ids["a"]);
    expect(find(idOf("a"))?.status).toBe("inactive");
    expect(idOf("b")).toBe(ids["b"]);
    expect(idOf("j")).not.toBe(ids["j"]);
    expect(find(idOf("j"))?.permissions).toMatchObject([{ action: "read", resource: { type: "checks" } }]);
    expect(stack.stateOf("f-03").memberPermissions).toEqual({ j: { "orgs/acme/checks": "read" } });
    expectExactly(["a", "b", "j", "g"]);
    expect(await stack.succeed(fleet({ members: own }))).toEqual([]);
  });

  it("whose own inputs say the same in other words are recorded, and nothing else happens", async () => {
    await stack.succeed(fleet({ members: C_AND_J }));
    server.countRequests();
    const own = { c: { readTasks: true }, j: {} };
    expect(await stack.succeed(fleet({ members: own }))).toEqual(["update f-03"]);
    expect(server.countRequests()).toEqual({});
    expect(stack.shards()[0]?.own).toEqual(new Map(Object.entries(own)));
    expect(await stack.succeed(fleet({ members: own }))).toEqual([]);
  });

  it("whose shard has no other go with it", async () => {
    await stack.succeed(fleet());
    expect(await stack.succeed(fleet({ members: C_AND_J }))).toEqual(
      expect.arrayContaining(["delete f-18", "delete f-22"]),
    );
    expectExactly(C_AND_J);
    await stack.succeed(fleet({ members: [] }));
    expect(made()).toEqual([]);
  });

  it("that go take every token with them, also those that were kept", async () => {
    await stack.succeed(fleet({ keepOldFor: "24h" }));
    const keepers = { keepOldFor: "24h", each: { ...EACH, keepers: { r: "1" } } };
    await stack.succeed(fleet(keepers));
    expect(made()).toHaveLength(8);
    await stack.succeed(fleet({ ...keepers, members: ["a", "b", "j"] }));
    expect(made().filter(({ description }) => description.endsWith("/c"))).toEqual([]);
  });

  it("have {member} in names of buckets, too", async () => {
    const ids = Object.fromEntries(
      await Promise.all(NAMES.map(async (name) => [name, await server.makeBucket(`bucket-${name}`)])),
    ) as Record<string, string>;
    const named = each({ readTasks: undefined, writeBucket: ["name:bucket-{member}"] });
    await stack.succeed(named);
    for (const name of NAMES) {
      expect(find(idOf(name))?.permissions).toMatchObject([
        { action: "write", resource: { type: "buckets", id: ids[name] } },
      ]);
    }
    expectExactly(NAMES);
    expect(await stack.succeed(named)).toEqual([]);
    await stack.refresh();
    expect(await stack.succeed(named)).toEqual([]);
    // Made anew under its name: the id that was granted opens nothing.
    await server.call("DELETE", `/api/v2/buckets/${ids["a"]}`);
    const anew = await server.makeBucket("bucket-a");
    const before = idsOf();
    await stack.refresh();
    await stack.succeed(named);
    expect(find(idOf("a"))?.permissions).toMatchObject([{ resource: { id: anew } }]);
    expect(idsOf()).toEqual({ ...before, a: idOf("a") });
    expectExactly(NAMES);
  });

  it("are not tried any more where a server fails one small shard after the other, and those of another server are", async () => {
    const posted: string[] = [];
    const proxy = reverseProxyTo(server.url);
    const failing = await servers.serve((request, response) => {
      if (request.method !== "POST") {
        proxy(request, response);
        return;
      }
      posted.push(request.url ?? "");
      response.writeHead(400, { "Content-Type": "text/html" }).end("<html>");
    });
    const [members, token] = [["a", "b", "d", "e"], server.operatorToken];
    const messages = await stack.fail({
      f: { each: EACH, members, connection: { host: failing, token, retries: 0 } },
      g: { each: EACH, members, connection: { host: server.url, token } },
    });
    expect(posted).toHaveLength(2);
    expect(messages.filter((message) => message.includes("nothing was tried"))).toHaveLength(2);
    expect([...stack.members().keys()].sort()).toEqual(members.map((name) => `g/${name}`));
  });

  it("of a bucket that is not there have no token yet, and the others have theirs", async () => {
    await Promise.all(["a", "b", "c"].map((name) => server.makeBucket(`bucket-${name}`)));
    const named = each({ readTasks: undefined, writeBucket: ["name:bucket-{member}"] });
    const [message, ...others] = await stack.fail(named);
    expect(others).toEqual([]);
    expect(message).toMatch(
      /^acme\/prod\/f\/03: 1 of the changes of 2 members failed, 1 without a token yet \(run again to go on\): "j": writeBucket: .*"bucket-j"/,
    );
    expectExactly(["a", "b", "c"]);
    await server.makeBucket("bucket-j");
    expect(await stack.succeed(named)).toEqual(["update f-03", "create f-retirement"]);
    expectExactly(NAMES);
  });

  it("that are gone are shown as missing, and made anew", async () => {
    await stack.succeed(fleet());
    const ids = idsOf();
    await server.call("DELETE", `/api/v2/authorizations/${ids["c"]}`);
    await stack.refresh();
    expect(stack.inputsOf("f-03")["members"]).toEqual({ j: {} });
    expect(await stack.succeed(fleet())).toEqual(["update f-03"]);
    expect(idsOf()).toEqual({ ...ids, c: idOf("c") });
    expectExactly(NAMES);
    for (const id of Object.values(idsOf())) await server.call("DELETE", `/api/v2/authorizations/${id}`);
    await stack.refresh();
    expect([...stack.engine.state.keys()]).toEqual(["f-retirement"]);
    await stack.succeed(fleet());
    expectExactly(NAMES);
  });

  it("that drifted are shown until they are mended, whatever else a later refresh finds", async () => {
    const off = (name: string, status = "inactive"): Promise<unknown> =>
      server.call("PATCH", `/api/v2/authorizations/${idOf(name)}`, { status });
    await stack.succeed(fleet());
    await off("c");
    await stack.refresh();
    await off("j");
    await stack.refresh();
    expect(stack.inputsOf("f-03")["members"]).toEqual({
      c: { status: "inactive" },
      j: { status: "inactive" },
    });
    await server.call("DELETE", `/api/v2/authorizations/${idOf("c")}`);
    await stack.refresh();
    expect(stack.inputsOf("f-03")["members"]).toEqual({ j: { status: "inactive" } });
    await off("j", "active");
    await stack.refresh();
    expect(stack.inputsOf("f-03")["members"]).toEqual({ j: {} });
    expect(await stack.succeed(fleet())).toEqual(["update f-03"]);
    expectExactly(NAMES);
  });

  it("of a renamed organization stay what they are", async () => {
    await stack.succeed(fleet());
    const ids = idsOf();
    await server.call("PATCH", `/api/v2/orgs/${server.orgId}`, { name: "acme-2" });
    await stack.refresh();
    server.countRequests();
    await stack.succeed(fleet());
    await stack.succeed(each({ org: "acme-2" }));
    expect(server.countRequests()).toEqual({});
    expect(idsOf()).toEqual(ids);
    await stack.refresh();
    expect(await stack.succeed(each({ org: "acme-2" }))).toEqual([]);
  });

  it("whose owner was deleted get tokens of the one that took its place", async () => {
    const make = async (): Promise<string> => {
      const { id } = await server.call<{ id: string }>("POST", "/api/v2/users", { name: "devices" });
      await server.call("POST", `/api/v2/orgs/${server.orgId}/members`, { id });
      return id;
    };
    const first = await make();
    await stack.succeed(each({ user: "devices" }));
    expect(find(idOf("a"))?.userID).toBe(first);
    await server.call("DELETE", `/api/v2/users/${first}`);
    await stack.refresh();
    expect(stack.members().size).toBe(4);
    const second = await make();
    await stack.succeed(each({ user: "devices" }));
    for (const name of NAMES) expect(find(idOf(name))?.userID).toBe(second);
    expectExactly(NAMES);
    expect(await stack.succeed(each({ user: "devices" }))).toEqual([]);
  });
});

describe("a replaced token", () => {
  beforeEach(() => begin());
  afterEach(end);

  it("is kept for as long as keepOldFor says, and deleted by the next run", async () => {
    const kept = (more: object = {}): Record<string, DeclaredFleet> =>
      fleet({ keepOldFor: "24h", each: { ...EACH, ...more } });
    await stack.succeed(kept());
    const old = Object.values(idsOf());
    await stack.succeed(kept({ keepers: { r: "1" } }));
    expectExactly(NAMES, old);
    expect(await stack.succeed(kept({ keepers: { r: "1" } }))).toEqual([]);
    aheadMs += 24 * HOUR_MS - 60_000;
    expect(await stack.succeed(kept({ keepers: { r: "1" } }))).toEqual([]);
    expectExactly(NAMES, old);
    aheadMs += 120_000;
    expect(await stack.preview(kept({ keepers: { r: "1" } }))).toHaveLength(3);
    expect(await stack.succeed(kept({ keepers: { r: "1" } }))).toHaveLength(3);
    expectExactly(NAMES);
    expect(await stack.succeed(kept({ keepers: { r: "1" } }))).toEqual([]);
  });

  it("that is kept is kept beside the next one, each for its time, and ends with the fleet", async () => {
    const kept = (r: string): Record<string, DeclaredFleet> =>
      fleet({ members: ["a"], keepOldFor: "24h", each: { ...EACH, keepers: { r } } });
    await stack.succeed(kept("1"));
    const first = idOf("a");
    await stack.succeed(kept("2"));
    aheadMs += 12 * HOUR_MS;
    const second = idOf("a");
    await stack.succeed(kept("3"));
    expectExactly(["a"], [first, second]);
    aheadMs += 13 * HOUR_MS;
    await stack.succeed(kept("3"));
    expectExactly(["a"], [second]);
    await stack.succeed({});
    expect(made()).toEqual([]);
  });

  it("follows from keepers of one member or of all", async () => {
    await stack.succeed(fleet());
    const ids = idsOf();
    await stack.succeed(fleet({ members: { a: {}, b: {}, c: { keepers: { r: "1" } }, j: {} } }));
    expect(idsOf()).toEqual({ ...ids, c: idOf("c") });
    expect(idOf("c")).not.toBe(ids["c"]);
    expectExactly(NAMES);
    const before = idsOf();
    await stack.succeed(each({ keepers: { r: "2" } }));
    for (const name of NAMES) expect(idOf(name)).not.toBe(before[name]);
    expectExactly(NAMES);
  });

  it("follows from rotateAfter, once in a run, and not where that is switched off", async () => {
    const timed = fleet({
      each: { ...EACH, rotateAfter: "30d" },
      members: { a: {}, b: { rotateAfter: "never" }, c: { rotateAfter: "90d" }, j: {} },
    });
    await stack.succeed(timed);
    const ids = idsOf();
    aheadMs += 29 * 24 * HOUR_MS;
    expect(await stack.succeed(timed)).toEqual([]);
    aheadMs += 70 * 24 * HOUR_MS;
    const env = { INFLUX_HOST: server.url, INFLUX_TOKEN: server.operatorToken, XDG_STATE_HOME: home };
    expect(await stack.succeed(timed, { env: { ...env, INFLUX_ROTATION: "off" } })).toEqual([]);
    await stack.succeed(timed);
    expect(idOf("b")).toBe(ids["b"]);
    for (const name of ["a", "c", "j"]) expect(idOf(name)).not.toBe(ids[name]);
    expectExactly(NAMES);
    // However much was missed, it is made up for by one.
    expect(await stack.succeed(timed)).toEqual([]);
    aheadMs += 31 * 24 * HOUR_MS;
    const second = idsOf();
    await stack.succeed(timed);
    expect(idsOf()).toEqual({ ...second, a: idOf("a"), j: idOf("j") });
    expect(idOf("a")).not.toBe(second["a"]);
  });

  it("is switched off in place of being deleted where that is asked for, and forgotten then", async () => {
    const off = (r: string, members = NAMES): Record<string, DeclaredFleet> =>
      fleet({ members, each: { ...EACH, deactivateOnDelete: true, keepers: { r } } });
    await stack.succeed(off("1"));
    const old = Object.values(idsOf());
    await stack.succeed(off("2"));
    expectExactly(NAMES, old);
    for (const id of old) expect(find(id)?.status).toBe("inactive");
    await stack.succeed(off("3"));
    const isListed = stack.shards().flatMap(({ retired }) => retired.map(({ id }) => id));
    expect(isListed.filter((id) => old.includes(id))).toEqual([]);
    expect(stack.warnings).toEqual([]);
    await stack.succeed(off("4"));
    expect(stack.warnings).toEqual([]);
    await stack.succeed({});
    expect(made()).toHaveLength(16);
    for (const { status } of made()) expect(status).toBe("inactive");
  });

  it("of a run that died before its end is deleted by the next", async () => {
    await stack.succeed(fleet());
    const old = Object.values(idsOf());
    stack.engine.beforeDeletes = () => Promise.reject(new Error("killed"));
    await stack.up(each({ keepers: { r: "1" } })).catch(() => undefined);
    expectExactly(NAMES, old);
    stack.forsake();
    await stack.succeed(each({ keepers: { r: "1" } }));
    expectExactly(NAMES);
  });

  it("of a run in which another shard failed stays until that one has succeeded", async () => {
    await Promise.all(NAMES.map((name) => server.makeBucket(`bucket-${name}`)));
    await stack.succeed(fleet());
    const old = idsOf();
    const { buckets } = await server.call<{ buckets: { id: string }[] }>(
      "GET",
      "/api/v2/buckets?name=bucket-b",
    );
    await server.call("DELETE", `/api/v2/buckets/${buckets[0]?.id ?? ""}`);
    const next = each({ readBucket: ["name:bucket-{member}"] });
    await stack.fail(next);
    for (const id of Object.values(old)) expect(find(id)).toBeDefined();
    await server.makeBucket("bucket-b");
    await stack.succeed(next);
    expectExactly(NAMES);
  });

  it("of a fleet whose first run failed is deleted by the run after the next", async () => {
    await Promise.all(["a", "b", "c"].map((name) => server.makeBucket(`bucket-${name}`)));
    const named = (r: string): Record<string, DeclaredFleet> =>
      each({ readTasks: undefined, writeBucket: ["name:bucket-{member}"], keepers: { r } });
    await stack.fail(named("1"));
    const old = Object.values(idsOf());
    await server.makeBucket("bucket-j");
    // Nothing is there yet that could be replaced at the end.
    await stack.succeed(named("2"));
    expectExactly(NAMES, old);
    await stack.succeed(named("2"));
    expectExactly(NAMES);
    expect(await stack.succeed(named("2"))).toEqual([]);
  });

  it("that could not be deleted is deleted by the next run", async () => {
    let isDown = false;
    const url = await servers.serve(
      reverseProxyTo(server.url, ({ method }, response) => {
        if (!isDown || method !== "DELETE") return false;
        response.writeHead(403, { ...OWN, "Content-Type": "application/json" });
        response.end(JSON.stringify({ code: "forbidden", message: "not now" }));
        return true;
      }),
    );
    stack = newStack({ INFLUX_HOST: url });
    await stack.succeed(fleet());
    isDown = true;
    expect(await stack.fail(each({ keepers: { r: "1" } }))).toEqual([
      expect.stringMatching(
        /^acme\/prod\/f: 4 of 4 tokens that were replaced or removed could not be deleted: /,
      ),
    ]);
    expect(made()).toHaveLength(8);
    isDown = false;
    await stack.succeed(each({ keepers: { r: "1" } }));
    expectExactly(NAMES);
  });
});

describe("a refresh of many", () => {
  beforeEach(() => begin());
  afterEach(end);
  const MANY = ["d17", "d24", "d25", "d28", "a"];

  /** A gateway that answers lists as it likes. */
  async function through(
    answer: (body: { authorizations: StoredAuthorization[] }) => unknown,
  ): Promise<void> {
    const url = await servers.serve((request, response) => {
      const headers = { Authorization: String(request.headers.authorization) };
      const isList = request.method === "GET" && /^\/api\/v2\/authorizations\?/.test(request.url ?? "");
      if (!isList) {
        reverseProxyTo(server.url)(request, response);
        return;
      }
      void fetch(`${server.url}${request.url ?? ""}`, { headers })
        .then((found) => found.json())
        .then((body) => {
          const said = answer(body as { authorizations: StoredAuthorization[] });
          response.writeHead(said === undefined ? 403 : 200, { ...OWN, "Content-Type": "application/json" });
          response.end(JSON.stringify(said ?? { code: "forbidden", message: "no" }));
        });
    });
    stack = at(url);
  }

  it("asks for one list, and finds the same as one by one", async () => {
    await stack.succeed(fleet({ members: MANY }));
    await server.call("PATCH", `/api/v2/authorizations/${idOf("d17")}`, { status: "inactive" });
    server.countRequests();
    await stack.refresh();
    const counts = server.countRequests();
    expect(counts["GET /api/v2/authorizations"]).toBe(1);
    // The shard of `a` alone does not look like one of many.
    expect(counts["GET /api/v2/authorizations/{id}"]).toBe(1);
    expect(stack.inputsOf("f-37")).toMatchObject({ members: { d17: { status: "inactive" }, d24: {} } });
  });

  it.each<[string, (body: { authorizations: StoredAuthorization[] }) => unknown]>([
    ["empty", () => ({ authorizations: [] })],
    ["cut", ({ authorizations }) => ({ authorizations: authorizations.slice(0, 2) })],
    [
      "foreign",
      ({ authorizations }) => ({
        authorizations: authorizations.map((one, n) => ({
          ...one,
          id: `000000000000f00${n}`,
          status: "inactive",
        })),
      }),
    ],
    ["refused", () => undefined],
    ["no list", () => ({ message: "welcome" })],
  ])("counts nobody as gone for a list that is %s", async (_kind, answer) => {
    await stack.succeed(fleet({ members: MANY }));
    const ids = idsOf();
    await through(answer);
    await stack.refresh();
    expect(stack.engine.errors).toEqual([]);
    expect(idsOf()).toEqual(ids);
    expect(
      await stack
        .succeed(fleet({ members: MANY }))
        .then((log) => log.filter((line) => !line.startsWith("update"))),
    ).toEqual([]);
    expect(idsOf()).toEqual(ids);
  });
});

describe("the server of a fleet", () => {
  beforeEach(() => begin());
  afterEach(end);

  it("may have another address by now", async () => {
    await stack.succeed(fleet());
    const ids = idsOf();
    stack = at(await servers.serve(reverseProxyTo(server.url)));
    await stack.succeed(fleet());
    expect(idsOf()).toEqual(ids);
    await stack.succeed(each({ keepers: { r: "1" } }));
    expectExactly(NAMES);
    await stack.refresh();
    expect(await stack.succeed(each({ keepers: { r: "1" } }))).toEqual([]);
    await stack.succeed({});
    expect(made()).toEqual([]);
  });

  it("that is another one is refused, and forgets nothing", async () => {
    const other = await startServer();
    try {
      await stack.succeed(fleet({ keepOldFor: "24h" }));
      await stack.succeed(fleet({ keepOldFor: "24h", each: { ...EACH, keepers: { r: "1" } } }));
      const before = made().map(({ id }) => id);
      expect(before).toHaveLength(8);
      const right = stack;
      stack = at(other.url, other.operatorToken);
      aheadMs += 25 * HOUR_MS;
      await stack.refresh();
      expect(stack.engine.errors.splice(0)).not.toEqual([]);
      await stack.fail(
        fleet({ keepOldFor: "24h", each: { ...EACH, keepers: { r: "1" } }, members: ["a", "c"] }),
      );
      await stack.fail({});
      expect(made().map(({ id }) => id)).toEqual(before);
      const known = stack
        .shards()
        .flatMap(({ made: ours, retired, kept }) => [
          ...[...ours.values()].map(({ id }) => id),
          ...[...retired, ...kept].map(({ id }) => id),
        ]);
      expect(known.sort()).toEqual([...before].sort());
      // Back at the right one, everything goes on.
      const back = right.copy();
      for (const [name, entry] of stack.engine.state) back.engine.state.set(name, entry);
      stack = back;
      await stack.succeed({});
      expect(made()).toEqual([]);
    } finally {
      await other.close();
    }
  });

  it("that moved needs not have every token still: who has none any more can be taken out", async () => {
    await stack.succeed(fleet());
    await server.call("DELETE", `/api/v2/authorizations/${idOf("c")}`);
    stack = at(await servers.serve(reverseProxyTo(server.url)));
    expect(await stack.fail(fleet())).toEqual([
      expect.stringMatching(/^acme\/prod\/f\/03: 1 of the changes of 2 members failed .*: .* was made on /),
    ]);
    await stack.succeed(fleet({ members: ["a", "b", "j"] }));
    expectExactly(["a", "b", "j"]);
  });

  it("that is another one gets no token in place of one that it does not have, and ends none", async () => {
    const other = await startServer();
    try {
      await stack.succeed(fleet());
      // The run died before the replaced ones were deleted.
      stack.engine.beforeDeletes = () => Promise.reject(new Error("killed"));
      await stack.up(each({ keepers: { r: "1" } })).catch(() => undefined);
      stack.forsake();
      const before = made().map(({ id }) => id);
      expect(before).toHaveLength(8);
      stack = at(other.url, other.operatorToken);
      const messages = await stack.fail(each({ keepers: { r: "2" } }));
      expect(messages).toEqual(Array(3).fill(expect.stringMatching(/ was made on .* and is not on /)));
      await stack.fail(each({ keepers: { r: "1" } }));
      expect(other.authorizations()).toHaveLength(1);
      const known = stack.shards().flatMap(({ made: ours, retired }) => [...ours.values(), ...retired]);
      expect(known.map(({ id }) => id).sort()).toEqual(before.sort());
    } finally {
      await other.close();
    }
  });

  it("knows an old token of the stack by what takes its place", async () => {
    const { token: stale, id } = await server.call<StoredAuthorization>("POST", "/api/v2/authorizations", {
      orgID: server.orgId,
      description: "maker",
      permissions: server.authorizations()[0]?.permissions,
    });
    const connected = (token: string, more: object = {}): Record<string, DeclaredFleet> =>
      fleet({ connection: { host: server.url, token }, ...more });
    await stack.succeed(connected(stale));
    const ids = idsOf();
    await server.call("DELETE", `/api/v2/authorizations/${id}`);
    // Another token is a change of each shard's state, and of no token.
    await stack.succeed(connected(server.operatorToken));
    expect(idsOf()).toEqual(ids);
    expectExactly(NAMES);
    expect(stack.stateOf("f-03").connection).toMatchObject({ token: server.operatorToken });
    expect(await stack.succeed(connected(server.operatorToken))).toEqual([]);
    await stack.succeed({});
    expect(made()).toEqual([]);
  });
});

describe("the token that a run authenticates with", () => {
  beforeEach(() => begin());
  afterEach(end);
  const makers = {
    readAuthorizations: true,
    writeAuthorizations: true,
    readUsers: true,
    writeUsers: true,
    readOrgs: true,
    writeOrgs: true,
    readTasks: true,
  };

  it.each([
    ["replace", fleet({ each: { ...EACH, ...makers, keepers: { r: "1" } } })],
    ["delete", fleet({ each: { ...EACH, ...makers }, members: ["a", "b", "j"] })],
    [
      "switch off",
      fleet({ each: { ...EACH, ...makers }, members: { a: {}, b: {}, j: {}, c: { status: "inactive" } } }),
    ],
  ])("is not one that it would %s, which a preview says", async (verb, next) => {
    await stack.succeed(each(makers));
    const { token = "", id } = stack.members().get("f/c") ?? {};
    stack = stack.copy({ env: { INFLUX_HOST: server.url, INFLUX_TOKEN: token, XDG_STATE_HOME: home }, now });
    await expect(stack.preview(next)).rejects.toThrow(
      `cannot ${verb} the token ${String(id)}: it is the token that this run authenticates with, from INFLUX_TOKEN`,
    );
    await stack.fail(next);
    expect(find(id)?.status).toBe("active");
  });

  it("is not one of a fleet that it would delete, of which then everything stays", async () => {
    await stack.succeed(each(makers));
    const { token = "" } = stack.members().get("f/c") ?? {};
    stack = stack.copy({ env: { INFLUX_HOST: server.url, INFLUX_TOKEN: token, XDG_STATE_HOME: home }, now });
    await stack.fail({});
    expectExactly(C_AND_J);
  });
});

describe("preflight", () => {
  beforeEach(() => begin());
  afterEach(end);

  it("says before anything is made what is missing, of all once and of a member by its name", async () => {
    stack = newStack({ INFLUX_PREFLIGHT: "true" });
    await server.makeBucket("bucket-a");
    const named = each({ readTasks: undefined, writeBucket: ["name:bucket-{member}"] });
    const found = (await stack.problems(named)).map(({ property, reason }) => `${property}: ${reason}`);
    expect(found).toHaveLength(3);
    for (const name of ["b", ...C_AND_J]) {
      expect(found).toContainEqual(
        expect.stringMatching(new RegExp(`^each.writeBucket.*: .*"bucket-${name}"`)),
      );
    }
    const own = await stack.problems(fleet({ members: { c: { writeBucket: ["name:bucket-x"] }, j: {} } }));
    expect(own.map(({ property }) => property)).toEqual([
      expect.stringMatching(/^members\["c"\]\.writeBucket/),
    ]);
    // Of all once a shard.
    expect(await stack.problems(each({ org: "nobody" }))).toHaveLength(3);
    expect(made()).toEqual([]);
    server.countRequests();
    await stack.succeed(fleet());
    expectExactly(NAMES);
  });
});

describe("what a killed run left", () => {
  beforeEach(() => begin());
  afterEach(end);

  const KEY = (label: string) => ({ host: server.url, shard: `acme/prod/f/${label}` });
  const journal = (): Journal => new Journal({ XDG_STATE_HOME: home }, DEAD_PID);
  const nonceOf = (name: string): string =>
    (stack.stateOf(name) as { __nonce?: string } | undefined)?.__nonce ?? "";

  /** A token on the server that no state knows. */
  async function lose(member: string, more: object = {}): Promise<string> {
    const { id } = await server.call<{ id: string }>("POST", "/api/v2/authorizations", {
      orgID: server.orgId,
      description: `acme/prod/f/${member}`,
      permissions: [{ action: "read", resource: { type: "tasks", orgID: server.orgId } }],
      ...more,
    });
    return id;
  }

  it("for certain is deleted by the next, which says so, and nothing else is", async () => {
    await stack.succeed(fleet());
    const entry = journal().begin(KEY("03"), nonceOf("f-03"), now());
    entry.asked("c", `acme/prod/f/c`);
    const recorded = await lose("c");
    entry.made("c", recorded);
    entry.asked("j", `acme/prod/f/j`);
    await lose("j");
    const others = await lose("b");
    await stack.succeed(each({ keepers: { r: "1" } }));
    expectExactly(NAMES, [others]);
    expect(stack.warnings).toEqual(
      [
        expect.stringMatching(/^acme\/prod\/f\/03: deleted 2 tokens that a run which was killed had made/),
        expect.stringMatching(
          new RegExp(
            `^acme/prod/f/22: .* has 1 tokens with descriptions of its members .* for id in ${others}; do influx auth delete`,
          ),
        ),
      ].sort(() => 0),
    );
    expect(await stack.succeed(each({ keepers: { r: "1" } }))).toEqual([]);
  });

  it("of new shards is deleted, also of members that are no longer declared", async () => {
    const entry = journal().begin(KEY("03"), "", now());
    for (const member of C_AND_J) {
      entry.asked(member, `acme/prod/f/${member}`);
      entry.made(member, await lose(member));
    }
    await stack.succeed(fleet({ members: ["c"] }));
    expectExactly(["c"]);
  });

  it("is deleted although nothing else has to change", async () => {
    await stack.succeed(fleet());
    const entry = journal().begin(KEY("03"), nonceOf("f-03"), now());
    entry.asked("j", `acme/prod/f/j`);
    entry.made("j", await lose("j"));
    // The program is as it was: the run that was killed had asked for more.
    expect(await stack.preview(fleet())).toEqual(["f-03"]);
    await stack.succeed(fleet());
    expectExactly(NAMES);
    expect(await stack.succeed(fleet())).toEqual([]);
  });

  it.each([
    ["has a newer state", "other nonce", DEAD_PID],
    ["runs still", undefined, process.ppid],
  ])("is nobody's to delete where the shard %s", async (_why, nonce, pid) => {
    await stack.succeed(fleet());
    const entry = new Journal({ XDG_STATE_HOME: home }, pid).begin(
      KEY("03"),
      nonce ?? nonceOf("f-03"),
      now(),
    );
    entry.asked("c", `acme/prod/f/c`);
    const lost = await lose("c");
    entry.made("c", lost);
    await stack.succeed(each({ keepers: { r: "1" } }));
    expectExactly(NAMES, [lost]);
    expect(stack.warnings).toEqual([expect.stringContaining(lost)]);
  });

  it("is not what was given to the engine, as long as a state may have it", async () => {
    await stack.succeed(fleet({ members: C_AND_J }));
    // Killed within a moment after its answer.
    const entry = journal().begin(KEY("03"), "", now());
    for (const member of C_AND_J) {
      entry.asked(member, `acme/prod/f/${member}`);
      entry.made(member, idOf(member));
    }
    entry.end();
    const recorded = [...stack.members().values()].map(({ id }) => id);
    // The last member of another shard goes, and a copy of the stack begins anew.
    await stack.succeed(fleet({ members: ["a", ...C_AND_J] }));
    const again = journal().begin(KEY("03"), "", now());
    for (const member of C_AND_J) again.made(member, idOf(member));
    again.end();
    await stack.succeed(fleet({ members: C_AND_J }));
    expectExactly(C_AND_J);
    expect(Object.values(idsOf()).sort()).toEqual(recorded.sort());
    const third = journal().begin(KEY("03"), "", now());
    for (const member of C_AND_J) third.made(member, idOf(member));
    third.end();
    const clone = newStack({ PULUMI_BACKEND_URL: "file:///elsewhere" });
    await clone.succeed(fleet({ members: C_AND_J }));
    for (const id of recorded) expect(find(id)).toBeDefined();
  });

  it("is deleted with the fleet, as far as it is certain", async () => {
    await stack.succeed(fleet({ members: ["a"] }));
    const own = journal().begin(KEY("18"), nonceOf("f-18"), now());
    own.asked("a", `acme/prod/f/a`);
    own.made("a", await lose("a"));
    const other = journal().begin(KEY("03"), "", now());
    for (const member of C_AND_J) other.asked(member, `acme/prod/f/${member}`);
    other.made("c", await lose("c"));
    await lose("j");
    await stack.succeed({});
    expect(made()).toEqual([]);
  });

  it("of a copy of the stack is never taken for its own", async () => {
    await stack.succeed(fleet());
    const copy = stack.copy();
    await stack.succeed(fleet({ each: { ...EACH, keepers: { r: "1" } }, members: [...NAMES, "g"] }));
    const ids = made().map(({ id }) => id);
    await copy.up(fleet({ each: { ...EACH, keepers: { r: "2" } }, members: [...NAMES, "g"] }));
    for (const id of ids) expect(find(id)).toBeDefined();
    expect(copy.warnings.join("\n")).toContain(
      "left by a run that was killed, or another stack's of the same name",
    );
  });

  it("is looked for by one list for all shards, in the organization of the owner where there is one", async () => {
    server.countRequests();
    await stack.succeed(fleet());
    expect(server.countRequests()["GET /api/v2/authorizations"]).toBe(1);
  });
});

describe("two fleets of one stack", () => {
  beforeEach(() => begin());
  afterEach(end);

  it("with members of the same names are nothing to each other", async () => {
    const two = (more: object = {}): Record<string, DeclaredFleet> => ({
      ...fleet(),
      g: { each: { ...EACH, ...more }, members: NAMES },
    });
    await stack.succeed(two());
    expect(made()).toHaveLength(8);
    const first = idsOf();
    await stack.succeed(two({ keepers: { r: "1" } }));
    expect(made()).toHaveLength(8);
    expect(Object.entries(first).filter(([, id]) => find(id) === undefined)).toEqual([]);
    await stack.succeed(fleet());
    expectExactly(NAMES);
    expect(stack.warnings).toEqual([]);
  });
});
