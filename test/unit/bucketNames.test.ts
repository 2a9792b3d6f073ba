import { checkInputs } from "../../provider/token/inputs";
import { setUpRun } from "../support/testRun";
import { UNKNOWN } from "../../provider/token/unknown";
import { OWN } from "../support/serving";

const run = setUpRun({ plainTokens: true });

type Made = Awaited<ReturnType<typeof run.create>>;

const create = (more: object): Promise<Made> => run.create({}, { readTasks: false, ...more });

const planFor = async ({ id, outs }: Made, more: object) => {
  const { connection, orgId } = outs;
  const inputs = await run.host.checked({ orgId, connection, ...more });
  return run.host.diff(id, outs, inputs);
};

/** A refresh, in a run of its own. */
async function refresh({ id, outs }: Made): Promise<Made & { inputs: Record<string, unknown> }> {
  run.begin();
  const { props, inputs } = await run.host.read(id, outs);
  if (props === undefined || inputs === undefined) throw new Error("the token is gone");
  return { id, outs: props, inputs };
}

const rename = (id: string, name: string): Promise<unknown> =>
  run.server.call("PATCH", `/api/v2/buckets/${id}`, { name });
const remove = (id: string): Promise<unknown> => run.server.call("DELETE", `/api/v2/buckets/${id}`);

const SAME = { changes: false, replaces: [] };

describe("a bucket that a program knows by name", () => {
  it("is resolved when the token is made, and an id in place of the name is no change, nor the reverse", async () => {
    const id = await run.server.makeBucket("metrics");
    const byName = await create({ readBucket: ["metrics"] });
    expect(byName.outs).toMatchObject({
      readBucket: ["metrics"],
      permissions: { [`orgs/${run.server.orgId}/buckets/metrics`]: "read" },
      effectivePermissions: { [`orgs/${run.server.orgId}/buckets/${id}`]: "read" },
      __buckets: { metrics: id },
    });
    for (const readBucket of [[id], [id.toUpperCase()], ["name:metrics"], ["metrics", id]]) {
      expect(await planFor(byName, { readBucket })).toMatchObject(SAME);
    }
    const byId = await create({ readBucket: [id] });
    expect(await planFor(byId, { readBucket: ["metrics"] })).toMatchObject(SAME);
    expect(await planFor(byId, { readBucket: ["another"] })).toMatchObject({ replaces: ["permissions"] });
    expect(await planFor(byId, { writeBucket: ["metrics"] })).toMatchObject({ replaces: ["permissions"] });
  });

  it("may be called like an id, hold slashes and blanks, or the mark of a name", async () => {
    const names = ["0123456789abcdef", " sp ace/ä%+", "name:x", "orgs/acme"];
    const ids = [];
    for (const name of names) ids.push(await run.server.makeBucket(name));
    const { outs } = await create({ readBucket: names.map((name) => `name:${name}`) });
    expect(outs.readBucket).toEqual(["name:0123456789abcdef", " sp ace/ä%+", "name:name:x", "orgs/acme"]);
    expect(Object.keys(outs.effectivePermissions).sort()).toEqual(
      ids.map((id) => `orgs/${run.server.orgId}/buckets/${id}`).sort(),
    );
    const scope = `orgs/${run.server.orgId}/buckets`;
    expect(Object.keys(outs.permissions).sort()).toEqual(
      [
        `${scope}/%30123456789abcdef`,
        `${scope}/ sp ace%2Fä%25+`,
        `${scope}/name:x`,
        `${scope}/orgs%2Facme`,
      ].sort(),
    );
  });

  it("is looked up once for all tokens of a run, and read once in a refresh", async () => {
    await run.server.makeBucket("metrics");
    run.server.countRequests();
    const made = await Promise.all(Array.from({ length: 20 }, () => create({ readBucket: ["metrics"] })));
    expect(run.server.countRequests()).toMatchObject({ "GET /api/v2/buckets": 1 });
    run.begin();
    await Promise.all(made.map(({ id, outs }) => run.host.read(id, outs)));
    expect(run.server.countRequests()).toEqual({
      "GET /api/v2/buckets": 1,
      "GET /api/v2/authorizations/{id}": 20,
    });
  });

  it("that there is not is an error with the nearest names, and no token is made", async () => {
    for (const name of ["metrics", "metrics-raw", "logs"]) await run.server.makeBucket(name);
    await expect(create({ readBucket: ["metrisc"] })).rejects.toThrow(
      `readBucket: the token's organization has no bucket "metrisc": did you mean "metrics"`,
    );
    await expect(create({ writeBucket: ["x".repeat(300)] })).rejects.toThrow(/`influx bucket list` shows/);
    expect(run.made()).toHaveLength(0);
  });

  it("that there was not yet is found by the next token, which may be made after its bucket", async () => {
    await expect(create({ readBucket: ["late"] })).rejects.toThrow('no bucket "late"');
    await run.server.makeBucket("late");
    await expect(create({ readBucket: ["late"] })).resolves.toBeDefined();
  });

  it("of another organization is not found, whatever its name", async () => {
    const { id: orgID } = await run.server.call<{ id: string }>("POST", "/api/v2/orgs", { name: "umbrella" });
    await run.server.makeBucket("theirs", orgID);
    await expect(create({ readBucket: ["theirs"] })).rejects.toThrow('has no bucket "theirs"');
  });

  it("is not taken for what a front answers that knows nothing of names", async () => {
    const other = { id: "00000000000000c9", orgID: run.server.orgId, name: "other", type: "user" };
    const url = await run.reverseProxy((request, response) => {
      if (request.url?.startsWith("/api/v2/buckets") !== true) return false;
      response.writeHead(200, OWN).end(JSON.stringify({ buckets: [other] }));
      return true;
    });
    await expect(run.create({ host: url }, { readBucket: ["metrics"] })).rejects.toThrow(
      /cannot look up the bucket "metrics"/,
    );
    expect(run.made()).toHaveLength(0);
  });
});

