import * as fc from "fast-check";
import type { StoredAuthorization } from "../../emulator";
import type { Imported } from "../../provider/importing";
import { Lifecycle } from "../../provider/lifecycle";
import { CATALOGUE, OSS_TYPES } from "../../provider/permissions/catalogue";
import { expandPermissions } from "../../provider/permissions/expand";
import { grantSame } from "../../provider/permissions/format";
import { RotatingLifecycle } from "../../provider/rotatingLifecycle";
import type { Change } from "../../provider/token/changes";
import type { InfluxTokenInputs } from "../../provider/token/inputs";
import type { Permission } from "../../provider/types";
import { makeManyTokens, ODD_BUCKETS, ODD_DESCRIPTIONS } from "../support/manyTokens";
import { setUpRun, type TestRun } from "../support/testRun";

const QUIET: Change = { changes: false, replaces: [] };
const IN_PLACE: Change = { changes: true, replaces: [] };

interface Surroundings {
  readonly config?: Readonly<Record<string, string>>;
  readonly now?: () => number;
}

/** The next run, whose config names the server. */
function nextRun(run: TestRun, { config = {}, now = Date.now }: Surroundings = {}): Lifecycle {
  const settings: Readonly<Record<string, string>> = {
    "influx-token:host": run.server.url,
    "influx-token:token": run.server.operatorToken,
    ...config,
  };
  return new Lifecycle({
    env: { INFLUX_CONFIGS_PATH: "" },
    now,
    log: { warn: (text) => void run.warnings.push(text), debug: () => undefined },
    config: (key) => settings[key],
    isInterrupted: () => Promise.resolve(false),
  });
}

async function imported(lifecycle: Lifecycle, id: string): Promise<Imported> {
  const found = await lifecycle.importToken(id);
  if (found === undefined) throw new Error("the token is gone");
  return found;
}

/** What a program declares, as the engine checks it for a resource that exists. */
async function checked(lifecycle: Lifecycle, declared: object): Promise<InfluxTokenInputs> {
  const { inputs, failures } = await lifecycle.check({}, { ...declared }, false);
  expect(failures).toEqual([]);
  return inputs as unknown as InfluxTokenInputs;
}

async function planned(
  lifecycle: Lifecycle,
  { id, state, inputs }: Imported,
  more: object = {},
): Promise<Change> {
  const declared = await checked(lifecycle, { ...inputs, ...more });
  const change = lifecycle.diff(state, declared);
  lifecycle.assertPlan(id, state, declared, change);
  return change;
}

const onTasks = ({ server }: TestRun): Permission => ({
  action: "read",
  resource: { type: "tasks", orgID: server.orgId },
});

/** Makes a token by other means than a stack. */
function madeByHand(run: TestRun, more: object = {}): Promise<StoredAuthorization> {
  const { orgId: orgID } = run.server;
  const body = { orgID, permissions: [onTasks(run)], ...more };
  return run.server.call("POST", "/api/v2/authorizations", body);
}

const reads = (bucket: string, orgID: string): Permission => ({
  action: "read",
  resource: { type: "buckets", id: bucket, orgID },
});

/** The config of a run whose caller may read tokens and their owners, and nothing else. */
async function limitedCaller(run: TestRun): Promise<Surroundings> {
  const permissions = ["authorizations", "users"].map((type) => ({ action: "read", resource: { type } }));
  const { token } = await madeByHand(run, { permissions });
  return { config: { "influx-token:token": token } };
}

