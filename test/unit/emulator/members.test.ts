import { openApi, refusal, type Api } from "./support/api";

const NOBODY = "00000000000000ff";

let api: Api;
let orgPath: string;
let annId: string;
let bobId: string;
beforeAll(async () => {
  api = await openApi();
  orgPath = `/api/v2/orgs/${api.orgId}`;
  annId = (await api.get<{ id: string }>("POST /api/v2/users", { name: "ann" })).id;
  bobId = (await api.get<{ id: string }>("POST /api/v2/users", { name: "bob" })).id;
});
afterAll(() => api.emulator.close());

const namesOf = async (list: string, orgID = api.orgId): Promise<string[]> => {
  const { users } = await api.get<{ users: { name: string }[] }>(`GET /api/v2/orgs/${orgID}/${list}`);
  return users.map(({ name }) => name);
};
const remove = (list: string, userID: string, token = api.token) =>
  api.ask(`DELETE ${orgPath}/${list}/${userID}`, { token });

it("begin with the owner who made the organization", async () => {
  expect(await namesOf("owners")).toEqual(["admin"]);
  expect(await namesOf("members")).toEqual([]);
});

it.each([
  ["members", "member"],
  ["owners", "owner"],
])("are added to the %s, listed in the order of ids, and removed", async (list, role) => {
  const before = await namesOf(list);
  await api.get(`POST ${orgPath}/${list}`, { id: bobId });
  expect(await api.ask(`POST ${orgPath}/${list}`, { body: { id: annId, name: "ignored" } })).toMatchObject({
    status: 201,
    body: { role, links: { self: `/api/v2/users/${annId}` }, id: annId, name: "ann", status: "active" },
  });
  expect(await namesOf(list)).toEqual([...before, "ann", "bob"]);
  expect(await api.get(`GET ${orgPath}/${list}`)).toMatchObject({
    links: { self: `${orgPath}/${list}` },
    users: expect.arrayContaining([expect.objectContaining({ role, id: bobId })]) as unknown,
  });
  for (const userID of [annId, bobId]) expect((await remove(list, userID)).status).toBe(204);
  expect(await namesOf(list)).toEqual(before);
});

it("have one role, which goes by either path, and may go twice", async () => {
  await api.get(`POST ${orgPath}/members`, { id: annId });
  const twice = `Unexpected error when assigning user to a resource: mapping for user ${annId} already exists`;
  expect(refusal(await api.ask(`POST ${orgPath}/owners`, { body: { id: annId } }))).toEqual([500, twice]);
  expect((await remove("owners", annId)).status).toBe(204);
  expect(await namesOf("members")).toEqual([]);
  expect((await remove("owners", annId)).status).toBe(204);
});

it("have their organizations listed, of which a caller without filter sees its own", async () => {
  const { id: orgID } = await api.get<{ id: string }>("POST /api/v2/orgs", { name: "club" });
  const { token } = await api.get<{ token: string }>("POST /api/v2/authorizations", {
    orgID,
    userID: annId,
    permissions: [{ action: "read", resource: { type: "orgs", id: orgID } }],
  });
  const seen = async () => [
    (await api.ask(`GET /api/v2/orgs?userID=${annId}`)).body,
    (await api.ask("GET /api/v2/orgs", { token })).body,
  ];
  const links = { self: "/api/v2/orgs" };
  expect(await seen()).toEqual([
    { links, orgs: [] },
    { links, orgs: [] },
  ]);
  await api.get(`POST /api/v2/orgs/${orgID}/members`, { id: annId });
  expect(await seen()).toMatchObject([{ orgs: [{ name: "club" }] }, { orgs: [{ name: "club" }] }]);
  await api.get(`DELETE /api/v2/orgs/${orgID}`);
  expect(await seen()).toEqual([
    { links, orgs: [] },
    { links, orgs: [] },
  ]);
});

it("leave with their user", async () => {
  const { id } = await api.get<{ id: string }>("POST /api/v2/users", { name: "guest" });
  await api.get(`POST ${orgPath}/members`, { id });
  await api.get(`DELETE /api/v2/users/${id}`);
  expect(await namesOf("members")).toEqual([]);
});

it.each<[string, unknown, number, string]>([
  ["GET /api/v2/orgs/00000000000000ff/members", undefined, 404, "404 page not found"],
  ["POST /api/v2/orgs/00000000000000ff/owners", { id: NOBODY }, 404, "404 page not found"],
  ["GET /api/v2/orgs/x/members", undefined, 400, "corrupt ID provided: id must have a length of 16 bytes"],
  ["POST ORG/members", { id: NOBODY }, 404, "user not found"],
  ["POST ORG/members", { name: "ann" }, 400, "user id missing or invalid"],
  ["POST ORG/members", { id: "x" }, 400, "id must have a length of 16 bytes"],
  ["DELETE ORG/members/x", undefined, 400, "id must have a length of 16 bytes"],
])("refuse %s %j", async (what, body, status, message) => {
  expect(refusal(await api.ask(what.replace("ORG", orgPath), { body }))).toEqual([status, message]);
});

it("are listed for who may read the organization, and changed by who may write it", async () => {
  const stranger = await api.tokenFor("read:users");
  const reader = await api.tokenFor(`read:orgs/${api.orgId}`);
  const unauthorized = [401, `write:orgs/${api.orgId}/orgs/${api.orgId} is unauthorized`];
  const add = (token: string) => api.ask(`POST ${orgPath}/members`, { token, body: { id: annId } });
  expect(refusal(await api.ask(`GET ${orgPath}/members`, { token: stranger }))[0]).toBe(404);
  expect(refusal(await add(stranger))[0]).toBe(404);
  expect((await api.ask(`GET ${orgPath}/members`, { token: reader })).status).toBe(200);
  expect(refusal(await add(reader))).toEqual(unauthorized);
  const writer = await api.tokenFor(`read:orgs/${api.orgId}`, `write:orgs/${api.orgId}`);
  expect((await add(writer)).status).toBe(201);
  expect(refusal(await remove("members", annId, reader))).toEqual(unauthorized);
  expect((await remove("members", annId, writer)).status).toBe(204);
});

it.each(["PUT ORG/members", "GET ORG/owners/00000000000000ff", "PATCH ORG/members/00000000000000ff"])(
  "have no such method: %s",
  async (what) => {
    expect((await api.ask(what.replace("ORG", orgPath))).status).toBe(405);
  },
);
