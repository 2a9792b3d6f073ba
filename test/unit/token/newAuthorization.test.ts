import type { Bucket } from "../../../provider/types";
import { type Directory, newAuthorization } from "../../../provider/token/newAuthorization";
import { checked, ORG_ID, OTHER_ID, USER_ID } from "./support/tokens";

const MINE = "00000000000000c1";
const SYSTEM = "00000000000000c2";
const THEIRS = "00000000000000c3";
const BUCKETS: readonly Bucket[] = [
  { id: MINE, orgID: ORG_ID, name: "metrics", type: "user" },
  { id: SYSTEM, orgID: ORG_ID, name: "_tasks", type: "system" },
  { id: THEIRS, orgID: OTHER_ID, name: "theirs", type: "user" },
];

/** Questions of the last request, in the order of their answers. A server is not needed for what is asked of it. */
let asked: string[] = [];

function directoryWith(types: readonly string[] | undefined): Directory {
  const answer = <T>(question: string, value: T): Promise<T> => {
    asked.push(question);
    return Promise.resolve(value);
  };
  return {
    organizationId: (name) => answer(`org ${name}`, ORG_ID),
    userId: (name) => answer(`user ${name}`, USER_ID),
    callerId: () => answer("caller", OTHER_ID),
    resourceTypes: () => answer("types", types),
    bucket: (id) =>
      answer(
        `bucket ${id}`,
        BUCKETS.find((bucket) => bucket.id === id),
      ),
    bucketByName: (orgId, name) => {
      const found = BUCKETS.find((bucket) => bucket.orgID === orgId && bucket.name === name);
      return answer(`bucket named ${name}`, name === "hidden" ? "hidden" : (found ?? "absent"));
    },
    bucketNames: () => answer("bucket names", ["metrics", "metrics-raw", "_tasks"]),
  };
}

const requested = (
  raw: Record<string, unknown>,
  types: readonly string[] | undefined = ["buckets", "users", "orgs", "annotations"],
) => newAuthorization(checked(raw), directoryWith(types)).then(({ body }) => body);

beforeEach(() => {
  asked = [];
});

const tasks = { action: "read", resource: { type: "tasks", orgID: ORG_ID } };

describe("the request for a new token", () => {
  it("holds ids for names, and nothing that is left out", async () => {
    expect(await requested({ org: "acme", readTasks: true })).toStrictEqual({
      orgID: ORG_ID,
      permissions: [tasks],
    });
    expect(asked).toEqual(["org acme"]);
  });

  it("holds what is given", async () => {
    const given = { user: "ci", description: "CI", status: "inactive", readTasks: true };
    expect(await requested({ orgId: OTHER_ID, ...given })).toStrictEqual({
      orgID: OTHER_ID,
      userID: USER_ID,
      description: "CI",
      status: "inactive",
      permissions: [{ action: "read", resource: { type: "tasks", orgID: OTHER_ID } }],
    });
    expect(asked).toEqual(["user ci"]);
  });

  it("needs an organization", async () => {
    const { org, ...inputs } = checked({ org: "acme", readTasks: true });
    expect(org).toBe("acme");
    await expect(newAuthorization(inputs, directoryWith([]))).rejects.toThrow("give org or orgId");
  });

  it("for all-access asks for the types and the caller, who becomes the owner without being named", async () => {
    const { permissions, ...rest } = await requested({ org: "acme", allAccess: true });
    expect(rest).toStrictEqual({ orgID: ORG_ID });
    expect(asked.sort()).toEqual(["caller", "org acme", "types"]);
    expect(permissions).toHaveLength(7);
    expect(permissions).toContainEqual({ action: "read", resource: { type: "users", id: OTHER_ID } });
  });

  it("for all-access of a named owner asks for that one", async () => {
    const { userID, permissions } = await requested({ org: "acme", allAccess: true, user: "ci" });
    expect(userID).toBe(USER_ID);
    expect(permissions).toContainEqual({ action: "write", resource: { type: "users", id: USER_ID } });
    expect(asked).not.toContain("caller");
  });

  it("for an operator asks for the types only, and takes its own list where the server has none", async () => {
    expect((await requested({ org: "acme", operator: true })).permissions).toHaveLength(8);
    expect(asked.sort()).toEqual(["org acme", "types"]);
    const { body } = await newAuthorization(
      checked({ org: "acme", operator: true }),
      directoryWith(undefined),
    );
    expect(body.permissions.length).toBeGreaterThan(40);
  });

  it("asks for the types where not every server has what is asked for", async () => {
    await requested({ org: "acme", readAnnotations: true });
    expect(asked.sort()).toEqual(["org acme", "types"]);
    await expect(requested({ org: "acme", readNotebooks: true })).rejects.toThrow(
      'readNotebooks: this server has no resource type "notebooks"',
    );
  });
});