describe.each([
  ["tells the values of tokens", true],
  ["stores tokens hashed", false],
])("an import from a server that %s", (_, plainTokens) => {
  const run = setUpRun({ plainTokens });

  it("gives the inputs that a token means, and no plan and no refresh changes it", async () => {
    const token = await madeByHand(run, { description: "by hand" });
    run.server.countRequests();
    const found = await imported(nextRun(run), token.id.toUpperCase());
    expect(Object.keys(run.server.countRequests()).sort()).toEqual([
      "GET /api/v2/authorizations/{id}",
      "GET /api/v2/me",
      "GET /api/v2/resources",
    ]);
    expect(found.id).toBe(token.id);
    expect(found.inputs).toEqual({ org: "acme", description: "by hand", readTasks: true });
    expect(found.state).toMatchObject({
      org: "acme",
      orgId: run.server.orgId,
      userId: run.server.adminId,
      host: run.server.url,
      createdAt: token.createdAt,
      permissions: { "orgs/acme/tasks": "read" },
      effectivePermissions: { [`orgs/${run.server.orgId}/tasks`]: "read" },
    });
    expect(found.state.token).toBe(plainTokens ? token.token : undefined);
    expect(found.state.__withoutToken).toBe(plainTokens ? undefined : true);
    expect(await planned(nextRun(run), found)).toEqual(QUIET);
    const refreshed = await nextRun(run).read(token.id, found.state);
    expect(refreshed?.state).toEqual(found.state);
  });

  it("names the owner where the stack's config would give another one", async () => {
    const { id } = await madeByHand(run);
    const config = { "influx-token:user": "ci" };
    const found = await imported(nextRun(run, { config }), id);
    expect(found.inputs).toEqual({ org: "acme", user: "admin", readTasks: true });
    expect(await planned(nextRun(run, { config }), found)).toEqual(QUIET);
  });

  it("stays quiet after a change in place", async () => {
    const token = await madeByHand(run, { description: "by hand", status: "inactive" });
    const found = await imported(nextRun(run), token.id);
    expect(found.inputs).toMatchObject({ status: "inactive" });
    const lifecycle = nextRun(run);
    const inputs = { ...found.inputs, description: "ci", status: "active" } as const;
    const declared = await checked(lifecycle, inputs);
    expect(lifecycle.diff(found.state, declared)).toEqual(IN_PLACE);
    const state = await lifecycle.update(token.id, found.state, declared);
    expect(run.made()).toMatchObject([{ id: token.id, description: "ci", status: "active" }]);
    expect(await planned(nextRun(run), { id: token.id, state, inputs })).toEqual(QUIET);
    const refreshed = await nextRun(run).read(token.id, state);
    expect(await planned(nextRun(run), { id: token.id, state: refreshed?.state ?? state, inputs })).toEqual(
      QUIET,
    );
  });

  it("takes tokens of all kinds, with the names of their buckets, and refuses what inputs cannot ask for", async () => {
    const { adoptable, inexpressible } = await makeManyTokens(run.server);
    const lifecycle = nextRun(run);
    const all = await Promise.all(adoptable.map(({ id }) => imported(lifecycle, id)));
    const next = nextRun(run);
    for (const found of all) expect(await planned(next, found)).toEqual(QUIET);
    const refreshed = await Promise.all(all.map(({ id, state }) => next.read(id, state)));
    expect(refreshed.map((each) => each?.state)).toEqual(all.map(({ state }) => state));
    const byName = new Map(all.map(({ inputs }) => [inputs.description, inputs]));
    expect(byName.get("operator")).toMatchObject({ operator: true });
    expect(byName.get("all access")).toMatchObject({ allAccess: true });
    expect(byName.get("all access of ci")).toMatchObject({ allAccess: true, user: "ci" });
    expect(byName.get("all access but one")).not.toHaveProperty("allAccess");
    expect(byName.get("inactive")).toMatchObject({ status: "inactive" });
    expect(byName.get("single ones")).toHaveProperty("extraPermissions");
    expect(byName.get("every odd bucket")?.readBucket).toHaveLength(ODD_BUCKETS.length);
    expect(byName.get("every odd bucket")?.readBucket).toEqual(
      expect.arrayContaining(["metrics", "name:0123456789abcdef", "name:name:metrics", " blank "]),
    );
    for (const description of ODD_DESCRIPTIONS)
      expect(byName.has(description === "" ? undefined : description)).toBe(true);
    const [refused] = inexpressible;
    const error = await lifecycle.importToken(refused?.id ?? "").catch((reason: unknown) => reason);
    expect((error as Error).message).toMatch(/^cannot import the token [0-9a-f]{16}: no input asks for all/);
    expect((error as Error).message.split("\n  ").slice(1)).toEqual([
      expect.stringMatching(/^read:\/tasks: it reaches every organization: only operator asks for that/),
    ]);
  });

  it("is followed by no change, for any permissions that inputs can ask for", async () => {
    const { orgId: orgID, adminId } = run.server;
    const bucketIds = await Promise.all(["metrics", "0123456789abcdef"].map((n) => run.server.makeBucket(n)));
    const { id: other } = await run.server.call<{ id: string }>("POST", "/api/v2/orgs", { name: "other" });
    const foreign = await run.server.makeBucket("metrics", other);
    const gone = await run.server.makeBucket("gone");
    await run.server.call("DELETE", `/api/v2/buckets/${gone}`);
    const types = OSS_TYPES.filter((type) => type !== "instance");
    const id = fc.constantFrom(orgID, adminId, foreign, gone, ...bucketIds, "00000000000000c1");
    const serverWide = CATALOGUE.filter(({ scope }) => scope === "server").map(({ type }) => type);
    const type = fc.constantFrom(...types, "buckets", "buckets", "buckets");
    const resource = fc.oneof(
      fc.record({ type, id, orgID: fc.constant(orgID) }),
      fc.record({ type, orgID: fc.constant(orgID) }),
      fc.record({ type, id }),
      fc.record({ type: fc.constantFrom(...serverWide) }),
    );
    const permission = fc.record({ action: fc.constantFrom("read" as const, "write" as const), resource });
    const context = { orgId: orgID, userId: adminId };
    const presets = [
      [],
      expandPermissions({ operator: true }, context),
      expandPermissions({ allAccess: true }, context),
    ];
    const permissions = fc
      .tuple(fc.constantFrom(...presets), fc.array(permission, { minLength: 1, maxLength: 12 }))
      .map(([preset, more]) => [...preset, ...more]);
    const owner = fc.constantFrom(
      undefined,
      (await run.server.call<{ id: string }>("POST", "/api/v2/users", { name: "ci" })).id,
    );
    await fc.assert(
      fc.asyncProperty(permissions, owner, async (granted, userID) => {
        const token = await madeByHand(run, { permissions: granted, ...(userID && { userID }) });
        const lifecycle = nextRun(run);
        const found = await imported(lifecycle, token.id);
        expect(await planned(lifecycle, found)).toEqual(QUIET);
        const asked = expandPermissions(found.inputs, {
          orgId: orgID,
          userId: token.userID,
          bucketIds: new Map(Object.entries(found.state.__buckets ?? {})),
        });
        expect(grantSame(asked, granted)).toBe(true);
        const description = "another";
        const declared = await checked(lifecycle, { ...found.inputs, description });
        const state = await lifecycle.update(token.id, found.state, declared);
        expect(await planned(nextRun(run), { ...found, state }, { description })).toEqual(QUIET);
        const refreshed = await nextRun(run).read(token.id, state);
        expect(refreshed?.state).toEqual({ ...state, updatedAt: refreshed?.state.updatedAt });
      }),
      { numRuns: 100 },
    );
  });

  it("gives ids of buckets that are gone, another organization's, or that the server names twice", async () => {
    const { orgId: orgID } = run.server;
    const { id: other } = await run.server.call<{ id: string }>("POST", "/api/v2/orgs", { name: "other" });
    const gone = await run.server.makeBucket("gone");
    const ids = [
      ...(await Promise.all([run.server.makeBucket("metrics"), run.server.makeBucket("twice")])),
      await run.server.makeBucket("again"),
      await run.server.makeBucket("theirs", other),
      gone,
    ];
    const [metrics = "", twice = "", again = "", ...unnamed] = ids;
    await run.server.call("DELETE", `/api/v2/buckets/${gone}`);
    const token = await madeByHand(run, { permissions: ids.map((id) => reads(id, orgID)) });
    const proxy = await run.reverseProxy(({ url }, response) => {
      if (url !== `/api/v2/buckets/${again}`) return false;
      response.writeHead(200, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ id: again, name: "twice", orgID }));
      return true;
    });
    const found = await imported(nextRun(run, { config: { "influx-token:host": proxy } }), token.id);
    expect(found.inputs.readBucket).toEqual(["metrics", twice, again, ...unnamed].sort());
    expect(found.state.__buckets).toEqual({ metrics });
  });

  it("comes through for a caller that may not see buckets: with their ids", async () => {
    const metrics = await run.server.makeBucket("metrics");
    const permissions = [reads(metrics, run.server.orgId)];
    const token = await madeByHand(run, { permissions });
    const limited = await limitedCaller(run);
    const lifecycle = nextRun(run, limited);
    const found = await imported(lifecycle, token.id);
    expect(found.inputs).toEqual({ org: "acme", readBucket: [metrics] });
    expect(await planned(lifecycle, found)).toEqual(QUIET);
    // The name that the answer has for the id.
    expect(await planned(lifecycle, found, { readBucket: ["metrics"] })).toEqual(QUIET);
    expect((await nextRun(run, limited).read(token.id, found.state))?.state).toEqual(found.state);
  });

  it.each([
    [401, "unauthorized", "user"],
    [403, "forbidden", "user"],
    [404, "path not found", "user"],
    [401, "read:users/00000000000000b9 is unauthorized", "user"],
    [401, "OWNER", undefined],
  ])("comes through where everything else is answered %s %s", async (status, said, owner) => {
    const metrics = await run.server.makeBucket("metrics");
    const token = await madeByHand(run, { permissions: [reads(metrics, run.server.orgId)] });
    const message = said.replace("OWNER", `read:users/${run.server.adminId} is unauthorized`);
    const proxy = await run.reverseProxy(({ url = "" }, response) => {
      if (url.startsWith("/api/v2/authorizations")) return false;
      response.writeHead(status, { "X-Platform-Error-Code": "x", "Content-Type": "application/json" });
      response.end(JSON.stringify({ code: "x", message }));
      return true;
    });
    const found = await imported(nextRun(run, { config: { "influx-token:host": proxy } }), token.id);
    const declaredOwner = owner === undefined ? {} : { user: "admin" };
    expect(found.inputs).toEqual({ org: "acme", ...declaredOwner, readBucket: [metrics] });
    expect(await planned(nextRun(run), found)).toMatchObject({ replaces: [] });
  });

  it("asks for each thing once, where 20 come at once, and tells their records apart", async () => {
    const metrics = await run.server.makeBucket("metrics");
    const permissions = [reads(metrics, run.server.orgId)];
    const tokens = await Promise.all(Array.from({ length: 19 }, () => madeByHand(run, { permissions })));
    const [first] = tokens;
    if (first === undefined) return;
    run.server.countRequests();
    const lifecycle = nextRun(run, { now: () => 1_800_000_000_000 });
    const all = await Promise.all([...tokens, first].map(({ id }) => imported(lifecycle, id)));
    expect(run.server.countRequests()).toEqual({
      "GET /api/v2/authorizations/{id}": 20,
      "GET /api/v2/buckets/{id}": 1,
      "GET /api/v2/me": 1,
      "GET /api/v2/resources": 1,
    });
    expect(new Set(all.map(({ state }) => state.__adoptedAt)).size).toBe(20);
    const next = nextRun(run);
    await planned(next, all[0] ?? (all[1] as Imported));
    await expect(planned(next, all[19] as Imported)).rejects.toThrow("another resource of this stack has it");
  });

  it("is nothing where the token is gone, and an error for orphans, what is no id, and what grants nothing", async () => {
    const lifecycle = nextRun(run);
    expect(await lifecycle.importToken("00000000000000ef")).toBeUndefined();
    await expect(lifecycle.importToken("telegraf")).rejects.toThrow(
      'cannot import "telegraf": it is not an authorization id',
    );
    const { id: orgID } = await run.server.call<{ id: string }>("POST", "/api/v2/orgs", { name: "umbrella" });
    const { id: userID } = await run.server.call<{ id: string }>("POST", "/api/v2/users", { name: "gone" });
    const permissions = [{ action: "read", resource: { type: "tasks", orgID } }];
    const ofOrganization = await madeByHand(run, { orgID, permissions });
    const ofUser = await madeByHand(run, { userID });
    await run.server.call("DELETE", `/api/v2/orgs/${orgID}`);
    await run.server.call("DELETE", `/api/v2/users/${userID}`);
    await expect(lifecycle.importToken(ofOrganization.id)).rejects.toThrow(/its organization was deleted on/);
    await expect(lifecycle.importToken(ofUser.id)).rejects.toThrow(/its owner was deleted on/);
  });

  it("sends nothing but questions, and shows no token", async () => {
    const { adoptable } = await makeManyTokens(run.server);
    run.server.countRequests();
    const lifecycle = nextRun(run);
    await Promise.all(adoptable.map(({ id }) => imported(lifecycle, id)));
    await lifecycle.list({ org: "acme" });
    const asked = Object.keys(run.server.countRequests());
    expect(asked.filter((request) => !request.startsWith("GET "))).toEqual([]);
    const shown = JSON.stringify([run.warnings, await lifecycle.list({ org: "acme" })]);
    for (const token of [run.server.operatorToken, ...run.madeTokens()]) expect(shown).not.toContain(token);
  });

  it("has keepers that the program gives first, in place; another value of them replaces", async () => {
    const token = await madeByHand(run);
    const found = await imported(nextRun(run), token.id);
    const keepers = { period: "2026-12" };
    const lifecycle = nextRun(run);
    run.warnings.length = 0;
    expect(await planned(lifecycle, found, { keepers })).toEqual(IN_PLACE);
    expect(run.warnings).toContainEqual(
      `the imported token ${token.id} gets its first keepers, and stays: another value of keepers in a later run makes a new token`,
    );
    const described = await checked(lifecycle, { ...found.inputs, description: "ci" });
    const updated = { ...found, state: await lifecycle.update(token.id, found.state, described) };
    const declared = { description: "ci", keepers };
    const refreshed = await nextRun(run).read(token.id, updated.state);
    for (const { state } of [updated, refreshed ?? updated])
      expect(await planned(nextRun(run), { ...found, state }, declared)).toEqual(IN_PLACE);
    run.server.countRequests();
    const withKeepers = await checked(lifecycle, { ...found.inputs, ...declared });
    const state = await lifecycle.update(token.id, updated.state, withKeepers);
    expect(run.server.countRequests()).toEqual({});
    expect(state).toMatchObject({ keepers });
    const kept = { ...found, state };
    expect(await planned(nextRun(run), kept, declared)).toEqual(QUIET);
    for (const others of [{ period: "2027-01" }, undefined]) {
      const replaced = await planned(nextRun(run), kept, { ...declared, keepers: others });
      expect(replaced.replaces).toEqual(["keepers"]);
    }
  });

  it("is not replaced by the run that imports it, for the engine would do both at once: by a later one it is", async () => {
    const token = await madeByHand(run);
    const lifecycle = nextRun(run);
    const found = await imported(lifecycle, token.id.toUpperCase());
    expect(await planned(lifecycle, found, { description: "ci" })).toEqual(IN_PLACE);
    await expect(planned(lifecycle, found, { writeTasks: true })).rejects.toThrow(
      `the token ${token.id} would be imported and replaced in one run, for the program differs in permissions`,
    );
    expect((await planned(nextRun(run), found, { writeTasks: true })).replaces).toEqual(["permissions"]);
  });

  it("is another thing than an adoption, whose program has said which keepers, generation and time there are", async () => {
    run.server.setClock("2020-01-01T00:00:00Z");
    const { id, token: value } = await madeByHand(run);
    const lifecycle = nextRun(run);
    const inputs = { org: "acme", readTasks: true, adopt: id, ...(!plainTokens && { adoptToken: value }) };
    const declared = await checked(lifecycle, inputs);
    const { state } = await lifecycle.create(declared);
    const later = { ...declared, rotateAfter: "90d" };
    expect(lifecycle.diff(state, { ...declared, keepers: { a: "1" } }).replaces).toEqual(["keepers"]);
    expect((await lifecycle.update(id, state, later)).rotateAt).toBe("2020-03-31T00:00:00.000Z");
    const next = nextRun(run);
    const rotating = new RotatingLifecycle(next, () => Promise.resolve(false));
    const made = await rotating.create(declared);
    expect(rotating.diff(made.state, { ...declared, generation: 1 }).reasons).toEqual(["generation"]);
  });

  it("counts rotateAfter from the import, by the stack's config or the program's first", async () => {
    run.server.setClock("2020-01-01T00:00:00Z");
    const token = await madeByHand(run);
    const now = (): number => Date.parse("2026-01-01T00:00:00Z");
    const config = { "influx-token:rotateAfter": "90d" };
    const scheduled = await imported(nextRun(run, { config, now }), token.id);
    expect(scheduled.inputs).not.toHaveProperty("rotateAfter");
    expect(scheduled.state.rotateAt).toBe("2026-04-01T00:00:00.000Z");
    expect(await planned(nextRun(run, { config, now }), scheduled)).toEqual(QUIET);

    const lifecycle = nextRun(run, { now });
    const found = await imported(lifecycle, token.id);
    expect(await planned(lifecycle, found, { rotateAfter: "90d" })).toEqual(IN_PLACE);
    const declared = await checked(lifecycle, { ...found.inputs, rotateAfter: "90d" });
    const state = await lifecycle.update(token.id, found.state, declared);
    expect(state.rotateAt).toBe("2026-04-01T00:00:00.000Z");
    const later = await checked(lifecycle, { ...found.inputs, rotateAfter: "91d" });
    expect((await lifecycle.update(token.id, state, later)).rotateAt).toBe("2020-04-01T00:00:00.000Z");
  });

  it("is refused where the stack's config asks for what cannot be", async () => {
    const token = await madeByHand(run);
    const config = { "influx-token:rotateAfter": "1s" };
    await expect(nextRun(run, { config }).importToken(token.id)).rejects.toThrow(
      /^cannot import the token [0-9a-f]{16}:\n {2}influx-token:rotateAfter in the stack config/,
    );
  });

  it("of a rotating token is its first, and the program may name it so", async () => {
    const token = await madeByHand(run, { description: "by hand" });
    const rotating = (lifecycle: Lifecycle): RotatingLifecycle =>
      new RotatingLifecycle(lifecycle, () => Promise.resolve(false));
    const lifecycle = nextRun(run);
    const found = await rotating(lifecycle).importToken(token.id);
    expect(await rotating(lifecycle).importToken("00000000000000ef")).toBeUndefined();
    if (found === undefined) throw new Error("the token is gone");
    const { id, inputs, state } = found;
    expect(id).toBe(token.id);
    expect(inputs).toEqual({ org: "acme", description: "by hand", readTasks: true });
    expect(state).toMatchObject({ authorizationId: id, rotatedAt: state.__adoptedAt, __adopted: id });
    const plan = async (more: object, given = state) => {
      const next = nextRun(run);
      const { inputs: news, failures } = await rotating(next).check({}, { ...inputs, ...more }, false);
      expect(failures).toEqual([]);
      const declared = news as unknown as InfluxTokenInputs;
      const change = rotating(next).diff(given, declared);
      rotating(next).assertPlan(id, given, declared, change);
      return { declared, change, host: rotating(next) };
    };
    for (const more of [{}, { adopt: id }])
      expect((await plan(more)).change).toEqual({ changes: false, replaces: [], reasons: [] });
    expect((await rotating(nextRun(run)).read(id, state))?.state).toEqual(state);

    expect((await plan({ generation: 1 })).change).toEqual({ changes: true, replaces: [], reasons: [] });
    run.warnings.length = 0;
    const { change, declared, host } = await plan({ generation: 1, keepers: { a: "1" } });
    expect(change).toEqual({ changes: true, replaces: [], reasons: [] });
    expect(run.warnings.filter((text) => /gets its first (keepers|generation)/.test(text))).toHaveLength(2);
    const taken = await host.update(id, state, declared);
    expect(taken).toMatchObject({ authorizationId: id, generation: 1, keepers: { a: "1" } });
    const next = await plan({ generation: 2, keepers: { a: "1" } }, taken);
    expect(next.change).toEqual({ changes: true, replaces: [], reasons: ["generation"] });
    const rotated = await next.host.update(id, taken, next.declared);
    expect(rotated).toMatchObject({ previousAuthorizationId: id });
    expect(rotated.authorizationId).not.toBe(id);
    expect(run.made()).toHaveLength(2);
    expect((await plan({ generation: 2, keepers: { a: "1" } }, rotated)).change).toEqual({
      changes: false,
      replaces: [],
      reasons: [],
    });
  });

  it("does not know the first generation of a rotating token: later ones rotate, also none", async () => {
    const token = await madeByHand(run);
    const tokens = nextRun(run);
    const rotating = new RotatingLifecycle(tokens, () => Promise.resolve(false));
    const found = await rotating.importToken(token.id);
    if (found === undefined) throw new Error("the token is gone");
    const declared = await checked(tokens, found.inputs);
    const taken = await rotating.update(token.id, found.state, { ...declared, generation: 1 });
    expect(rotating.diff(taken, { ...declared, generation: 1 }).changes).toBe(false);
    expect(rotating.diff(taken, declared).reasons).toEqual(["generation"]);
  });

  it("lists the tokens of an organization without values: by its name, its id, or the one of new tokens", async () => {
    const { orgId, operatorToken } = run.server;
    const { id: other } = await run.server.call<{ id: string }>("POST", "/api/v2/orgs", { name: "other" });
    const named = await madeByHand(run, { description: "two\nlines" });
    const unnamed = await madeByHand(run);
    const permissions = [{ action: "read", resource: { type: "tasks", orgID: other } }];
    const theirs = await madeByHand(run, { orgID: other, permissions, description: "theirs" });
    const own = expect.arrayContaining([
      { id: named.id, name: "two lines" },
      { id: unnamed.id, name: unnamed.id },
    ]) as unknown;
    const config = { "influx-token:org": "acme" };
    for (const query of [{ org: "acme" }, { orgId: orgId.toUpperCase() }])
      expect(await nextRun(run).list(query)).toEqual(own);
    const byDefault = await nextRun(run, { config }).list({});
    expect(byDefault).toEqual(own);
    expect(byDefault.map(({ id }) => id)).not.toContain(theirs.id);
    expect(JSON.stringify(byDefault)).not.toContain(operatorToken);
    expect(await nextRun(run, { config }).list({ org: "other" })).toEqual([
      { id: theirs.id, name: "theirs" },
    ]);
    const proxy = await run.reverseProxy(({ url }, response) => {
      if (url?.startsWith("/api/v2/authorizations?") !== true) return false;
      response.writeHead(200, { "X-Influxdb-Version": "v2.7.12", "Content-Type": "application/json" });
      const tasks = { action: "read", resource: { type: "tasks", orgID: orgId } };
      const bare = { id: named.id, orgID: orgId, permissions: [tasks] };
      response.end(JSON.stringify({ authorizations: [theirs, bare, bare] }));
      return true;
    });
    const behind = nextRun(run, { config: { "influx-token:host": proxy } });
    expect(await behind.list({ orgId })).toEqual([{ id: named.id, name: named.id }]);
  });

  it("lists nothing for a query that names no organization, or none that can be", async () => {
    const lifecycle = nextRun(run);
    await expect(lifecycle.list({})).rejects.toThrow(/^cannot list tokens:\n {2}no organization: give org/);
    await expect(lifecycle.list({ org: "acme", orgId: run.server.orgId })).rejects.toThrow("both given");
    await expect(lifecycle.list({ org: " acme" })).rejects.toThrow("has blanks around the name");
    await expect(lifecycle.list({ orgId: "acme" })).rejects.toThrow("is not an organization id");
    await expect(lifecycle.list({ user: "ci" })).rejects.toThrow("user");
    await expect(lifecycle.list({ org: "nobody" })).rejects.toThrow("nobody");
  });
});

