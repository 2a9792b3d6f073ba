import type { Directory } from "../../../provider/influxdb/directory";
import { newAuthorization } from "../../../provider/token/newAuthorization";
import { checked, ORG_ID, OTHER_ID, USER_ID } from "./support/tokens";

const MINE = "00000000000000c1";
const SYSTEM = "00000000000000c2";
const THEIRS = "00000000000000c3";
const BUCKETS: readonly Awaited<ReturnType<Directory["bucket"]>>[] = [
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
  const directory: Pick<Directory, "organizationId" | "userId" | "callerId" | "resourceTypes" | "bucket"> = {
    organizationId: (name) => answer(`org ${name}`, ORG_ID),
    userId: (name) => answer(`user ${name}`, USER_ID),
    callerId: () => answer("caller", OTHER_ID),
    resourceTypes: () => answer("types", types),
    bucket: (id) =>
      answer(
        `bucket ${id}`,
        BUCKETS.find((bucket) => bucket?.id === id),
      ),
  };
  return directory as Directory;
}

const requested = (
  raw: Record<string, unknown>,
  types: readonly string[] | undefined = ["buckets", "users", "orgs", "annotations"],
) => newAuthorization(checked(raw), directoryWith(types));

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
    const { permissions } = await newAuthorization(
      checked({ org: "acme", operator: true }),
      directoryWith(undefined),
    );
    expect(permissions.length).toBeGreaterThan(40);
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

  it("of the system is written without more", async () => {
    await expect(requested({ org: "acme", writeBucket: [SYSTEM] })).resolves.toBeDefined();
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
