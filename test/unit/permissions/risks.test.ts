import { expandPermissions, type PermissionFlags } from "../../../provider/permissions/expand";
import {
  findRisks,
  notARisk,
  openRisks,
  permissionsOfFlags,
  readersOf,
  unknownRisk,
} from "../../../provider/permissions/risks";

const ORG = "00000000000000a1";
const [FIRST, SECOND, THIRD] = ["00000000000000c1", "00000000000000c2", "00000000000000c3"] as const;

const held = (flags: PermissionFlags) => expandPermissions(flags, { orgId: ORG, userId: ORG });
const ids = (found: readonly { id: string }[]): string[] => found.map(({ id }) => id);

describe("a stack whose tokens read single buckets", () => {
  const reader = held({ readBucket: [FIRST], writeBucket: [THIRD], readTasks: true });
  const readers = readersOf([reader]);

  it("reads those buckets, and neither what it writes nor what is no bucket", () => {
    expect(readers).toEqual({ all: false, ids: new Set([FIRST]), isMixed: false });
    expect(readersOf([held({ readOwnOrg: true, writeBuckets: true })])).toEqual({
      all: false,
      ids: new Set(),
      isMixed: false,
    });
  });

  it("has a writer of a bucket that nobody reads, also where somebody reads another of its buckets", () => {
    const writer = held({ writeBucket: [FIRST, SECOND] });
    expect(ids(findRisks(writer, {}, readers))).toEqual(["write-without-reader"]);
    expect(findRisks(held({ writeBucket: [FIRST] }), {}, readers)).toEqual([]);
    expect(ids(findRisks(held({ writeBuckets: true }), {}, readers))).toEqual(["system-bucket"]);
  });

  it("tells nothing of its writers where some token reads every bucket, or where none reads any", () => {
    const writer = held({ writeBucket: [SECOND] });
    expect(findRisks(writer, {}, readersOf([reader, held({ readBuckets: true })]))).toEqual([]);
    expect(findRisks(writer, {}, readersOf([writer]))).toEqual([]);
    expect(findRisks(writer)).toEqual([]);
  });
});

describe("a token that may write an organization or a user by id", () => {
  it("is a risk, whoever's they are, unless all-access brings it along", () => {
    const extra = (key: string, actions: string) => held({ extraPermissions: { [key]: actions } });
    for (const key of [`/orgs/${FIRST}`, `/users/${FIRST}`, `/orgs/${ORG}`]) {
      expect(ids(findRisks(extra(key, "read, write")))).toEqual(["write-org-or-user"]);
      expect(findRisks(extra(key, "read"))).toEqual([]);
    }
    expect(findRisks(extra(`telegrafs/${FIRST}`, "write"))).toEqual([]);
    expect(ids(findRisks(held({ allAccess: true })))).toEqual(["all-access-token"]);
  });
});

describe("a risk that is not known", () => {
  it("is none where everything is known", () => {
    expect(unknownRisk([])).toEqual([]);
  });

  it("says what is not known, and brings no other risk along", () => {
    const details = ["the bucket"];
    expect(unknownRisk(details)).toMatchObject([
      { id: "unknown", severity: "critical", details, includes: [] },
    ]);
    expect(unknownRisk(details, { unknown: "a preview" })).toMatchObject([{ acknowledged: "a preview" }]);
  });
});

describe("the risks that nobody acknowledged", () => {
  it("are those without a reason, with what they bring along", () => {
    const operator = findRisks(held({ operator: true }));
    expect(openRisks(operator)).toEqual(
      new Set([
        "operator-token",
        "all-access-token",
        "write-authorizations",
        "read-authorizations",
        "server-wide-orgs",
        "server-wide-users",
        "read-secrets",
        "system-bucket",
      ]),
    );
    const reasons = { "read-secrets": "a vault", "write-authorizations": "rotation" };
    const both = held({ readSecrets: true, writeAuthorizations: true, readOrgs: true });
    expect(openRisks(findRisks(both, reasons))).toEqual(new Set(["server-wide-orgs"]));
  });
});

describe("an id that is no risk", () => {
  it("is told the nearest one as long as no more than a third differs", () => {
    expect(notARisk("read-secxxxx")).toContain('did you mean "read-secrets"?');
    expect(notARisk("Read-Secret")).toContain('did you mean "read-secrets"?');
    expect(notARisk("read-sexxxxx")).toContain("there are unknown, operator-token");
    expect(notARisk("")).toContain("there are unknown");
    expect(notARisk("x".repeat(10_000))).toContain("there are unknown");
  });
});

describe("flags that nobody has validated yet", () => {
  it("tell nothing where they cannot be expanded", () => {
    expect(permissionsOfFlags({ readBucket: [""] })).toEqual([]);
    expect(permissionsOfFlags({ readTasks: true })).toHaveLength(1);
  });

  it("hide no failure of another kind", () => {
    const flags: PermissionFlags = {
      get operator(): boolean {
        throw new RangeError("broken");
      },
    };
    expect(() => permissionsOfFlags(flags)).toThrow("broken");
  });
});
