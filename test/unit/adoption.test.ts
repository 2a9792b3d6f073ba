import { MiniEngine } from "../support/miniEngine";
import type { StoredAuthorization } from "../../emulator";
import type { InfluxTokenInputs } from "../../provider/token/inputs";
import { setUpRun, type TestRun } from "../support/testRun";

const HASHED = setUpRun;

/** A token that was made by other means than a stack. */
async function madeByHand(run: TestRun, more: object = {}): Promise<StoredAuthorization & { value: string }> {
  const { orgId: orgID } = run.server;
  const permissions = [{ action: "read", resource: { type: "tasks", orgID } }];
  const made = await run.server.call<StoredAuthorization>("POST", "/api/v2/authorizations", {
    orgID,
    permissions,
    ...more,
  });
  return { ...made, value: made.token };
}

const writes = (run: TestRun): string[] =>
  Object.keys(run.server.countRequests()).filter((endpoint) => !endpoint.startsWith("GET"));

const onServer = (run: TestRun, id: string): StoredAuthorization | undefined =>
  run.server.authorizations().find((one) => one.id === id);

/** The inputs of a resource that the stack has already, as the engine checks them. */
async function checkedAgain(run: TestRun, raw: object): Promise<InfluxTokenInputs> {
  const { inputs, failures } = await run.host.check({ host: run.server.url }, raw);
  expect(failures).toEqual([]);
  return inputs;
}

