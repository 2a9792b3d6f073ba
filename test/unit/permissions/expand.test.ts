import * as fc from "fast-check";
import { CATALOGUE, isUniversal, OSS_TYPES, TYPE_FLAGS } from "../../../provider/permissions/catalogue";
import { expandPermissions, type PermissionFlags } from "../../../provider/permissions/expand";
import { covers, formatPermission, grantSame } from "../../../provider/permissions/format";
import { isId } from "../../../provider/types";
import { thrownBy } from "../../support/thrownBy";
import type { Permission } from "../../../provider/types";

const orgId = "00000000000000a1";
const userId = "00000000000000b1";
const context = { orgId, userId };

const id = fc
  .bigInt({ min: 1n, max: 0xffff_ffff_ffff_ffffn })
  .map((value) => value.toString(16).padStart(16, "0"));

const flags: fc.Arbitrary<PermissionFlags> = fc
  .record({
    types: fc.dictionary(fc.constantFrom(...TYPE_FLAGS.keys()), fc.boolean()),
    readBucket: fc.array(id, { maxLength: 4 }),
    writeBucket: fc.array(id, { maxLength: 4 }),
  })
  .map(({ types, ...buckets }) => ({ ...types, ...buckets }));

const permission: fc.Arbitrary<Permission> = fc
  .record(
    {
      type: fc.constantFrom(...CATALOGUE.map(({ type }) => type), "instance"),
      id,
      orgID: id,
    },
    { requiredKeys: ["type"] },
  )
  .chain((resource) =>
    fc.record({ action: fc.constantFrom("read", "write"), resource: fc.constant(resource) }),
  );

const written = (permissions: readonly Permission[]): string[] => permissions.map(formatPermission);

describe("expandPermissions", () => {
  it("gives nothing for nothing", () => {
    expect(expandPermissions({ readBuckets: false, readBucket: [] }, context)).toEqual([]);
  });

  it("grants an operator 44 permissions and an all-access token 43, from the catalogue alone", () => {
    expect(expandPermissions({ operator: true }, context)).toHaveLength(44);
    expect(expandPermissions({ allAccess: true }, context)).toHaveLength(43);
  });

  it("lets flags on organizations and users reach every one of them, and every other flag only its organization", () => {
    for (const [flag, { action, resource }] of TYPE_FLAGS) {
      const reach = resource.scope === "server" ? {} : { orgID: orgId };
      expect(expandPermissions({ [flag]: true }, context)).toEqual([
        { action, resource: { type: resource.type, ...reach } },
      ]);
    }
  });

  it("takes readDbrps and writeDbrps for readDbrp and writeDbrp", () => {
    expect(expandPermissions({ readDbrps: true, writeDbrps: true }, context)).toEqual(
      expandPermissions({ readDbrp: true, writeDbrp: true }, context),
    );
  });

  it("takes a bucket id in upper case for the same bucket", () => {
    expect(expandPermissions({ readBucket: ["00000000000000C1", "00000000000000c1"] }, context)).toEqual([
      { action: "read", resource: { type: "buckets", id: "00000000000000c1", orgID: orgId } },
    ]);
  });

  it("refuses a preset with anything else and says with what", () => {
    expect(() =>
      expandPermissions({ operator: true, readDbrps: true, readBucket: [userId] }, context),
    ).toThrow(
      "operator already stands for a whole set of permissions and cannot be combined with readDbrps, readBucket: keep one of them",
    );
    expect(() => expandPermissions({ operator: true, allAccess: true }, context)).toThrow(/with allAccess/);
  });

  it("refuses a bucket name, naming the input", () => {
    expect(thrownBy(() => expandPermissions({ writeBucket: ["name:"] }, context))).toMatchObject({
      property: "writeBucket",
      message: expect.stringContaining('"name:" is empty') as unknown,
    });
  });

  it("refuses all-access without an owner", () => {
    expect(thrownBy(() => expandPermissions({ allAccess: true }, { orgId }))).toMatchObject({
      property: "user",
    });
  });

  it("says which release or edition has a type that the server lacks", () => {
    const resourceTypes = ["buckets"];
    const expand = (asked: PermissionFlags) => () => expandPermissions(asked, { ...context, resourceTypes });
    expect(expand({ readRemotes: true })).toThrow(
      /"remotes" \(InfluxDB OSS 2.2 and later\): remove readRemotes/,
    );
    expect(expand({ writeFlows: true })).toThrow(/"flows" \(InfluxDB Cloud only\)/);
    expect(expand({ readTasks: true })).toThrow(/"tasks": remove readTasks/);
  });

  it("reads the organization of the token itself, and no other, where readOwnOrg is asked for", () => {
    expect(expandPermissions({ readOwnOrg: true }, context)).toEqual([
      { action: "read", resource: { type: "orgs", id: orgId } },
    ]);
    expect(() => expandPermissions({ allAccess: true, readOwnOrg: true }, context)).toThrow(
      /cannot be combined with readOwnOrg/,
    );
  });

  it("does not depend on the order of the inputs", () => {
    fc.assert(
      fc.property(flags, fc.infiniteStream(fc.nat()), (asked, numbers) => {
        const shuffled = Object.fromEntries(
          Object.entries(asked)
            .map(([name, value]) => [numbers.next().value as number, name, value] as const)
            .sort(([a], [b]) => a - b)
            .map(([, name, value]) => [
              name,
              Array.isArray(value) ? [...(value as string[])].reverse() : value,
            ]),
        ) as PermissionFlags;
        expect(expandPermissions(shuffled, context)).toEqual(expandPermissions(asked, context));
      }),
    );
  });

  it("gives a sorted list without duplicates", () => {
    fc.assert(
      fc.property(flags, (asked) => {
        const texts = written(expandPermissions(asked, context));
        expect(texts).toEqual([...new Set(texts)].sort());
      }),
    );
  });

  it("grants for two sets of flags together what each grants alone", () => {
    fc.assert(
      fc.property(flags, flags, (a, b) => {
        const both: Record<string, unknown> = { ...a };
        for (const [name, value] of Object.entries(b)) {
          const other = both[name];
          both[name] = Array.isArray(value)
            ? [...((other as string[] | undefined) ?? []), ...(value as string[])]
            : value || other;
        }
        const alone = [...expandPermissions(a, context), ...expandPermissions(b, context)];
        expect(written(expandPermissions(both as PermissionFlags, context))).toEqual(
          [...new Set(written(alone))].sort(),
        );
      }),
    );
  });

  it("makes presets what they are defined to be, for any list of types", () => {
    const types = fc.uniqueArray(
      fc.oneof(
        fc.constantFrom(...CATALOGUE.map(({ type }) => type), "instance"),
        fc.stringMatching(/^[a-z]{1,8}$/),
      ),
    );
    fc.assert(
      fc.property(types, (resourceTypes) => {
        const granted = resourceTypes.filter((type) => type !== "instance");
        const operator = granted.flatMap((type) => [`read:/${type}`, `write:/${type}`]);
        expect(written(expandPermissions({ operator: true }, { orgId, resourceTypes }))).toEqual(
          operator.sort(),
        );
        const allAccess = granted.flatMap((type) => {
          if (type === "orgs") return [`read:/orgs/${orgId}`];
          if (type === "users") return [`read:/users/${userId}`, `write:/users/${userId}`];
          return [`read:orgs/${orgId}/${type}`, `write:orgs/${orgId}/${type}`];
        });
        expect(written(expandPermissions({ allAccess: true }, { ...context, resourceTypes }))).toEqual(
          allAccess.sort(),
        );
      }),
    );
  });
});

