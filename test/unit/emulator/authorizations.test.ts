import type { Authorization } from "../../../provider/types";
import { openApi, refusal, toPermission, type Api } from "./support/api";

const PATH = "/api/v2/authorizations";
const NOBODY = "00000000000000ff";

let api: Api;
let ciId: string;
beforeAll(async () => {
  api = await openApi();
  ({ id: ciId } = await api.get<{ id: string }>("POST /api/v2/users", { name: "ci" }));
});
afterAll(() => api.emulator.close());

const create = (fields: object): Promise<Authorization> =>
  api.get(`POST ${PATH}`, { orgID: api.orgId, permissions: [toPermission("read:tasks")], ...fields });
const refuse = async (fields: object, token = api.token): Promise<[number, string]> =>
  refusal(
    await api.ask(`POST ${PATH}`, {
      token,
      body: { orgID: api.orgId, permissions: [toPermission("read:tasks")], ...fields },
    }),
  );

describe("creating", () => {
  it("ignores a token in the body", async () => {
    expect((await create({ token: "mine" })).token).not.toBe("mine");
  });

  it("keeps duplicated permissions", async () => {
    const twice = [toPermission("read:tasks"), toPermission("read:tasks")];
    expect((await create({ permissions: twice })).permissions).toEqual(twice);
  });

  it("gives it to the caller where no user is named, and to the user who is", async () => {
    expect(await create({ userID: null })).toMatchObject({ userID: api.userId, user: "admin" });
    expect(await create({ userID: ciId.toUpperCase() })).toMatchObject({ userID: ciId, user: "ci" });
  });

  it("shows the names of ids, and none for an id that does not exist", async () => {
    const { permissions } = await create({
      permissions: [
        `read:orgs/${api.orgId}/buckets/${api.bucketId}`,
        `read:orgs/${api.orgId}/buckets/${NOBODY}`,
        `read:orgs/${api.orgId}/tasks/${NOBODY}`,
        `read:users/${api.userId}`,
        `read:orgs/${api.orgId}`,
      ].map(toPermission),
    });
    expect(permissions.map(({ resource: { name, org } }) => [name, org])).toEqual([
      ["metrics", "acme"],
      [undefined, undefined],
      [undefined, "acme"],
      ["admin", undefined],
      ["acme", undefined],
    ]);
  });

  it.each<[object, number, string]>([
    [{ permissions: undefined }, 400, "authorization must include permissions"],
    [{ permissions: [] }, 400, "authorization must include permissions"],
    [
      { permissions: [null] },
      400,
      "invalid resource type for permission: unknown resource type for permission",
    ],
    [
      { permissions: [toPermission("read:flows")] },
      400,
      "invalid resource type for permission: unknown resource type for permission",
    ],
    [
      { permissions: [toPermission("admin:tasks")] },
      400,
      "invalid action type for permission: unknown action for permission",
    ],
    [{ orgID: undefined }, 400, "org id required: invalid ID"],
    [{ orgID: "0000000000000000" }, 400, "invalid json structure: invalid ID"],
    [{ orgID: "zzzzzzzzzzzzzzzz" }, 400, "invalid json structure: invalid ID"],
    [{ userID: "ci" }, 400, "invalid json structure: id must have a length of 16 bytes"],
    [{ status: "paused" }, 400, "invalid status: must be active or inactive"],
    [{ userID: NOBODY }, 400, "unable to create token"],
    [{ orgID: NOBODY }, 400, "unable to create token"],
    [
      { permissions: [toPermission(`read:orgs/${NOBODY}/tasks`)] },
      400,
      `permission read:orgs/${NOBODY}/tasks is not for org id ORG`,
    ],
    [
      { permissions: [toPermission("read:instance")] },
      403,
      "permission read:instance is not allowed: read:instance is unauthorized",
    ],
  ])("refuses %j", async (fields, status, message) => {
    expect(await refuse(fields)).toEqual([status, message.replace("ORG", api.orgId)]);
  });

  it("takes an empty status for active", async () => {
    expect((await create({ status: "" })).status).toBe("active");
  });

  it("takes permissions on authorizations of the organization, on the owner, and those to be granted", async () => {
    const some = await api.tokenFor("read:tasks");
    expect(await refuse({}, some)).toEqual([401, `write:orgs/${api.orgId}/authorizations is unauthorized`]);
    const scoped = `write:orgs/${api.orgId}/authorizations`;
    const more = await api.tokenFor(scoped, "read:tasks");
    expect(await refuse({}, more)).toEqual([401, `write:users/${api.userId} is unauthorized`]);
    const enough = await api.tokenFor(scoped, `write:users/${api.userId}`, "read:tasks");
    expect(
      (
        await api.ask(`POST ${PATH}`, {
          token: enough,
          body: { orgID: api.orgId, permissions: [toPermission("read:tasks")] },
        })
      ).status,
    ).toBe(201);
    expect(await refuse({ permissions: [toPermission("write:tasks")] }, enough)).toEqual([
      403,
      "permission write:tasks is not allowed: write:tasks is unauthorized",
    ]);
  });
});

