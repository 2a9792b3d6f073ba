import {
  checkShard,
  MAX_MEMBERS,
  merged,
  type ShardInputs,
  tokenInputsOf,
  WHOLE_FLEET,
} from "../../../provider/fleet/shardInputs";
import { type CheckContext, type Failure, OPEN_CONTEXT } from "../../../provider/token/inputs";
import { UNKNOWN } from "../../../provider/token/unknown";
import { HOST } from "../token/support/tokens";

const CONTEXT: CheckContext = { organization: () => undefined, host: ({ host = HOST }) => host };
const SHARD = "acme/prod/sensors/05";
const EACH = { org: "acme", readTasks: true, description: "x/{member}" };
const TASKS = { "orgs/acme/tasks": "read" };

function check(raw: object, olds: object = {}): ReturnType<typeof checkShard> {
  const shard = { shard: SHARD, each: EACH, members: ["a", "b"], ...raw };
  return checkShard(shard, olds as Record<string, unknown>, CONTEXT);
}

const failuresOf = (raw: object): Failure[] => check(raw).failures;
const propertiesOf = (raw: object): string[] => failuresOf(raw).map(({ property }) => property);

function checked(raw: object, olds: object = {}): ShardInputs {
  const { inputs, failures } = check(raw, olds);
  expect(failures).toEqual([]);
  return inputs as unknown as ShardInputs;
}

describe("the inputs of a shard", () => {
  it("are as declared, with the permissions and the server", () => {
    expect(checked({ members: { a: {}, b: { status: "inactive" } }, keepOldFor: "24h" })).toEqual({
      shard: SHARD,
      each: EACH,
      members: { a: {}, b: { status: "inactive" } },
      keepOldFor: "24h",
      permissions: TASKS,
      host: HOST,
    });
    expect(checked({})).not.toHaveProperty("keepOldFor");
    expect(checked({ keepOldFor: null, connection: null })).toEqual(checked({}));
  });

  it("keep the connection once, beside each", () => {
    const connection = { host: "http://b", token: "t" };
    const inputs = checked({ connection });
    expect(inputs).toMatchObject({ connection, host: "http://b" });
    expect(inputs.each).toEqual(EACH);
  });

  it.each([{ members: { a: { readChecks: true }, b: {} } }, {}])(
    "are the same when they are checked again, with what the check made of them in place of what was declared: %j",
    (raw) => {
      const once = checked(raw);
      // As the engine puts them there for `ignoreChanges`.
      expect(checked(once, once)).toEqual(once);
    },
  );

  it("name the tables of members that ask for something else, and only theirs", () => {
    const { memberPermissions, permissions } = checked({
      members: {
        a: { readChecks: true },
        b: { status: "inactive" },
        c: { readTasks: false, writeChecks: true },
        d: { readTasks: true },
      },
    });
    expect(permissions).toEqual(TASKS);
    expect(memberPermissions).toEqual({
      a: { ...TASKS, "orgs/acme/checks": "read" },
      c: { "orgs/acme/checks": "write" },
    });
    expect(checked({})).not.toHaveProperty("memberPermissions");
  });

  it("leave permissions to members that each ask for their own", () => {
    const each = { org: "acme", description: "x/{member}" };
    const inputs = checked({ each, members: { a: { readTasks: true }, b: { readChecks: true } } });
    expect(inputs.permissions).toEqual({});
    expect(inputs.memberPermissions).toEqual({ a: TASKS, b: { "orgs/acme/checks": "read" } });
    expect(propertiesOf({ each, members: { a: { readTasks: true }, b: {} } })).toEqual(["each.permissions"]);
    expect(propertiesOf({ each, members: { a: { readTasks: true }, b: { status: "inactive" } } })).toEqual([
      'members["b"].permissions',
    ]);
  });

  it("take the alias of a flag for the flag, in each and in a member's own", () => {
    const alias = checked({
      each: { ...EACH, readDbrps: true },
      members: { a: { readDbrp: false }, b: { writeDbrps: true } },
    });
    const flag = checked({
      each: { ...EACH, readDbrp: true },
      members: { a: { readDbrp: false }, b: { writeDbrp: true } },
    });
    expect(alias).toEqual(flag);
    expect(alias.memberPermissions).toEqual({
      a: TASKS,
      b: { ...TASKS, "orgs/acme/dbrp": "read, write" },
    });
    expect(tokenInputsOf(alias, alias.members["b"] ?? {})).toMatchObject({ readDbrp: true, writeDbrp: true });
    const taken = checked({ each: { ...EACH, readDbrp: true }, members: { a: { readDbrps: false } } });
    expect(taken.memberPermissions).toEqual({ a: TASKS });
    expect(tokenInputsOf(taken, taken.members["a"] ?? {})).not.toHaveProperty("readDbrp");
  });

  it("may be unknown but for the names of members", () => {
    const unknown = checked({
      each: { ...EACH, readBucket: [UNKNOWN] },
      members: { a: {}, b: { readBucket: [] } },
    });
    expect(unknown.permissions).toBe(UNKNOWN);
    expect(unknown.memberPermissions).toEqual({ b: TASKS });
    expect(checked({ each: { ...EACH, description: UNKNOWN } }).each.description).toBe(UNKNOWN);
    expect(checked({ members: { a: { writeBucket: UNKNOWN }, b: {} } }).memberPermissions).toEqual({
      a: UNKNOWN,
    });
    expect(checked({ keepOldFor: UNKNOWN }).keepOldFor).toBe(UNKNOWN);
    expect(propertiesOf({ each: UNKNOWN })).toEqual(["each"]);
    expect(propertiesOf({ members: UNKNOWN })).toEqual(["members"]);
  });

  it("keep server and organization of the shard that exists", () => {
    const seen: unknown[] = [];
    const context: CheckContext = {
      host: (_connection, recorded) => (seen.push(recorded), recorded ?? "http://new"),
      organization: (_connection, recorded) => (seen.push(recorded), recorded ?? { org: "new" }),
    };
    const each = { readTasks: true, description: "{member}" };
    const news = { shard: SHARD, each, members: ["a"] };
    const first = checkShard(news, {}, context);
    expect(first.inputs).toMatchObject({ host: "http://new", each: { org: "new" } });
    const olds = { ...first.inputs, host: "http://old", each: { ...each, org: "old" } };
    expect(checkShard(news, olds, context).inputs).toMatchObject({
      host: "http://old",
      each: { org: "old" },
    });
  });
});