describe("a refresh of a token with a bucket by name", () => {
  it("finds one that was made anew, and the next run replaces the token", async () => {
    const old = await run.server.makeBucket("metrics");
    const made = await create({ readBucket: ["metrics"] });
    await remove(old);
    await run.server.makeBucket("metrics");
    const found = await refresh(made);
    const scope = `orgs/${run.server.orgId}/buckets/${old}`;
    expect(found.inputs).toMatchObject({ permissions: { [scope]: "read" } });
    expect(found.inputs).not.toHaveProperty("readBucket");
    expect(await planFor(found, { readBucket: ["metrics"] })).toMatchObject({ replaces: ["permissions"] });
    // Refreshed again it is the same, also before anybody runs the program.
    const again = await refresh(found);
    expect(again.outs).toEqual(found.outs);
    expect(run.warnings).toEqual([]);
    const replaced = await create({ readBucket: ["metrics"] });
    expect((await refresh(replaced)).outs).toEqual(replaced.outs);
  });

  it("follows one that was renamed: the old name and the new one are no change", async () => {
    const id = await run.server.makeBucket("metrics");
    const made = await create({ readBucket: ["metrics"] });
    await rename(id, "measurements");
    const found = await refresh(made);
    expect(found.inputs).toMatchObject({ readBucket: ["metrics"] });
    expect(run.warnings).toEqual([]);
    for (const readBucket of [["metrics"], ["measurements"], [id]]) {
      expect(await planFor(found, { readBucket })).toMatchObject(SAME);
    }
    // The name stays the program's: whoever takes it is what the program asks for.
    await run.server.makeBucket("metrics");
    const taken = await refresh(found);
    expect(await planFor(taken, { readBucket: ["metrics"] })).toMatchObject({ replaces: ["permissions"] });
  });

  it("takes no property of every object for a name that it knows", async () => {
    const id = await run.server.makeBucket("metrics");
    const made = await create({ readBucket: ["metrics"] });
    await rename(id, "constructor");
    expect((await refresh(made)).inputs).toMatchObject({ readBucket: ["metrics"] });
    // Not every host hands on a key like this one.
    const bare = { ...made.outs, readBucket: ["__proto__"], __buckets: {} };
    expect((await refresh({ id: made.id, outs: bare })).inputs).toMatchObject({ readBucket: ["__proto__"] });
  });

  it("finds no drift where a bucket takes a name that another one had, which the program does not use", async () => {
    const [a, b] = [await run.server.makeBucket("a"), await run.server.makeBucket("b")];
    const made = await create({ readBucket: ["a", "b"] });
    const buckets = { a, b, former: a };
    await rename(b, "former");
    const { inputs, outs } = await refresh({ ...made, outs: { ...made.outs, __buckets: buckets } });
    expect(inputs).toMatchObject({ readBucket: ["a", "b"] });
    expect(outs.__buckets).toEqual({ a, b, former: b });
  });

  it("finds one that was made anew, and the next runs keep the token where all buckets are granted beside", async () => {
    const old = await run.server.makeBucket("metrics");
    const declared = { readBuckets: true, readBucket: ["metrics"] };
    const made = await create(declared);
    await remove(old);
    await run.server.makeBucket("metrics");
    const found = await refresh(made);
    expect(await planFor(found, declared)).toMatchObject({ changes: true, replaces: [] });
    const { orgId, connection } = found.outs;
    const inputs = await run.host.checked({ orgId, connection, ...declared });
    const { outs } = await run.host.update(found.id, found.outs, inputs);
    expect(await planFor({ id: found.id, outs }, declared)).toMatchObject(SAME);
    expect((await refresh({ id: found.id, outs })).outs).toEqual(outs);
    const alone = { readBucket: ["metrics"] };
    expect(await planFor({ id: found.id, outs }, alone)).toMatchObject({ replaces: ["permissions"] });
  });

  it("warns of one that was deleted and not made anew, once for all tokens, and finds no drift", async () => {
    const id = await run.server.makeBucket("metrics");
    const made = [await create({ readBucket: ["metrics"] }), await create({ writeBucket: ["metrics"] })];
    await remove(id);
    run.begin();
    for (const { id: token, outs } of made) expect((await run.host.read(token, outs)).props).toEqual(outs);
    expect(run.warnings).toEqual([expect.stringMatching(/the bucket "metrics" .* was deleted .* no other/)]);
  });

  it.each([
    ["read on tokens only", { readAuthorizations: true }],
    ["read on the tokens and on another bucket", { readAuthorizations: true, readBucket: ["primary"] }],
  ])("by a token with %s finds no drift, and warns once", async (_what, flags) => {
    await run.server.makeBucket("metrics");
    await run.server.makeBucket("logs");
    const made = [await create({ readBucket: ["metrics"] }), await create({ readBucket: ["logs"] })];
    const reader = await create({ ...flags, extraPermissions: { [`/users/${run.server.adminId}`]: "read" } });
    run.begin();
    for (const { id, outs } of made) {
      const connection = { host: run.server.url, token: reader.outs.token };
      const { props } = await run.host.read(id, { ...outs, connection });
      expect(props).toEqual({ ...outs, connection });
    }
    expect(run.warnings).toEqual([expect.stringMatching(/names of buckets cannot be checked/)]);
  });

  it("finds nothing out where a front answers, and fails", async () => {
    await run.server.makeBucket("metrics");
    const made = await create({ readBucket: ["metrics"] });
    const url = await run.reverseProxy((request, response) => {
      if (request.url?.startsWith("/api/v2/buckets") !== true) return false;
      response.writeHead(404, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ code: "not found", message: 'bucket "metrics" not found' }));
      return true;
    });
    const connection = { host: url, token: run.server.operatorToken, retries: 0 };
    await expect(run.host.read(made.id, { ...made.outs, connection })).rejects.toThrow(
      /cannot look up the bucket "metrics"/,
    );
  });

  it("leaves buckets by id alone", async () => {
    const id = await run.server.makeBucket("metrics");
    const made = await create({ readBucket: [id] });
    await remove(id);
    await run.server.makeBucket("metrics");
    run.server.countRequests();
    expect((await refresh(made)).outs).toEqual(made.outs);
    expect(run.server.countRequests()).toEqual({ "GET /api/v2/authorizations/{id}": 1 });
  });
});

