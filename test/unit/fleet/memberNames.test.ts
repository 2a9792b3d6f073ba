import * as fc from "fast-check";
import {
  forMember,
  memberNameProblem,
  namesMember,
  readMembers,
  shardIndexOf,
  shardLabel,
  SHARDS,
  shardsOf,
} from "../../../provider/fleet/memberNames";
import { UNKNOWN } from "../../../provider/token/unknown";

describe("the shard of a member", () => {
  // In states: another one would make the tokens of all members anew.
  it.each([
    ["device-00000", 56],
    ["device-00001", 3],
    ["a", 18],
    ["wärme🌡", 61],
    ["sensor 7", 40],
    ["constructor", 58],
  ])("is for %s shard %d, for ever", (name, index) => {
    expect(SHARDS).toBe(64);
    expect(shardIndexOf(name)).toBe(index);
  });

  it("is one of 64, written with two digits", () => {
    expect([0, 5, 63].map(shardLabel)).toEqual(["00", "05", "63"]);
    fc.assert(fc.property(fc.string(), (name) => shardIndexOf(name) >= 0 && shardIndexOf(name) < SHARDS));
  });

  it("holds about as many members as any other", () => {
    const names = Array.from({ length: 10_000 }, (_, n) => `device-${String(n).padStart(5, "0")}`);
    const { members } = readMembers(names);
    const sizes = [...shardsOf(members).values()].map(({ size }) => size);
    expect(sizes).toHaveLength(SHARDS);
    expect(Math.max(...sizes)).toBeLessThan(210);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(10_000);
  });

  it("is listed only where it has members, in the order of the shards", () => {
    const { members } = readMembers({ a: { status: "inactive" }, "device-00001": {}, "device-00000": null });
    expect([...shardsOf(members)].map(([index, ofShard]) => [index, [...ofShard]])).toEqual([
      [3, [["device-00001", {}]]],
      [18, [["a", { status: "inactive" }]]],
      [56, [["device-00000", {}]]],
    ]);
    expect(shardsOf(new Map()).size).toBe(0);
  });
});

describe("a member's name", () => {
  it.each(["a", "0", "x".repeat(100), "wärme🌡", "sensor 7", "a/b", "constructor", "-", "#", "_x"])(
    "may be %j",
    (name) => {
      expect(memberNameProblem(name)).toBeUndefined();
    },
  );

  it.each([
    ["", "is empty"],
    ["x".repeat(101), "is longer than 100 characters"],
    ["a\nb", "holds a character that cannot be seen"],
    ["a\u0000", "holds a character that cannot be seen"],
    ["\u202ea", "holds a character that cannot be seen"],
    ["\ud800", "holds a character that cannot be seen"],
    [" a", "begins or ends with a blank"],
    ["a\u00a0", "begins or ends with a blank"],
    ["{member}", "holds a brace, which stands for a placeholder in texts"],
    ["a}", "holds a brace, which stands for a placeholder in texts"],
    ["__proto__", "begins with two underscores, which Pulumi keeps for itself"],
  ])("is not %j", (name, problem) => {
    expect(memberNameProblem(name)).toBe(problem);
  });
});

describe("the members of a fleet", () => {
  it("are a list of names or a map from them, which says the same", () => {
    const list = readMembers(["b", "a"]);
    expect(list.failures).toEqual([]);
    expect(new Map([...list.members].sort())).toEqual(readMembers({ a: {}, b: undefined }).members);
  });

  it.each([
    [undefined, "members", "members must be a list of names or a map from names, not left out"],
    ["a", "members", "members must be a list of names or a map from names, not a string"],
    [["a", 7], "members[1]", "members[1] must be a string, not a number"],
    [["a", "a"], "members[1]", 'members[1]: "a" is given twice'],
    [[""], "members[0]", 'members[0]: the name "" is empty'],
    [
      ["a", UNKNOWN],
      "members[1]",
      "members[1] is not known yet: names of members have to be known when the program runs",
    ],
    [
      { "a}": {} },
      'members["a}"]',
      'members["a}"]: the name "a}" holds a brace, which stands for a placeholder in texts',
    ],
    [{ a: "x" }, 'members["a"]', 'members["a"] must be an object of inputs, not a string'],
    [{ a: ["x"] }, 'members["a"]', 'members["a"] must be an object of inputs, not a list'],
    [
      { a: UNKNOWN },
      'members["a"]',
      'members["a"] must be an object of inputs, not a value that is not known yet',
    ],
  ])("are not %j", (given, property, reason) => {
    expect(readMembers(given).failures).toEqual([{ property, reason }]);
  });

  it("are named by each failure, and the others are read", () => {
    const { members, failures } = readMembers(["a", "", "b", " c", "a"]);
    expect([...members.keys()]).toEqual(["a", "b"]);
    expect(failures.map(({ property }) => property)).toEqual(["members[1]", "members[3]", "members[4]"]);
  });
});

describe("{member} in a text", () => {
  it("is the member's name wherever it stands, also in keys, and whatever the name is to a replacement", () => {
    const value = {
      description: "{member} and {member}",
      readBucket: ["name:{member}"],
      extraPermissions: { "buckets/{member}": "read" },
      keepers: { period: "1" },
      deactivateOnDelete: true,
    };
    expect(forMember(value, "$&$1")).toEqual({
      description: "$&$1 and $&$1",
      readBucket: ["name:$&$1"],
      extraPermissions: { "buckets/$&$1": "read" },
      keepers: { period: "1" },
      deactivateOnDelete: true,
    });
  });

  it("is found wherever it stands", () => {
    expect(["{member}", ["a{member}"], { a: { b: "{member}" } }, { "{member}": 1 }].map(namesMember)).toEqual(
      [true, true, true, true],
    );
    expect(["member", ["{}"], { a: null }, 7, undefined].map(namesMember)).toEqual(Array(5).fill(false));
  });
});
