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
  [`POST ${PATH}`, "x", 500, "json: cannot unmarshal string into Go value of type influxdb.User"],
])("refuse %s %j", async (what, body, status, message) => {
  expect(refusal(await api.ask(what, { body }))).toEqual([status, message]);
});

it("free their name when they go", async () => {
  const { id } = await api.get<{ id: string }>(`POST ${PATH}`, { name: "gone", status: "inactive" });
  await api.get(`DELETE ${PATH}/${id}`);
  expect(await api.get(`POST ${PATH}`, { name: "gone" })).toMatchObject({ status: "active" });
});
