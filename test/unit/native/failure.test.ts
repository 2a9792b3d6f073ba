import { detailedDiff } from "../../../native/detailedDiff";
import { asCheckFailure, asServiceError, withoutSecrets } from "../../../native/failure";
import { secret } from "../../../native/wire";

describe("a failure of a secret input", () => {
  it("names it where the reason does not", () => {
    const failure = { property: "org", reason: 'no such name: "hush"' };
    expect(asCheckFailure(failure, { org: secret("hush") })).toEqual({
      property: "",
      reason: 'org: no such name: "[secret]"',
    });
    expect(asCheckFailure(failure, { org: "hush" })).toEqual(failure);
  });
});

describe("a message", () => {
  it("holds nothing secret: no key, no element, no part with blanks around it", () => {
    const hidden = { keepers: secret({ hiddenKey: "hush-a" }), readBucket: [secret("hush-b"), "plain"] };
    const blanks = { org: secret(" hush-c ") };
    const shown = withoutSecrets('hiddenKey hush-a "hush-b" (hush-c) plain', [hidden, blanks]);
    expect(shown).toBe('[secret] [secret] "[secret]" ([secret]) plain');
  });

  it("keeps its words where a secret is as short as a part of them", () => {
    expect(withoutSecrets('the "a" and 7', [{ a: secret(["a", 7]) }])).toBe("the [secret] and 7");
  });

  it("is that of whatever was thrown", () => {
    expect(asServiceError("connection.host is wrong: InfluxToken")).toMatchObject({
      message: "the provider's host is wrong: Token",
    });
  });
});

describe("a rotation by time", () => {
  it("shows why, and replaces nothing", () => {
    const due = { changes: true, replaces: [], reasons: ["rotateAt"] };
    expect([...detailedDiff({}, {}, {}, due)]).toEqual([["rotateAt", { kind: "UPDATE", inputDiff: false }]]);
    const replaced = { changes: true, replaces: ["rotateAt"] };
    expect([...detailedDiff({}, {}, {}, replaced)]).toEqual([
      ["rotateAt", { kind: "UPDATE_REPLACE", inputDiff: false }],
    ]);
  });
});