describe("reading", () => {
  it("shows the token only in the answer that created it, where tokens are hashed", async () => {
    const { id, token } = await create({});
    expect(token).not.toBe("");
    expect((await api.get<Authorization>(`GET ${PATH}/${id}`)).token).toBe("");
    expect(api.emulator.authorizations().find((each) => each.id === id)?.token).toBe(token);
  });

  it("takes permissions on the authorization and on its owner", async () => {
    const { id } = await create({});
    const path = `GET ${PATH}/${id}`;
    const none = await api.tokenFor("read:tasks");
    expect(refusal(await api.ask(path, { token: none }))).toEqual([
      401,
      `read:orgs/${api.orgId}/authorizations/${id} is unauthorized`,
    ]);
    const half = await api.tokenFor(`read:authorizations/${id}`);
    expect(refusal(await api.ask(path, { token: half }))).toEqual([
      401,
      `read:users/${api.userId} is unauthorized`,
    ]);
    const both = await api.tokenFor(`read:authorizations/${id}`, "read:users");
    expect((await api.ask(path, { token: both })).status).toBe(200);
  });

  it.each([
    ["nope", 400, "id must have a length of 16 bytes"],
    ["0000000000000000", 400, "invalid ID"],
    ["gggggggggggggggg", 400, "invalid ID"],
    [NOBODY, 404, "authorization not found"],
  ])("refuses the id %s by every method", async (id, status, message) => {
    for (const method of ["GET", "PATCH", "DELETE"]) {
      expect(refusal(await api.ask(`${method} ${PATH}/${id}`, { body: {} }))).toEqual([status, message]);
    }
  });
});

