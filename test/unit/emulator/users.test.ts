import { openApi, refusal, type Api } from "./support/api";

const PATH = "/api/v2/users";
const NOBODY = "00000000000000ff";

let api: Api;
let ciId: string;
beforeAll(async () => {
  api = await openApi();
  ({ id: ciId } = await api.get<{ id: string }>(`POST ${PATH}`, { name: "ci" }));
});
afterAll(() => api.emulator.close());

const list = async (query = "", token = api.token): Promise<string[]> => {
  const { body } = await api.ask(`GET ${PATH}${query}`, { token });
  return (body as { users: { name: string }[] }).users.map(({ name }) => name);
};

it("are listed, and found by name or id", async () => {
  expect(await list()).toEqual(["admin", "ci"]);
  expect(await list("?name=")).toEqual(["admin", "ci"]);
  expect(await list("?name=ci")).toEqual(["ci"]);
  expect(await list(`?id=${ciId}`)).toEqual(["ci"]);
  expect(await list("?limit=1")).toEqual(["admin"]);
  expect(await api.get(`GET ${PATH}/${ciId}`)).toEqual({
    links: { self: `${PATH}/${ciId}` },
    id: ciId,
    name: "ci",
    status: "active",
  });
});

it("are shown to those who may read them", async () => {
  const token = await api.tokenFor(`read:users/${ciId}`);
  expect(await list("", token)).toEqual(["ci"]);
  expect(await list("?name=admin", token)).toEqual([]);
  const unauthorized = [401, `read:users/${api.userId} is unauthorized`];
  expect(refusal(await api.ask(`GET ${PATH}/${api.userId}`, { token }))).toEqual(unauthorized);
  expect(refusal(await api.ask("GET /api/v2/me", { token }))).toEqual(unauthorized);
  expect(refusal(await api.ask(`POST ${PATH}`, { token, body: { name: "n" } }))).toEqual([
    401,
    "write:users is unauthorized",
  ]);
  expect(refusal(await api.ask(`DELETE ${PATH}/${ciId}`, { token }))).toEqual([
    401,
    `write:users/${ciId} is unauthorized`,
  ]);
});

it.each<[string, unknown, number, string]>([
  [`GET ${PATH}?name=ghost`, undefined, 404, "user not found"],
  [`GET ${PATH}?id=${NOBODY}`, undefined, 404, "user not found"],
  [`GET ${PATH}?id=x`, undefined, 400, "id must have a length of 16 bytes"],
  [`GET ${PATH}/x`, undefined, 400, "id must have a length of 16 bytes"],
  [`GET ${PATH}/${NOBODY}`, undefined, 404, "user not found"],
  [`DELETE ${PATH}/${NOBODY}`, undefined, 404, "user not found"],
  [`POST ${PATH}`, { name: "ci" }, 422, "user with name ci already exists"],
  [`POST ${PATH}`, "x", 500, "json: cannot unmarshal string into body of type object"],
])("refuse %s %j", async (what, body, status, message) => {
  expect(refusal(await api.ask(what, { body }))).toEqual([status, message]);
});

it("may be renamed to a name that is free, and then go by that name only", async () => {
  const { id } = await api.get<{ id: string }>(`POST ${PATH}`, { name: "alice" });
  expect(await api.get(`PATCH ${PATH}/${id}`, { name: "alicia" })).toEqual({
    links: { self: `${PATH}/${id}` },
    id,
    name: "alicia",
    status: "active",
  });
  expect(await list("?name=alicia")).toEqual(["alicia"]);
  for (const name of ["alice", "alicia%20", "%20alicia", "Alicia"]) {
    expect(refusal(await api.ask(`GET ${PATH}?name=${name}`))).toEqual([404, "user not found"]);
  }
  expect(await api.get(`PATCH ${PATH}/${id}`, { name: "alicia" })).toMatchObject({ name: "alicia" });
  expect(refusal(await api.ask(`PATCH ${PATH}/${id}`, { body: { name: "ci" } }))).toEqual([
    422,
    "user with name ci already exists",
  ]);
  expect(await api.get(`POST ${PATH}`, { name: "alice" })).toMatchObject({ name: "alice" });
});

