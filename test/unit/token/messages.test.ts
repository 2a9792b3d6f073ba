import {
  descriptionDiffers,
  notOnThisServer,
  orphanWarning,
  statusNotSet,
  tokenIsGone,
} from "../../../provider/token/messages";

const names = { org: "acme", orgId: "00000000000000a1", user: "ci", userId: "00000000000000b1" };

describe("what is said of a token", () => {
  it("names the organization or the owner that it outlived, and no other", () => {
    expect(orphanWarning("0d1", names, "organization", "http://a")).toMatch(
      /organization "acme" \(00000000000000a1\) of the token 0d1 .* still works: .* an organization that exists/,
    );
    expect(orphanWarning("0d1", names, "owner", "http://a")).toMatch(
      /owner "ci" \(00000000000000b1\) of the token 0d1 .* refuses it: .* a user that exists/,
    );
  });

  it("names both servers where it is on another one", () => {
    expect(notOnThisServer("0d1", "http://a", "http://b").message).toMatch(
      /0d1 was made on http:\/\/b and is not on http:\/\/a/,
    );
  });

  it("names what was asked for and what is", () => {
    expect(statusNotSet("0d1", "inactive", "active").message).toMatch(/0d1 inactive: .* is active/);
    expect(descriptionDiffers("0d1", "a", "b")).toMatch(/0d1 has the description "b" in place of "a"/);
    expect(tokenIsGone("0d1", "http://a").message).toMatch(/0d1: it is no longer on http:\/\/a/);
  });
});
