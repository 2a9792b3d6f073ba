import * as fc from "fast-check";
import { CATALOGUE, OSS_TYPES, TYPE_FLAGS } from "../../../provider/permissions/catalogue";
import { expandPermissions, type PermissionFlags } from "../../../provider/permissions/expand";
import { flagsOf, type FlagsContext } from "../../../provider/permissions/flagsOf";
import { formatPermission, grantSame } from "../../../provider/permissions/format";
import { checkInputs } from "../../../provider/token/inputs";
import type { Action, Permission } from "../../../provider/types";

const orgId = "00000000000000a1";
const userId = "00000000000000b1";
const context: FlagsContext = { orgId, userId };

/** Few, so that they meet. */
const id = fc.constantFrom(orgId, userId, "00000000000000c1", "00000000000000c2", "0123456789abcdef");
const organization = fc.constantFrom(orgId, orgId, orgId, "00000000000000a2");
const types = [...CATALOGUE.map(({ type }) => type), "instance", "functions"];
const permission: fc.Arbitrary<Permission> = fc.record({
  action: fc.constantFrom<Action>("read", "write"),
  resource: fc.record(
    { type: fc.constantFrom(...types), id, orgID: organization },
    { requiredKeys: ["type"] },
  ),
});

/** Whole presets, and parts of them, are as likely as single permissions. */
const permissions: fc.Arbitrary<Permission[]> = fc
  .tuple(
    fc.constantFrom<PermissionFlags>({}, { operator: true }, { allAccess: true }),
    fc.array(permission, { maxLength: 12 }),
    fc.integer({ min: 0, max: 50 }),
  )
  .map(([preset, more, missing]) => {
    const whole = expandPermissions(preset, context);
    return [...whole.filter((_, index) => index !== missing), ...more];
  });

const NAMES: ReadonlyMap<string, string> = new Map([
  ["00000000000000c1", "metrics"],
  ["00000000000000c2", "name:odd"],
  ["0123456789abcdef", "fedcba9876543210"],
]);
/** The ids that inputs stand for, by what they hold. */
const BUCKET_IDS: ReadonlyMap<string, string> = new Map([
  ["metrics", "00000000000000c1"],
  ["name:name:odd", "00000000000000c2"],
  ["name:fedcba9876543210", "0123456789abcdef"],
]);

const read = (type: string, more: object = { orgID: orgId }): Permission => ({
  action: "read",
  resource: { type, ...more },
});
const write = (type: string, more?: object): Permission => ({ ...read(type, more), action: "write" });
const flags = (given: Permission[], more: Partial<FlagsContext> = {}): PermissionFlags => {
  const { flags: found, rest } = flagsOf(given, { ...context, ...more });
  expect(rest).toEqual([]);
  return found;
};
const reasonOf = (given: Permission): string => {
  const { flags: found, rest } = flagsOf([given], context);
  expect(found).toEqual({});
  return rest.map(({ reason }) => reason).join();
};

