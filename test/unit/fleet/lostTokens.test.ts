import { describedBy, lostTokens } from "../../../provider/fleet/lostTokens";
import { descriptionDigest } from "../../../provider/fleet/memberNames";
import type { Authorization } from "../../../provider/types";

const NOW = Date.parse("2026-06-01T00:00:00Z");
const DESCRIBED = describedBy(["a", "b", "c"].map((name) => [name, "acme/prod/sensors/{member}"]));

function token(
  id: string,
  member: string,
  secondsLater = 0,
  more: Partial<Authorization> = {},
): Authorization {
  const description = `acme/prod/sensors/${member}`;
  const createdAt = new Date(NOW + secondsLater * 1000).toISOString();
  return {
    id,
    description,
    createdAt,
    status: "active",
    permissions: [],
    ...more,
  } as unknown as Authorization;
}

const EVIDENCE = {
  since: NOW,
  until: NOW + 10_000,
  made: new Map([["1", "a"]]),
  unanswered: new Map([["b", descriptionDigest("acme/prod/sensors/b")]]),
};

const ids = (tokens: readonly Authorization[]): string[] => tokens.map(({ id }) => id);
function found(
  listed: readonly Authorization[],
  evidence: Parameters<typeof lostTokens>[3] = EVIDENCE,
  clockAheadMs = 0,
  isOwn = true,
): { certain: string[]; uncertain: string[] } {
  const { certain, uncertain } = lostTokens(
    listed,
    DESCRIBED,
    new Set(["known"]),
    evidence,
    isOwn,
    clockAheadMs,
  );
  return { certain: ids(certain), uncertain: ids(uncertain) };
}

describe("tokens that a killed run left", () => {
  it("are those with a member's description that the state does not know, and no others", () => {
    const listed = [
      token("1", "a"),
      token("known", "a"),
      token("9", "z"),
      token("8", "x", 0, { description: "acme/prod/sensors" }),
      token("7", "x", 0, { description: "acme/prod/sensors/a/b" }),
    ];
    expect(found(listed)).toEqual({ certain: ["1"], uncertain: [] });
  });

  it("are nobody's for certain without that run's own word", () => {
    const without = lostTokens([token("1", "a"), token("2", "b")], DESCRIBED, new Set(), undefined, true, 0);
    expect([ids(without.certain), ids(without.uncertain)]).toEqual([[], ["1", "2"]]);
  });

  it("are certain by their id whatever the clocks say", () => {
    expect(found([token("1", "a", -1e6)])).toEqual({ certain: ["1"], uncertain: [] });
  });

  it("are certain without an answer only where they were asked for, once, and made at that time", () => {
    expect(found([token("2", "b", 3)])).toEqual({ certain: ["2"], uncertain: [] });
    expect(found([token("2", "c", 3)])).toEqual({ certain: [], uncertain: ["2"] });
    expect(found([token("2", "b", -3)])).toEqual({ certain: [], uncertain: ["2"] });
    expect(found([token("2", "b", 16)])).toEqual({ certain: [], uncertain: ["2"] });
    expect(found([token("2", "b", 3), token("3", "b", 4)])).toEqual({ certain: [], uncertain: ["2", "3"] });
    expect(found([token("2", "b", 3), token("3", "b", -300)])).toEqual({ certain: ["2"], uncertain: ["3"] });
  });

  it("are certain by what the run called them, whatever the program calls them by now", () => {
    const described = { description: "before/b" };
    const evidence = { ...EVIDENCE, unanswered: new Map([["b", descriptionDigest("before/b")]]) };
    expect(found([token("2", "b", 3, described)], evidence)).toEqual({ certain: ["2"], uncertain: [] });
    expect(found([token("2", "b", 3, described)])).toEqual({ certain: [], uncertain: [] });
    expect(found([token("1", "z")])).toEqual({ certain: ["1"], uncertain: [] });
  });

  it("are named and no more where another run made them, also by what only that one called them", () => {
    const evidence = { ...EVIDENCE, unanswered: new Map([["b", descriptionDigest("before/b")]]) };
    const listed = [token("1", "z"), token("2", "b", 3, { description: "before/b" })];
    expect(found(listed, evidence, 0, false)).toEqual({ certain: [], uncertain: ["1", "2"] });
  });

  it("are timed by the server's clock", () => {
    expect(found([token("2", "b", 303)], EVIDENCE, 300_000)).toEqual({ certain: ["2"], uncertain: [] });
    expect(found([token("2", "b", 3)], EVIDENCE, 300_000)).toEqual({ certain: [], uncertain: ["2"] });
    expect(found([token("2", "b", -297)], EVIDENCE, -300_000)).toEqual({ certain: ["2"], uncertain: [] });
  });

  it("are not of a time that nobody can read", () => {
    expect(found([token("2", "b", 0, { createdAt: "soon" })])).toEqual({ certain: [], uncertain: ["2"] });
  });
});

describe("members by description", () => {
  it("each have their own name in it", () => {
    expect([...DESCRIBED]).toContainEqual(["acme/prod/sensors/b", "b"]);
    expect(DESCRIBED.size).toBe(3);
  });
});