describe("a token that a program adopts", () => {
  const run = setUpRun({ plainTokens: true });

  it("stays as it is, with the value that the server tells", async () => {
    const token = await madeByHand(run, { description: "by hand" });
    run.server.countRequests();
    const { id, outs } = await run.create({}, { adopt: token.id.toUpperCase(), description: "by hand" });
    expect(id).toBe(token.id);
    expect(outs).toMatchObject({ adopt: token.id, token: token.value, createdAt: token.createdAt });
    expect(writes(run)).toEqual([]);
    const inputs = await run.host.checked({ org: "acme", readTasks: true, connection: outs.connection });
    expect(await run.host.diff(id, outs, { ...inputs, description: "by hand" })).toMatchObject({
      changes: false,
    });
    expect((await run.host.read(id, outs)).props).toEqual(outs);
    await run.host.delete(id, outs);
    expect(onServer(run, id)).toBeUndefined();
  });

  it("gets the status and the description that are declared", async () => {
    const token = await madeByHand(run, { description: "by hand", status: "inactive" });
    const { outs } = await run.create({}, { adopt: token.id, description: "ci" });
    expect(outs).toMatchObject({ status: "active", description: "ci" });
    expect(onServer(run, token.id)).toMatchObject({ status: "active", description: "ci" });
  });

  it("grants what is declared, however it is said, and by bucket names", async () => {
    const { orgId: orgID, adminId } = run.server;
    const bucket = await run.server.makeBucket("metrics");
    const token = await madeByHand(run, {
      permissions: [
        { action: "read", resource: { type: "buckets", orgID, id: bucket } },
        { action: "read", resource: { type: "buckets", orgID, id: bucket } },
        { action: "write", resource: { type: "telegrafs", orgID, id: "00000000000000ef" } },
      ],
    });
    const { outs } = await run.create(
      {},
      {
        adopt: token.id,
        readTasks: false,
        userId: adminId,
        readBucket: ["metrics"],
        extraPermissions: { "telegrafs/00000000000000ef": "write" },
      },
    );
    expect(outs).toMatchObject({ __buckets: { metrics: bucket }, userId: adminId });
    const preset = await run.create({}, { readTasks: false, allAccess: true });
    run.begin();
    const all = await run.create({}, { adopt: preset.id, readTasks: false, allAccess: true });
    expect(all.id).toBe(preset.id);
  });

  it("stays in later runs where it grants the same in other words, and takes its buckets by id or by name", async () => {
    const { orgId: orgID } = run.server;
    const bucket = await run.server.makeBucket("metrics");
    const read = (type: string, id?: string) => ({ action: "read", resource: { type, orgID, id } });
    const token = await madeByHand(run, {
      permissions: [read("tasks"), read("tasks", "00000000000000c1"), read("buckets", bucket)],
    });
    const { id, outs } = await run.create({}, { adopt: token.id, readBucket: [bucket] });
    const { connection } = outs;
    for (const more of [{ adopt: id }, {}, { readBucket: ["metrics"] }]) {
      const declared = { orgId: orgID, connection, readTasks: true, readBucket: [bucket], ...more };
      const inputs = await checkedAgain(run, declared);
      expect(await run.host.diff(id, outs, inputs)).toMatchObject({ changes: false, replaces: [] });
    }
    expect((await run.host.read(id, outs)).props).toEqual(outs);
  });

  it("is not adopted where it is another one: each difference is a line, and nothing is changed", async () => {
    const { orgId: orgID } = run.server;
    const bucket = await run.server.makeBucket("metrics");
    const token = await madeByHand(run, {
      description: "by hand",
      status: "inactive",
      permissions: [
        { action: "read", resource: { type: "buckets", orgID, id: bucket } },
        { action: "write", resource: { type: "orgs" } },
      ],
    });
    run.server.countRequests();
    const declared = { adopt: token.id, readTasks: true, org: "acme", user: "ci" };
    const error = await run.create({}, declared).catch((reason: unknown) => reason as Error);
    expect((error as Error).message.split("\n  ").slice(1)).toEqual([
      '~ user: "admin" on the server, "ci" in the program',
      '~ description: "by hand" on the server, none in the program',
      "+ read:orgs/acme/tasks",
      "- read:orgs/acme/buckets/metrics",
      "- write:/orgs",
    ]);
    expect(writes(run)).toEqual([]);
  });

  it("is not adopted where it belongs to another organization, is not there, or is an orphan", async () => {
    const { id: orgID } = await run.server.call<{ id: string }>("POST", "/api/v2/orgs", { name: "umbrella" });
    const permissions = [{ action: "read", resource: { type: "tasks", orgID } }];
    const token = await madeByHand(run, { orgID, permissions });
    await expect(run.create({}, { adopt: token.id })).rejects.toThrow(/~ orgId: ".*" on the server/);
    await expect(run.create({}, { adopt: "00000000000000ef" })).rejects.toThrow(/is not on http/);
    await run.server.call("DELETE", `/api/v2/orgs/${orgID}`);
    await expect(run.create({}, { adopt: token.id })).rejects.toThrow(/its organization was deleted/);
  });

  it("is not taken for another one's value", async () => {
    const token = await madeByHand(run);
    await expect(run.create({}, { adopt: token.id, adoptToken: "another" })).rejects.toThrow(
      /adoptToken is another token's value/,
    );
    await expect(run.create({}, { adopt: token.id, adoptToken: token.value })).resolves.toBeDefined();
  });

  it("is adopted once, whoever asks first", async () => {
    const token = await madeByHand(run);
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () => run.create({}, { adopt: token.id })),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await expect(run.create({}, { adopt: token.id })).rejects.toThrow(
      /another resource of this stack has it/,
    );
    // A failure leaves it free for the next try.
    const other = await madeByHand(run);
    await expect(run.create({}, { adopt: other.id, writeTasks: true })).rejects.toThrow(/not what/);
    await expect(run.create({}, { adopt: other.id })).resolves.toBeDefined();
  });

  it("is not adopted where another resource of the stack has it already, in either order", async () => {
    const { id, outs } = await run.create();
    const declared = { org: "acme", readTasks: true, connection: outs.connection };
    run.begin();
    await run.host.diff(id, outs, await run.host.checked(declared));
    await expect(run.create({}, { adopt: id })).rejects.toThrow(/another resource/);
    run.begin();
    await run.create({}, { adopt: id });
    const inputs = await run.host.checked(declared);
    await expect(run.host.diff(id, outs, inputs)).rejects.toThrow(/another resource/);
  });

  it("fails the preview where another resource of the stack has it already, in either order", async () => {
    const { id, outs } = await run.create();
    const declared = { org: "acme", readTasks: true, connection: outs.connection };
    const old = { host: run.server.url };
    run.begin();
    await run.host.diff(id, outs, (await run.host.check(old, declared)).inputs);
    expect((await run.host.check({}, { ...declared, adopt: id })).failures).toEqual([
      {
        property: "adopt",
        reason: expect.stringMatching(/another resource of this stack has it/) as unknown,
      },
    ]);
    run.begin();
    expect((await run.host.check({}, { ...declared, adopt: id })).failures).toEqual([]);
    const { inputs } = await run.host.check(old, declared);
    await expect(run.host.diff(id, outs, inputs)).rejects.toThrow(/another resource of this stack has it/);
  });

  it("may come from a resource that leaves the program while the stack's config moves the server", async () => {
    const env = { INFLUX_TOKEN: run.server.operatorToken };
    run.begin({ env, config: { "influx-token:host": run.server.url } });
    const engine = new MiniEngine(run.host);
    const inputs = { org: "acme", readTasks: true };
    await engine.up(new Map([["old", inputs]]));
    const id = engine.state.get("old")?.id ?? "";
    run.begin({ env, config: { "influx-token:host": await run.reverseProxy() } });
    engine.host = run.host;
    await engine.up(new Map([["new", { ...inputs, adopt: id }]]));
    expect(engine.errors).toEqual([]);
    expect([...engine.state.keys()]).toEqual(["new"]);
    expect(onServer(run, id)).toBeDefined();
  });

  it("is not deleted by the record that leaves where its adoption fails, or has not come yet", async () => {
    const engine = new MiniEngine(run.host);
    const connection = { host: run.server.url, token: run.server.operatorToken };
    const inputs = { org: "acme", readTasks: true, connection };
    await engine.up(new Map([["old", inputs]]));
    const { id, outs } = engine.state.get("old") ?? { id: "" };
    run.begin();
    engine.host = run.host;
    // The engine goes on by `--continue-on-error`.
    await engine.up(new Map([["new", { ...inputs, writeTasks: true, adopt: id }]]));
    expect(engine.errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(/is not what the program declares/),
      expect.stringMatching(/is not deleted, for the program adopts it/),
    ]);
    expect([...engine.state.keys()]).toEqual(["old"]);
    // With `--replace` and the option deleteBeforeReplace the engine deletes after a check without old inputs.
    run.begin();
    await run.host.checked({ ...inputs, adopt: id });
    await expect(run.host.delete(id, outs)).rejects.toThrow(/deleteBeforeReplace/);
    expect(onServer(run, id)).toBeDefined();
  });

  it("is not adopted where a resource of the stack has it at another address by now, nor kept by two", async () => {
    const { id, outs } = await run.create();
    const other = { host: await run.reverseProxy(), token: run.server.operatorToken };
    const declared = { orgId: run.server.orgId, readTasks: true };
    run.begin();
    await run.host.diff(id, outs, await run.host.checked({ ...declared, connection: other }));
    await expect(run.create(other, { adopt: id })).rejects.toThrow(/another resource/);
    run.begin();
    const anew = await run.create({}, { adopt: id });
    // `--target` left the first one alone.
    run.begin();
    const inputs = await run.host.checked({ ...declared, connection: outs.connection });
    await run.host.diff(anew.id, anew.outs, inputs);
    const replacing = await run.host.checked({
      ...declared,
      connection: outs.connection,
      keepers: { a: "1" },
    });
    await expect(run.host.diff(id, outs, replacing)).rejects.toThrow(/another resource of this stack has it/);
    await run.host.delete(id, outs);
    expect(onServer(run, id)).toBeDefined();
  });

  it("fails the preview where another resource of the stack has it already, in either order", async () => {
    const { id, outs } = await run.create();
    const declared = { org: "acme", readTasks: true, connection: outs.connection };
    const old = { host: run.server.url };
    run.begin();
    await run.host.diff(id, outs, (await run.host.check(old, declared)).inputs);
    expect((await run.host.check({}, { ...declared, adopt: id })).failures).toEqual([
      {
        property: "adopt",
        reason: expect.stringMatching(/another resource of this stack has it/) as unknown,
      },
    ]);
    run.begin();
    expect((await run.host.check({}, { ...declared, adopt: id })).failures).toEqual([]);
    const { inputs } = await run.host.check(old, declared);
    await expect(run.host.diff(id, outs, inputs)).rejects.toThrow(/another resource of this stack has it/);
  });

  it("may come from a resource that leaves the program, which then is not deleted", async () => {
    const engine = new MiniEngine(run.host);
    const connection = { host: run.server.url, token: run.server.operatorToken };
    const inputs = { org: "acme", readTasks: true, connection };
    await engine.up(new Map([["old", inputs]]));
    const { id, outs } = engine.state.get("old") ?? { id: "" };
    run.begin();
    engine.host = run.host;
    await engine.up(new Map([["new", { ...inputs, adopt: id }]]));
    expect(engine.errors).toEqual([]);
    expect([...engine.state.keys()]).toEqual(["new"]);
    expect(onServer(run, id)).toBeDefined();
    expect(engine.state.get("new")?.outs.token).toBe(outs?.token);
    expect(run.warnings).toEqual([expect.stringMatching(/is not deleted, .* has adopted it anew/)]);
  });
});

