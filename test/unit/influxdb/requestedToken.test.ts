import { RequestedToken } from "../../../provider/influxdb/requestedToken";
import { formatPermission } from "../../../provider/permissions/format";
import type { Authorization, NewAuthorization } from "../../../provider/types";
import { BODY, CALLER, ORG, OTHER, reads, tokenOf } from "./support/fakeServer";

const asked = (more: object = {}): RequestedToken =>
  new RequestedToken({ ...BODY, ...more }, formatPermission);
const made = (more: object = {}): Authorization => ({ ...tokenOf(BODY, 0), ...more });

describe("a token that was made", () => {
  it("has the rights that were asked for in any order, and repeated", () => {
    const [tasks, checks] = [reads("tasks"), reads("checks")];
    const both = asked({ permissions: [...tasks, ...checks] });
    expect(both.hasRightsOf(made({ permissions: [...checks, ...tasks, ...checks] }))).toBe(true);
    expect(both.hasRightsOf(made({ permissions: tasks }))).toBe(false);
  });

  it.each<[string, object, object]>([
    ["another organization", {}, { orgID: OTHER }],
    ["another owner", { userID: CALLER }, { userID: OTHER }],
    ["another status", {}, { status: "inactive" }],
    ["another status than the one asked for", { status: "inactive" }, {}],
  ])("has other rights with %s", (_what, request, answer) => {
    expect(asked(request).hasRightsOf(made(answer))).toBe(false);
    expect(asked(request).isExactly(made(answer))).toBe(false);
    expect(asked(request).mayBecome(made(answer))).toBe(false);
  });

  it("may have any owner where none was asked for", () => {
    expect(asked().hasRightsOf(made({ userID: OTHER }))).toBe(true);
  });

  it("is exactly what was asked for with the same rights and description", () => {
    expect(asked().isExactly(made())).toBe(true);
    expect(asked().isExactly(made({ description: "another" }))).toBe(false);
    expect(asked().isExactly(made({ permissions: [] }))).toBe(false);
    expect(new RequestedToken({ orgID: ORG, permissions: [] }, formatPermission).description).toBe("");
  });
});

describe("a description that something on the way changed", () => {
  it.each<[string, string, boolean]>([
    [" ci  x ", "ci x", true],
    ["ci\t\tx", "ci x", true],
    ["\uFF23", "C", true],
    ["ci x", "cix", false],
    ["ci", "CI", false],
  ])("%j and %j differ in what cannot be seen only: %s", (description, answered, expected) => {
    expect(asked({ description }).isTrimmedIn(made({ description: answered }))).toBe(expected);
  });

  it.each<[string, string, boolean]>([
    ["a long one", "a long", true],
    ["ci", "[team] CI!", true],
    ["ci", "", true],
    ["", "managed", false],
    ["--", "managed", false],
    ["ci", "another", false],
    ["C-I", "ci", true],
    ["\uFF23\uFF29", "ci", true],
  ])("%j may become %j: %s", (description, answered, expected) => {
    expect(asked({ description }).mayBecome(made({ description: answered }))).toBe(expected);
  });
});

describe("rights that something on the way changed", () => {
  it.each<[string, string[], boolean]>([
    ["fewer", ["tasks"], true],
    ["more", ["tasks", "checks", "views"], true],
    ["none", [], true],
    ["as many others", ["tasks", "views"], false],
    ["fewer and others", ["views"], false],
  ])("may become %s", (_what, types, expected) => {
    const permissions = reads("tasks", "checks");
    expect(asked({ permissions }).mayBecome(made({ permissions: reads(...types) }))).toBe(expected);
  });
});

describe("the difference between what was asked for and what was made", () => {
  const difference = (request: Partial<NewAuthorization>, answer: object): string =>
    asked(request).differenceOf(made(answer));

  it("names what differs, and nothing else", () => {
    expect(difference({}, {})).toBe("");
    expect(difference({}, { userID: OTHER })).toBe("");
    expect(
      difference({ userID: CALLER }, { userID: OTHER, description: "x", orgID: OTHER, status: "inactive" }),
    ).toBe(
      `with the description "x" in place of "ci", with the organization "${OTHER}" in place of "${ORG}", with the owner "${OTHER}" in place of "${CALLER}", with the status "inactive" in place of "active"`,
    );
  });

  it("names three permissions, and counts the others", () => {
    const [one, two, three] = ["a", "b", "c"].map((type) => `read:orgs/${ORG}/${type}`);
    expect(difference({ permissions: [] }, { permissions: reads("a") })).toBe(
      `with ${one}, which was not asked for`,
    );
    expect(difference({ permissions: reads("a", "b", "c") }, { permissions: [] })).toBe(
      `without ${one}, ${two}, ${three}`,
    );
    expect(difference({ permissions: reads("a", "b", "c", "d", "e") }, { permissions: [] })).toBe(
      `without ${one}, ${two}, ${three} and 2 more`,
    );
  });
});
