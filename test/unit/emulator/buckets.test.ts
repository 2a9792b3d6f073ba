import { openApi, refusal, type Api } from "./support/api";

const PATH = "/api/v2/buckets";
const NOBODY = "00000000000000ff";

interface BucketList {
  links: Record<string, string>;
  buckets: { id: string; name: string }[];
}

let api: Api;
let otherId: string;
beforeAll(async () => {
  api = await openApi();
  ({ id: otherId } = await api.get<{ id: string }>("POST /api/v2/orgs", { name: "umbrella" }));
  for (const name of ["b", "a"]) await api.get(`POST ${PATH}`, { orgID: api.orgId, name });
});
afterAll(() => api.emulator.close());

const find = (query = ""): Promise<BucketList> => api.get(`GET ${PATH}${query}`);
const list = async (query = "", token = api.token): Promise<string[]> => {
  const { body } = await api.ask(`GET ${PATH}${query}`, { token });
  return (body as BucketList).buckets.map(({ name }) => name);
};

it("are listed by name within an organization, and else in the order of their making", async () => {
  const byName = ["_monitoring", "_tasks", "a", "b", "metrics"];
  expect(await list(`?orgID=${api.orgId}`)).toEqual(byName);
  expect(await list("?org=acme&descending=true")).toEqual([...byName].reverse());
  expect(await list()).toEqual(["_tasks", "_monitoring", "metrics", "_tasks", "_monitoring", "b", "a"]);
  expect(await list("?name=_tasks&descending=0")).toEqual(["_tasks", "_tasks"]);
  expect(await list(`?orgID=${NOBODY}`)).toEqual([]);
  expect(await list(`?id=${api.bucketId}`)).toEqual(["metrics"]);
});

it("come in pages, with links to the pages around", async () => {
  const first = await find(`?orgID=${api.orgId}&limit=2`);
  expect(first.buckets.map(({ name }) => name)).toEqual(["_monitoring", "_tasks"]);
  expect(first.links).toEqual({
    self: `${PATH}?descending=false&limit=2&offset=0&orgID=${api.orgId}`,
    next: `${PATH}?descending=false&limit=2&offset=2&orgID=${api.orgId}`,
  });
  const last = await find(`?orgID=${api.orgId}&limit=2&offset=4&sortBy=name`);
  expect(last.buckets.map(({ name }) => name)).toEqual(["metrics"]);
  expect(last.links).toEqual({
    prev: `${PATH}?descending=false&limit=2&offset=2&orgID=${api.orgId}&sortBy=name`,
    self: `${PATH}?descending=false&limit=2&offset=4&orgID=${api.orgId}&sortBy=name`,
  });
  const after = first.buckets[1]?.id ?? "";
  expect(await list(`?orgID=${api.orgId}&after=${after}&limit=2`)).toEqual(["a", "b"]);
  expect(await list(`?after=${NOBODY}`)).toEqual([]);
});

it.each<[string, unknown, number, string]>([
  [`GET ${PATH}?limit=101`, undefined, 400, "limit must be between 1 and 100"],
  [`GET ${PATH}?limit=x`, undefined, 400, "limit is invalid"],
  [`GET ${PATH}?offset=x`, undefined, 400, "offset is invalid"],
  [`GET ${PATH}?after=x`, undefined, 400, "decoding after: id must have a length of 16 bytes"],
  [`GET ${PATH}?descending=x`, undefined, 400, "descending is invalid"],
  [`GET ${PATH}?orgID=x`, undefined, 400, "id must have a length of 16 bytes"],
  [`GET ${PATH}?id=x`, undefined, 400, "id must have a length of 16 bytes"],
  [`GET ${PATH}?id=${NOBODY}`, undefined, 404, "bucket not found"],
  [`GET ${PATH}?org=ghost`, undefined, 404, 'organization name "ghost" not found'],
  [`GET ${PATH}?org=acme&name=ghost`, undefined, 404, 'bucket "ghost" not found'],
  [`GET ${PATH}/x`, undefined, 400, "id must have a length of 16 bytes"],
  [`GET ${PATH}/${NOBODY}`, undefined, 404, "bucket not found"],
  [`DELETE ${PATH}/${NOBODY}`, undefined, 404, "bucket not found"],
  [`PATCH ${PATH}/${NOBODY}`, { name: "x" }, 404, "bucket not found"],
  [`PATCH ${PATH}/x`, {}, 400, "id must have a length of 16 bytes"],
  [`POST ${PATH}`, { name: "x" }, 400, "organization id must be provided"],
  [`POST ${PATH}`, { name: "x", orgID: NOBODY }, 404, "organization not found"],
  [
    `POST ${PATH}`,
    { name: "x", orgID: "x" },
    400,
    "failed to unmarshal json: id must have a length of 16 bytes",
  ],
])("refuse %s %j", async (what, body, status, message) => {
  expect(refusal(await api.ask(what, { body }))).toEqual([status, message]);
});