describe("listing", () => {
  const list = async (query: string, token = api.token): Promise<string[]> => {
    const { body } = await api.ask(`GET ${PATH}${query}`, { token });
    return (body as { authorizations: Authorization[] }).authorizations.map(({ id }) => id);
  };

  it("is filtered by user and organization, by id or by name", async () => {
    const { id } = await create({ userID: ciId });
    const all = await list("");
    for (const query of [
      `?userID=${ciId}`,
      "?user=ci",
      `?user=ci&orgID=${api.orgId}`,
      `?org=acme&userID=${ciId}`,
    ]) {
      const found = await list(query);
      expect(found).toContain(id);
      expect(found.length).toBeLessThan(all.length);
    }
    expect(await list(`?orgID=${api.orgId}`)).toEqual(all);
    expect(await list(`?id=${id}`)).toEqual([id]);
    expect(await list(`?userID=${NOBODY}`)).toEqual([]);
    expect(await list(`?orgID=${NOBODY}`)).toEqual([]);
  });

  it("takes empty filters, and one for tokens, for none", async () => {
    expect(await list("?user=&org=&id=&orgID=&token=x")).toEqual(await list(""));
  });

  it.each([
    ["?user=ghost", 404, "user not found"],
    ["?org=ghost", 404, 'organization name "ghost" not found'],
    [`?id=${NOBODY}`, 404, "authorization not found"],
    ["?userID=x", 400, "id must have a length of 16 bytes"],
    ["?orgID=0000000000000000", 400, "invalid ID"],
    ["?id=x", 400, "id must have a length of 16 bytes"],
  ])("refuses %s", async (query, status, message) => {
    expect(refusal(await api.ask(`GET ${PATH}${query}`))).toEqual([status, message]);
  });

  it("shows what the caller may read, and no more", async () => {
    const { id } = await create({});
    expect(await list("", await api.tokenFor("read:authorizations"))).toEqual([]);
    expect(await list("", await api.tokenFor(`read:authorizations/${id}`, "read:users"))).toEqual([id]);
  });

  it("leaves out what belongs to a deleted organization, which is not found by its id either", async () => {
    const { id: orgID } = await api.get<{ id: string }>("POST /api/v2/orgs", { name: "short-lived" });
    const { id } = await create({ orgID });
    await api.get(`DELETE /api/v2/orgs/${orgID}`);
    expect(await list("")).not.toContain(id);
    expect(refusal(await api.ask(`GET ${PATH}/${id}`))).toEqual([404, "organization not found"]);
  });
});

describe("what outlives its organization or its owner", () => {
  const remains = {
    organization: async () => {
      const { id: orgID } = await api.get<{ id: string }>("POST /api/v2/orgs", { name: "doomed" });
      const made = await create({ orgID, permissions: [{ action: "read", resource: { type: "users" } }] });
      await api.get(`DELETE /api/v2/orgs/${orgID}`);
      return made;
    },
    user: async () => {
      const { id: userID } = await api.get<{ id: string }>("POST /api/v2/users", { name: "leaver" });
      const made = await create({ userID, permissions: [{ action: "read", resource: { type: "users" } }] });
      await api.get(`DELETE /api/v2/users/${userID}`);
      return made;
    },
  };

  it.each(["organization", "user"] as const)(
    "is said to lack its %s, is changed all the same, stays out of lists, and goes when deleted",
    async (gone) => {
      const { id } = await remains[gone]();
      const path = `${PATH}/${id}`;
      const stored = () => api.emulator.authorizations().find((each) => each.id === id);
      const lacking = [404, `${gone} not found`];
      expect(refusal(await api.ask(`GET ${path}`))).toEqual(lacking);
      expect(refusal(await api.ask(`PATCH ${path}`, { body: { description: "found" } }))).toEqual(lacking);
      expect(stored()).toMatchObject({ status: "active", description: "found" });
      for (const query of ["", `?id=${id}`, `?orgID=${stored()?.orgID ?? ""}`]) {
        const { authorizations } = await api.get<{ authorizations: Authorization[] }>(`GET ${PATH}${query}`);
        expect(authorizations.map((each) => each.id)).not.toContain(id);
      }
      expect((await api.ask(`DELETE ${path}`)).status).toBe(204);
      expect(stored()).toBeUndefined();
      expect(refusal(await api.ask(`GET ${path}`))).toEqual([404, "authorization not found"]);
      expect(refusal(await api.ask(`DELETE ${path}`))).toEqual([404, "authorization not found"]);
    },
  );

  it("works on without its organization, until somebody switches it off", async () => {
    const { id, token } = await remains.organization();
    const users = async () => (await api.get<{ users: object[] }>("GET /api/v2/users")).users.length;
    const seen = async () =>
      ((await api.ask("GET /api/v2/users", { token })).body as { users: object[] }).users.length;
    expect(await seen()).toBe(await users());
    await api.ask(`PATCH ${PATH}/${id}`, { body: { status: "inactive" } });
    expect(await seen()).toBe(0);
  });

  it("is refused without its owner", async () => {
    const { token } = await remains.user();
    expect(refusal(await api.ask("GET /api/v2/users", { token }))).toEqual([403, "User is inactive"]);
  });

  it("tells the new names of what was only renamed", async () => {
    const { id: orgID } = await api.get<{ id: string }>("POST /api/v2/orgs", { name: "moving" });
    const { id: userID } = await api.get<{ id: string }>("POST /api/v2/users", { name: "alice" });
    const { id: bucket } = await api.get<{ id: string }>("POST /api/v2/buckets", { orgID, name: "old" });
    const permissions = [{ action: "read", resource: { type: "buckets", id: bucket, orgID } }];
    const { id } = await create({ orgID, userID, permissions });
    await api.get(`PATCH /api/v2/orgs/${orgID}`, { name: "moved" });
    await api.get(`PATCH /api/v2/users/${userID}`, { name: "alicia" });
    await api.get(`PATCH /api/v2/buckets/${bucket}`, { name: "new" });
    expect(await api.get(`GET ${PATH}/${id}`)).toMatchObject({
      org: "moved",
      user: "alicia",
      permissions: [{ resource: { org: "moved", name: "new" } }],
    });
  });
});