describe("a resource that has adopted a token", () => {
  const run = setUpRun({ plainTokens: true });
  const planned = async (id: string, outs: object, more: object) => {
    const connection = { host: run.server.url, token: run.server.operatorToken };
    return run.host.diff(id, outs, await checkedAgain(run, { org: "acme", connection, ...more }));
  };

  it("cannot be replaced while adopt names it, nor adopt another one", async () => {
    const token = await madeByHand(run);
    const { id, outs } = await run.create({}, { adopt: token.id });
    await expect(planned(id, outs, { adopt: id, writeTasks: true })).rejects.toThrow(
      /would be replaced for a change of permissions, .*: remove adopt first/,
    );
    await expect(planned(id, outs, { adopt: "00000000000000ef", readTasks: true })).rejects.toThrow(
      /adopt names the token 00000000000000ef, and this resource already has the token/,
    );
    expect(await planned(id, outs, { writeTasks: true })).toMatchObject({ replaces: ["permissions"] });
    expect(await planned(id, outs, { adopt: id, readTasks: true })).toMatchObject({ changes: false });
    expect(await planned(id, outs, { readTasks: true })).toMatchObject({ changes: false });
    const made = await run.create();
    expect(await planned(made.id, made.outs, { adopt: made.id, readTasks: true })).toMatchObject({
      changes: false,
    });
  });

  it("that drifted is shown by a refresh, which asks for a difference and plans nothing", async () => {
    const token = await madeByHand(run);
    const { id, outs } = await run.create({}, { adopt: token.id });
    const recorded = await checkedAgain(run, {
      org: "acme",
      readTasks: true,
      adopt: id,
      connection: outs.connection,
    });
    run.begin();
    const drifted = { ...outs, __granted: [], permissions: {}, effectivePermissions: {} };
    expect(await run.host.diff(id, drifted, recorded)).toMatchObject({ replaces: ["permissions"] });
    await expect(planned(id, drifted, { adopt: id, readTasks: true })).rejects.toThrow(/remove adopt first/);
  });

  it.each([
    ["at once", false],
    ["in the next run, for the first one was interrupted", true],
  ])(
    "keeps its token where a replacement is forced, and the old record is deleted %s",
    async (_when, later) => {
      const token = await madeByHand(run);
      const old = await run.create({}, { adopt: token.id });
      run.begin({ now: () => Date.now() + 1_000 });
      // Neither `--replace` nor a taint asks `diff`.
      const anew = await run.create({}, { adopt: token.id });
      expect(anew.id).toBe(old.id);
      if (later) {
        run.begin();
        await planned(anew.id, anew.outs, { adopt: token.id, readTasks: true });
      }
      await run.host.delete(old.id, old.outs);
      expect(onServer(run, token.id)).toBeDefined();
      // Out of the program it is deleted.
      run.begin();
      await planned(anew.id, anew.outs, { readTasks: true });
      await run.host.delete(anew.id, anew.outs);
      expect(onServer(run, token.id)).toBeUndefined();
    },
  );
});

