import { UNKNOWN } from "../../../provider/token/unknown";
import * as fc from "fast-check";
import { connectionProblem, resolveConnection } from "../../../provider/connection/resolve";
import { type NumberSetting, SETTINGS } from "../../../provider/connection/settings";
import { checkInputs } from "../../../provider/token/inputs";
import type { ConnectionInputs } from "../../../provider/types";
import { type Given, sourcesOf } from "./support/sources";

const resolve = (given: Given): ReturnType<typeof resolveConnection> =>
  resolveConnection(sourcesOf({ ...given, stored: { token: "t", ...given.stored } }));

/** Whether `check` takes the value among the inputs. */
function isInput(connection: ConnectionInputs): boolean {
  const context = { organization: () => undefined, host: () => "http://localhost:8086" };
  return checkInputs({ org: "acme", readTasks: true, connection }, {}, context).failures.length === 0;
}

const NUMBERS: [NumberSetting, number, number][] = [
  ["timeoutMs", 1, 3_600_000],
  ["retries", 0, 100],
  ["maxConcurrent", 1, 1_000],
];

describe("a number among the settings", () => {
  it("has a default", () => {
    expect(resolve({})).toMatchObject({ timeoutMs: 60_000, retries: 4, maxConcurrent: 16 });
  });

  it.each(NUMBERS)("has the same range from every source: %s, %d to %d", (name, min, max) => {
    for (const value of [min, max]) {
      expect(resolve({ config: { [name]: String(value) } })[name]).toBe(value);
      expect(resolve({ stored: { [name]: value } })[name]).toBe(value);
      expect(isInput({ [name]: value })).toBe(true);
    }
    const message = `influx-token:${name} in the stack config must be a whole number from ${min} to ${max}, in decimal digits`;
    for (const value of [min - 1, max + 1, 3_000_000_000, Number.MAX_SAFE_INTEGER, 1e21, 1.5, Infinity]) {
      expect(() => resolve({ config: { [name]: String(value) } })).toThrow(message);
      expect(() => resolve({ stored: { [name]: value } })).toThrow(`connection.${name} must be`);
      expect(isInput({ [name]: value })).toBe(false);
    }
  });

  it.each([
    "1e3",
    " 5",
    "5 ",
    "0x10",
    "+5",
    "-5",
    "5.0",
    "5_000",
    "5,000",
    "٥",
    "five",
    "NaN",
    "9".repeat(400),
  ])("is written in decimal digits only: not as %j", (text) => {
    for (const [name] of NUMBERS)
      expect(() => resolve({ config: { [name]: text } })).toThrow("decimal digits");
  });

  it("is left out where its text is empty", () => {
    expect(resolve({ config: { timeoutMs: "", retries: "" } })).toMatchObject({
      timeoutMs: 60_000,
      retries: 4,
    });
  });

  it("is within its range, whatever the text", () => {
    const text = fc.oneof(fc.string(), fc.double().map(String), fc.bigInt().map(String));
    fc.assert(
      fc.property(fc.constantFrom(...NUMBERS), text, ([name, min, max], value) => {
        const given = { stored: { token: "t" }, config: { [name]: value } };
        if (connectionProblem(sourcesOf(given)) !== undefined) return;
        const kept = resolve(given)[name];
        expect(kept >= min && kept <= max && Number.isInteger(kept)).toBe(true);
      }),
    );
  });
});