describe("permissions that are asked for in other words", () => {
  it("are no change, also after an update of something else", async () => {
    const id = await run.server.makeBucket("metrics");
    const made = await create({ readBuckets: true, readBucket: [id] });
    const declared = { readBuckets: true, description: "ci" };
    expect(await planFor(made, declared)).toMatchObject({ changes: true, replaces: [] });
    const { orgId, connection } = made.outs;
    const inputs = await run.host.checked({ orgId, connection, ...declared });
    const { outs } = await run.host.update(made.id, made.outs, inputs);
    expect(await planFor({ id: made.id, outs }, declared)).toMatchObject(SAME);
    expect((await refresh({ id: made.id, outs })).outs).toEqual(outs);
    const alone = { readBucket: [id], description: "ci" };
    expect(await planFor({ id: made.id, outs }, alone)).toMatchObject({ replaces: ["permissions"] });
  });
});

describe("permissions that are not known yet", () => {
  it.each([
    [{ readBucket: ["metrics", UNKNOWN] }],
    [{ extraPermissions: { "views/00000000000000c1": UNKNOWN } }],
    [{ extraPermissions: UNKNOWN }],
    [{ allAccess: true, userId: UNKNOWN }],
  ])("are open as a whole: %j", (asked) => {
    const context = { organization: () => undefined, host: () => "http://a" };
    const { inputs, failures } = checkInputs({ org: "acme", ...asked }, {}, context);
    expect(failures).toEqual([]);
    expect(inputs["permissions"]).toBe(UNKNOWN);
  });
});

describe("an owner by id", () => {
  it("owns the token, and its name in place of the id is no change", async () => {
    const { id: ci } = await run.server.call<{ id: string }>("POST", "/api/v2/users", { name: "ci" });
    const made = await create({ userId: ci, allAccess: true });
    expect(made.outs).toMatchObject({ user: "ci", userId: ci, __declared: "orgId userId" });
    expect(made.outs.permissions).toMatchObject({ [`/users/${ci}`]: "read, write" });
    expect(await planFor(made, { user: "ci", allAccess: true })).toMatchObject(SAME);
    expect(await planFor(made, { allAccess: true })).toMatchObject(SAME);
    const other = { userId: run.server.adminId, allAccess: true };
    expect(await planFor(made, other)).toMatchObject({ replaces: ["userId"] });
    expect((await refresh(made)).inputs).toMatchObject({ userId: ci });
  });
});
