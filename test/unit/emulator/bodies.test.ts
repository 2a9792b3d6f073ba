import { openApi, refusal, type Api } from "./support/api";

const PATH = "/api/v2/authorizations";

let api: Api;
beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api.emulator.close());

/** What the server says of a body, after its own words. */
const complaint = async (rawBody: string): Promise<string> => {
  const [status, message] = refusal(await api.ask(`POST ${PATH}`, { rawBody }));
  expect(status).toBe(400);
  return message.replace("invalid json structure: ", "");
};

it.each(["", " \n", '{"orgID": '])("says that %j ends too early", async (body) => {
  expect(await complaint(body)).toBe("unexpected EOF");
});

it.each(["x", "{", '{"orgID": x}', "{} {}"])("refuses %j, which is no JSON", async (body) => {
  expect(await complaint(body)).toContain("JSON");
});

it.each([
  ["[]", "array into body of type object"],
  ['"x"', "string into body of type object"],
  ['{"description": 1}', "number into description of type string"],
  ['{"orgID": true}', "boolean into orgID of type string"],
  ['{"permissions": {}}', "object into permissions of type array"],
  ['{"permissions": ["x"]}', "string into permissions of type object"],
  ['{"permissions": [{"resource": {"type": 1}}]}', "number into type of type string"],
])("names the field of a wrong type in %s", async (body, message) => {
  expect(await complaint(body)).toBe(`json: cannot unmarshal ${message}`);
});

it("counts the bytes of an id, not its letters", async () => {
  expect(await complaint('{"orgID": "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"}')).toBe("invalid ID");
});

it("takes null for absent, and ignores what it does not know", async () => {
  const body = {
    orgID: api.orgId,
    userID: null,
    description: null,
    toString: 1,
    permissions: [{ action: "read", resource: { type: "tasks", id: null } }],
  };
  expect((await api.ask(`POST ${PATH}`, { body })).status).toBe(201);
  expect(await complaint("null")).toBe("authorization must include permissions");
});

it("is at fault itself for the body of a change, as the server is", async () => {
  const path = `PATCH ${PATH}/${api.emulator.authorizations()[0]?.id ?? ""}`;
  expect(await api.ask(path, { rawBody: "[" })).toMatchObject({
    status: 500,
    body: { code: "internal error", message: "unexpected EOF" },
  });
  expect(refusal(await api.ask(path, { body: { status: 1 } }))).toEqual([
    500,
    "json: cannot unmarshal number into status of type string",
  ]);
});