it("may be switched off and on, and their tokens with them", async () => {
  const { id } = await api.get<{ id: string }>(`POST ${PATH}`, { name: "seasonal" });
  const { token } = await api.get<{ token: string }>("POST /api/v2/authorizations", {
    orgID: api.orgId,
    userID: id,
    permissions: [{ action: "read", resource: { type: "users" } }],
  });
  expect(await api.get(`PATCH ${PATH}/${id}`, { status: "inactive" })).toMatchObject({
    name: "seasonal",
    status: "inactive",
  });
  expect(refusal(await api.ask("GET /api/v2/me", { token }))).toEqual([403, "User is inactive"]);
  await api.get(`PATCH ${PATH}/${id}`, { name: "seasonal", status: "active" });
  expect((await api.ask("GET /api/v2/me", { token })).status).toBe(200);
});

it.each<[string, unknown, number, string]>([
  ["PATCH", { status: "paused" }, 400, "invalid status: must be active or inactive"],
  ["PATCH", { status: "" }, 400, "invalid status: must be active or inactive"],
  ["PATCH", { name: 1 }, 500, "json: cannot unmarshal number into name of type string"],
])("are not changed by %s %j", async (method, body, status, message) => {
  expect(refusal(await api.ask(`${method} ${PATH}/${ciId}`, { body }))).toEqual([status, message]);
  expect(await api.get(`GET ${PATH}/${ciId}`)).toMatchObject({ name: "ci", status: "active" });
});

it("are changed by those who may write them", async () => {
  const body = { name: "n", password: "long enough" };
  const token = await api.tokenFor("read:users");
  const unauthorized = [401, `write:users/${ciId} is unauthorized`];
  expect(refusal(await api.ask(`PATCH ${PATH}/${ciId}`, { token, body }))).toEqual(unauthorized);
  expect(refusal(await api.ask(`POST ${PATH}/${ciId}/password`, { token, body }))).toEqual(unauthorized);
  expect(refusal(await api.ask(`PATCH ${PATH}/${NOBODY}`, { body }))).toEqual([404, "user not found"]);
});

describe("their passwords", () => {
  const set = (password: unknown, path = `${PATH}/${ciId}/password`) =>
    api.ask(`POST ${path}`, { body: { password } });
  const length = "passwords must be between 8 and 72 characters long";

  it.each(["12345678", "x".repeat(72), "äöüß"])("may be %j", async (password) => {
    expect(await set(password)).toMatchObject({ status: 204, body: "" });
  });

  it.each<[unknown, number, string]>([
    ["1234567", 400, length],
    ["x".repeat(73), 400, length],
    [undefined, 400, length],
    [1, 400, "json: cannot unmarshal number into password of type string"],
  ])("may not be %j", async (password, status, message) => {
    expect(refusal(await set(password))).toEqual([status, message]);
  });

  it("are those of a user", async () => {
    const password = "long enough";
    expect(refusal(await set(password, `${PATH}/${NOBODY}/password`))).toEqual([
      403,
      "your userID is incorrect",
    ]);
    expect(refusal(await set(password, `${PATH}/x/password`))).toEqual([
      500,
      "invalid user ID provided in route",
    ]);
  });

  it("are not changed with a token where the old one should be", async () => {
    const body = { password: "long enough" };
    expect(refusal(await api.ask(`PUT ${PATH}/${ciId}/password`, { body }))).toEqual([
      500,
      "error decoding password reset request: invalid basic auth",
    ]);
  });
});

it("free their name when they go", async () => {
  const { id } = await api.get<{ id: string }>(`POST ${PATH}`, { name: "gone", status: "inactive" });
  await api.get(`DELETE ${PATH}/${id}`);
  expect(await api.get(`POST ${PATH}`, { name: "gone" })).toMatchObject({ status: "active" });
});
