import {
  errorBody,
  isOwn,
  OWNER_INACTIVE,
  provesNothingDone,
  refusesToken,
  retryAfterMs,
} from "../../../provider/influxdb/answer";

const OWN = { "x-influxdb-version": "v2.7.12" };
const answer = (status: number, data: unknown = {}, headers: Record<string, unknown> = OWN) => ({
  status,
  headers,
  data,
});

describe("an answer", () => {
  it.each(["X-Influxdb-Build", "x-influxdb-version", "x-platform-error-code"])(
    "is InfluxDB's own by %s",
    (name) => {
      expect(isOwn({ headers: { date: "now", [name]: "x" } })).toBe(true);
    },
  );

  it.each(["x-influxdb", "my-x-influxdb-version", "x-influxdb-version-of", "server"])(
    "is not InfluxDB's own by %s",
    (name) => {
      expect(isOwn({ headers: { [name]: "x" } })).toBe(false);
      expect(isOwn({ headers: {} })).toBe(false);
    },
  );

  it.each([400, 401, 404, 422, 499, 503])("proves that nothing was done: %d", (status) => {
    expect(provesNothingDone(answer(status))).toBe(true);
    expect(provesNothingDone(answer(status, {}, {}))).toBe(false);
  });

  it.each([200, 302, 399, 408, 429, 500, 502, 504])("proves nothing: %d", (status) => {
    expect(provesNothingDone(answer(status))).toBe(false);
  });

  it.each<[number, string, boolean]>([
    [401, "unauthorized access", true],
    [401, "", true],
    [401, "read:authorizations is unauthorized", false],
    [403, OWNER_INACTIVE, true],
    [403, "forbidden", false],
    [404, "authorization not found", false],
  ])("refuses the token, or not: %d %s", (status, message, expected) => {
    expect(refusesToken(answer(status, { message }))).toBe(expected);
    expect(refusesToken(answer(status, { message }, {}))).toBe(false);
  });

  it.each<[unknown, string | undefined, string]>([
    [{ code: "not found", message: "no bucket" }, "not found", "no bucket"],
    [{ code: 5, message: 6 }, undefined, ""],
    [{}, undefined, ""],
    [null, undefined, ""],
    ["<html>", undefined, ""],
    [undefined, undefined, ""],
  ])("has InfluxDB's words, where it has any: %j", (data, code, message) => {
    expect(errorBody({ ...answer(500), data })).toEqual({ code, message });
  });
});

describe("how long an answer asks to wait", () => {
  const wait = (value: unknown): number => retryAfterMs(answer(429, {}, { "retry-after": value }));

  it.each<[unknown, number]>([
    ["2", 2_000],
    ["0.5", 500],
    ["-1", 0],
    ["", 0],
    ["soon", 0],
    [undefined, 0],
    [["1"], 0],
  ])("is told in seconds: %j", (value, expected) => {
    expect(wait(value)).toBe(expected);
  });

  it("is told by a date", () => {
    const inMs = (ms: number): number => wait(new Date(Date.now() + ms).toUTCString());
    expect(inMs(60_000)).toBeGreaterThan(50_000);
    expect(inMs(60_000)).toBeLessThanOrEqual(60_000);
    expect(inMs(-60_000)).toBe(0);
  });
});