describe("a switch among the settings", () => {
  const skipVerify = (value: string): boolean => resolve({ env: { INFLUX_SKIP_VERIFY: value } }).skipVerify;

  it("is read as the CLI does, from every source", () => {
    expect(["true", "TRUE", "1", "t"].map(skipVerify)).toEqual([true, true, true, true]);
    expect(["false", "0", "", "F"].map(skipVerify)).toEqual([false, false, false, false]);
    expect(resolve({ config: { skipVerify: "t", httpDebug: "1" } })).toMatchObject({
      skipVerify: true,
      httpDebug: true,
    });
  });

  it("is overridden by a false of the resource", () => {
    const env = { INFLUX_SKIP_VERIFY: "true" };
    expect(resolve({ stored: { skipVerify: false }, env }).skipVerify).toBe(false);
  });

  it.each(["maybe", "yes", " true", "2", "on"])("is nothing else: not %j", (text) => {
    expect(() => skipVerify(text)).toThrow("INFLUX_SKIP_VERIFY must be true or false");
    expect(() => resolve({ config: { httpDebug: text } })).toThrow(
      "influx-token:httpDebug in the stack config must be true or false",
    );
  });
});

describe("what is wrong in the connection, as far as a preview can tell", () => {
  const problem = (given: Given, recorded?: string): unknown => connectionProblem(sourcesOf(given), recorded);

  it("is nothing where only the token is missing, or cannot be read", () => {
    expect(problem({})).toBeUndefined();
    expect(
      problem({ config: { host: "http://a:1", activeConfig: "prod" }, profile: "no such file" }),
    ).toBeUndefined();
  });

  it("is not looked for in certificates: a preview may run where they are not", () => {
    const sources = sourcesOf({ stored: { token: "t", caFile: "/nowhere" } });
    const readPem = (): never => {
      throw new Error("it was read");
    };
    expect(connectionProblem({ ...sources, readPem })).toBeUndefined();
  });

  it.each<[string, string, Given & { recorded?: string }]>([
    [
      "connection.timeoutMs",
      "influx-token:timeoutMs in the stack config must be",
      { config: { timeoutMs: "0" } },
    ],
    ["connection.skipVerify", "INFLUX_SKIP_VERIFY must be", { env: { INFLUX_SKIP_VERIFY: "x" } }],
    ["connection.host", "INFLUX_HOST is not a URL", { env: { INFLUX_HOST: "x" } }],
    ["connection.host", "influx-token:host in the stack config is not a URL", { config: { host: "x" } }],
    ["connection.host", 'url of the profile "p" is not a URL', { profile: { name: "p", url: "x" } }],
    ["connection.host", "INFLUX_CONNECT_TO must be host:port", { env: { INFLUX_CONNECT_TO: "x" } }],
    [
      "connection.host",
      "HTTPS_PROXY is not the URL",
      { config: { host: "https://a.test" }, env: { HTTPS_PROXY: "ftp://x" } },
    ],
    ["connection.keyFile", "connection.certFile is given without", { stored: { certFile: "x" } }],
    ["connection.token", "INFLUX_TOKEN holds a character", { env: { INFLUX_TOKEN: "a b" } }],
    [
      "connection.token",
      "the token from INFLUX_TOKEN is for http://a:1",
      { config: { host: "http://b:1" }, env: { INFLUX_HOST: "http://a:1", INFLUX_TOKEN: "t" } },
    ],
    [
      "connection.host",
      "the state says that the token is on http://b:1",
      { env: { INFLUX_HOST: "http://a:1" }, recorded: "http://b:1" },
    ],
    ["connection.configsPath", "malformed", { profile: "malformed" }],
  ])("is named with its input: %s, %s …", (property, beginning, given) => {
    expect(problem(given, given.recorded)).toEqual({
      property,
      reason: expect.stringMatching(new RegExp(`^${beginning}`)) as unknown,
    });
  });

  it("is found in what is known, and passed over in what is not", () => {
    const unknown = { host: UNKNOWN };
    expect(problem({ open: ["host"], stored: unknown })).toBeUndefined();
    expect(problem({ open: ["timeoutMs"], config: { timeoutMs: "0", host: "x" } })).toMatchObject({
      property: "connection.host",
    });
    expect(problem({ open: Object.keys(SETTINGS) })).toBeUndefined();
    expect(problem({ open: ["activeConfig"], profile: "cannot read it" })).toBeUndefined();
  });
});
