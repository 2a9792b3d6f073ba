import { UNKNOWN } from "../../provider/token/unknown";
import { toWire } from "../../provider/pulumiHost/wireValues";
import { setUpRun } from "../support/testRun";
import type { TestProviderOptions } from "../support/providerHost";

const run = setUpRun();

const WANTED = { "influx-token:preflight": "true" };

function begin(options: TestProviderOptions = {}): void {
  const env = { INFLUX_HOST: run.server.url, INFLUX_TOKEN: run.server.operatorToken };
  run.begin({ config: WANTED, ...options, env: { ...env, ...options.env } });
  run.server.countRequests();
}

const check = async (inputs: object, olds: object = {}) => {
  const declared = { org: "acme", readTasks: true, ...inputs };
  return (await run.host.check(olds, toWire(declared))).failures;
};

const count = (): number => Object.values(run.server.countRequests()).reduce((sum, n) => sum + n, 0);

describe("a preview without preflight", () => {
  it.each<[string, TestProviderOptions]>([
    ["by default", { config: {} }],
    ["where the config says no", { config: { "influx-token:preflight": "false" } }],
    ["where the variable of this run says no", { env: { INFLUX_PREFLIGHT: "0" } }],
  ])("sends nothing, %s", async (_when, options) => {
    begin(options);
    expect(await check({ org: "nowhere", readBucket: ["nothing"] })).toEqual([]);
    expect(count()).toBe(0);
  });

  it("fails where it cannot be told whether it is wanted", async () => {
    begin({ config: {}, env: { INFLUX_PREFLIGHT: "perhaps" } });
    expect(await check({})).toEqual([
      { property: "connection", reason: "INFLUX_PREFLIGHT must be true or false" },
    ]);
    begin({ config: { "influx-token:preflight": "perhaps" } });
    expect(await check({})).toEqual([
      { property: "connection", reason: "influx-token:preflight in the stack config must be true or false" },
    ]);
  });
});

