import { gzipSync } from "node:zlib";
import { openApi, refusal, type Api } from "./support/api";

const PATH = "POST /api/v2/write";
const NOBODY = "00000000000000ff";
const rawBody = "cpu,host=a load=1 1\n\n# comment\nmem free=2i";

let api: Api;
beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api.emulator.close());

it("takes points for a bucket, both by name or id", async () => {
  for (const org of ["org=acme", `org=${api.orgId}`, `orgID=${api.orgId}`]) {
    for (const bucket of ["metrics", api.bucketId]) {
      const response = await api.ask(`${PATH}?${org}&bucket=${bucket}&precision=s`, { rawBody });
      expect([response.status, response.body]).toEqual([204, ""]);
    }
  }
});

it("takes them compressed", async () => {
  const headers = { "Content-Encoding": "gzip" };
  const what = `${PATH}?org=acme&bucket=metrics`;
  expect((await api.ask(what, { rawBody: gzipSync(rawBody), headers })).status).toBe(204);
  expect(refusal(await api.ask(what, { rawBody, headers }))).toEqual([
    400,
    "gzipped HTTP body contains an invalid header",
  ]);
});

it.each([
  ["?org=acme", rawBody, 404, "bucket not found"],
  ["?bucket=metrics", rawBody, 400, "Please provide either orgID or org"],
  ["?org=ghost&bucket=metrics", rawBody, 404, 'organization name "ghost" not found'],
  [`?orgID=${NOBODY}&bucket=metrics`, rawBody, 404, "organization not found"],
  ["?orgID=x&bucket=metrics", rawBody, 400, "id must have a length of 16 bytes"],
  ["?org=acme&bucket=ghost", rawBody, 404, 'bucket "ghost" not found'],
  [`?org=acme&bucket=${NOBODY}`, rawBody, 404, `bucket "${NOBODY}" not found`],
  [
    "?org=acme&bucket=metrics&precision=h",
    rawBody,
    400,
    "invalid precision; valid precision units are ns, us, ms, and s",
  ],
  ["?org=acme&bucket=metrics", "", 400, "writing requires points"],
  ["?org=acme&bucket=metrics", "cpu", 400, "unable to parse 'cpu': missing fields"],
])("refuses %s with %j", async (query, body, status, message) => {
  expect(refusal(await api.ask(`${PATH}${query}`, { rawBody: body }))).toEqual([status, message]);
});

it("opens to a token that may write the bucket, and to no other", async () => {
  const { id } = await api.get<{ id: string }>("POST /api/v2/buckets", { orgID: api.orgId, name: "other" });
  const token = await api.tokenFor(`write:orgs/${api.orgId}/buckets/${api.bucketId}`);
  const to = (bucket: string, by: string | undefined) =>
    api.ask(`${PATH}?org=acme&bucket=${bucket}`, { rawBody, token: by });
  expect((await to("metrics", token)).status).toBe(204);
  expect(refusal(await to(id, token))).toEqual([403, "insufficient permissions for write"]);
  expect(refusal(await to("metrics", await api.tokenFor("read:buckets")))).toEqual([
    403,
    "insufficient permissions for write",
  ]);
  expect(refusal(await to("metrics", undefined))).toEqual([401, "unauthorized access"]);

  const authorization = api.emulator.authorizations().find((each) => each.token === token);
  await api.get(`PATCH /api/v2/authorizations/${authorization?.id ?? ""}`, { status: "inactive" });
  expect(refusal(await to("metrics", token))).toEqual([
    403,
    "insufficient permissions for write: token is inactive",
  ]);
});

it("has its own way of refusing a method", async () => {
  expect(await api.ask("GET /api/v2/write")).toMatchObject({
    status: 405,
    headers: { allow: "OPTIONS, POST", "x-platform-error-code": "method not allowed" },
    body: { code: "method not allowed", message: "allow: OPTIONS, POST" },
  });
});