describe("a wrong input of a shard", () => {
  it.each<[object, string, RegExp]>([
    [{ shard: 7 }, "shard", /^shard must be a string$/],
    [{ each: undefined }, "each", /^each must be an object of inputs, not left out$/],
    [{ each: "x" }, "each", /^each must be an object of inputs, not a string$/],
    [{ members: 7 }, "members", /^members must be a list of names or a map from names, not a number$/],
    [{ members: ["a", "a"] }, "members[1]", /given twice/],
    [
      { each: { ...EACH, connection: { token: "t" } } },
      "each.connection",
      /give it beside each, once for the whole fleet$/,
    ],
    [{ each: { ...EACH, adopt: "1".repeat(16) } }, "each.adopt", /a fleet makes its tokens itself$/],
    [{ each: { ...EACH, adoptToken: "t" } }, "each.adoptToken", /a fleet makes its tokens itself$/],
    [
      { each: { ...EACH, adoptWithoutToken: true } },
      "each.adoptWithoutToken",
      /a fleet makes its tokens itself$/,
    ],
    [{ each: { ...EACH, descripton: "x" } }, "each.descripton", /^each: .*did you mean/],
    [{ each: { ...EACH, readTasks: "yes" } }, "each.readTasks", /^each: readTasks /],
    [{ each: { ...EACH, org: undefined } }, "each.org", /^each: no organization/],
    [{ each: { ...EACH, readTasks: undefined } }, "each.permissions", /^each: no permission is asked for/],
    [
      { each: { ...EACH, description: "x" } },
      "each.description",
      /^each\.description must hold \{member\}, .*, and "x" does not$/,
    ],
    [{ each: { org: "acme", readTasks: true } }, "each.description", /must hold \{member\}/],
    [{ connection: { tokn: "t" } }, "connection.tokn", /^connection\.tokn is not .*did you mean/],
    [{ keepOldFor: "30m" }, "keepOldFor", /^keepOldFor "30m" is no time .*"2w", or ISO 8601 .* "P1DT12H"$/],
    [{ keepOldFor: "PT30M" }, "keepOldFor", /^keepOldFor "PT30M" is less than an hour/],
    [{ keepOldFor: "never" }, "keepOldFor", /is no time: leave it out for the end of the run$/],
    [{ keepOldFor: 24 }, "keepOldFor", /^keepOldFor must be a string, not a number/],
    [{ members: { a: { org: "x" } } }, 'members["a"].org', /cannot be a member's own: give it in each$/],
    [{ members: { a: { orgId: "1".repeat(16) } } }, 'members["a"].orgId', /cannot be a member's own/],
    [{ members: { a: { user: "x" } } }, 'members["a"].user', /cannot be a member's own/],
    [{ members: { a: { userId: "1".repeat(16) } } }, 'members["a"].userId', /cannot be a member's own/],
    [
      { members: { a: { deactivateOnDelete: true } } },
      'members["a"].deactivateOnDelete',
      /cannot be a member's own/,
    ],
    [{ members: { a: { connection: { token: "t" } } } }, 'members["a"].connection', /give it beside each/],
    [{ members: { a: { adopt: "1".repeat(16) } } }, 'members["a"].adopt', /a fleet makes its tokens itself$/],
    [{ members: { a: { status: "off" } } }, 'members["a"].status', /^members\["a"\]: status /],
    [{ members: { a: { stats: "inactive" } } }, 'members["a"].stats', /did you mean/],
    [{ members: { a: { description: "fixed" } } }, 'members["a"].description', /must hold \{member\}/],
    [{ members: { a: { description: "" } } }, 'members["a"].description', /must hold \{member\}/],
    [{ members: { a: { readTasks: false } } }, 'members["a"].permissions', /no permission is asked for/],
    [{ members: { a: { keepers: { k: 7 } } } }, 'members["a"].keepers.k', /keepers/],
  ])("is named: %j", (raw, property, reason) => {
    const failures = failuresOf(raw);
    expect(failures.map((failure) => failure.property)).toEqual([property]);
    expect(failures[0]?.reason).toMatch(reason);
  });

  it("says nothing of a value that is left out", () => {
    expect(failuresOf({ each: { ...EACH, connection: null, adopt: undefined } })).toEqual([]);
    expect(failuresOf({ members: { a: { org: undefined, connection: null } } })).toEqual([]);
  });

  it("is told of once where members have it in common, and 20 times at most", () => {
    const alike = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`m${n}`, { status: "off" }]));
    expect(propertiesOf({ members: alike })).toEqual(['members["m0"].status']);
    const different = Object.fromEntries(
      Array.from({ length: 100 }, (_, n) => [`m${n}`, { status: `off${n}` }]),
    );
    const failures = failuresOf({ members: different });
    expect(failures).toHaveLength(21);
    expect(failures.at(-1)).toEqual({
      property: 'members["m19"].status',
      reason: "80 more inputs are wrong",
    });
    expect(failuresOf({ members: Array(50).fill("") })).toHaveLength(21);
  });

  it("is more members than a failed step could record, and the number is said", () => {
    const names = (count: number): string[] => Array.from({ length: count }, (_, n) => `m${n}`);
    expect(failuresOf({ members: names(MAX_MEMBERS) })).toEqual([]);
    const [failure] = failuresOf({ members: names(MAX_MEMBERS + 1) });
    expect(MAX_MEMBERS).toBe(20_000);
    expect(failure?.property).toBe("members");
    expect(failure?.reason).toMatch(
      /^members: 20001 of them are in one shard, .* 20000: make two fleets of it$/,
    );
    // The component knows all of them, and no shard.
    expect(failuresOf({ shard: WHOLE_FLEET, members: names(MAX_MEMBERS + 1) })).toEqual([]);
  });

  it.each<[string, number, (n: number) => [string, object]]>([
    ["large own inputs", 200, (n) => [`m${n}`, { keepers: { k: "x".repeat(60_000) } }]],
    ["own inputs that differ", 2_000, (n) => [`m${n}`, { keepers: { k: `${n}${"x".repeat(2_000)}` } }]],
    ["long names", MAX_MEMBERS, (n) => [`${n}${"\u5b57".repeat(90)}`, {}]],
  ])("is more of %s than a failed step could record", (_what, count, entry) => {
    const members = Object.fromEntries(Array.from({ length: count }, (_, n) => entry(n)));
    expect(failuresOf({ members })).toEqual([
      {
        property: "members",
        reason: expect.stringMatching(
          `^members: the names and own inputs of the ${count} members of one shard take about \\d{8} bytes of its state, .* 11000000: `,
        ) as string,
      },
    ]);
    expect(failuresOf({ members: Object.fromEntries(Object.entries(members).slice(0, count / 4)) })).toEqual(
      [],
    );
    expect(failuresOf({ shard: WHOLE_FLEET, members })).toEqual([]);
  });

  it("is no more than a failed step can record of names of 100 letters", () => {
    const members = Array.from({ length: MAX_MEMBERS }, (_, n) => `${n}`.padStart(100, "x"));
    expect(failuresOf({ members })).toEqual([]);
  });
});

describe("a member's own inputs", () => {
  it.each([
    [{ readTasks: false }, { org: "acme", description: "x/{member}" }],
    [{ readTasks: null }, { org: "acme", description: "x/{member}" }],
    [{ keepers: {} }, EACH],
    [{ readBucket: [] }, EACH],
    [{ status: "inactive" }, { ...EACH, status: "inactive" }],
    [{ description: "y/{member}" }, { ...EACH, description: "y/{member}" }],
  ])("take the place of those of each, or take them away: %j", (own, inputs) => {
    expect(merged({ ...EACH, ...("keepers" in own && { keepers: { k: "1" } }) }, own)).toEqual(inputs);
  });

  it("are what a token is declared by", () => {
    const connection = { host: HOST, token: "t" };
    const inputs = checked({ connection, members: { a: {}, b: { readTasks: false, readChecks: true } } });
    expect(tokenInputsOf(inputs, {})).toEqual({ ...EACH, connection, permissions: TASKS, host: HOST });
    expect(tokenInputsOf(inputs, inputs.members["b"] ?? {})).toEqual({
      org: "acme",
      description: "x/{member}",
      readChecks: true,
      connection,
      permissions: { "orgs/acme/checks": "read" },
      host: HOST,
    });
  });

  it("are checked as far as they are known where nobody knows more", () => {
    const raw = { shard: WHOLE_FLEET, each: { readTasks: true, description: "{member}" }, members: ["a"] };
    expect(checkShard(raw, {}, OPEN_CONTEXT).failures).toEqual([]);
  });
});