describe("a bucket of a new token", () => {
  it("is looked up, to be read or to be written", async () => {
    const { permissions } = await requested({ org: "acme", readBucket: [MINE], writeBucket: [MINE] });
    expect(permissions).toHaveLength(2);
    expect(asked).toEqual(["org acme", `bucket ${MINE}`, `bucket ${MINE}`]);
  });

  it.each<[string, string, RegExp]>([
    ["readBucket", USER_ID, /^readBucket: no bucket has the id 00000000000000b1/],
    ["writeBucket", THEIRS, /^writeBucket: the bucket \w+ \("theirs"\) belongs to the organization/],
    ["readBucket", SYSTEM, /^readBucket: "_tasks" .* is a system bucket.*add readOwnOrg: true/],
  ])("is refused where the token could not use it: %s %s", async (flag, id, message) => {
    await expect(requested({ org: "acme", [flag]: [MINE, id] })).rejects.toThrow(message);
  });

  it.each(["readOwnOrg", "readOrgs"])("of the system is read with %s", async (flag) => {
    const { permissions } = await requested({ org: "acme", readBucket: [SYSTEM], [flag]: true });
    expect(permissions).toHaveLength(2);
  });

  it("goes by its name, which is looked up in the token's organization", async () => {
    const directory = directoryWith([]);
    const inputs = checked({ org: "acme", readBucket: ["metrics"], writeBucket: ["name:metrics", MINE] });
    const { body, buckets } = await newAuthorization(inputs, directory);
    expect(body.permissions).toEqual([
      { action: "read", resource: { type: "buckets", id: MINE, orgID: ORG_ID } },
      { action: "write", resource: { type: "buckets", id: MINE, orgID: ORG_ID } },
    ]);
    expect(buckets).toEqual({ metrics: MINE });
    expect(asked).toEqual(["org acme", "bucket named metrics", "bucket named metrics", `bucket ${MINE}`]);
  });

  it("is remembered by its name where the program has its id", async () => {
    const { buckets } = await newAuthorization(
      checked({ org: "acme", readBucket: [MINE] }),
      directoryWith([]),
    );
    expect(buckets).toEqual({ metrics: MINE });
  });

  it.each([
    ["metrisc", /^readBucket: the token's organization has no bucket "metrisc": did you mean "metrics"/],
    ["other", /no bucket "other": `influx bucket list` shows those that there are$/],
    ["theirs", /no bucket "theirs"/],
    ["hidden", /cannot look up the bucket "hidden".* may not see it/],
    ["name:0123456789abcdef", /no bucket "0123456789abcdef"/],
    ["_tasks", /"_tasks" .* is a system bucket/],
  ])("that goes by the name %s is refused where there is none that helps", async (name, message) => {
    await expect(requested({ org: "acme", readBucket: [name] })).rejects.toThrow(message);
  });

  it("of the system is written without more", async () => {
    await expect(requested({ org: "acme", writeBucket: [SYSTEM] })).resolves.toBeDefined();
  });
});

describe("the owner of a new token", () => {
  it("may be given by its id, which nobody is asked for", async () => {
    const body = await requested({ org: "acme", allAccess: true, userId: USER_ID.toUpperCase() });
    expect(body.userID).toBe(USER_ID);
    expect(body.permissions).toContainEqual({ action: "write", resource: { type: "users", id: USER_ID } });
    expect(asked.sort()).toEqual(["org acme", "types"]);
  });
});

describe("extra permissions", () => {
  it("are in the token's own organization, or in none", async () => {
    const extraPermissions = { [`telegrafs/${MINE}`]: "write, read", [`/orgs/${OTHER_ID}`]: "read" };
    expect((await requested({ org: "acme", extraPermissions })).permissions).toEqual([
      { action: "read", resource: { type: "orgs", id: OTHER_ID } },
      { action: "read", resource: { type: "telegrafs", id: MINE, orgID: ORG_ID } },
      { action: "write", resource: { type: "telegrafs", id: MINE, orgID: ORG_ID } },
    ]);
    expect(asked).toEqual(["org acme"]);
  });

  it("of a type that not every server has are checked with the server", async () => {
    await expect(requested({ org: "acme", extraPermissions: { novelties: "read" } })).rejects.toThrow(
      'extraPermissions: this server has no resource type "novelties"',
    );
    expect(asked.sort()).toEqual(["org acme", "types"]);
  });

  it("that read the organization open a system bucket", async () => {
    const own = { readBucket: [SYSTEM], extraPermissions: { [`/orgs/${ORG_ID}`]: "read" } };
    await expect(requested({ org: "acme", ...own })).resolves.toBeDefined();
    const others = { readBucket: [SYSTEM], extraPermissions: { [`/orgs/${OTHER_ID}`]: "read" } };
    await expect(requested({ org: "acme", ...others })).rejects.toThrow("system bucket");
  });
});

describe("permissions that cannot be expanded", () => {
  it("are the user's to mend, and hide no failure of another kind", async () => {
    const inputs = checked({ org: "acme", readBucket: [MINE] });
    const broken = Object.defineProperty({ ...inputs }, "readOwnOrg", {
      get: () => {
        throw new RangeError("broken");
      },
    });
    await expect(newAuthorization({ ...inputs, operator: true }, directoryWith([]))).rejects.toThrow(
      "operator: operator already stands for a whole set",
    );
    await expect(newAuthorization(broken, directoryWith([]))).rejects.toThrow(new RangeError("broken"));
  });
});
