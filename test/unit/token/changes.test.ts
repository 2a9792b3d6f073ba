import { patchFor, planChange } from "../../../provider/token/changes";
import { UNKNOWN } from "../../../provider/token/unknown";
import { toState, withInputs } from "../../../provider/token/state";
import { authorizationOf, checked, ORG_ID, USER_ID } from "./support/tokens";

const BUCKET = "00000000000000c1";

/** What a change of the program from one set of inputs to another would do. */
function change(from: Record<string, unknown>, to: Record<string, unknown>): ReturnType<typeof planChange> {
  const old = checked(from);
  return planChange(toState(old, authorizationOf(old), "http://a"), checked(to));
}

const same = { changes: false, replaces: [] };
const inPlace = { changes: true, replaces: [] };
const base = { org: "acme", readBuckets: true, readBucket: [BUCKET] };

describe("diff", () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ["nothing", base, base],
    [
      "the order of buckets",
      { org: "acme", readBucket: [BUCKET, USER_ID] },
      { org: "acme", readBucket: [USER_ID, BUCKET] },
    ],
    ["an alias", { org: "acme", readDbrp: true }, { org: "acme", readDbrps: true }],
    ["the organization named by its id", base, { orgId: ORG_ID, readBuckets: true, readBucket: [BUCKET] }],
    [
      "the organization named by its name",
      { orgId: ORG_ID, allAccess: true },
      { org: "acme", allAccess: true },
    ],
    [
      "the owner named, who was the caller",
      { org: "acme", allAccess: true },
      { org: "acme", allAccess: true, user: "admin" },
    ],
    ["the owner left out", { org: "acme", user: "admin", allAccess: true }, { org: "acme", allAccess: true }],
    ["a bucket among all buckets", base, { org: "acme", readBuckets: true }],
    ["a default that is spelt out", base, { ...base, status: "active", description: "" }],
    [
      "a connection's keys in another order",
      { ...base, connection: { host: "http://a", token: "t" } },
      { ...base, connection: { token: "t", host: "http://a" } },
    ],
  ])("sees no change in %s", (_what, from, to) => {
    expect(change(from, to)).toEqual(same);
  });

  it.each<[string, Record<string, unknown>]>([
    ["description", { description: "new" }],
    ["status", { status: "inactive" }],
    ["connection", { connection: { host: "http://elsewhere" } }],
    ["a description that is not known yet", { description: UNKNOWN }],
    ["a status that is not known yet", { status: UNKNOWN }],
    ["a connection that is not known yet", { connection: UNKNOWN }],
  ])("updates in place for %s", (_what, more) => {
    expect(change(base, { ...base, ...more })).toEqual(inPlace);
    expect(change({ ...base, ...more }, base)).toEqual(inPlace);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["another organization", { org: "umbrella" }, "org"],
    ["another organization's id", { org: undefined, orgId: USER_ID }, "orgId"],
    ["another owner", { user: "ci" }, "user"],
    ["a keeper", { keepers: { period: "2" } }, "keepers"],
    ["a keeper that is not known yet", { keepers: { period: UNKNOWN } }, "keepers"],
    ["an organization that is not known yet", { org: UNKNOWN }, "org"],
    ["one permission more", { writeTasks: true }, "permissions"],
    ["one permission less", { readBuckets: false }, "permissions"],
    ["a bucket that is not known yet", { readBucket: [UNKNOWN] }, "permissions"],
    ["a preset", { readBuckets: false, readBucket: [], allAccess: true }, "permissions"],
  ])("replaces for %s", (_what, more, property) => {
    expect(change(base, { ...base, ...more })).toEqual({ changes: true, replaces: [property] });
  });

  it("replaces all-access by the flags that come nearest to it, for those reach every user", () => {
    expect(change({ org: "acme", allAccess: true }, { org: "acme", operator: true })).toMatchObject({
      replaces: ["permissions"],
    });
  });
});

describe("a change in place", () => {
  it("sends the server what is new, and only that", () => {
    const old = checked(base);
    const state = toState(old, authorizationOf(old), "http://a");
    expect(patchFor(state, checked({ ...base, description: "new" }))).toEqual({ description: "new" });
    expect(patchFor(state, checked({ ...base, status: "inactive" }))).toEqual({ status: "inactive" });
    expect(patchFor({ ...state, description: "old" }, checked(base))).toEqual({ description: "" });
    expect(patchFor(state, checked({ ...base, connection: { host: "http://a" } }))).toBeUndefined();
  });

  it("keeps what the server returned, and takes the new inputs", () => {
    const old = checked({ ...base, connection: { token: "stale" } });
    const state = toState(old, authorizationOf(old), "http://a");
    const updated = withInputs(state, checked({ orgId: ORG_ID, readBuckets: true }));
    expect(updated).not.toHaveProperty("connection");
    expect(updated).not.toHaveProperty("readBucket");
    expect(updated).toMatchObject({
      token: "t0ken",
      org: "acme",
      orgId: ORG_ID,
      readBuckets: true,
      permissions: { [`orgs/${ORG_ID}/buckets`]: "read" },
      effectivePermissions: state.effectivePermissions,
      __declared: "orgId",
    });
  });
});
