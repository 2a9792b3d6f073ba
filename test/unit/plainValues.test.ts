import { sameJson } from "../../provider/json";
import { nearestName } from "../../provider/nearestName";
import { organizationNameProblem } from "../../provider/organizationName";
import { printable, quoted } from "../../provider/text";

describe("a foreign text in a message", () => {
  it("stands as it is, up to its longest length", () => {
    expect(printable("ab", 2)).toBe("ab");
    expect(quoted("x".repeat(64))).toBe(`"${"x".repeat(64)}"`);
  });

  it("is cut where it is longer", () => {
    expect(printable("abc", 2)).toBe("ab…");
    expect(quoted("x".repeat(65))).toBe(`"${"x".repeat(64)}…"`);
  });
});

describe("two plain values", () => {
  it.each<[unknown, unknown]>([
    [
      { b: 1, a: { d: [1], c: null } },
      { a: { c: null, d: [1] }, b: 1 },
    ],
    [{ a: 1, b: undefined }, { a: 1 }],
    [
      [1, "a"],
      [1, "a"],
    ],
    [undefined, undefined],
    [
      { c: 1, a: 2, b: 3 },
      { b: 3, c: 1, a: 2 },
    ],
  ])("are the same: %j and %j", (a, b) => {
    expect(sameJson(a, b)).toBe(true);
  });

  it.each<[unknown, unknown]>([
    [5, 6],
    ["ab", "ba"],
    ["ab", { 0: "a", 1: "b" }],
    [["a"], { 0: "a" }],
    [
      [1, 2],
      [2, 1],
    ],
    [null, {}],
    [{ a: null }, {}],
    [{ a: 1 }, { a: 2 }],
  ])("are not the same: %j and %j", (a, b) => {
    expect(sameJson(a, b)).toBe(false);
  });
});

describe("the name that was meant", () => {
  it("is the first of those that are nearest", () => {
    expect(nearestName("axcd", ["abce", "abcd", "accd"], 1 / 2)).toBe("abcd");
  });

  it("is none where more than the share differs", () => {
    expect(nearestName("xxc", ["abc"])).toBeUndefined();
    expect(nearestName("xbc", ["abc"])).toBe("abc");
  });

  it("is not looked for where the text is longer than any name", () => {
    const [longest, longer] = ["x".repeat(64), "x".repeat(65)];
    expect(nearestName(longest, [longest])).toBe(longest);
    expect(nearestName(longer, [longer])).toBeUndefined();
  });
});

describe("an organization's name", () => {
  it("has no blanks around it, however many", () => {
    expect(organizationNameProblem("\u0085 acme co \t ")).toContain('write "acme co"');
    expect(organizationNameProblem("acme co")).toBeUndefined();
    expect(organizationNameProblem("  ")).toContain("nothing but blanks");
    expect(organizationNameProblem("")).toBeUndefined();
  });
});