describe("a token that a server stores hashed", () => {
  const run = HASHED();

  it("is adopted with its value, which the server accepts", async () => {
    const token = await madeByHand(run);
    const { outs } = await run.create({}, { adopt: token.id, adoptToken: token.value });
    expect(outs.token).toBe(token.value);
    await expect(run.create({}, { adopt: (await madeByHand(run)).id })).rejects.toThrow(
      /stores tokens hashed .* secret adoptToken, or adoptWithoutToken: true/,
    );
  });

  it("is not adopted with a value that is wrong, or another owner's: no other token is tried in its place", async () => {
    const token = await madeByHand(run, { description: "by hand" });
    const ci = await run.server.call<{ id: string }>("POST", "/api/v2/users", { name: "ci" });
    const others = await madeByHand(run, { userID: ci.id });
    run.begin({ env: { INFLUX_HOST: run.server.url, INFLUX_TOKEN: run.server.operatorToken } });
    const adopt = (adoptToken: string): Promise<unknown> =>
      run.create({}, { adopt: token.id, adoptToken, description: "ci" });
    for (const connection of [{}, { token: undefined }]) {
      await expect(
        run.create(connection, { adopt: token.id, adoptToken: "wrong", description: "ci" }),
      ).rejects.toThrow(/does not accept adoptToken \(401 "unauthorized access"\)/);
    }
    await expect(adopt(others.value)).rejects.toThrow(new RegExp(`adoptToken belongs to the user ${ci.id}`));
    expect(onServer(run, token.id)).toMatchObject({ description: "by hand" });
    await expect(adopt(token.value)).resolves.toBeDefined();
  });

  it("and that is switched off is tried once it is switched on", async () => {
    const token = await madeByHand(run, { status: "inactive" });
    const { outs } = await run.create({}, { adopt: token.id, adoptToken: token.value });
    expect(outs).toMatchObject({ status: "active", token: token.value });
    const off = await madeByHand(run, { status: "inactive" });
    await expect(
      run.create({}, { adopt: off.id, adoptToken: off.value, status: "inactive" }),
    ).resolves.toMatchObject({ outs: { token: off.value, status: "inactive" } });
  });

  it("may do without its value: each run warns, no run replaces it, and a later run takes the value", async () => {
    const token = await madeByHand(run);
    const { id, outs } = await run.create({}, { adopt: token.id, adoptWithoutToken: true });
    expect(outs).not.toHaveProperty("token");
    expect(run.warnings).toEqual([expect.stringMatching(/its output token is absent/)]);
    const inputs = await run.host.checked({ org: "acme", readTasks: true, connection: outs.connection });
    const { connection } = outs;
    for (const more of [{}, { adopt: id, adoptWithoutToken: true }]) {
      run.begin();
      run.warnings.length = 0;
      const declared = await checkedAgain(run, { org: "acme", readTasks: true, connection, ...more });
      expect(await run.host.diff(id, outs, declared)).toMatchObject({ changes: false });
      expect(run.warnings).toHaveLength(1);
    }
    expect((await run.host.read(id, outs)).props).toEqual(outs);
    const { outs: described } = await run.host.update(id, outs, { ...inputs, description: "ci" });
    expect(described).toMatchObject({ __withoutToken: true, __adoptedAt: outs.__adoptedAt });
    const given = { ...inputs, adoptToken: token.value };
    expect(await run.host.diff(id, outs, given)).toMatchObject({ changes: true, replaces: [] });
    await expect(run.host.update(id, outs, { ...inputs, adoptToken: "wrong" })).rejects.toThrow(
      /does not accept adoptToken/,
    );
    const { outs: known } = await run.host.update(id, outs, given);
    expect(known).toMatchObject({ token: token.value });
    expect(known).not.toHaveProperty("__withoutToken");
    run.warnings.length = 0;
    expect(await run.host.diff(id, known, inputs)).toMatchObject({ changes: false });
    expect(run.warnings).toEqual([]);
  });

  it("keeps the record that has its value, until the one that adopted it without has it, too", async () => {
    const engine = new MiniEngine(run.host);
    const connection = { host: run.server.url, token: run.server.operatorToken };
    const inputs = { org: "acme", readTasks: true, connection };
    await engine.up(new Map([["old", inputs]]));
    const { id, outs } = engine.state.get("old") ?? { id: "" };
    const adopting = { ...inputs, adopt: id, adoptWithoutToken: true };
    run.begin();
    engine.host = run.host;
    await engine.up(new Map([["new", adopting]]));
    expect(engine.errors.splice(0)).toEqual([
      expect.objectContaining({
        message: expect.stringMatching(/give it as the secret adoptToken/) as unknown,
      }),
    ]);
    expect([...engine.state.keys()].sort()).toEqual(["new", "old"]);
    run.begin();
    engine.host = run.host;
    await engine.up(new Map([["new", { ...adopting, adoptToken: outs?.token }]]));
    expect(engine.state.get("new")?.outs.token).toBe(outs?.token);
    // MiniEngine deletes at once with updates; the engine deletes when they are done.
    await engine.up(new Map([["new", { ...adopting, adoptToken: outs?.token }]]));
    expect([...engine.state.keys()]).toEqual(["new"]);
    expect(onServer(run, id)).toBeDefined();
  });

  it("stays switched off where its value turns out wrong", async () => {
    const token = await madeByHand(run, { status: "inactive" });
    const other = await madeByHand(run, { status: "inactive" });
    await expect(run.create({}, { adopt: token.id, adoptToken: other.value })).rejects.toThrow(
      /does not accept adoptToken/,
    );
    expect(onServer(run, token.id)).toMatchObject({ status: "inactive" });
  });

  it("shows its value in no error", async () => {
    const token = await madeByHand(run);
    const secret = "s3cret-value-of-another-server";
    const error = await run
      .create({}, { adopt: token.id, adoptToken: secret })
      .catch((reason: unknown) => reason as Error);
    expect(String((error as Error).stack)).not.toContain(secret);
  });
});