describe("flagsOf", () => {
  it("and what it leaves over grant the same as what was given, for any permissions", () => {
    fc.assert(
      fc.property(permissions, fc.boolean(), fc.boolean(), (given, named, listed) => {
        const resourceTypes = listed ? [...OSS_TYPES, "instance"] : undefined;
        const found = flagsOf(given, {
          ...context,
          ...(named && { bucketNames: NAMES }),
          ...(resourceTypes && { resourceTypes }),
        });
        const expanded = expandPermissions(found.flags, {
          ...context,
          bucketIds: BUCKET_IDS,
          ...(resourceTypes && { resourceTypes }),
        });
        const all = [...expanded, ...found.rest.map((each) => each.permission)];
        expect(grantSame(all, given)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it("leaves nothing over of what flags ask for, and gives flags that ask for it", () => {
    const anyFlags = fc.record({
      types: fc.dictionary(fc.constantFrom(...TYPE_FLAGS.keys()), fc.constant(true)),
      readBucket: fc.uniqueArray(id, { maxLength: 4 }),
      readOwnOrg: fc.boolean(),
    });
    fc.assert(
      fc.property(anyFlags, ({ types: switches, ...others }) => {
        const given = expandPermissions({ ...switches, ...others }, context);
        const found = flagsOf(given, context);
        expect(found.rest).toEqual([]);
        expect(expandPermissions(found.flags, context)).toEqual(given);
      }),
    );
  });

  it("gives inputs that check accepts, for any permissions", () => {
    const noContext = { host: () => "http://localhost:8086", organization: () => ({ org: "acme" }) };
    fc.assert(
      fc.property(permissions, fc.boolean(), (given, named) => {
        const found = flagsOf(given, { ...context, ...(named && { bucketNames: NAMES }) }).flags;
        fc.pre(Object.keys(found).length > 0);
        expect(checkInputs({ org: "acme", ...found }, {}, noContext).failures).toEqual([]);
      }),
    );
  });

  it("does not depend on order, repetition, names beside the ids, or their case", () => {
    const given = [
      read("tasks"),
      write("buckets", { id: "0123456789abcdef", orgID: orgId }),
      read("dashboards", { id: "00000000000000c1", orgID: orgId }),
      write("dashboards", { id: "00000000000000c1", orgID: orgId }),
    ];
    const answered = [...given, ...given].reverse().map(({ action, resource }) => ({
      action,
      resource: {
        ...resource,
        ...(resource.id && { id: resource.id.toUpperCase() }),
        org: "acme",
        name: "x",
      },
    }));
    expect(JSON.stringify(flags(answered))).toBe(JSON.stringify(flags(given)));
    expect(flags(given)).toEqual({
      readTasks: true,
      writeBucket: ["0123456789abcdef"],
      extraPermissions: { "dashboards/00000000000000c1": "read, write" },
    });
  });

  it("takes a set that is equal to a preset for it, also with what it includes anyway", () => {
    const operator = expandPermissions({ operator: true }, context);
    const allAccess = expandPermissions({ allAccess: true }, context);
    expect(flags(operator)).toEqual({ operator: true });
    expect(flags([...operator, read("buckets")])).toEqual({ operator: true });
    expect(flags(allAccess)).toEqual({ allAccess: true });
    expect(flags([...allAccess, read("buckets", { id: orgId, orgID: orgId })])).toEqual({ allAccess: true });
  });

  it("takes neither more nor less than a preset for it", () => {
    const allAccess = expandPermissions({ allAccess: true }, context);
    expect(flags([...allAccess, read("users", {})])).toMatchObject({ readUsers: true, readTasks: true });
    expect(flags([...allAccess, read("users", {})])).not.toHaveProperty("allAccess");
    const less = flags(allAccess.slice(0, -1));
    expect(less).not.toHaveProperty("allAccess");
    expect(less).toMatchObject({
      readOwnOrg: true,
      extraPermissions: { [`/users/${userId}`]: "read, write" },
    });
  });

  it("measures presets by the types that the server lists", () => {
    const resourceTypes = ["buckets", "orgs", "users", "instance"];
    const few = expandPermissions({ allAccess: true }, { ...context, resourceTypes });
    expect(flags(few, { resourceTypes })).toEqual({ allAccess: true });
    expect(flags(few)).not.toHaveProperty("allAccess");
  });

  it("takes no set for all-access where the owner is not known", () => {
    const allAccess = expandPermissions({ allAccess: true }, context);
    const ofNobody = flagsOf(allAccess, { orgId });
    expect(ofNobody.rest).toEqual([]);
    expect(ofNobody.flags).toMatchObject({ readTasks: true });
    expect(flagsOf(expandPermissions({ operator: true }, context), { orgId }).flags).toEqual({
      operator: true,
    });
  });

  it("takes another owner's all-access for what it is", () => {
    const others = expandPermissions({ allAccess: true }, { orgId, userId: "00000000000000b2" });
    expect(flags(others)).not.toHaveProperty("allAccess");
  });

  it("names buckets so that a name is not taken for an id", () => {
    const bucketNames = new Map([...NAMES, [userId, ""]]);
    const given = [...bucketNames.keys(), orgId].map((bucket) =>
      read("buckets", { id: bucket, orgID: orgId }),
    );
    expect(flags(given, { bucketNames })).toEqual({
      readBucket: [orgId, userId, "metrics", "name:fedcba9876543210", "name:name:odd"],
    });
  });

  it("writes inputs and keys in one order", () => {
    const given = [
      write("users"),
      read("users", { id: userId }),
      write("buckets", { id: orgId, orgID: orgId }),
    ];
    const more = [read("buckets", { id: userId, orgID: orgId }), read("orgs", { id: orgId }), read("tasks")];
    const found = flags([...given, ...more, write("authorizations"), read("users")]);
    expect(JSON.stringify(found)).toBe(
      JSON.stringify({
        readOwnOrg: true,
        writeAuthorizations: true,
        readTasks: true,
        readBucket: [userId],
        writeBucket: [orgId],
        extraPermissions: { [`/users/${userId}`]: "read", users: "read, write" },
      }),
    );
  });

  it("asks for what no flag can by extraPermissions", () => {
    const given = [
      read("telegrafs", { id: userId, orgID: orgId }),
      write("orgs", { id: orgId }),
      read("orgs", { id: userId }),
      read("users"),
      read("buckets", { id: userId }),
      read("functions"),
    ];
    expect(flags(given)).toEqual({
      extraPermissions: {
        [`/buckets/${userId}`]: "read",
        [`/orgs/${orgId}`]: "write",
        [`/orgs/${userId}`]: "read",
        functions: "read",
        [`telegrafs/${userId}`]: "read",
        users: "read",
      },
    });
  });

  it.each<[string, Permission, string]>([
    ["of the type instance", read("instance"), "refuse it to every token"],
    ["on one type in every organization", read("buckets", {}), "every organization"],
    ["of another organization", read("tasks", { orgID: userId }), "another organization's"],
    ["on no id", read("tasks", { id: "x", orgID: orgId }), "its id is none"],
    ["of no type", read("a/b"), "extraPermissions"],
    ["of no action", { ...read("tasks"), action: "own" as Action }, "neither read nor write"],
  ])("says why a permission %s cannot be asked for", (_, given, reason) => {
    expect(reasonOf(given)).toContain(reason);
  });

  it("leaves over what the server does not list, beside a preset as well", () => {
    const given = [...expandPermissions({ allAccess: true }, context), read("functions"), read("instance")];
    const { flags: found, rest } = flagsOf(given, { ...context, resourceTypes: OSS_TYPES });
    expect(found).toEqual({ allAccess: true });
    expect(rest.map((each) => formatPermission(each.permission))).toEqual([
      `read:orgs/${orgId}/functions`,
      `read:orgs/${orgId}/instance`,
    ]);
    const withInstance = [...expandPermissions({ operator: true }, context), read("instance", {})];
    expect(flagsOf(withInstance, context)).toEqual({
      flags: { operator: true },
      rest: [{ permission: read("instance", {}), reason: expect.stringContaining("instance") as unknown }],
    });
  });
});
