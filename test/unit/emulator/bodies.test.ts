import { openApi, refusal, type Api } from "./support/api";

let api: Api;
beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api.emulator.close());

/** What the server says of a body, after its own words. */
const complaint = async (rawBody: string | Buffer): Promise<string> => {
  const [status, message] = refusal(await api.ask("POST /api/v2/authorizations", { rawBody }));
  expect(status).toBe(400);
  return message.replace("invalid json structure: ", "");
};

it.each([
  ["", "EOF"],
  [" \n", "EOF"],
  ["{", "unexpected EOF"],
  ['{"a', "unexpected EOF"],
  ['{"a": [1, {', "unexpected EOF"],
  ["tru", "unexpected EOF"],
  ["nope", "invalid character 'o' in literal null (expecting 'u')"],
  ["x", "invalid character 'x' looking for beginning of value"],
  ["'", "invalid character '\\'' looking for beginning of value"],
  ["\\", "invalid character '\\\\' looking for beginning of value"],
  ["\u0000", "invalid character '\\x00' looking for beginning of value"],
  ["\u007f", "invalid character '\\x7f' looking for beginning of value"],
  ["\u00e4", "invalid character '\u00c3' looking for beginning of value"],
  ["\u2028", "invalid character '\u00e2' looking for beginning of value"],
  [Buffer.from([0x85]), "invalid character '\\u0085' looking for beginning of value"],
  ["{]", "invalid character ']' looking for beginning of object key string"],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a": {} "b"}', "invalid character '\"' after object key:value pair"],
  ["[1 2]", "invalid character '2' after array element"],
  ["[1,]", "invalid character ']' looking for beginning of value"],
  ["[[], -x]", "invalid character 'x' in numeric literal"],
  ["[0.x]", "invalid character 'x' after decimal point in numeric literal"],
  ["[1.5e+x]", "invalid character 'x' in exponent of numeric literal"],
  ["[01]", "invalid character '1' after array element"],
  ['["\n"]', "invalid character '\\n' in string literal"],
  ['["\\x"]', "invalid character 'x' in string escape code"],
  ['["\\u00g0"]', "invalid character 'g' in \\u hexadecimal character escape"],
])("names the byte at which %j stops being JSON", async (body, message) => {
  expect(await complaint(body)).toBe(message);
});

it.each([
  ["[]", "array into Go value of type authorization.postAuthorizationRequest"],
  ["[] trailing", "array into Go value of type authorization.postAuthorizationRequest"],
  ['"x"', "string into Go value of type authorization.postAuthorizationRequest"],
  ["1", "number into Go value of type authorization.postAuthorizationRequest"],
  ["true", "bool into Go value of type authorization.postAuthorizationRequest"],
  ['{"description": 1}', "number into Go struct field postAuthorizationRequest.description of type string"],
  ['{"DESCRIPTION": {}}', "object into Go struct field postAuthorizationRequest.description of type string"],
  ['{"status": true}', "bool into Go struct field postAuthorizationRequest.status of type influxdb.Status"],
  ['{"orgID": 1}', "number into Go struct field postAuthorizationRequest.orgID of type platform.ID"],
  ['{"userID": []}', "array into Go struct field postAuthorizationRequest.userID of type *platform.ID"],
  [
    '{"permissions": {}}',
    "object into Go struct field postAuthorizationRequest.permissions of type []influxdb.Permission",
  ],
  [
    '{"permissions": ["x"]}',
    "string into Go struct field postAuthorizationRequest.permissions of type influxdb.Permission",
  ],
  [
    '{"permissions": [{"action": 1}]}',
    "number into Go struct field Permission.permissions.action of type influxdb.Action",
  ],
  [
    '{"permissions": [{"resource": {"type": 1}}]}',
    "number into Go struct field Resource.permissions.resource.type of type influxdb.ResourceType",
  ],
  [
    '{"description": 1, "status": 2}',
    "number into Go struct field postAuthorizationRequest.description of type string",
  ],
])("names the field of a wrong type in %s", async (body, message) => {
  expect(await complaint(body)).toBe(`json: cannot unmarshal ${message}`);
});

it("names a malformed id before a wrong type", async () => {
  expect(await complaint('{"description": 1, "orgID": "x"}')).toBe("id must have a length of 16 bytes");
});

it("counts the bytes of an id, not its letters", async () => {
  expect(await complaint('{"orgID": "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"}')).toBe("invalid ID");
});

it("takes null for absent, ignores what it does not know, and reads no further than the first value", async () => {
  const known = {
    orgID: api.orgId,
    userID: null,
    description: null,
    toString: 1,
    permissions: [{ action: "read", resource: { type: "tasks", id: null } }],
  };
  const rawBody = `${JSON.stringify(known)} {"and": "more`;
  expect((await api.ask("POST /api/v2/authorizations", { rawBody })).status).toBe(201);
  expect(await complaint("null")).toBe("authorization must include permissions");
});

it("passes the decoder's words on bare where the server does", async () => {
  const [first] = api.emulator.authorizations();
  const path = `/api/v2/authorizations/${first?.id ?? ""}`;
  expect(await api.ask(`PATCH ${path}`, { rawBody: "{" })).toMatchObject({
    status: 500,
    body: { code: "internal error", message: "unexpected EOF" },
  });
  expect(refusal(await api.ask(`PATCH ${path}`, { body: { status: 1 } }))).toEqual([
    500,
    "json: cannot unmarshal number into Go struct field AuthorizationUpdate.status of type influxdb.Status",
  ]);
});
