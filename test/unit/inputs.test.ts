import * as fc from "fast-check";
import { checkInputs, type Failure, INPUT_NAMES, type Surroundings, UNKNOWN } from "../../provider/inputs";

const nowhere: Surroundings = { defaultOrganization: () => undefined, hostProblem: () => undefined };

function failures(raw: Record<string, unknown>, surroundings = nowhere): Failure[] {
  return checkInputs(raw, surroundings).failures;
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
      permissions: ["read:/orgs", "read:orgs/acme/buckets", "write:orgs/acme/buckets/00000000000000c1"],
    });
  });

  it("names the owner in the permissions of all-access: by name, or as whoever runs the program", () => {
    const permissions = (user?: string): unknown =>
      checkInputs({ org: "acme", allAccess: true, ...(user && { user }) }, nowhere).inputs["permissions"];
    expect(permissions("ci")).toContain("write:/users/ci");
    expect(permissions()).toContain("write:/users/me");
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
    expect(inputs).toEqual({ org: "acme", readTasks: true, permissions: ["read:orgs/acme/tasks"] });
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
      /must be a list of bucket ids, not a string: write \[readBucket\]/,
    ],
    [{ readBucket: ["metrics"] }, "readBucket[0]", /"metrics" is not a bucket id .* not its name/],
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
    [{ permissions: [] }, "permissions", /permissions is an output/],
    [{ operator: true }, "operator", /cannot be combined with readTasks/],
    [{ orgId: "00000000000000a1" }, "orgId", /org and orgId are both given/],
    [{ org: undefined, orgId: "acme" }, "orgId", /orgId "acme" is not an organization id .* use org$/],
    [{ org: undefined, orgId: 7 }, "orgId", /must be a string/],
  ])("%j fails at %s", (inputs, property, reason) => {
    expect(failureOf(inputs)).toEqual({ property, reason: expect.stringMatching(reason) as unknown });
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
    const surroundings = { ...nowhere, hostProblem: () => "is not a URL" };
    expect(failures({ org: "a", readTasks: true, connection: { host: "x" } }, surroundings)).toEqual([
      { property: "connection.host", reason: "connection.host is not a URL" },
    ]);
  });

  describe("where the program names no organization", () => {
    const asked = { readTasks: true, connection: { activeConfig: "prod" } };

    it("writes into the inputs what the surroundings give, so that a preview shows it", () => {
      const surroundings = { ...nowhere, defaultOrganization: () => ({ org: "acme" }) };
      expect(checkInputs(asked, surroundings).inputs).toMatchObject({
        org: "acme",
        permissions: ["read:orgs/acme/tasks"],
      });
    });

    it("takes an id from there as well, and checks it", () => {
      const giving = (orgId: string): Surroundings => ({
        ...nowhere,
        defaultOrganization: () => ({ orgId }),
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

    it("passes on why none can be told", () => {
      const failure = { property: "connection.activeConfig", reason: "no such profile" };
      expect(failures(asked, { ...nowhere, defaultOrganization: () => failure })).toEqual([failure]);
    });

    it("leaves it open while the connection is not known", () => {
      const surroundings = { ...nowhere, defaultOrganization: () => ({ org: "wrong" }) };
      for (const connection of [UNKNOWN, { activeConfig: UNKNOWN }]) {
        expect(checkInputs({ readTasks: true, connection }, surroundings)).toMatchObject({
          inputs: { org: UNKNOWN, permissions: UNKNOWN },
          failures: [],
        });
      }
    });
  });

  describe("what is not known before `pulumi up`", () => {
    it("leaves open only the permissions that depend on it", () => {
      const { inputs } = checkInputs(
        { org: "acme", readTasks: true, readBucket: [UNKNOWN, "00000000000000c1"], writeTasks: UNKNOWN },
        nowhere,
      );
      expect(inputs["permissions"]).toEqual([
        "read:orgs/acme/buckets/00000000000000c1",
        "read:orgs/acme/tasks",
        UNKNOWN,
        UNKNOWN,
      ]);
    });

    it.each(["org", "orgId", "user"])("leaves all of them open where it is the %s", (name) => {
      const org = name === "user" ? { org: "acme" } : {};
      expect(checkInputs({ ...org, [name]: UNKNOWN, readTasks: true }, nowhere)).toMatchObject({
        inputs: { permissions: UNKNOWN },
        failures: [],
      });
    });

    const others = INPUT_NAMES.filter((name) => !/^(operator|allAccess|(read|write)[A-Z].*)$/.test(name));
    it.each(INPUT_NAMES)("is never an error: %s", (name) => {
      expect(
        failures({ org: "acme", ...(others.includes(name) && { readTasks: true }), [name]: UNKNOWN }),
      ).toEqual(name === "orgId" ? [expect.objectContaining({ property: "orgId" })] : []);
    });
  });

  it("gives the same answer for its own answer, so that a second preview shows no change", () => {
    const booleans = fc.dictionary(
      fc.constantFrom("readTasks", "writeDbrps", "readOrgs", "writeChecks"),
      fc.boolean(),
    );
    fc.assert(
      fc.property(booleans, fc.option(fc.string(), { nil: undefined }), (flags, description) => {
        const { permissions, ...once } = checkInputs(
          { org: "acme", readBuckets: true, ...flags, description },
          nowhere,
        ).inputs;
        expect(checkInputs(once, nowhere).inputs).toEqual({ permissions, ...once });
      }),
    );
  });
});