describe("an imported token without a value", () => {
  const run = setUpRun();

  it("is not replaced for that, warns once in a run, and learns its value from adoptToken", async () => {
    const token = await madeByHand(run);
    const lifecycle = nextRun(run);
    const found = await imported(lifecycle, token.id);
    await planned(lifecycle, found);
    expect(run.warnings).toEqual([
      expect.stringMatching(/^the value of the token [0-9a-f]{16} on .* is not known/),
    ]);
    expect(await planned(nextRun(run), found, { adoptToken: token.token })).toEqual(IN_PLACE);
    const declared = await checked(lifecycle, { ...found.inputs, adoptToken: token.token });
    const state = await lifecycle.update(token.id, found.state, declared);
    expect(state.token).toBe(token.token);
    expect(state).not.toHaveProperty("__withoutToken");
    const next = { ...found, state };
    expect(await planned(nextRun(run), next)).toEqual(QUIET);
    expect(await planned(nextRun(run), next, { adoptToken: token.token })).toEqual(QUIET);
    const wrong = await checked(lifecycle, { ...found.inputs, adoptToken: "another" });
    await expect(lifecycle.update(token.id, found.state, wrong)).rejects.toThrow(
      "the server does not accept adoptToken",
    );
  });

  it("is not taken from an answer that does not say whose it is", async () => {
    const token = await madeByHand(run);
    const proxy = await run.reverseProxy(({ url }, response) => {
      if (url?.startsWith("/api/v2/authorizations/") !== true) return false;
      response.writeHead(200, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ id: token.id, permissions: [onTasks(run)] }));
      return true;
    });
    const lifecycle = nextRun(run, { config: { "influx-token:host": proxy } });
    await expect(lifecycle.importToken(token.id)).rejects.toThrow(`read the token ${token.id}`);
  });

  it("is refused where it grants nothing, or too much to name all of it", async () => {
    const token = await madeByHand(run);
    let permissions: object[] = [];
    const proxy = await run.reverseProxy(({ url }, response) => {
      if (url?.startsWith("/api/v2/authorizations/") !== true) return false;
      response.writeHead(200, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ ...token, permissions }));
      return true;
    });
    const lifecycle = nextRun(run, { config: { "influx-token:host": proxy } });
    await expect(lifecycle.importToken(token.id)).rejects.toThrow("it has no permissions");
    permissions = Array.from({ length: 150 }, (_, n) => ({
      action: "read",
      resource: { type: `type${String.fromCharCode(97 + (n % 26)).repeat(1 + n / 26)}` },
    }));
    const error = await lifecycle.importToken(token.id).catch((reason: unknown) => reason);
    const lines = (error as Error).message.split("\n  ").slice(1);
    expect(lines).toHaveLength(101);
    expect(lines.at(-1)).toBe("and 50 more");
  });
});