describe("changing", () => {
  it("touches status and description, and ignores everything else", async () => {
    const { id, permissions } = await create({});
    const changes = { status: "inactive", description: "new", permissions: [], orgID: 1, token: "x" };
    expect(await api.get(`PATCH ${PATH}/${id}`, changes)).toMatchObject({
      status: "inactive",
      description: "new",
      permissions,
    });
    expect(await api.get(`PATCH ${PATH}/${id}`, { status: "" })).toMatchObject({
      status: "active",
      description: "new",
    });
    expect(await api.get(`PATCH ${PATH}/${id}`, {})).toMatchObject({ status: "active", description: "new" });
  });

  it("takes permission to read and to write it", async () => {
    const { id } = await create({});
    const reader = await api.tokenFor("read:authorizations", "read:users");
    const unauthorized = [401, `write:orgs/${api.orgId}/authorizations/${id} is unauthorized`];
    expect(refusal(await api.ask(`PATCH ${PATH}/${id}`, { token: reader, body: {} }))).toEqual(unauthorized);
    expect(refusal(await api.ask(`DELETE ${PATH}/${id}`, { token: reader }))).toEqual(unauthorized);
    const writer = await api.tokenFor("write:authorizations", "write:users");
    expect(refusal(await api.ask(`PATCH ${PATH}/${id}`, { token: writer, body: {} }))).toEqual([
      401,
      `read:orgs/${api.orgId}/authorizations/${id} is unauthorized`,
    ]);
    expect((await api.ask(`DELETE ${PATH}/${id}`, { token: writer })).status).toBe(204);
  });

  it("makes a token useless when it is deleted", async () => {
    const token = await api.tokenFor("read:users");
    const { id } = api.emulator.authorizations().find((each) => each.token === token) ?? { id: "" };
    expect((await api.ask("GET /api/v2/me", { token })).status).toBe(200);
    await api.get(`DELETE ${PATH}/${id}`);
    expect((await api.ask("GET /api/v2/me", { token })).status).toBe(401);
  });
});

it.each([
  ["v2.7.12", true, "unknown authorization status"],
  ["v2.8.0", true, "encodeAuthorization: unknown authorization status"],
  ["v2.9.1", false, "encodeAuthorization: unknown authorization status"],
])("words a bad status as %s does", async (version, plainTokens, message) => {
  const other = await openApi({ version, plainTokens });
  const [first] = other.emulator.authorizations();
  const path = `${PATH}/${first?.id ?? ""}`;
  expect(refusal(await other.ask(`PATCH ${path}`, { body: { status: "paused" } }))).toEqual([400, message]);
  expect((await other.get<Authorization>(`GET ${path}`)).token).toBe(plainTokens ? other.token : "");
  await other.emulator.close();
});
