import { openApi, refusal, type Api } from "./support/api";

const PATH = "/api/v2/orgs";
const NOBODY = "00000000000000ff";

let api: Api;
let otherId: string;
beforeAll(async () => {
  api = await openApi();
  ({ id: otherId } = await api.get<{ id: string }>(`POST ${PATH}`, {
    name: "umbrella",
    description: "rain",
  }));
});
afterAll(() => api.emulator.close());

const list = async (query = "", token = api.token): Promise<string[]> => {
  const { body } = await api.ask(`GET ${PATH}${query}`, { token });
  return (body as { orgs: { name: string }[] }).orgs.map(({ name }) => name);
};

it("are made with two system buckets each", async () => {
  expect(await api.get(`GET ${PATH}/${otherId}`)).toMatchObject({ name: "umbrella", description: "rain" });
  expect(await api.get(`GET /api/v2/buckets?orgID=${otherId}`)).toMatchObject({
    buckets: [
      { name: "_monitoring", type: "system", retentionRules: [{ everySeconds: 604_800 }] },
      { name: "_tasks", type: "system", description: "System bucket for task logs" },
    ],
  });
});

it("are listed in the order of their making, page by page, and found by name or id", async () => {
  expect(await list()).toEqual(["acme", "umbrella"]);
  expect(await list("?limit=1&offset=1")).toEqual(["umbrella"]);
  expect(await list("?org=umbrella")).toEqual(["umbrella"]);
  expect(await list(`?orgID=${otherId}`)).toEqual(["umbrella"]);
  expect(await list(`?userID=${api.userId}`)).toEqual(["acme", "umbrella"]);
  expect(await list(`?userID=${NOBODY}`)).toEqual([]);
});

it("are all listed for a malformed id, unlike elsewhere", async () => {
  expect(await list("?orgID=x&userID=y")).toEqual(["acme", "umbrella"]);
});

it("are shown to those who may read them", async () => {
  expect(await list("", await api.tokenFor("read:tasks"))).toEqual([]);
  expect(await list("?org=acme", await api.tokenFor("read:tasks"))).toEqual([]);
  expect(await list("", await api.tokenFor(`read:orgs/${otherId}`))).toEqual(["umbrella"]);
});

it.each<[string, object | undefined, number, string]>([
  [`GET ${PATH}?org=nobody`, undefined, 404, 'organization name "nobody" not found'],
  [`GET ${PATH}?org=a?b`, undefined, 404, 'organization name "a?b" not found'],
  [`GET ${PATH}?orgID=${NOBODY}`, undefined, 404, "organization not found"],
  [`GET ${PATH}?limit=0`, undefined, 400, "limit must be between 1 and 100"],
  [`GET ${PATH}/${NOBODY}`, undefined, 404, "organization not found"],
  [`GET ${PATH}/x`, undefined, 400, "id must have a length of 16 bytes"],
  [`PATCH ${PATH}/${NOBODY}`, {}, 404, "organization not found"],
  [`DELETE ${PATH}/${NOBODY}`, undefined, 404, "organization not found"],
  [`POST ${PATH}`, { name: " " }, 400, "org name is empty"],
  [`POST ${PATH}`, {}, 400, "org name is empty"],
  [`POST ${PATH}`, { name: "acme" }, 422, "organization with name acme already exists"],
  [
    `POST ${PATH}`,
    { name: 1 },
    400,
    "failed to unmarshal json: json: cannot unmarshal number into name of type string",
  ],
])("refuse %s %j", async (what, body, status, message) => {
  expect(refusal(await api.ask(what, { body }))).toEqual([status, message]);
});

it("may be renamed to a name that is free", async () => {
  const path = `PATCH ${PATH}/${otherId}`;
  expect(refusal(await api.ask(path, { body: { name: "acme" } }))).toEqual([
    422,
    "organization with name acme already exists",
  ]);
  expect(await api.get(path, { name: "parasol", description: "sun" })).toMatchObject({
    name: "parasol",
    description: "sun",
  });
  expect(await list("?org=parasol")).toEqual(["parasol"]);
  expect(await api.get(path, { name: "parasol" })).toMatchObject({ name: "parasol", description: "sun" });
  await api.get(path, { name: "umbrella" });
});

it("are found whatever blanks are around their name, which no other may differ in", async () => {
  expect(await list("?org=%20acme%20%09")).toEqual(["acme"]);
  expect(refusal(await api.ask(`POST ${PATH}`, { body: { name: " acme" } }))[0]).toBe(422);
  expect(refusal(await api.ask(`GET ${PATH}?org=Acme`))[0]).toBe(404);
  expect(refusal(await api.ask(`GET ${PATH}?org=ac%20me`))[0]).toBe(404);
});

it("go with their buckets, and free their name", async () => {
  const { id: orgID } = await api.get<{ id: string }>(`POST ${PATH}`, { name: "gone" });
  const { id } = await api.get<{ id: string }>("POST /api/v2/buckets", { orgID, name: "b" });
  await api.get(`DELETE ${PATH}/${orgID}`);
  expect((await api.ask(`GET /api/v2/buckets/${id}`)).status).toBe(404);
  expect((await api.ask(`POST ${PATH}`, { body: { name: "gone" } })).status).toBe(201);
});

it("are changed by those who may write them", async () => {
  const token = await api.tokenFor(`read:orgs/${otherId}`);
  const unauthorized = [401, `write:orgs/${otherId} is unauthorized`];
  expect(refusal(await api.ask(`PATCH ${PATH}/${otherId}`, { token, body: {} }))).toEqual(unauthorized);
  expect(refusal(await api.ask(`DELETE ${PATH}/${otherId}`, { token }))).toEqual(unauthorized);
  expect(refusal(await api.ask(`POST ${PATH}`, { token, body: { name: "n" } }))).toEqual([
    401,
    "write:orgs is unauthorized",
  ]);
  expect(refusal(await api.ask(`GET ${PATH}/${api.orgId}`, { token }))).toEqual([
    401,
    `read:orgs/${api.orgId} is unauthorized`,
  ]);
});
