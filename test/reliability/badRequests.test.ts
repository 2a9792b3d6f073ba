import * as fc from "fast-check";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { expectNoPollution, inTime, MB, oddKey, oddValue } from "../support/badInput";
import { startServer, type TestServer } from "../support/influxdb";

/** What stands below /api/v2 in the emulator. */
const COLLECTIONS = ["authorizations", "orgs", "users", "buckets", "setup", "write", "me", "resources"];

describe("the emulator", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.close());

  interface Answer {
    readonly status: number;
    readonly type: string;
    readonly body: string;
  }

  function send(
    method: string,
    path: string,
    headers: Record<string, string>,
    body: string,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const { port } = new URL(server.url);
      // Else a body of GET would be taken for the next request.
      const all = { ...headers, "Content-Length": Buffer.byteLength(body) };
      httpRequest({ host: "127.0.0.1", port, method, path, headers: all }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.on("end", () => {
          resolve({
            status: response.statusCode ?? 0,
            type: String(response.headers["content-type"]),
            body: text,
          });
        });
      })
        .on("error", reject)
        .end(body);
    });
  }

  const operator = () => ({ Authorization: `Token ${server.operatorToken}` });
  const segment = fc.oneof(
    fc.constantFrom("api", "v2", "ping", ...COLLECTIONS),
    fc.string({ unit: "binary" }).map((text) => encodeURIComponent(text.replace(/[\ud800-\udfff]/g, ""))),
    oddKey,
  );
  const known = fc.constantFrom(...COLLECTIONS);
  const path = fc.oneof(
    fc.array(segment).map((parts) => `/${parts.join("/")}`),
    fc.tuple(known, segment).map(([collection, id]) => `/api/v2/${collection}/${id}`),
    fc
      .tuple(known, segment, fc.constantFrom("members", "owners", "password"), fc.array(segment))
      .map(([collection, id, below, rest]) => `/api/v2/${[collection, id, below, ...rest].join("/")}`),
    fc.tuple(known, fc.webQueryParameters()).map(([collection, query]) => `/api/v2/${collection}?${query}`),
  );
  const field = fc.oneof(
    oddKey,
    fc.constantFrom(
      "orgID",
      "permissions",
      "description",
      "status",
      "password",
      "id",
      "name",
      "retentionRules",
      "username",
      "org",
    ),
  );
  const body = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.json({ stringUnit: "binary" }),
    fc.dictionary(field, oddValue).map((value) => {
      try {
        return JSON.stringify(value);
      } catch {
        return "{";
      }
    }),
  );
  const headers = fc.oneof(
    fc.constantFrom({}, { "Content-Encoding": "gzip" }).map((more) => ({ ...operator(), ...more })),
    fc.constantFrom({}, { Authorization: "Token" }, { Authorization: "Bearer \u00ff" }),
  );

  it("answers every request, and every refusal that has words has them as InfluxDB has", async () => {
    const method = fc.constantFrom("GET", "POST", "PATCH", "DELETE", "PUT", "OPTIONS", "HEAD");
    await fc.assert(
      fc.asyncProperty(method, path, headers, body, async (method, path, headers, body) => {
        const answer = await inTime(send(method, path, headers, body));
        expect(answer.body).not.toContain("emulator:");
        // Like the server it says nothing of a method that a path does not have, and has a page of text for some paths.
        const hasWords = answer.status >= 400 && answer.body !== "" && !answer.type.startsWith("text/plain");
        if (hasWords) {
          expect(JSON.parse(answer.body)).toEqual({
            code: expect.any(String) as unknown,
            message: expect.any(String) as unknown,
          });
        }
        expectNoPollution();
      }),
      { numRuns: 500 },
    );
  });

  it("answers what is huge or deep, and goes on after what is no HTTP at all", async () => {
    const post = (text: string): Promise<Answer> =>
      inTime(send("POST", "/api/v2/authorizations", operator(), text));
    for (const text of ["[".repeat(MB), '{"a":'.repeat(MB), `"${"x".repeat(MB)}`, " ".repeat(MB)]) {
      const { status, body } = await post(text);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(body).not.toContain("emulator:");
      expect(Object.keys(JSON.parse(body) as object)).toEqual(["code", "message"]);
    }
    await new Promise<void>((resolve) => {
      const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
      socket.on("close", () => {
        resolve();
      });
      socket.resume().end("\u0000\u0001 nothing like HTTP\r\n\r\n");
    });
    expect((await send("GET", "/api/v2/me", operator(), "")).status).toBe(200);
  });
});
