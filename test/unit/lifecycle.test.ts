import type { InfluxTokenState } from "../../provider/token/state";
import { setUpRun } from "../support/testRun";

const GET_ONE = "GET /api/v2/authorizations/{id}";
const POST = "POST /api/v2/authorizations";

describe.each([
  ["a server that stores tokens hashed", false],
  ["a server that stores tokens plain", true],
])("a token on %s", (_kind, plainTokens) => {
  const run = setUpRun({ plainTokens });

  /** The next run, whose stack config reaches the server, or says this. */
  function configure(config?: Record<string, string>): void {
    const { url, operatorToken } = run.server;
    run.begin({ config: config ?? { "influx-token:host": url, "influx-token:token": operatorToken } });
  }
  const create = async (raw: Record<string, unknown>): Promise<{ id: string; outs: InfluxTokenState }> =>
    run.host.create(await run.host.checked(raw));

  beforeEach(() => {
    configure();
  });

  describe("create", () => {
    it("makes the token and returns everything that the server says of it", async () => {
      const bucket = await run.server.makeBucket("metrics");
      const { id, outs } = await create({
        org: "acme",
        description: "ci",
        readBucket: [bucket],
        writeTasks: true,
      });
      const [, made] = run.server.authorizations();
      expect(made).toMatchObject({ id, description: "ci", userID: run.server.adminId });
      expect(outs).toEqual({
        org: "acme",
        orgId: run.server.orgId,
        user: "admin",
        userId: run.server.adminId,
        description: "ci",
        status: "active",
        host: run.server.url,
        readBucket: [bucket],
        writeTasks: true,
        token: made?.token,
        permissions: { [`orgs/acme/buckets/${bucket}`]: "read", "orgs/acme/tasks": "write" },
        effectivePermissions: {
          [`orgs/${run.server.orgId}/buckets/${bucket}`]: "read",
          [`orgs/${run.server.orgId}/tasks`]: "write",
        },
        createdAt: expect.any(String) as unknown,
        updatedAt: expect.any(String) as unknown,
        __declared: "org description",
        __format: 1,
        __buckets: { metrics: bucket },
      });
    });

    it("makes operator and all-access tokens, also for another owner, and inactive ones", async () => {
      const { id: ci } = await run.server.call<{ id: string }>("POST", "/api/v2/users", { name: "ci" });
      const operator = await create({ org: "acme", operator: true, status: "inactive" });
      expect(Object.values(operator.outs.effectivePermissions)).toEqual(Array(22).fill("read, write"));
      expect(operator.outs.status).toBe("inactive");
      const own = await create({ org: "acme", allAccess: true });
      expect(own.outs.effectivePermissions).toMatchObject({
        [`/users/${run.server.adminId}`]: "read, write",
        [`/orgs/${run.server.orgId}`]: "read",
      });
      const others = await create({ org: "acme", allAccess: true, user: "ci" });
      expect(others.outs).toMatchObject({ user: "ci", userId: ci });
      expect(others.outs.effectivePermissions).toMatchObject({ [`/users/${ci}`]: "read, write" });
      expect(Object.keys(others.outs.effectivePermissions)).toHaveLength(22);
    });

    it("caches look-ups, however many tokens are in flight at once", async () => {
      const buckets = await Promise.all(["a", "b"].map((name) => run.server.makeBucket(name)));
      run.server.countRequests();
      const tokens = Array.from({ length: 40 }, (_, n) =>
        create(
          n % 4 === 0
            ? { org: "acme", allAccess: true }
            : { org: "acme", readBucket: buckets, description: `${n}` },
        ),
      );
      await Promise.all(tokens);
      expect(run.server.countRequests()).toEqual({
        [POST]: 40,
        "GET /api/v2/orgs": 1,
        "GET /api/v2/me": 1,
        "GET /api/v2/resources": 1,
        "GET /api/v2/buckets/{id}": 2,
      });
    });

    it("identifies the server once, where ids are given and no preset is", async () => {
      const made = Array.from({ length: 5 }, () => create({ orgId: run.server.orgId, readTasks: true }));
      await Promise.all(made);
      expect(run.server.countRequests()).toEqual({ "GET /ping": 1, [POST]: 5 });
    });

    const nothingMade = (): void => {
      expect(run.server.authorizations()).toHaveLength(1);
    };

    it("refuses a bucket that does not exist or is another organization's, before anything is made", async () => {
      const { id: other } = await run.server.call<{ id: string }>("POST", "/api/v2/orgs", {
        name: "umbrella",
      });
      const elsewhere = await run.server.makeBucket("elsewhere", other);
      await expect(create({ org: "acme", writeBucket: ["00000000000000fe"] })).rejects.toThrow(
        /^writeBucket: no bucket has the id 00000000000000fe/,
      );
      await expect(create({ org: "acme", readBucket: [elsewhere] })).rejects.toThrow(
        new RegExp(
          `^readBucket: the bucket ${elsewhere} \\("elsewhere"\\) belongs to the organization ${other}, not`,
        ),
      );
      nothingMade();
    });

    it("caches no failed look-up, so that an organization made meanwhile is found", async () => {
      await expect(create({ org: "umbrella", readTasks: true })).rejects.toThrow(
        /organization name "umbrella" not found/,
      );
      await run.server.call("POST", "/api/v2/orgs", { name: "umbrella" });
      await expect(create({ org: "umbrella", readTasks: true })).resolves.toMatchObject({
        outs: { org: "umbrella" },
      });
    });

    it("refuses a type that only Cloud has, by the input's name, before anything is made", async () => {
      await expect(create({ org: "acme", readFlows: true })).rejects.toThrow(
        /^readFlows: this server has no resource type "flows" \(InfluxDB Cloud only\)/,
      );
      nothingMade();
    });

    it.each([
      [
        { org: "acme", user: "ghost", readTasks: true },
        /cannot look up the user "ghost" from user: .* answered 404 "user not found"/,
      ],
      [
        { orgId: "00000000000000ff", readTasks: true },
        /cannot create the token: .* answered 400 "unable to create token"/,
      ],
    ])("says what was tried and answered for %j", async (raw, message) => {
      await expect(create(raw)).rejects.toThrow(message);
      nothingMade();
    });

    it("says that a caller sees nothing rather than that nothing is there", async () => {
      const { outs } = await create({ org: "acme", writeAuthorizations: true });
      await expect(
        create({ org: "acme", readTasks: true, connection: { token: outs.token } }),
      ).rejects.toThrow(
        /cannot look up the organization "acme" from org: .* empty list: the caller's token may not see it/,
      );
    });

    it("says which right the caller lacks", async () => {
      const { outs } = await create({ org: "acme", readTasks: true });
      const weak = { connection: { token: outs.token }, orgId: run.server.orgId };
      await expect(create({ ...weak, readTasks: true })).rejects.toThrow(
        /answered 401 "write:orgs\/\w+\/authorizations is unauthorized": the token from connection.token lacks this right/,
      );
      const { outs: maker } = await create({
        org: "acme",
        readAuthorizations: true,
        writeAuthorizations: true,
        writeUsers: true,
      });
      await expect(
        create({ orgId: run.server.orgId, readTasks: true, connection: { token: maker.token } }),
      ).rejects.toThrow(/answered 403 .*a token can only grant what it holds itself/);
    });
  });

  describe("read", () => {
    it("finds an untouched token exactly as it is in the state, by one request", async () => {
      const inputs = await run.host.checked({
        orgId: run.server.orgId,
        allAccess: true,
        description: "ci",
        status: "active",
        keepers: { a: "1" },
      });
      const { id, outs } = await run.host.create(inputs);
      run.server.countRequests();
      const found = await run.host.read(id, outs);
      expect(run.server.countRequests()).toEqual({ [GET_ONE]: 1 });
      expect(found).toEqual({ id, props: outs, inputs });
    });

    it("keeps the token in the state where the server no longer returns it", async () => {
      const { id, outs } = await create({ org: "acme", readTasks: true });
      expect((await run.host.read(id, outs)).props?.token).toBe(outs.token);
      const { token, ...lost } = outs;
      expect((await run.host.read(id, lost)).props?.token).toBe(plainTokens ? token : undefined);
    });

    it("finds drift of status and description, and diff wants it mended in place", async () => {
      const inputs = await run.host.checked({ org: "acme", readTasks: true });
      const { id, outs } = await run.host.create(inputs);
      await run.server.call("PATCH", `/api/v2/authorizations/${id}`, {
        status: "inactive",
        description: "mine now",
      });
      const found = await run.host.read(id, outs);
      expect(found.props).toMatchObject({ status: "inactive", description: "mine now" });
      expect(found.inputs).toMatchObject({ status: "inactive", description: "mine now" });
      expect(await run.host.diff(id, found.props, inputs)).toMatchObject({ changes: true, replaces: [] });
      const { outs: mended } = await run.host.update(id, found.props, inputs);
      expect(mended).toMatchObject({ status: "active", description: "", token: outs.token });
      expect(run.server.authorizations()[1]).toMatchObject({ status: "active", description: "" });
    });

    it("finds drift of permissions, and diff wants a new token", async () => {
      const inputs = await run.host.checked({ org: "acme", readTasks: true });
      const { id, outs } = await run.host.create(inputs);
      const effectivePermissions = { [`orgs/${run.server.orgId}/checks`]: "read" };
      const declared = await run.host.checked({ org: "acme", readChecks: true });
      const { readTasks, ...others } = outs;
      expect(readTasks).toBe(true);
      const found = await run.host.read(id, { ...others, readChecks: true, effectivePermissions });
      const permissions = { [`orgs/${run.server.orgId}/tasks`]: "read" };
      expect(found.inputs).toEqual({ org: "acme", host: run.server.url, permissions });
      expect(found.props).toMatchObject({ permissions, effectivePermissions: permissions });
      expect(found.props).not.toHaveProperty("readChecks");
      expect(await run.host.diff(id, found.props, declared)).toMatchObject({ replaces: ["permissions"] });
      // Once the program asks for what is there, its inputs are recorded again.
      expect(await run.host.diff(id, found.props, inputs)).toEqual({
        changes: true,
        replaces: [],
        deleteBeforeReplace: false,
      });
      expect((await run.host.update(id, found.props, inputs)).outs).toEqual(outs);
    });

    it("follows an organization and an owner that got other names", async () => {
      const { id, outs } = await create({ org: "acme", allAccess: true, user: "admin" });
      await run.server.call("PATCH", `/api/v2/orgs/${run.server.orgId}`, { name: "acme ltd" });
      const found = await run.host.read(id, outs);
      expect(found.inputs).toMatchObject({ org: "acme ltd" });
      expect(found.props?.permissions).toMatchObject({
        "/orgs/acme ltd": "read",
        "orgs/acme ltd/buckets": "read, write",
      });
      for (const [org, changes] of [
        ["acme", false],
        ["acme ltd", true],
      ] as const) {
        const declared = await run.host.checked({ org, allAccess: true, user: "admin" });
        expect(await run.host.diff(id, found.props, declared)).toMatchObject({ changes, replaces: [] });
      }
    });

    it("takes 404, and only 404, for gone", async () => {
      const { id, outs } = await create({ org: "acme", readTasks: true });
      await expect(run.host.read(id, { ...outs, connection: { token: "wrong" } })).resolves.toMatchObject({
        id,
      });
      configure({ "influx-token:host": run.server.url });
      await expect(run.host.read(id, { ...outs, connection: { token: "wrong" } })).rejects.toThrow(
        /401 "unauthorized access"/,
      );
      await expect(
        run.host.read("nonsense", { ...outs, connection: { token: run.server.operatorToken } }),
      ).rejects.toThrow(/400/);
      await run.server.call("DELETE", `/api/v2/authorizations/${id}`);
      expect(await run.host.read(id, { ...outs, connection: { token: run.server.operatorToken } })).toEqual({
        id: "",
      });
    });
  });

  describe("update", () => {
    it("changes description and status by one request, and keeps the token", async () => {
      const { id, outs } = await create({ org: "acme", readTasks: true });
      run.server.countRequests();
      const { outs: updated } = await run.host.update(
        id,
        outs,
        await run.host.checked({ org: "acme", readTasks: true, description: "new", status: "inactive" }),
      );
      expect(run.server.countRequests()).toEqual({ "PATCH /api/v2/authorizations/{id}": 1 });
      expect(updated).toMatchObject({
        description: "new",
        status: "inactive",
        token: outs.token,
        __declared: "org description status",
      });
    });

    it("sends nothing for another connection to the same address", async () => {
      const { id, outs } = await create({ org: "acme", readTasks: true });
      run.server.countRequests();
      const news = await run.host.checked({
        org: "acme",
        readTasks: true,
        connection: { host: `${run.server.url}/`, retries: 2 },
      });
      expect(await run.host.diff(id, outs, news)).toMatchObject({ changes: true, replaces: [] });
      expect((await run.host.update(id, outs, news)).outs).toEqual({
        ...outs,
        connection: { host: `${run.server.url}/`, retries: 2 },
      });
      expect(run.server.countRequests()).toEqual({});
    });
  });

  describe("delete", () => {
    it("deletes the token by one request, and is idempotent", async () => {
      const { id, outs } = await create({ org: "acme", readTasks: true });
      run.server.countRequests();
      await run.host.delete(id, outs);
      expect(run.server.countRequests()).toEqual({ "DELETE /api/v2/authorizations/{id}": 1 });
      expect(run.server.authorizations()).toHaveLength(1);
      await expect(run.host.delete(id, outs)).resolves.toBeUndefined();
    });

    it("fails for every other reason", async () => {
      const { id, outs } = await create({ org: "acme", readTasks: true });
      configure({ "influx-token:host": run.server.url, "influx-token:token": "wrong" });
      await expect(run.host.delete(id, outs)).rejects.toThrow(
        `cannot delete the token ${id}: ${run.server.url} answered 401`,
      );
    });
  });

  describe("check and diff", () => {
    it("send no request", async () => {
      const inputs = await run.host.checked({ org: "acme", allAccess: true });
      const { id, outs } = await run.host.create(inputs);
      run.server.countRequests();
      await run.host.check(inputs, { org: "acme", operator: true });
      await run.host.diff(id, outs, inputs);
      expect(run.server.countRequests()).toEqual({});
    });

    it("take the organization from the stack's config, and say what is wrong there", async () => {
      configure({ "influx-token:org": "acme" });
      expect(await run.host.checked({ readTasks: true })).toMatchObject({ org: "acme" });
      configure({ "influx-token:org": "acme", "influx-token:orgId": run.server.orgId });
      expect((await run.host.check({}, { readTasks: true })).failures).toEqual([
        { property: "org", reason: "influx-token:org and influx-token:orgId are both set: keep one of them" },
      ]);
    });

    it("refuse an address that is none", async () => {
      expect(
        (await run.host.check({}, { org: "a", readTasks: true, connection: { host: "acme" } })).failures,
      ).toEqual([
        { property: "connection.host", reason: expect.stringContaining("is not a URL") as unknown },
      ]);
    });
  });

  describe("a stale token in the state", () => {
    it("is replaced, once for the whole run, by what the other sources give", async () => {
      const first = await create({ org: "acme", readTasks: true });
      const second = await create({ org: "acme", readChecks: true });
      run.server.countRequests();
      const stale = { connection: { token: "stale" } };
      expect(await run.host.read(first.id, { ...first.outs, ...stale })).toMatchObject({ id: first.id });
      expect(await run.host.read(second.id, { ...second.outs, ...stale })).toMatchObject({ id: second.id });
      expect(run.server.countRequests()).toEqual({ [GET_ONE]: 3 });
    });

    it("that nothing can replace is named in the error", async () => {
      configure({ "influx-token:host": run.server.url, "influx-token:token": "just as wrong" });
      await expect(create({ org: "acme", readTasks: true, connection: { token: "stale" } })).rejects.toThrow(
        /the server does not know the token from connection.token/,
      );
      expect(run.server.countRequests()).toEqual({
        "GET /api/v2/orgs": 2,
        "GET /ping": 1,
        "GET /api/v2/setup": 1,
      });
    });
  });

  it("says that the caller's own token is inactive", async () => {
    const { id, outs } = await create({ org: "acme", operator: true, status: "inactive" });
    await expect(run.host.read(id, { ...outs, connection: { token: outs.token } })).resolves.toMatchObject({
      id,
    });
    configure({ "influx-token:host": run.server.url });
    await expect(run.host.read(id, { ...outs, connection: { token: outs.token } })).rejects.toThrow(
      /401 "token is inactive": the token from connection.token is switched off/,
    );
  });

  it("logs each exchange where asked to, without any secret", async () => {
    const { outs } = await create({ org: "acme", readTasks: true, connection: { httpDebug: true } });
    const written = run.debugLines.join("\n");
    expect(written).toContain(`> POST ${run.server.url}/api/v2/authorizations`);
    expect(written).toContain("> Authorization: Token (redacted)");
    expect(written).toContain('"token":"(redacted)"');
    expect(written).not.toContain(run.server.operatorToken);
    expect(written).not.toContain(outs.token);
  });
});
