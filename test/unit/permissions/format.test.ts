import { covers, formatPermission, sortedUnique } from "../../../provider/permissions/format";
import { permissionTable, spellName, spellUser } from "../../../provider/permissions/table";
import type { Permission } from "../../../provider/types";

const ORG = "00000000000000a1";
const OTHER = "00000000000000a2";
const BUCKET = "00000000000000c1";

const on = (resource: Permission["resource"], action: Permission["action"] = "read"): Permission => ({
  action,
  resource,
});

describe("a permission for one bucket", () => {
  const held = on({ type: "buckets", id: BUCKET, orgID: ORG });

  it("covers that bucket in its organization", () => {
    expect(covers(held, held)).toBe(true);
  });

  it.each<[string, Permission]>([
    ["another bucket", on({ type: "buckets", id: OTHER, orgID: ORG })],
    ["every bucket", on({ type: "buckets", orgID: ORG })],
    ["a bucket of another organization", on({ type: "buckets", id: BUCKET, orgID: OTHER })],
    ["what has the id of the bucket and is none", on({ type: "tasks", id: BUCKET, orgID: ORG })],
    ["writing the bucket", on({ type: "buckets", id: BUCKET, orgID: ORG }, "write")],
  ])("does not cover %s", (_what, needed) => {
    expect(covers(held, needed)).toBe(false);
  });
});

describe("a list of permissions", () => {
  it("is sorted by what it shows, with one of each", () => {
    const unsorted = [
      on({ type: "tasks", orgID: ORG }),
      on({ type: "buckets", orgID: ORG }, "write"),
      on({ type: "buckets", id: BUCKET, orgID: ORG }),
      on({ type: "tasks", orgID: ORG }),
      on({ type: "buckets" }),
    ];
    expect(sortedUnique(unsorted).map(formatPermission)).toEqual([
      "read:/buckets",
      `read:orgs/${ORG}/buckets/${BUCKET}`,
      `read:orgs/${ORG}/tasks`,
      `write:orgs/${ORG}/buckets`,
    ]);
  });

  it("is a table that is sorted by its keys, whatever order the server gives", () => {
    const types = ["tasks", "buckets", "views", "checks"];
    const table = permissionTable(types.map((type) => on({ type, orgID: ORG })));
    expect(Object.keys(table)).toEqual(
      ["buckets", "checks", "tasks", "views"].map((type) => `orgs/${ORG}/${type}`),
    );
  });
});

describe("a name within a key of the table", () => {
  it("stands as it is where it only begins or ends like an id", () => {
    for (const name of [`${ORG}0`, `x${ORG}`, "acme"]) expect(spellName(name)).toBe(name);
  });

  it("cannot be taken for an id, nor for the caller, nor for more than one part", () => {
    expect(spellName(ORG)).toBe(`%30${ORG.slice(1)}`);
    expect(spellUser("me")).toBe("%6De");
    expect(spellName("me")).toBe("me");
    expect(spellUser("ci")).toBe("ci");
    expect(spellName("a/b%\n")).toBe("a%2Fb%25%0A");
  });
});
