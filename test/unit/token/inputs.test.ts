import * as fc from "fast-check";
import {
  COMPUTED,
  type CheckContext,
  checkInputs as checkWith,
  type Failure,
  INPUT_NAMES,
} from "../../../provider/token/inputs";
import { UNKNOWN } from "../../../provider/token/unknown";

const HOST = "http://localhost:8086";
const nowhere: CheckContext = { organization: () => undefined, host: () => HOST };

/** The check of a new token. */
function checkInputs(raw: Record<string, unknown>, context: CheckContext): ReturnType<typeof checkWith> {
  return checkWith(raw, {}, context);
}

function failures(raw: Record<string, unknown>, context = nowhere): Failure[] {
  return checkInputs(raw, context).failures;
}

/** What a program that is right but for the given inputs fails with. */
function failureOf(inputs: Record<string, unknown>): Failure | undefined {
  const all = failures({ org: "acme", readTasks: true, ...inputs });
  expect(all.length).toBeLessThanOrEqual(1);
  return all[0];
}

describe("check", () => {
  it("keeps what is right, and adds the declared permissions, sorted, with the program's own names", () => {
    const { inputs, failures } = checkInputs(
      {
        org: "acme",
        writeBucket: ["00000000000000C1"],
        readOrgs: true,
        readBuckets: true,
        description: "ci",
      },
      nowhere,
    );
    expect(failures).toEqual([]);
    expect(inputs).toEqual({
      org: "acme",
      writeBucket: ["00000000000000c1"],
      readOrgs: true,
      readBuckets: true,
      description: "ci",
      host: HOST,
      permissions: {
        "/orgs": "read",
        "orgs/acme/buckets": "read",
        "orgs/acme/buckets/00000000000000c1": "write",
      },
    });
  });

  it("names the owner in the permissions of all-access: by name, or as whoever runs the program", () => {
    const permissions = (user?: string): unknown =>
      checkInputs({ org: "acme", allAccess: true, ...(user && { user }) }, nowhere).inputs["permissions"];
    expect(permissions("ci")).toMatchObject({ "/users/ci": "read, write" });
    expect(permissions("me")).toMatchObject({ "/users/%6De": "read, write" });
    expect(permissions()).toMatchObject({ "/users/me": "read, write" });
  });

  it("drops what asks for nothing, so that it never shows as a change", () => {
    const { inputs } = checkInputs(
      {
        org: "acme",
        readTasks: true,
        writeTasks: false,
        readBucket: [],
        description: "",
        user: null,
        connection: {},
        keepers: {},
        status: undefined,
      },
      nowhere,
    );
    expect(inputs).toEqual({
      org: "acme",
      readTasks: true,
      host: HOST,
      permissions: { "orgs/acme/tasks": "read" },
    });
  });

  it("keeps a false that overrides the environment", () => {
    const connection = { skipVerify: false, httpDebug: false };
    expect(checkInputs({ org: "acme", readTasks: true, connection }, nowhere).inputs).toMatchObject({
      connection,
    });
  });

  it("knows an alias by its one name", () => {
    expect(checkInputs({ org: "acme", readDbrps: true }, nowhere).inputs).toMatchObject({ readDbrp: true });
  });

  it("passes over the engine's own key", () => {
    expect(
      checkInputs({ org: "acme", readTasks: true, __provider: "text" }, nowhere).inputs,
    ).not.toHaveProperty("__provider");
  });

  it.each<[Record<string, unknown>, string, RegExp]>([
    [{ readBuckets: "yes" }, "readBuckets", /must be true or false, not a string/],
    [{ operator: 1, readTasks: false }, "operator", /must be true or false, not a number/],
    [
      { readBucket: "00000000000000c1" },
      "readBucket",
      /must be a list of buckets, not a string: write \["00000000000000c1"\]/,
    ],
    [{ readBucket: [""] }, "readBucket[0]", /is empty: give the bucket's name or its id/],
    [{ writeBucket: ["a", "name:"] }, "writeBucket[1]", /"name:" is empty/],
    [
      { readBucket: ["0000000000000000"] },
      "readBucket[0]",
      /not all zeros; .* write "name:0000000000000000"/,
    ],
    [
      { writeBucket: ["00000000000000c1", 7] },
      "writeBucket[1]",
      /must be a string, not a number: put the id in quotes/,
    ],
    [{ writeBucket: ["0000000000000000"] }, "writeBucket[0]", /not all zeros/],
    [{ status: "paused" }, "status", /must be "active" or "inactive"/],
    [{ description: 3 }, "description", /must be a string, not a number/],
    [{ user: "" }, "user", /user is empty: give a value or leave user out/],
    [{ keepers: ["a"] }, "keepers", /must be an object of strings, not a list/],
    [{ keepers: { period: 3 } }, "keepers.period", /must be a string, not a number/],
    [{ connection: "http://localhost" }, "connection", /must be an object, not a string/],
    [{ connection: { token: 3 } }, "connection.token", /must be a string, not a number/],
    [{ connection: { skipVerify: "no" } }, "connection.skipVerify", /must be true or false/],
    [{ connection: { tokn: "x" } }, "connection.tokn", /did you mean connection.token\?/],
    [
      { readBukets: true },
      "readBukets",
      /readBukets is not an input of InfluxToken: did you mean readBuckets\?/,
    ],
    [{ frobnicate: true }, "frobnicate", /frobnicate is not an input of InfluxToken$/],
    [{ permissions: [] }, "permissions", /it is an output: ask for permissions by the flags/],
    [{ operator: true }, "operator", /cannot be combined with readTasks/],
    [{ orgId: "00000000000000a1" }, "orgId", /org and orgId are both given/],
    [{ org: undefined, orgId: "acme" }, "orgId", /orgId "acme" is not an organization id .* use org$/],
    [{ org: undefined, orgId: 7 }, "orgId", /must be a string/],
  ])("%j fails at %s", (inputs, property, reason) => {
    expect(failureOf(inputs)).toEqual({ property, reason: expect.stringMatching(reason) as unknown });
  });

  it.each<[Record<string, unknown>, string, RegExp]>([
    [{ token: "x" }, "token", /connection\.token; the made one is the output token$/],
    [{ host: "http://a" }, "host", /connection\.host$/],
    [{ skipVerify: true }, "skipVerify", /connection\.skipVerify$/],
    [{ username: "ci" }, "username", /by name into user$/],
    [{ bucket: "metrics" }, "bucket", /readBucket and writeBucket, which are lists$/],
    [{ name: "ci" }, "name", /named by its description$/],
    [{ expires: "24h" }, "expires", /do not expire; rotateAfter: "90d" makes a new one after that time$/],
    [{ connection: { url: "http://a" } }, "connection.url", /connection\.host$/],
    [
      { readBuckets: ["00000000000000c1"] },
      "readBuckets",
      /not a list: to name single buckets use readBucket/,
    ],
    [
      { writeBuckets: "00000000000000c1" },
      "writeBuckets",
      /not a string: .* use writeBucket: \["<name or id>"\]$/,
    ],
    [{ readBucket: "metrics" }, "readBucket", /must be a list of buckets, not a string: write \["metrics"\]/],
    [{ readBucketIds: ["x"] }, "readBucketIds", /did you mean readBucket\?$/],
    [{ readOrg: true }, "readOrg", /did you mean readOwnOrg\?$/],
    [{ readUser: true }, "readUser", /readUser is not an input of InfluxToken$/],
    [
      { readBucket: [null] },
      "readBucket[0]",
      /is null: give a bucket's name or id, or leave the element out/,
    ],
    [{ writeBucket: [undefined] }, "writeBucket[0]", /is undefined: give a bucket's name or id/],
    [{ org: " acme" }, "org", /" acme" has blanks around the name/],
    [{ userId: "ci" }, "userId", /"ci" is not a user id .* use user$/],
    [{ user: "ci", userId: "00000000000000b1" }, "userId", /user and userId are both given/],
    [{ userID: "00000000000000b1" }, "userID", /did you mean userId\?$/],
    [{ extraPermissions: ["telegrafs"] }, "extraPermissions", /must be an object of strings, not a list/],
    ...(
      [
        ["telegrafs", /is what readTelegrafs and writeTelegrafs ask for/],
        ["/telegrafs", /must end in an id after a leading slash/],
        ["buckets/00000000000000c1", /is what readBucket and writeBucket ask for/],
        ["telegrafs/telegraf", /must end in an id .* not in "telegraf"/],
        ["instance", /cannot be granted/],
        [
          "orgs/umbrella/telegrafs/00000000000000c1",
          /names the organization "umbrella", .* belongs to "acme"/,
        ],
        ["orgs/acme/telegrafs/00000000000000c1/x", /is not of the form of a permission/],
        ["", /names no resource type/],
      ] as const
    ).map(([key, reason]): [Record<string, unknown>, string, RegExp] => [
      { extraPermissions: { [key]: "read" } },
      `extraPermissions["${key}"]`,
      reason,
    ]),
    [
      { extraPermissions: { "views/00000000000000c1": "delete" } },
      'extraPermissions["views/00000000000000c1"]',
      /must be "read", "write" or "read, write"$/,
    ],
    [
      {
        extraPermissions: {
          "views/00000000000000c1": "read",
          "orgs/acme/views/00000000000000C1": "write",
        },
      },
      'extraPermissions["views/00000000000000c1"]',
      /is given twice/,
    ],
    [
      { extraPermissions: { "views/00000000000000c1": "read", "views/00000000000000C1": "write" } },
      'extraPermissions["views/00000000000000c1"]',
      /is given twice/,
    ],
    [
      { adopt: "00000000000000c1", adoptToken: "s3cret\n" },
      "adoptToken",
      /^adoptToken holds a character that no token has, such as a blank or a line break$/,
    ],
    [
      { allAccess: true, extraPermissions: { "views/00000000000000c1": "read" } },
      "allAccess",
      /cannot be combined with readTasks, extraPermissions/,
    ],
  ])("leads whoever gives %j to what is meant", (inputs, property, reason) => {
    expect(failureOf(inputs)).toEqual({ property, reason: expect.stringMatching(reason) as unknown });
  });

  it("never leads to a flag that reaches more than the name says", () => {
    const wide = ["readBuckets", "writeBuckets", "readOrgs", "writeOrgs", "readUsers", "writeUsers"];
    for (const flag of wide) {
      const one = flag.slice(0, -1);
      for (const name of [one + "Id", one + "Ids", one + "ID", one.toLowerCase(), `${one}_ids`]) {
        const failure = failureOf({ [name]: "00000000000000c1" });
        expect(failure === undefined || !failure.reason.includes(`did you mean ${flag}?`)).toBe(true);
      }
    }
  });

  it("takes what is null or undefined for left out, everywhere but in lists", () => {
    const nothing = Object.fromEntries(INPUT_NAMES.map((name) => [name, null]));
    const given = { org: "acme", readTasks: true, user: "ci" };
    const connection = { host: null, token: undefined, retries: null };
    const { inputs, failures } = checkInputs(
      {
        ...nothing,
        ...given,
        connection,
        keepers: { a: "1", b: null },
        acknowledge: { "read-secrets": null },
      },
      nowhere,
    );
    expect(failures).toEqual([]);
    expect(inputs).toEqual({
      ...given,
      keepers: { a: "1" },
      host: HOST,
      permissions: { "orgs/acme/tasks": "read" },
    });
  });

  describe("for an existing token", () => {
    const olds = checkInputs({ org: "acme", readTasks: true }, nowhere).inputs;

    it("asks for the server with the recorded host, and for the organization with the token's own", () => {
      const asked: unknown[] = [];
      const context: CheckContext = {
        host: (_connection, recorded) => (asked.push(recorded), HOST),
        organization: (_connection, recorded) => (asked.push(recorded), recorded),
      };
      const { inputs } = checkWith({ readTasks: true }, olds, context);
      expect(asked).toEqual([{ org: "acme" }, HOST]);
      expect(inputs).toEqual(olds);
    });

    it("accepts the old values that the engine puts among the news for ignoreChanges, and no others", () => {
      expect(checkWith({ ...olds }, olds, nowhere)).toEqual({ inputs: olds, failures: [] });
      expect(
        checkWith({ ...olds, permissions: { "/buckets": "read" } }, olds, nowhere).failures,
      ).toMatchObject([{ property: "permissions" }]);
      expect(checkWith({ ...olds, host: "http://b" }, olds, nowhere).failures).toMatchObject([
        { property: "host" },
      ]);
      expect(checkWith({ ...olds }, {}, nowhere).failures).toHaveLength(2);
    });

    it("keeps every input that asks for permissions where changes of permissions are ignored", () => {
      const news = { org: "acme", readBuckets: true, description: "new", permissions: olds["permissions"] };
      expect(checkWith(news, olds, nowhere).inputs).toEqual({ ...olds, description: "new" });
    });

    it("keeps what a refresh found where changes of permissions are ignored", () => {
      const { readTasks, ...found } = olds;
      expect(readTasks).toBe(true);
      const permissions = { "orgs/00000000000000a1/labels": "read" };
      const drifted = { ...found, permissions };
      expect(checkWith({ ...olds, permissions }, drifted, nowhere)).toEqual({
        inputs: drifted,
        failures: [],
      });
    });
  });

  it("puts values in the place of the placeholders that carry a secret's mark", () => {
    const placeholders = { permissions: COMPUTED, host: COMPUTED };
    const declared = { org: "acme", readTasks: true };
    expect(checkInputs({ ...declared, ...placeholders }, nowhere)).toEqual(checkInputs(declared, nowhere));
    expect(checkInputs({ ...declared, permissions: UNKNOWN }, nowhere)).toEqual(
      checkInputs(declared, nowhere),
    );
  });

  it("never repeats a secret that is of the wrong type", () => {
    expect(
      JSON.stringify(failures({ org: "a", readTasks: true, connection: { token: ["s3cret"] } })),
    ).not.toContain("s3cret");
  });

  it("asks for at least one permission", () => {
    expect(failures({ org: "acme", readTasks: false })).toEqual([
      { property: "permissions", reason: expect.stringContaining("no permission is asked for") as unknown },
    ]);
  });

  it("reports everything that is wrong at once", () => {
    expect(failures({ readBuckets: "yes", statsu: "active" }).map(({ property }) => property)).toEqual([
      "readBuckets",
      "statsu",
      "org",
    ]);
  });

  it("refuses an address that is none", () => {
    const failure = { property: "connection.host", reason: "connection.host is not a URL" };
    const context = { ...nowhere, host: () => failure };
    expect(failures({ org: "a", readTasks: true, connection: { host: "x" } }, context)).toEqual([failure]);
  });

  describe("where the program names no organization", () => {
    const asked = { readTasks: true, connection: { activeConfig: "prod" } };

    it("writes into the inputs what the context gives, so that a preview shows it", () => {
      const context = { ...nowhere, organization: () => ({ org: "acme" }) };
      expect(checkInputs(asked, context).inputs).toMatchObject({
        org: "acme",
        permissions: { "orgs/acme/tasks": "read" },
      });
    });

    it("takes an id from there as well, and checks it", () => {
      const giving = (orgId: string): CheckContext => ({
        ...nowhere,
        organization: () => ({ orgId }),
      });
      expect(checkInputs(asked, giving("00000000000000A1")).inputs).toMatchObject({
        orgId: "00000000000000a1",
      });
      expect(failures(asked, giving("acme"))).toMatchObject([{ property: "orgId" }]);
    });

    it("says every place where one could be given", () => {
      expect(failures(asked)).toEqual([
        {
          property: "org",
          reason: expect.stringMatching(/org or orgId, .*influx-token:org.*INFLUX_ORG.*profile/) as unknown,
        },
      ]);
    });

    it("passes on why none is known", () => {
      const failure = { property: "connection.activeConfig", reason: "no such profile" };
      expect(failures(asked, { ...nowhere, organization: () => failure })).toEqual([failure]);
    });

    it("asks for it with an unknown profile while the connection is not known", () => {
      const asked: unknown[] = [];
      const context: CheckContext = {
        ...nowhere,
        organization: (connection) => (asked.push(connection), { org: UNKNOWN }),
      };
      expect(checkInputs({ readTasks: true, connection: UNKNOWN }, context)).toMatchObject({
        inputs: { org: UNKNOWN, permissions: UNKNOWN, host: UNKNOWN },
        failures: [],
      });
      expect(asked).toEqual([{ activeConfig: UNKNOWN, configsPath: UNKNOWN }]);
    });
  });

  describe("what is not known before `pulumi up`", () => {
    it.each<[string, Record<string, unknown>]>([
      ["one of several buckets", { readBucket: [UNKNOWN, "00000000000000c1"] }],
      ["a list of buckets", { readBucket: UNKNOWN }],
      ["a flag", { writeTasks: UNKNOWN }],
      ["the organization", { org: UNKNOWN }],
      ["the organization's id", { org: undefined, orgId: UNKNOWN }],
      ["one of organization and its id, which may turn out to be left out", { orgId: UNKNOWN }],
      ["the owner of all-access", { readTasks: false, allAccess: true, user: UNKNOWN }],
    ])("leaves the permissions open as a whole, for a plan holds the engine to them: %s", (_what, more) => {
      expect(checkInputs({ org: "acme", readTasks: true, ...more }, nowhere)).toMatchObject({
        inputs: { permissions: UNKNOWN },
        failures: [],
      });
    });

    it("leaves no permission open for an owner that none depends on", () => {
      expect(checkInputs({ org: "acme", readTasks: true, user: UNKNOWN }, nowhere).inputs).toMatchObject({
        permissions: { "orgs/acme/tasks": "read" },
      });
    });

    it("still refuses what cannot be, whatever turns out", () => {
      expect(failures({ org: "acme", allAccess: true, readBucket: [UNKNOWN] })).toMatchObject([
        { property: "allAccess" },
      ]);
    });

    const others = INPUT_NAMES.filter((name) => !/^(operator|allAccess|(read|write)[A-Z].*)$/.test(name));
    it.each(INPUT_NAMES)("is never an error: %s", (name) => {
      expect(
        failures({ org: "acme", ...(others.includes(name) && { readTasks: true }), [name]: UNKNOWN }),
      ).toEqual([]);
    });
  });

  it("gives the same answer for its own answer, so that a second preview shows no change", () => {
    const booleans = fc.dictionary(
      fc.constantFrom("readTasks", "writeDbrps", "readOrgs", "writeChecks"),
      fc.boolean(),
    );
    fc.assert(
      fc.property(booleans, fc.option(fc.string(), { nil: undefined }), (flags, description) => {
        const once = checkInputs({ org: "acme", readBuckets: true, ...flags, description }, nowhere).inputs;
        expect(checkWith(once, once, nowhere)).toEqual({ inputs: once, failures: [] });
      }),
    );
  });
});
