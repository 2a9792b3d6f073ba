import { permissionsOf } from "../../../provider/permissionsOf";
import { type CheckContext, checkInputs, declaredPermissions } from "../../../provider/token/inputs";
import { UNKNOWN } from "../../../provider/token/unknown";
import { HOST, ORG_ID, OTHER_ID } from "./support/tokens";

/** What was asked of the machine, beside the inputs. */
let asked: unknown[] = [];
beforeEach(() => {
  asked = [];
});

const machine: CheckContext = {
  host: (connection, recorded) => {
    asked.push(["host", connection, recorded]);
    return HOST;
  },
  organization: (connection, recorded) => {
    asked.push(["organization", connection, recorded]);
    return { org: "acme" };
  },
};

const check = (raw: Record<string, unknown>, olds: Record<string, unknown> = {}) =>
  checkInputs(raw, olds, machine);
const problem = (raw: Record<string, unknown>): string | undefined =>
  check({ org: "acme", readTasks: true, ...raw }).failures[0]?.reason;

describe("wrong inputs", () => {
  it("are all told up to the twentieth, and counted after it", () => {
    const wrong = (count: number) =>
      check(Object.fromEntries(Array.from({ length: count }, (_, index) => [`wrong${index}`, 1]))).failures;
    expect(wrong(20).map(({ property }) => property)).toEqual(
      Array.from({ length: 20 }, (_, index) => `wrong${index}`),
    );
    expect(wrong(25)).toHaveLength(21);
    expect(wrong(25).at(-1)).toEqual({ property: "wrong19", reason: "5 more inputs are wrong" });
  });

  it("are told once, where host and organization fail by the same file", () => {
    const failure = { property: "connection.configsPath", reason: "cannot be read" };
    const broken = { host: () => failure, organization: () => failure };
    expect(checkInputs({ readTasks: true }, {}, broken).failures).toEqual([failure]);
    const other = { host: () => failure, organization: () => ({ ...failure, reason: "is empty" }) };
    expect(checkInputs({ readTasks: true }, {}, other).failures).toHaveLength(2);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["a number for a name", { org: 5 }, "org must be a string, not a number"],
    ["an object for a name", { user: {} }, "user must be a string, not an object"],
    ["a list for a name", { user: ["ci"] }, "user must be a string, not a list"],
    ["an object for an id", { org: undefined, orgId: {} }, "orgId must be a string, not an object"],
    ["a number for an id", { org: undefined, orgId: 5 }, "put the id in quotes"],
    ["a text for keepers", { keepers: "1" }, "keepers must be an object of strings, not a string"],
    ["a list for keepers", { keepers: ["1"] }, "keepers must be an object of strings, not a list"],
    ["a text for a switch", { connection: { skipVerify: "no" } }, "must be true or false, not a string"],
    ["less than the least number", { connection: { retries: -1 } }, "a whole number from 0 to 100"],
    ["more than the greatest number", { connection: { retries: 101 } }, "a whole number from 0 to 100"],
    ["a part of a number", { connection: { retries: 1.5 } }, "a whole number from 0 to 100"],
    ["one bucket for a list", { readBucket: OTHER_ID }, `write ["${OTHER_ID}"]`],
    ["a name for a list of buckets", { readBucket: "metrics" }, 'write ["metrics"]'],
    ["a number of 16 digits, some of them lost", { readBucket: 1234567890123456 }, 'write ["<name or id>"]'],
  ])("say what is meant: %s", (_what, raw, reason) => {
    expect(problem(raw)).toContain(reason);
  });

  it("in the connection leave host and organization open, and ask nobody for them", () => {
    const { inputs, failures } = check({ readTasks: true, connection: { retries: -1 } });
    expect(failures).toMatchObject([{ property: "connection.retries" }]);
    expect(inputs).toMatchObject({ org: UNKNOWN, host: UNKNOWN });
    expect(asked).toEqual([]);
  });

  it("elsewhere do not, whatever their names are", () => {
    check({ org: "acme", readTasks: true, keepers: { connection: 5 } });
    expect(asked).toEqual([["host", {}, undefined]]);
  });
});

describe("a name that is no input", () => {
  it.each([
    ["readTask", "did you mean readTasks?"],
    ["readIdsUsers", "did you mean readUsers?"],
    ["readB\u043Eckets", "(U+043E) is no letter"],
    ["readB\u{1D41A}ckets", "(U+1D41A) is no letter"],
  ])("%s is told what was meant", (name, hint) => {
    expect(problem({ [name]: true })).toContain(hint);
  });

  it.each(["readUsersIds", "readUser", "writeBuckt"])("%s is told nothing that reaches further", (name) => {
    expect(problem({ [name]: true })).not.toMatch(/did you mean (read|write)(Users|Buckets)\?/);
  });
});

describe("right inputs", () => {
  it("keep what is given, and drop what has no value", () => {
    const keepers = { a: null, b: undefined, c: "x" };
    const settings = { skipVerify: true, httpDebug: false, retries: 0, timeoutMs: 3_600_000 };
    const connection = { ...settings, token: null };
    expect(check({ org: "acme", readTasks: true, keepers, connection })).toMatchObject({
      inputs: { keepers: { c: "x" }, connection: settings },
      failures: [],
    });
    expect(check({ org: "acme", keepers: { a: null }, connection: {} }).inputs).not.toHaveProperty("keepers");
    expect(Object.keys(check({ org: "acme", readTasks: true, keepers }).inputs["keepers"] as object)).toEqual(
      ["c"],
    );
  });
});

describe("what an existing token brings along", () => {
  it.each<[string, Record<string, unknown>, unknown, unknown]>([
    ["its organization's name and its server", { org: "old", host: "http://b" }, { org: "old" }, "http://b"],
    ["its organization's id", { orgId: ORG_ID }, { orgId: ORG_ID }, undefined],
    ["nothing that a preview did not know", { org: UNKNOWN, host: UNKNOWN }, undefined, undefined],
    ["no id that a preview did not know", { orgId: UNKNOWN }, undefined, undefined],
    ["nothing that is no text", { org: 5, orgId: 6, host: 7 }, undefined, undefined],
  ])("is %s", (_what, olds, organization, host) => {
    check({ readTasks: true }, olds);
    expect(asked).toEqual([
      ["organization", {}, organization],
      ["host", {}, host],
    ]);
  });

  it("are not its old permissions, where it has others by now", () => {
    const permissions = { "orgs/old/tasks": "read" };
    const olds = { org: "old", readTasks: true, permissions };
    expect(check({ org: "new", readTasks: true, permissions }, olds).inputs["permissions"]).toEqual({
      "orgs/new/tasks": "read",
    });
  });
});

describe("declared permissions", () => {
  it("are told in a unit test also where an input is null", () => {
    const extraPermissions = { "views/00000000000000c1": Promise.resolve("read") };
    expect(permissionsOf({ org: "acme", extraPermissions })).toBeUndefined();
    expect(permissionsOf({ org: "acme", readTasks: true, user: null })).toEqual({
      "orgs/acme/tasks": "read",
    });
  });

  it("hide no failure but the user's", () => {
    const broken = {
      org: "acme",
      get readTasks(): boolean {
        throw new RangeError("broken");
      },
    };
    expect(() => declaredPermissions(broken)).toThrow("broken");
  });
});
