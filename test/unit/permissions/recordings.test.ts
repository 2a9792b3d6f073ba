import { type CheckContext, checkInputs } from "../../../provider/token/inputs";
import { expandPermissions } from "../../../provider/permissions/expand";
import { formatPermission } from "../../../provider/permissions/format";
import type { Permission } from "../../../provider/types";
import recordings from "../../recordings/cli-create.json";

interface RecordedCase {
  name: string;
  args: Record<string, unknown>;
  exitCode: number;
  body?: { orgID: string; userID: string; permissions: Permission[] | null } | null;
  printedPermissions?: string[];
}

const cases = recordings.cases as unknown as RecordedCase[];
const succeeded = cases.filter(({ exitCode }) => exitCode === 0);
const failed = cases.filter(({ exitCode }) => exitCode !== 0);

const context: CheckContext = { organization: () => undefined, host: () => "http://localhost:8086" };

/** What every InfluxDB OSS from 2.4 on lists. */
const listed = [
  "authorizations buckets dashboards orgs sources tasks telegrafs users variables scrapers secrets labels views",
  "documents notificationRules notificationEndpoints checks dbrp notebooks annotations remotes replications instance",
]
  .join(" ")
  .split(" ");

describe("what the influx CLI was recorded to do", () => {
  it("covers both outcomes", () => {
    expect(succeeded.length + failed.length).toBe(cases.length);
    expect(succeeded.length).toBeGreaterThan(100);
    expect(failed.length).toBeGreaterThan(10);
  });

  it.each(succeeded.map((recorded) => [recorded.name, recorded] as const))(
    "%s: the same permissions",
    (_name, { args, body, printedPermissions = [] }) => {
      const { orgID, userID, permissions } = body ?? { orgID: "", userID: "", permissions: null };
      const recorded = new Set((permissions ?? []).map(formatPermission));
      for (const resourceTypes of [undefined, listed]) {
        const expanded = expandPermissions(args, {
          orgId: orgID,
          userId: userID,
          ...(resourceTypes && { resourceTypes }),
        });
        expect(expanded.map(formatPermission)).toEqual([...recorded].sort());
      }
      expect([...new Set(printedPermissions)].sort()).toEqual([...recorded].sort());
      expect(checkInputs(args, {}, context).failures).toEqual([]);
    },
  );

  // What only the server can know fails at `create`: those cases are in the provider's own tests.
  const knownToServerOnly = [
    "org unknown",
    "org id unknown",
    "user unknown",
    // A name, here, that no bucket has.
    "bucket name instead of id",
    "bucket id too short",
  ];

  it.each(
    failed
      .filter(({ name }) => !knownToServerOnly.includes(name) && !name.startsWith("cloud-only"))
      .map((recorded) => [recorded.name, recorded] as const),
  )("%s: fails before anything is sent, and names the property", (_name, { args }) => {
    const { failures } = checkInputs(args, {}, context);
    expect(failures).toHaveLength(1);
    expect(failures[0]?.property).toMatch(
      /^(org|orgId|permissions|operator|allAccess|(read|write)Bucket\[0\])$/,
    );
  });

  it.each(
    failed
      .filter(({ name }) => name.startsWith("cloud-only"))
      .map((recorded) => [recorded.name, recorded] as const),
  )("%s: refused as soon as the server's types are known, and names the flag", (_name, { args }) => {
    const expand = (): unknown =>
      expandPermissions(args, { orgId: "00000000000000a1", resourceTypes: listed });
    expect(expand).toThrow(
      /^this server has no resource type "\w+" \(InfluxDB Cloud only\): remove read\w+$/,
    );
  });
});