it.each<[object, number, string]>([
  [{ name: "metrics" }, 422, "bucket with name metrics already exists"],
  [{ name: "_x" }, 400, "bucket name _x is invalid. Buckets may not start with underscore"],
  [{ name: 'a"b' }, 400, 'bucket name a"b is invalid. Bucket names may not include quotation marks'],
  [
    { name: "x", retentionRules: [{}, {}] },
    422,
    "buckets cannot have more than one retention rule at this time",
  ],
  [{ name: "x", retentionRules: [{ everySeconds: -1 }] }, 422, "expiration seconds cannot be negative"],
  [
    { name: "x", retentionRules: [{ shardGroupDurationSeconds: -1 }] },
    422,
    "shard-group duration seconds cannot be negative",
  ],
  [
    { name: "x", retentionRules: [{ everySeconds: 3_599 }] },
    500,
    "retention policy duration must be at least 1h0m0s",
  ],
  [
    { name: "x", retentionRules: [{ everySeconds: 3_600, shardGroupDurationSeconds: 7_200 }] },
    500,
    "retention policy duration must be greater than the shard duration",
  ],
  [
    { name: "x", retentionRules: [{ everySeconds: 1.5 }] },
    400,
    "failed to unmarshal json: json: cannot unmarshal number into everySeconds of type int64",
  ],
  [
    { name: "x", retentionRules: [{ everySeconds: "1" }] },
    400,
    "failed to unmarshal json: json: cannot unmarshal string into everySeconds of type int64",
  ],
])("are not made of %j", async (fields, status, message) => {
  expect(refusal(await api.ask(`POST ${PATH}`, { body: { orgID: api.orgId, ...fields } }))).toEqual([
    status,
    message,
  ]);
});

it.each([
  [{ everySeconds: 0 }, 604_800],
  [{ everySeconds: 3_600 }, 3_600],
  [{ everySeconds: 172_800 }, 86_400],
  [{ everySeconds: 15_552_000 }, 604_800],
  [{ everySeconds: 0, shardGroupDurationSeconds: 7_200 }, 7_200],
  [{ everySeconds: 0, shardGroupDurationSeconds: 1 }, 3_600],
])("cut data kept by %j into shards of %d seconds", async (rule, shardGroupDurationSeconds) => {
  const { id } = await api.get<{ id: string }>(`POST ${PATH}`, {
    orgID: otherId,
    name: "cut",
    description: "d",
    retentionRules: [rule],
  });
  expect(await api.get(`GET ${PATH}/${id}`)).toMatchObject({
    description: "d",
    retentionRules: [{ type: "expire", everySeconds: rule.everySeconds, shardGroupDurationSeconds }],
  });
  await api.get(`DELETE ${PATH}/${id}`);
});

describe("of one that is changed", () => {
  let id: string;
  let path: string;
  beforeAll(async () => {
    ({ id } = await api.get<{ id: string }>(`POST ${PATH}`, { orgID: otherId, name: " odd/ä%" }));
    path = `${PATH}/${id}`;
  });
  const change = (body: unknown) => api.get<object>(`PATCH ${path}`, body);
  const byName = (name: string) => api.ask(`GET ${PATH}?orgID=${otherId}&name=${encodeURIComponent(name)}`);

  it("the name is found, exactly as it is written, and the old one is not", async () => {
    expect((await byName(" odd/ä%")).body).toMatchObject({ buckets: [{ id }] });
    expect(await change({ name: "even" })).toMatchObject({ id, name: "even", orgID: otherId, type: "user" });
    expect((await byName("even")).body).toMatchObject({ buckets: [{ id, name: "even" }] });
    for (const name of [" odd/ä%", "even ", "Even"]) {
      expect(refusal(await byName(name))).toEqual([404, `bucket "${name}" not found`]);
    }
    await api.get(`POST ${PATH}`, { orgID: otherId, name: " odd/ä%" });
  });

  it("what is left out stays", async () => {
    const rules = [{ type: "expire", everySeconds: 2_592_000, shardGroupDurationSeconds: 604_800 }];
    expect(await change({ description: "d" })).toMatchObject({ name: "even", description: "d" });
    // What the Terraform peer sends.
    const body = { id, orgID: otherId, name: "even", retentionRules: [{ everySeconds: 2_592_000 }] };
    expect(await change(body)).toMatchObject({ description: "d", retentionRules: rules });
    expect(await change({ name: "even", retentionRules: [] })).toMatchObject({ retentionRules: rules });
    const { description, ...rest } = (await change({ description: "" })) as { description?: string };
    expect([description, rest]).toEqual([undefined, expect.objectContaining({ retentionRules: rules })]);
  });

  it("a retention of nothing leaves no rule", async () => {
    const retentionRules = [{ everySeconds: 0, shardGroupDurationSeconds: 0 }];
    expect(await change({ retentionRules })).toMatchObject({ retentionRules: [] });
    await change({ retentionRules: [{ shardGroupDurationSeconds: 604_800 }] });
  });

  it.each<[unknown, number, string]>([
    [{ name: "_x" }, 400, "bucket name _x is invalid. Buckets may not start with underscore"],
    [{ name: "_tasks" }, 400, "bucket name _tasks is invalid. Buckets may not start with underscore"],
    [{ name: " odd/ä%" }, 422, "bucket name is not unique"],
    [{ retentionRules: [{}, {}] }, 422, "buckets cannot have more than one retention rule at this time"],
    [{ retentionRules: [{ everySeconds: -1 }] }, 422, "expiration seconds cannot be negative"],
    [{ retentionRules: [{ everySeconds: 1 }] }, 500, "retention policy duration must be at least 1h0m0s"],
    [
      { retentionRules: [{ everySeconds: 3_600 }] },
      422,
      "shard-group duration must also be updated to be smaller than new retention duration",
    ],
    [
      { retentionRules: [{ everySeconds: "1" }] },
      400,
      "failed to unmarshal json: json: cannot unmarshal string into everySeconds of type int64",
    ],
  ])("nothing changes with %j", async (body, status, message) => {
    const before = await api.get(`GET ${path}`);
    expect(refusal(await api.ask(`PATCH ${path}`, { body }))).toEqual([status, message]);
    expect(await api.get(`GET ${path}`)).toEqual(before);
  });

  it("the caller may write it, and also read it to rename it", async () => {
    const reader = await api.tokenFor(`read:buckets/${id}`);
    const writer = await api.tokenFor(`write:buckets/${id}`);
    const bucket = `orgs/${otherId}/buckets/${id}`;
    const ask = (token: string, body: unknown) => api.ask(`PATCH ${path}`, { token, body });
    expect(refusal(await ask(reader, { name: "n" }))).toEqual([401, `write:${bucket} is unauthorized`]);
    expect(refusal(await ask(writer, { name: "n" }))).toEqual([401, `read:${bucket} is unauthorized`]);
    expect((await ask(writer, { description: "by the writer" })).status).toBe(200);
  });
});

