import {
  ForeignAnswerError,
  InfluxTokenError,
  isNotFound,
  isTransient,
  mayHaveTakenEffect,
  NetworkError,
  ServerError,
} from "../../provider/errors";

const answered = (status: number, own: boolean, said = "", nothingDone = true): ServerError =>
  new ServerError("refused", { status, said, own, nothingDone, retryAfterMs: 0 });

describe("a request that failed", () => {
  it.each<[string, unknown, boolean]>([
    ["no answer", new NetworkError("", false), true],
    ["no connection", new NetworkError("", true), false],
    ["an answer of the server that proves nothing", answered(500, true, "", false), true],
    ["a refusal of the server", answered(401, true), false],
    ["a success of somebody else", new ForeignAnswerError(""), true],
    ["a mistake of the user", new InfluxTokenError(""), false],
    ["a mistake of ours", new TypeError(), false],
  ])("may have taken effect all the same with %s: %s", (_what, error, expected) => {
    expect(mayHaveTakenEffect(error)).toBe(expected);
  });

  it.each<[string, unknown, boolean]>([
    ["no answer", new NetworkError("", true), true],
    ["a success of somebody else", new ForeignAnswerError(""), true],
    ["a refusal of the server", answered(401, true), false],
    ["a refusal of something in front of it", answered(401, false), true],
    ["too many requests", answered(429, true), true],
    ["a failure of the server", answered(500, true), true],
    ["another refusal", answered(499, true), false],
    ["a mistake of the user", new InfluxTokenError(""), false],
    ["a mistake of ours", new TypeError(), false],
  ])("may succeed a moment later after %s: %s", (_what, error, expected) => {
    expect(isTransient(error)).toBe(expected);
  });

  it.each<[string, unknown, boolean]>([
    ["InfluxDB says so", answered(404, true, "bucket not found"), true],
    ["InfluxDB says so of something else", answered(404, true, "path not found"), false],
    ["InfluxDB says so with another status", answered(400, true, "bucket not found"), false],
    ["a proxy says so", answered(404, false, "bucket not found"), false],
    ["nobody answered", new NetworkError("bucket not found", false), false],
    [
      "nothing says so",
      Object.assign(new Error(), { own: true, status: 404, said: "bucket not found" }),
      false,
    ],
  ])("shows that there is no such thing where %s: %s", (_what, error, expected) => {
    expect(isNotFound(error, "bucket")).toBe(expected);
  });
});

describe("an error for the user", () => {
  it("has no stack, shows no control character, and ends somewhere", () => {
    const error = new InfluxTokenError("a\u001b[31m");
    expect(error.message).toBe("a\\u001b[31m");
    expect(error.stack).toBe(error.message);
    expect(String(error)).toBe("InfluxToken");
    expect(new InfluxTokenError("x".repeat(20_000)).message).toHaveLength(10_001);
  });
});
