import { type InfluxTokenInputs } from "../../provider/token/inputs";
import { WIRE_UNKNOWN } from "../../provider/pulumiHost/wireValues";
import type { InfluxTokenState } from "../../provider/token/state";
import { DuplicateErrors } from "../../provider/pulumiHost/duplicateErrors";
import { startServer, type TestServer } from "../support/influxdb";
import { newProvider } from "../support/providerHost";

const host = newProvider();

function configure(values: Record<string, string>): Promise<void> {
  const get = (key: string): string | undefined => values[key];
  return host.configure({ config: { get, require: (key) => get(key) ?? "" } });
}

async function create(raw: Record<string, unknown>): Promise<{ id: string; outs: InfluxTokenState }> {
  return host.create(await host.checked(raw));
}

const GET_ONE = "GET /api/v2/authorizations/{id}";
const POST = "POST /api/v2/authorizations";

describe.each([
  ["a server that stores tokens hashed", false],
  ["a server that stores tokens plain", true],
])("the provider on %s", (_kind, plainTokens) => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startServer({ plainTokens });
    await configure({ "influx-token:host": server.url, "influx-token:token": server.operatorToken });
  });
  afterEach(async () => {
    await server.close();
    jest.restoreAllMocks();
  });

  describe("create", () => {
    it("makes the token and tells everything about it", async () => {
      const bucket = await server.makeBucket("metrics");
      const { id, outs } = await create({
        org: "acme",
        description: "ci",
        readBucket: [bucket],
        writeTasks: true,
      });
      const [, made] = server.authorizations();
      expect(made).toMatchObject({ id, description: "ci", userID: server.adminId });
      expect(outs).toEqual({
        org: "acme",
        orgId: server.orgId,
        user: "admin",
        userId: server.adminId,
        description: "ci",
        status: "active",
        host: server.url,
        readBucket: [bucket],
        writeTasks: true,
        token: made?.token,
        permissions: { [`orgs/acme/buckets/${bucket}`]: "read", "orgs/acme/tasks": "write" },
        effectivePermissions: {
          [`orgs/${server.orgId}/buckets/${bucket}`]: "read",
          [`orgs/${server.orgId}/tasks`]: "write",
        },
        createdAt: expect.any(String) as unknown,
        updatedAt: expect.any(String) as unknown,
        __declared: "org description",
        __format: 1,
      });
    });

    it("makes operator and all-access tokens, also for another owner, and inactive ones", async () => {
      const { id: ci } = await server.call<{ id: string }>("POST", "/api/v2/users", { name: "ci" });
      const operator = await create({ org: "acme", operator: true, status: "inactive" });
      expect(Object.values(operator.outs.effectivePermissions)).toEqual(Array(22).fill("read, write"));
      expect(operator.outs.status).toBe("inactive");
      const own = await create({ org: "acme", allAccess: true });
      expect(own.outs.effectivePermissions).toMatchObject({
        [`/users/${server.adminId}`]: "read, write",
        [`/orgs/${server.orgId}`]: "read",
      });
      const others = await create({ org: "acme", allAccess: true, user: "ci" });
      expect(others.outs).toMatchObject({ user: "ci", userId: ci });
      expect(others.outs.effectivePermissions).toMatchObject({ [`/users/${ci}`]: "read, write" });
      expect(Object.keys(others.outs.effectivePermissions)).toHaveLength(22);
    });

    it("asks the server nothing twice, however many tokens are made at once", async () => {
      const buckets = await Promise.all(["a", "b"].map((name) => server.makeBucket(name)));
      server.countRequests();
      const tokens = Array.from({ length: 40 }, (_, n) =>
        create(
          n % 4 === 0
            ? { org: "acme", allAccess: true }
            : { org: "acme", readBucket: buckets, description: `${n}` },
        ),
      );
      await Promise.all(tokens);
      expect(server.countRequests()).toEqual({
        [POST]: 40,
        "GET /api/v2/orgs": 1,
        "GET /api/v2/me": 1,
        "GET /api/v2/resources": 1,
        "GET /api/v2/buckets/{id}": 2,
      });
    });

    it("asks once who answers there, where ids are given and no preset is", async () => {
      const made = Array.from({ length: 5 }, () => create({ orgId: server.orgId, readTasks: true }));
      await Promise.all(made);
      expect(server.countRequests()).toEqual({ "GET /ping": 1, [POST]: 5 });
    });

    const nothingMade = (): void => {
      expect(server.authorizations()).toHaveLength(1);
    };

    it("refuses a bucket that does not exist or is another organization's, before anything is made", async () => {
      const { id: other } = await server.call<{ id: string }>("POST", "/api/v2/orgs", { name: "umbrella" });
      const elsewhere = await server.makeBucket("elsewhere", other);
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

    it("asks again after a failed look-up, so that a bucket made meanwhile is found", async () => {
      await expect(create({ org: "umbrella", readTasks: true })).rejects.toThrow(
        /organization name "umbrella" not found/,
      );
      await server.call("POST", "/api/v2/orgs", { name: "umbrella" });
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
      const weak = { connection: { token: outs.token }, orgId: server.orgId };
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
        create({ orgId: server.orgId, readTasks: true, connection: { token: maker.token } }),
      ).rejects.toThrow(/answered 403 .*a token can only grant what it holds itself/);
    });
  });

  describe("read", () => {
    it("finds an untouched token exactly as it is in the state, by one request", async () => {
      const inputs = await host.checked({
        orgId: server.orgId,
        allAccess: true,
        description: "ci",
        status: "active",
        keepers: { a: "1" },
      });
      const { id, outs } = await host.create(inputs);
      server.countRequests();
      const found = await host.read(id, outs);
      expect(server.countRequests()).toEqual({ [GET_ONE]: 1 });
      expect(found).toEqual({ id, props: outs, inputs });
    });

    it("never lets a server that no longer tells the token erase it from the state", async () => {
      const { id, outs } = await create({ org: "acme", readTasks: true });
      expect((await host.read(id, outs)).props?.token).toBe(outs.token);
      const { token, ...lost } = outs;
      expect((await host.read(id, lost)).props?.token).toBe(plainTokens ? token : undefined);
    });

    it("finds what was changed behind its back, and diff wants it mended", async () => {
      const inputs = await host.checked({ org: "acme", readTasks: true });
      const { id, outs } = await host.create(inputs);
      await server.call("PATCH", `/api/v2/authorizations/${id}`, {
        status: "inactive",
        description: "mine now",
      });
      const found = await host.read(id, outs);
      expect(found.props).toMatchObject({ status: "inactive", description: "mine now" });
      expect(found.inputs).toMatchObject({ status: "inactive", description: "mine now" });
      expect(await host.diff(id, found.props, inputs)).toMatchObject({ changes: true, replaces: [] });
      const { outs: mended } = await host.update(id, found.props, inputs);
      expect(mended).toMatchObject({ status: "active", description: "", token: outs.token });
      expect(server.authorizations()[1]).toMatchObject({ status: "active", description: "" });
    });

    it("finds permissions that are others than were granted, and diff wants a new token", async () => {
      const inputs = await host.checked({ org: "acme", readTasks: true });
      const { id, outs } = await host.create(inputs);
      const effectivePermissions = { [`orgs/${server.orgId}/checks`]: "read" };
      const declared = await host.checked({ org: "acme", readChecks: true });
      const { readTasks, ...others } = outs;
      expect(readTasks).toBe(true);
      const found = await host.read(id, { ...others, readChecks: true, effectivePermissions });
      const permissions = { [`orgs/${server.orgId}/tasks`]: "read" };
      expect(found.inputs).toEqual({ org: "acme", host: server.url, permissions });
      expect(found.props).toMatchObject({ permissions, effectivePermissions: permissions });
      expect(found.props).not.toHaveProperty("readChecks");
      expect(await host.diff(id, found.props, declared)).toMatchObject({ replaces: ["permissions"] });
      // Once the program asks for what is there, its inputs are recorded again.
      expect(await host.diff(id, found.props, inputs)).toEqual({
        changes: true,
        replaces: [],
        deleteBeforeReplace: false,
      });
      expect((await host.update(id, found.props, inputs)).outs).toEqual(outs);
    });

    it("follows an organization and an owner that got other names", async () => {
      const { id, outs } = await create({ org: "acme", allAccess: true, user: "admin" });
      await server.call("PATCH", `/api/v2/orgs/${server.orgId}`, { name: "acme ltd" });
      const found = await host.read(id, outs);
      expect(found.inputs).toMatchObject({ org: "acme ltd" });
      expect(found.props?.permissions).toMatchObject({
        "/orgs/acme ltd": "read",
        "orgs/acme ltd/buckets": "read, write",
      });
      for (const [org, changes] of [
        ["acme", false],
        ["acme ltd", true],
      ] as const) {
        const declared = await host.checked({ org, allAccess: true, user: "admin" });
        expect(await host.diff(id, found.props, declared)).toMatchObject({ changes, replaces: [] });
      }
    });

    it("takes 404, and only 404, for gone", async () => {
      const { id, outs } = await create({ org: "acme", readTasks: true });
      await expect(host.read(id, { ...outs, connection: { token: "wrong" } })).resolves.toMatchObject({ id });
      await configure({ "influx-token:host": server.url });
      await expect(host.read(id, { ...outs, connection: { token: "wrong" } })).rejects.toThrow(
        /401 "unauthorized access"/,
      );
      await expect(
        host.read("nonsense", { ...outs, connection: { token: server.operatorToken } }),
      ).rejects.toThrow(/400/);
      await server.call("DELETE", `/api/v2/authorizations/${id}`);
      expect(await host.read(id, { ...outs, connection: { token: server.operatorToken } })).toEqual({
        id: "",
      });
    });
  });

  describe("update", () => {
    it("changes description and status by one request, and keeps the token", async () => {
      const { id, outs } = await create({ org: "acme", readTasks: true });
      server.countRequests();
      const { outs: updated } = await host.update(
        id,
        outs,
        await host.checked({ org: "acme", readTasks: true, description: "new", status: "inactive" }),
      );
      expect(server.countRequests()).toEqual({ "PATCH /api/v2/authorizations/{id}": 1 });
      expect(updated).toMatchObject({
        description: "new",
        status: "inactive",
        token: outs.token,
        __declared: "org description status",
      });
    });

    it("tells no server of another connection to the same address", async () => {
      const { id, outs } = await create({ org: "acme", readTasks: true });
      server.countRequests();
      const news = await host.checked({
        org: "acme",
        readTasks: true,
        connection: { host: `${server.url}/`, retries: 2 },
      });
      expect(await host.diff(id, outs, news)).toMatchObject({ changes: true, replaces: [] });
      expect((await host.update(id, outs, news)).outs).toEqual({
        ...outs,
        connection: { host: `${server.url}/`, retries: 2 },
      });
      expect(server.countRequests()).toEqual({});
    });
  });

  describe("delete", () => {
    it("removes the token by one request, and minds not that it is gone", async () => {
      const { id, outs } = await create({ org: "acme", readTasks: true });
      server.countRequests();
      await host.delete(id, outs);
      expect(server.countRequests()).toEqual({ "DELETE /api/v2/authorizations/{id}": 1 });
      expect(server.authorizations()).toHaveLength(1);
      await expect(host.delete(id, outs)).resolves.toBeUndefined();
    });

    it("minds every other failure", async () => {
      const { id, outs } = await create({ org: "acme", readTasks: true });
      await configure({ "influx-token:host": server.url, "influx-token:token": "wrong" });
      await expect(host.delete(id, outs)).rejects.toThrow(
        `cannot delete the token ${id}: ${server.url} answered 401`,
      );
    });
  });

  describe("check and diff", () => {
    it("send no request", async () => {
      const inputs = await host.checked({ org: "acme", allAccess: true });
      const { id, outs } = await host.create(inputs);
      server.countRequests();
      await host.check(inputs, { org: "acme", operator: true });
      await host.diff(id, outs, inputs);
      expect(server.countRequests()).toEqual({});
    });

    it("take the organization from the stack's config, and say what is wrong there", async () => {
      await configure({ "influx-token:org": "acme" });
      expect(await host.checked({ readTasks: true })).toMatchObject({ org: "acme" });
      await configure({ "influx-token:org": "acme", "influx-token:orgId": server.orgId });
      expect((await host.check({}, { readTasks: true })).failures).toEqual([
        { property: "org", reason: "influx-token:org and influx-token:orgId are both set: keep one of them" },
      ]);
    });

    it("leave open only what depends on a setting of the connection that is not known yet", async () => {
      const check = (connection: object): Promise<InfluxTokenInputs> =>
        host.checked({ org: "acme", readTasks: true, connection });
      expect(await check({ host: WIRE_UNKNOWN })).toMatchObject({ host: WIRE_UNKNOWN });
      for (const setting of ["token", "retries", "caFile", "activeConfig"]) {
        expect(await check({ [setting]: WIRE_UNKNOWN })).toMatchObject({
          host: server.url,
          permissions: { "orgs/acme/tasks": "read" },
        });
      }
      const connection = { timeoutMs: WIRE_UNKNOWN, retries: -1 };
      const { failures } = await host.check({}, { org: "acme", readTasks: true, connection });
      expect(failures).toMatchObject([{ property: "connection.retries" }]);
    });

    it("leave the organization open where its profile is not known yet", async () => {
      const inputs = await host.checked({ readTasks: true, connection: { activeConfig: WIRE_UNKNOWN } });
      expect(inputs).toMatchObject({ org: WIRE_UNKNOWN, permissions: WIRE_UNKNOWN, host: server.url });
      const olds = await host.checked({ org: "acme", readTasks: true });
      const open = { readTasks: true, connection: WIRE_UNKNOWN };
      expect((await host.check(olds, open)).inputs).toMatchObject({ org: "acme", host: WIRE_UNKNOWN });
    });

    it("refuse an address that is none", async () => {
      expect(
        (await host.check({}, { org: "a", readTasks: true, connection: { host: "acme" } })).failures,
      ).toEqual([
        { property: "connection.host", reason: expect.stringContaining("is not a URL") as unknown },
      ]);
    });
  });

  describe("a stale token in the state", () => {
    it("is replaced, once for the whole run, by what the other sources give", async () => {
      const first = await create({ org: "acme", readTasks: true });
      const second = await create({ org: "acme", readChecks: true });
      server.countRequests();
      const stale = { connection: { token: "stale" } };
      expect(await host.read(first.id, { ...first.outs, ...stale })).toMatchObject({ id: first.id });
      expect(await host.read(second.id, { ...second.outs, ...stale })).toMatchObject({ id: second.id });
      expect(server.countRequests()).toEqual({ [GET_ONE]: 3 });
    });

    it("that nothing can replace is told as such", async () => {
      await configure({ "influx-token:host": server.url, "influx-token:token": "just as wrong" });
      await expect(create({ org: "acme", readTasks: true, connection: { token: "stale" } })).rejects.toThrow(
        /the server does not know the token from connection.token/,
      );
      expect(server.countRequests()).toEqual({
        "GET /api/v2/orgs": 2,
        "GET /ping": 1,
        "GET /api/v2/setup": 1,
      });
    });
  });

  it("has an inactive caller told so", async () => {
    const { id, outs } = await create({ org: "acme", operator: true, status: "inactive" });
    await expect(host.read(id, { ...outs, connection: { token: outs.token } })).resolves.toMatchObject({
      id,
    });
    await configure({ "influx-token:host": server.url });
    await expect(host.read(id, { ...outs, connection: { token: outs.token } })).rejects.toThrow(
      /401 "token is inactive": the token from connection.token is switched off/,
    );
  });

  it("logs each exchange where asked to, without any secret", async () => {
    const log = jest.spyOn(console, "error").mockImplementation();
    const { outs } = await create({ org: "acme", readTasks: true, connection: { httpDebug: true } });
    const written = log.mock.calls.flat().join("\n");
    expect(written).toContain(`> POST ${server.url}/api/v2/authorizations`);
    expect(written).toContain("> Authorization: Token (redacted)");
    expect(written).toContain('"token":"(redacted)"');
    expect(written).not.toContain(server.operatorToken);
    expect(written).not.toContain(outs.token);
  });

  describe("a failure, which Pulumi's host prints as `${error}: ${error.stack}` beside what the engine prints", () => {
    const hostPrints = (error: unknown): void => {
      console.error(`${String(error)}: ${(error as Error).stack ?? ""}`);
    };

    it("of read and delete is told by the engine only", async () => {
      await configure({
        "influx-token:host": "http://127.0.0.1:1",
        "influx-token:token": server.operatorToken,
      });
      const state = { connection: { retries: 0, timeoutMs: 200 }, host: "http://127.0.0.1:1", __format: 1 };
      const print = jest.spyOn(console, "error").mockReturnValue();
      const failures: unknown[] = [];
      const failed = (error: unknown): void => {
        hostPrints(error);
        console.error("something else");
        failures.push(error);
      };
      await Promise.all([
        host.delete("00000000000000d1", state).catch(failed),
        host.delete("00000000000000d2", state).catch(failed),
        host.read("00000000000000d3", state).catch(failed),
      ]);
      expect(print.mock.calls).toEqual(Array(3).fill(["something else"]));
      // A copy of any other time is printed, as one plain message.
      await new Promise(setImmediate);
      expect(console.error).toBe(print);
      hostPrints(failures[0]);
      expect(print.mock.calls[3]).toEqual([
        expect.stringMatching(
          /^InfluxToken: cannot (read|delete) the token 00000000000000d[123]: no answer from http:\/\/127\.0\.0\.1:1: ECONNREFUSED: nothing listens there: is InfluxDB running, and is the address from influx-token:host in the stack config right\?$/,
        ),
      ]);
      print.mockRestore();
    });

    it("that is a fault of this package keeps its stack trace", async () => {
      const print = jest.spyOn(console, "error").mockReturnValue();
      const fault = new TypeError("x is not a function");
      const errors = new DuplicateErrors(console);
      await expect(errors.suppressDuplicateError(() => Promise.reject(fault))).rejects.toBe(fault);
      hostPrints(fault);
      expect(print).toHaveBeenCalledTimes(1);
      print.mockRestore();
    });
  });
});