describe("what one permission covers of another", () => {
  const read = (resource: Permission["resource"]): Permission => ({ action: "read", resource });

  it("is what lies within its organization, or everywhere where it names none", () => {
    const bucket = read({ type: "buckets", id: userId, orgID: orgId });
    expect(covers(read({ type: "buckets", orgID: orgId }), bucket)).toBe(true);
    expect(covers(read({ type: "buckets" }), bucket)).toBe(true);
    expect(covers(bucket, read({ type: "buckets", orgID: orgId }))).toBe(false);
    expect(covers(read({ type: "buckets", orgID: userId }), bucket)).toBe(false);
    expect(covers(read({ type: "tasks" }), bucket)).toBe(false);
    expect(covers({ ...bucket, action: "write" }, bucket)).toBe(false);
  });

  it("makes a list the same as itself in any order, repeated, or with what it includes anyway", () => {
    fc.assert(
      fc.property(fc.array(permission), (permissions) => {
        const narrowed = permissions.map(({ action, resource }) => ({
          action,
          resource: { ...resource, orgID: orgId },
        }));
        const wide = permissions.filter(
          ({ resource }) => resource.id === undefined && resource.orgID === undefined,
        );
        expect(grantSame(permissions, [...permissions].reverse())).toBe(true);
        expect(
          grantSame(wide, [...wide, ...narrowed.filter((one) => wide.some((held) => covers(held, one)))]),
        ).toBe(true);
      }),
    );
  });

  it("makes a list different from one that lacks something", () => {
    expect(grantSame([read({ type: "tasks" })], [])).toBe(false);
    expect(grantSame([], [read({ type: "tasks" })])).toBe(false);
  });
});

describe("the catalogue", () => {
  it("names each type once, and never instance", () => {
    const types = CATALOGUE.map(({ type }) => type as string);
    expect(new Set(types).size).toBe(types.length);
    expect(types).not.toContain("instance");
    expect(OSS_TYPES).toHaveLength(22);
  });

  it("has servers asked about the types that some of them lack, and about no other", () => {
    expect(CATALOGUE.filter((resource) => !isUniversal(resource)).map(({ type }) => type)).toEqual([
      "annotations",
      "notebooks",
      "remotes",
      "replications",
      "flows",
      "subscriptions",
    ]);
  });

  it("knows an id when it sees one", () => {
    expect(["00000000000000a1", "ABCDEF0123456789"].every(isId)).toBe(true);
    expect(["0000000000000000", "a1", "00000000000000g1", "00000000000000a1 ", ""].some(isId)).toBe(false);
  });
});