describe("preflight", () => {
  it("finds nothing wrong where all is there, with 14 requests for a thousand tokens", async () => {
    const names = Array.from({ length: 10 }, (_, n) => `bucket${n}`);
    for (const name of names) await run.server.makeBucket(name);
    await run.server.call("POST", "/api/v2/users", { name: "ci" });
    begin({ config: {}, env: { INFLUX_PREFLIGHT: "1" } });
    const tokens = Array.from({ length: 1_000 }, (_, n) => ({
      user: "ci",
      readBucket: names,
      writeBucket: [names[n % 10]],
      readAnnotations: true,
    }));
    expect((await Promise.all(tokens.map((token) => check(token)))).flat()).toEqual([]);
    const counts = run.server.countRequests();
    expect(counts).toEqual({
      "GET /api/v2/orgs": 1,
      "GET /api/v2/users": 1,
      "GET /api/v2/me": 1,
      "GET /api/v2/resources": 1,
      "GET /api/v2/buckets": 10,
    });
  });

  it("asks each question once also where the answer is that there is nothing", async () => {
    begin();
    const failures = await Promise.all(
      Array.from({ length: 100 }, () => check({ org: "acme", user: "nobody", readBucket: ["nothing"] })),
    );
    expect(failures.flat()).toHaveLength(200);
    expect(run.server.countRequests()).toEqual({
      "GET /api/v2/orgs": 1,
      "GET /api/v2/users": 1,
      "GET /api/v2/me": 1,
      // By its name, and all of them for the nearest ones.
      "GET /api/v2/buckets": 2,
    });
  });

  it("names the input of what is missing", async () => {
    await run.server.makeBucket("metrics");
    const { id: orgID } = await run.server.call<{ id: string }>("POST", "/api/v2/orgs", { name: "umbrella" });
    const theirs = await run.server.makeBucket("theirs", orgID);
    const missing = "00000000000000ef";
    const cases: [object, string, RegExp][] = [
      [{ org: "nowhere", readBucket: ["metrics"] }, "org", /"nowhere".* not found/],
      [{ org: undefined, orgId: missing }, "orgId", /look up the organization 0+ef/],
      [{ user: "nobody" }, "user", /user not found/],
      [{ userId: missing }, "userId", /look up the user 0+ef/],
      [{ readBucket: ["metrics", "metrisc"] }, "readBucket[1]", /did you mean "metrics"/],
      [{ writeBucket: [missing] }, "writeBucket[0]", /no bucket has the id/],
      [{ readBucket: [theirs] }, "readBucket[0]", /belongs to the organization/],
      [{ readBucket: ["_tasks"] }, "readBucket[0]", /add readOwnOrg/],
      [{ readFlows: true }, "readFlows", /no resource type "flows"/],
      [{ extraPermissions: { novelties: "read" } }, "extraPermissions", /no resource type "novelties"/],
      [{ adopt: missing }, "adopt", /cannot adopt the token 0+ef: it is not on/],
    ];
    begin();
    for (const [inputs, property, reason] of cases) {
      expect(await check(inputs)).toEqual([{ property, reason: expect.stringMatching(reason) as unknown }]);
    }
    expect(await check({ readBucket: ["_tasks"], readOwnOrg: true })).toEqual([]);
  });

  it("asks nothing of what is not known yet", async () => {
    begin();
    for (const inputs of [
      { connection: { host: UNKNOWN } },
      { connection: { token: UNKNOWN } },
      { connection: UNKNOWN },
    ]) {
      expect(await check(inputs)).toEqual([]);
    }
    expect(count()).toBe(0);
    expect(await check({ org: UNKNOWN, readBucket: ["nothing"] })).toEqual([]);
    expect(await check({ adopt: "00000000000000ef", readBucket: [UNKNOWN] })).toEqual([]);
    expect(run.server.countRequests()).toEqual({ "GET /api/v2/me": 1 });
    expect(await check({ user: UNKNOWN, readBucket: [UNKNOWN], writeBucket: UNKNOWN })).toEqual([]);
    expect(run.server.countRequests()).toEqual({ "GET /api/v2/orgs": 1 });
  });

  it.each<[string, object, RegExp]>([
    ["unknown", { INFLUX_TOKEN: "wrong" }, /unauthorized access/],
    ["missing", { INFLUX_TOKEN: "" }, /no token to make tokens with/],
  ])("finds that the making token is %s, also for tokens that exist", async (_what, env, reason) => {
    begin({ env: { ...env } });
    for (const olds of [{}, { host: run.server.url, org: "acme" }]) {
      expect(await check({ org: "acme" }, olds)).toEqual([
        { property: "connection.token", reason: expect.stringMatching(reason) as unknown },
      ]);
    }
  });

  it("finds that the making token is switched off, and asks no more", async () => {
    const made = await run.create({}, { readTasks: false, allAccess: true, status: "inactive" });
    begin({ env: { INFLUX_TOKEN: made.outs.token ?? "" } });
    expect(await check({ readBucket: ["nothing"] })).toEqual([
      { property: "connection.token", reason: expect.stringMatching(/inactive/) as unknown },
    ]);
    expect(count()).toBe(1);
  });

  it("takes a making token that may not read its own user for one that is known", async () => {
    const made = await run.create({}, { readTasks: true, readBuckets: true });
    begin({ env: { INFLUX_TOKEN: made.outs.token ?? "" } });
    expect(await check({ org: undefined, orgId: run.server.orgId }, { host: run.server.url })).toEqual([]);
  });

  it("finds that no server answers", async () => {
    begin({ env: { INFLUX_HOST: "http://127.0.0.1:1" } });
    expect(await check({ connection: { timeoutMs: 200, retries: 0 } })).toEqual([
      { property: "connection.host", reason: expect.stringMatching(/127\.0\.0\.1:1/) as unknown },
    ]);
  });

  it("asks for a token that exists only whether its making token is known: its names may be former ones", async () => {
    const { id, outs } = await run.create({}, { org: "acme" });
    const declared = { org: "acme", readTasks: true, connection: outs.connection };
    const olds = await run.host.checked(declared);
    await run.server.call("PATCH", `/api/v2/orgs/${run.server.orgId}`, { name: "umbrella" });
    begin();
    const { props } = await run.host.read(id, outs);
    const { inputs, failures } = await run.host.check(olds, declared);
    expect(failures).toEqual([]);
    expect(await run.host.diff(id, props, inputs)).toMatchObject({ replaces: [] });
  });

  it("finds what is missing of a token that replaces another, which the engine checks once more", async () => {
    begin();
    const olds = { org: "acme", host: run.server.url, readTasks: true };
    expect(await check({ readTasks: false, readBucket: ["nothing"] }, olds)).toEqual([]);
    expect(await check({ readTasks: false, readBucket: ["nothing"] })).toMatchObject([
      { property: "readBucket[0]" },
    ]);
  });

  // What docs/gitops.md tells to give to the job that runs it.
  it("needs a token that reads organization, buckets and owners, and tokens where some are adopted", async () => {
    await run.server.makeBucket("metrics");
    const { id } = await run.create({}, {});
    // Its value is no question to the token that reads.
    const taken = { adopt: id, adoptWithoutToken: true };
    const own = { readOwnOrg: true };
    const all = { ...own, readBuckets: true, readUsers: true, readAuthorizations: true };
    const oneUser = { ...own, extraPermissions: { [`/users/${run.server.adminId}`]: "read" } };
    const named = { user: "admin", readBucket: ["metrics"], readAnnotations: true };
    for (const [reads, asked, missing] of [
      [all, named, []],
      [{ ...own, readBuckets: true }, { readBucket: ["metrics"] }, []],
      [oneUser, { user: "admin" }, []],
      [{ ...oneUser, readAuthorizations: true }, taken, []],
      [{ ...all, readOwnOrg: false }, named, ["org"]],
      [{ ...all, readBuckets: false }, named, ["readBucket[0]"]],
      [{ ...all, readUsers: false }, named, ["user"]],
      [{ ...all, readUsers: false }, taken, ["adopt"]],
      [{ ...all, readAuthorizations: false }, taken, ["adopt"]],
    ] as const) {
      const { outs } = await run.create({}, { readTasks: false, ...reads });
      begin({ env: { INFLUX_TOKEN: outs.token ?? "" } });
      const properties = (await check(asked)).map(({ property }) => property);
      expect({ reads, asked, properties }).toEqual({ reads, asked, properties: missing });
    }
  });

  it("shows how a token that is to be adopted differs, and changes nothing", async () => {
    const made = await run.create({}, { description: "by hand" });
    begin();
    expect(await check({ adopt: made.id, writeTasks: true })).toEqual([
      {
        property: "adopt",
        reason: expect.stringMatching(
          /\n {2}~ description: "by hand" on the server, none in the program\n {2}\+ write:orgs\/acme\/tasks$/,
        ) as unknown,
      },
    ]);
    expect(Object.keys(run.server.countRequests()).every((name) => name.startsWith("GET"))).toBe(true);
    // The server stores it hashed: what it needs beside is seen before `pulumi up`, too.
    const same = { adopt: made.id, description: "by hand" };
    for (const [adoptToken, reason] of [
      [undefined, /give it as the secret adoptToken/],
      ["wrong", /does not accept adoptToken/],
    ]) {
      expect(await check({ ...same, adoptToken })).toEqual([
        { property: "adopt", reason: expect.stringMatching(reason as RegExp) as unknown },
      ]);
    }
    expect(await check({ ...same, adoptToken: made.outs.token })).toEqual([]);
  });

  it("knows presets, which name no bucket, and need an owner to be expanded", async () => {
    begin();
    for (const preset of [{ allAccess: true }, { allAccess: true, user: "admin" }, { operator: true }]) {
      expect(await check({ readTasks: false, ...preset })).toEqual([]);
    }
  });

  it("proves nothing missing where the making token may not read it, for such a token makes tokens all the same", async () => {
    const flags = { readAuthorizations: true, writeAuthorizations: true, writeUsers: true };
    const maker = await run.create({}, { readTasks: true, ...flags });
    begin({ env: { INFLUX_TOKEN: maker.outs.token ?? "" } });
    const inputs = { org: undefined, orgId: run.server.orgId, userId: run.server.adminId };
    expect(await check(inputs)).toEqual([]);
    await expect(
      run.host.create(await run.host.checked({ ...inputs, readTasks: true })),
    ).resolves.toBeDefined();
  });
});
