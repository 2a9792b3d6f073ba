import { openApi, refusal, type Api } from "./support/api";

let api: Api;
beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api.emulator.close());

const errorHeaders = { "x-influxdb-build": "OSS", "x-influxdb-version": "v2.9.1" };

describe("who asks", () => {
  it.each(["Token", "Bearer"])("may present the token as %s", async (scheme) => {
    const headers = { Authorization: `${scheme} ${api.token}` };
    expect((await api.ask("GET /api/v2/me", { token: undefined, headers })).status).toBe(200);
  });

  it.each([undefined, "Basic YTpi", "token x", "Token", "Token nope", "Bearer "])(
    "is unauthorized with the header %j",
    async (authorization) => {
      const headers = authorization === undefined ? {} : { Authorization: authorization };
      expect(await api.ask("GET /api/v2/me", { token: undefined, headers })).toMatchObject({
        status: 401,
        headers: { ...errorHeaders, "x-platform-error-code": "unauthorized" },
        body: { code: "unauthorized", message: "unauthorized access" },
      });
    },
  );

  it("is settled before what is asked, also for an unknown path", async () => {
    expect((await api.ask("GET /api/v2/nonsense", { token: undefined })).status).toBe(401);
    expect((await api.ask("PUT /api/v2/setup", { token: undefined })).status).toBe(401);
  });

  it("is refused when its user is inactive or gone", async () => {
    for (const status of ["inactive", ""]) {
      const { id } = await api.get<{ id: string }>("POST /api/v2/users", {
        name: `temporary ${status}`,
        status,
      });
      const { token } = await api.get<{ token: string }>("POST /api/v2/authorizations", {
        orgID: api.orgId,
        userID: id,
        permissions: [{ action: "read", resource: { type: "users" } }],
      });
      if (status === "") await api.get(`DELETE /api/v2/users/${id}`);
      expect(refusal(await api.ask("GET /api/v2/me", { token }))).toEqual([403, "User is inactive"]);
    }
  });

  it("may do nothing with an inactive token: it is unauthorized, and its lists are empty", async () => {
    const token = await api.tokenFor("read:authorizations", "read:users");
    const { id } = api.emulator.authorizations().find((each) => each.token === token) ?? { id: "" };
    await api.get(`PATCH /api/v2/authorizations/${id}`, { status: "inactive" });
    const inactive = [401, "token is inactive"];
    expect(refusal(await api.ask(`GET /api/v2/authorizations/${id}`, { token }))).toEqual(inactive);
    expect(refusal(await api.ask("GET /api/v2/me", { token }))).toEqual(inactive);
    expect((await api.ask("GET /api/v2/authorizations", { token })).body).toMatchObject({
      authorizations: [],
    });
    expect((await api.ask("GET /api/v2/users", { token })).body).toMatchObject({ users: [] });
  });
});

describe("what is asked", () => {
  it.each(["GET /api/v2/nonsense", "GET /nonsense", "GET /api/v2/orgs2/x", "GET /api/v2/authorizationsx"])(
    "is unknown: %s",
    async (what) => {
      expect(await api.ask(what)).toMatchObject({
        status: 404,
        headers: { ...errorHeaders, "x-platform-error-code": "not found" },
        body: { code: "not found", message: "path not found" },
      });
    },
  );

  it("is unknown below a resource, in the words of the server's other router", async () => {
    expect(await api.ask("GET /api/v2/authorizations/a/b")).toMatchObject({
      status: 404,
      headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
      body: "404 page not found\n",
    });
  });

  it.each([
    "PUT /api/v2/authorizations",
    "DELETE /api/v2/authorizations",
    "POST /api/v2/authorizations/00000000000000ff",
    "PUT /api/v2/setup",
    "OPTIONS /api/v2/orgs",
    "HEAD /api/v2/orgs",
  ])("has no such method, and the refusal no body: %s", async (what) => {
    expect(await api.ask(what)).toMatchObject({ status: 405, body: "", headers: { "content-length": "0" } });
  });

  it("may end with a slash", async () => {
    expect((await api.ask("GET /api/v2/orgs/")).status).toBe(200);
    expect((await api.ask("GET /api/v2/setup/", { token: undefined })).status).toBe(401);
  });
});

it.each([
  "GET /ping",
  "GET /health",
  "GET /api/v2/setup",
  "GET /api/v2/me",
  "GET /api/v2/me/nonsense",
  "GET /api/v2/authorizations/00000000000000ff",
  "GET /api/v2/authorizations/a/b",
  "DELETE /api/v2/orgs/00000000000000ff/members/00000000000000ff",
  "PUT /api/v2/authorizations",
  "OPTIONS /api/v2/orgs",
  "GET /api/v2/authorizationsx",
  "GET /",
])("says whose answer it is, and which error, with or without a token: %s", async (what) => {
  for (const token of [undefined, api.token]) {
    const { status, headers, body } = await api.ask(what, { token });
    expect(headers).toMatchObject(errorHeaders);
    expect(headers["x-platform-error-code"]).toBe((body as { code?: string }).code);
    if (status < 400) expect(headers["x-platform-error-code"]).toBeUndefined();
  }
});

it("tells its version and its health to everyone", async () => {
  expect(await api.ask("GET /health", { token: undefined })).toMatchObject({
    status: 200,
    body: { name: "influxdb", status: "pass", version: "v2.9.1" },
  });
  for (const method of ["GET", "HEAD"]) {
    const { status, headers, body } = await api.ask(`${method} /ping`, { token: undefined });
    expect([status, body, headers["x-influxdb-version"]]).toEqual([204, "", "v2.9.1"]);
  }
});

it("lists its resource types to whoever has a token", async () => {
  const token = await api.tokenFor("read:tasks");
  const { body, headers } = await api.ask("GET /api/v2/resources", { token });
  expect(headers["content-type"]).toBe("application/json");
  expect(body).toHaveLength(23);
});