it("are read, made and deleted by those who may", async () => {
  const one = await api.tokenFor(`read:orgs/${api.orgId}/buckets/${api.bucketId}`);
  expect(await list("", one)).toEqual(["metrics"]);
  expect((await api.ask(`GET ${PATH}/${api.bucketId}`, { token: one })).status).toBe(200);
  const unauthorized = `write:orgs/${api.orgId}/buckets`;
  expect(
    refusal(await api.ask(`POST ${PATH}`, { token: one, body: { orgID: api.orgId, name: "n" } })),
  ).toEqual([401, `${unauthorized} is unauthorized`]);
  expect(refusal(await api.ask(`DELETE ${PATH}/${api.bucketId}`, { token: one }))).toEqual([
    401,
    `${unauthorized}/${api.bucketId} is unauthorized`,
  ]);
  const none = await api.tokenFor("read:tasks");
  expect(refusal(await api.ask(`GET ${PATH}/${api.bucketId}`, { token: none }))).toEqual([
    401,
    `read:orgs/${api.orgId}/buckets/${api.bucketId} is unauthorized`,
  ]);
});

it("of the system belong to the organization: who may read it may read them, and nobody may delete them", async () => {
  const [{ id } = { id: "" }] = (await find("?org=acme&name=_tasks")).buckets;
  const token = await api.tokenFor(`read:orgs/${api.orgId}`);
  expect(await list("?org=acme", token)).toEqual(["_monitoring", "_tasks"]);
  expect(refusal(await api.ask(`DELETE ${PATH}/${id}`))).toEqual([400, "system buckets cannot be deleted"]);
  expect(refusal(await api.ask(`PATCH ${PATH}/${id}`, { body: { name: "mine" } }))).toEqual([
    400,
    "system buckets cannot be renamed",
  ]);
});

it("of the system open to nobody who may not read the organization, whatever else it may read", async () => {
  const [{ id } = { id: "" }] = (await find(`?orgID=${api.orgId}&name=_monitoring`)).buckets;
  for (const permission of [`read:orgs/${api.orgId}/buckets/${id}`, `read:orgs/${api.orgId}/buckets`]) {
    const blind = await api.tokenFor(permission);
    expect(refusal(await api.ask(`GET ${PATH}/${id}`, { token: blind }))).toEqual([
      401,
      `read:orgs/${api.orgId} is unauthorized`,
    ]);
    expect(await list(`?orgID=${api.orgId}&name=_monitoring`, blind)).toEqual([]);
    const seeing = await api.tokenFor(permission, `read:orgs/${api.orgId}`);
    expect((await api.ask(`GET ${PATH}/${id}`, { token: seeing })).status).toBe(200);
    expect(await list(`?orgID=${api.orgId}&name=_monitoring`, seeing)).toEqual(["_monitoring"]);
  }
});
