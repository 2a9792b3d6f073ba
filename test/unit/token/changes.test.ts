import { patchFor, planChange } from "../../../provider/token/changes";
import { checkInputs, type InfluxTokenInputs } from "../../../provider/token/inputs";
import { UNKNOWN } from "../../../provider/token/unknown";
import { toState, withInputs } from "../../../provider/token/state";
import { expandPermissions } from "../../../provider/permissions/expand";
import type { Authorization } from "../../../provider/types";

const ORG = "00000000000000a1";
const USER = "00000000000000b1";
const BUCKET = "00000000000000c1";

function inputs(raw: Record<string, unknown>): InfluxTokenInputs {
  const context = { organization: () => undefined, host: ({ host = "http://a" }) => host };
  const checked = checkInputs(raw, {}, context);
  expect(checked.failures).toEqual([]);
  return checked.inputs as unknown as InfluxTokenInputs;
}

function authorization(declared: InfluxTokenInputs): Authorization {
  return {
    id: "00000000000000d1",
    token: "t0ken",
    status: declared.status ?? "active",
    description: declared.description ?? "",
    orgID: ORG,
    org: "acme",
    userID: USER,
    user: "admin",
    permissions: expandPermissions(declared, { orgId: ORG, userId: USER }),
    links: {},
    createdAt: "2026-01-01T00:00:00Z",
    updatedAt: "2026-01-01T00:00:00Z",
  };
}

/** What a change of the program from one set of inputs to another would do. */
function change(from: Record<string, unknown>, to: Record<string, unknown>): ReturnType<typeof planChange> {
  const old = inputs(from);
  return planChange(toState(old, authorization(old), "http://a"), inputs(to));
}

const same = { changes: false, replaces: [] };
const inPlace = { changes: true, replaces: [] };
const base = { org: "acme", readBuckets: true, readBucket: [BUCKET] };

describe("diff", () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ["nothing", base, base],
    [
      "the order of buckets",
      { org: "acme", readBucket: [BUCKET, USER] },
      { org: "acme", readBucket: [USER, BUCKET] },
    ],
    ["an alias", { org: "acme", readDbrp: true }, { org: "acme", readDbrps: true }],
    ["the organization named by its id", base, { orgId: ORG, readBuckets: true, readBucket: [BUCKET] }],
    ["the organization named by its name", { orgId: ORG, allAccess: true }, { org: "acme", allAccess: true }],
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
    ["another organization's id", { org: undefined, orgId: USER }, "orgId"],
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
    const old = inputs(base);
    const state = toState(old, authorization(old), "http://a");
    expect(patchFor(state, inputs({ ...base, description: "new" }))).toEqual({ description: "new" });
    expect(patchFor(state, inputs({ ...base, status: "inactive" }))).toEqual({ status: "inactive" });
    expect(patchFor({ ...state, description: "old" }, inputs(base))).toEqual({ description: "" });
    expect(patchFor(state, inputs({ ...base, connection: { host: "http://a" } }))).toBeUndefined();
  });

  it("keeps what the server returned, and takes the new inputs", () => {
    const old = inputs({ ...base, connection: { token: "stale" } });
    const state = toState(old, authorization(old), "http://a");
    const updated = withInputs(state, inputs({ orgId: ORG, readBuckets: true }));
    expect(updated).not.toHaveProperty("connection");
    expect(updated).not.toHaveProperty("readBucket");
    expect(updated).toMatchObject({
      token: "t0ken",
      org: "acme",
      orgId: ORG,
      readBuckets: true,
      permissions: { [`orgs/${ORG}/buckets`]: "read" },
      effectivePermissions: state.effectivePermissions,
      __declared: "orgId",
    });
  });
});
