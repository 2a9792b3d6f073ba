import * as fc from "fast-check";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readProfile } from "../../provider/connection/profiles";
import { ConnectionError } from "../../provider/errors";
import { INPUT_NAMES } from "../../provider/token/inputs";
import {
  expectNoPollution,
  inTime,
  MB,
  oddKey,
  oddText,
  oddValue,
  PATIENCE_MS,
  UNPRINTABLE,
} from "../support/badInput";
import { setUpRun } from "../support/testRun";
import { thrownBy } from "../support/thrownBy";
import { newProvider, type ProviderHost } from "../support/providerHost";

describe("check", () => {
  let folder: string;
  let host: ProviderHost;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "bad-input-"));
    const configs = join(folder, "configs");
    writeFileSync(configs, "");
    host = newProvider({ env: { INFLUX_CONFIGS_PATH: configs } });
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const connectionInputs = fc.dictionary(
    fc.oneof(fc.constantFrom("host", "token", "skipVerify", "configsPath", "timeoutMs", "caFile"), oddKey),
    oddValue,
  );
  const inputs = fc.oneof(
    oddValue,
    fc.dictionary(fc.oneof(fc.constantFrom(...INPUT_NAMES), oddKey, oddText), oddValue),
    fc.record({
      org: fc.constant("acme"),
      readTasks: fc.constant(true),
      connection: fc.oneof(connectionInputs, oddValue),
      keepers: fc.oneof(fc.dictionary(oddKey, oddText), oddValue),
      readBucket: fc.oneof(fc.array(oddText), oddValue),
    }),
  );

  it("answers whatever it is given with inputs or with failures that can be read", async () => {
    await fc.assert(
      fc.asyncProperty(inputs, async (given) => {
        const { inputs, failures } = await inTime(host.check({}, given));
        if (failures.length === 0) expect(inputs).toHaveProperty("permissions");
        expect(failures.length).toBeLessThanOrEqual(21);
        for (const { property, reason } of failures) {
          expect(property + reason).not.toMatch(UNPRINTABLE);
          expect(property.length).toBeLessThanOrEqual(201);
          expect(reason.length).toBeLessThanOrEqual(2_001);
        }
        expectNoPollution();
      }),
      { numRuns: 500 },
    );
  });

  it("never repeats a value of connection.token, whatever it is", async () => {
    const anywhere = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.constant("s3cret\u0007"),
        fc.array(tie("value"), { maxLength: 2 }),
        fc.dictionary(fc.string(), tie("value"), { maxKeys: 2 }),
      ),
    })).value;
    await fc.assert(
      fc.asyncProperty(anywhere, async (token) => {
        const { failures } = await host.check({}, { org: "a", readTasks: true, connection: { token } });
        expect(JSON.stringify(failures)).not.toContain("s3cret");
      }),
    );
  });

  it("takes keys that name what every object has for names like any other", async () => {
    const given: unknown = JSON.parse(
      '{"org":"a","readTasks":true,"__proto__":{"polluted":1},"constructor":1,"connection":{"__proto__":{"polluted":1}},"keepers":{"__proto__":"x"}}',
    );
    const { failures } = await host.check({}, given);
    expect(failures.map(({ reason }) => reason)).toEqual([
      "__proto__ is not an input of InfluxToken",
      "constructor is not an input of InfluxToken",
      "connection.__proto__ is not an input of InfluxToken",
    ]);
    expectNoPollution();
  });

  it("names a letter that only looks like the right one, and one that cannot be seen", async () => {
    const given = { org: "a", readTasks: true, "read\u0412uckets": true, "writeTasks\u200b": true };
    const { failures } = await host.check({}, given);
    expect(failures).toEqual([
      {
        property: "read\u0412uckets",
        reason:
          'read\u0412uckets is not an input of InfluxToken: "\u0412" (U+0412) is no letter of the names of inputs: did you mean readBuckets?',
      },
      {
        property: "writeTasks\\u200b",
        reason:
          'writeTasks\\u200b is not an input of InfluxToken: "\\u200b" (U+200B) is no letter of the names of inputs: did you mean writeTasks?',
      },
    ]);
  });

  it("answers at once where texts are huge or there are very many", async () => {
    const huge = "/".repeat(MB);
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`readTask${n}`, true]));
    const givens = [
      { org: "a", readTasks: true, [huge]: true },
      { org: "a", readTasks: true, connection: { host: `http://a${huge}x` } },
      { org: "a", readTasks: true, connection: { [huge]: huge, caFile: huge } },
      { readTasks: true, connection: { configsPath: huge } },
      { org: "a", readTasks: true, readBucket: [huge], keepers: { [huge]: 1 }, acknowledge: { [huge]: "x" } },
      { org: "a", orgId: huge, readTasks: true, status: huge },
      { org: "a", ...many },
    ];
    for (const given of givens) {
      const { failures } = await inTime(host.check({}, given));
      expect(failures.length).toBeGreaterThan(0);
      expect(JSON.stringify(failures).length).toBeLessThan(20_000);
    }
    const { failures } = await host.check({}, { org: "a", ...many });
    expect(failures.at(-1)?.reason).toBe("99980 more inputs are wrong");
  });

  it("reads no device or pipe in place of a file, which could take for ever", async () => {
    const { failures } = await host.check({}, { readTasks: true, connection: { configsPath: "/dev/zero" } });
    expect(failures).toEqual([
      {
        property: "connection.configsPath",
        reason:
          "cannot read the influx CLI's configs file /dev/zero (not a file), asked for by connection.configsPath",
      },
    ]);
  });
});

describe("the influx CLI's configs file", () => {
  let path: string;
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "bad-toml-"));
    path = join(folder, "configs");
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  function read(source: string, name?: string): unknown {
    writeFileSync(path, source);
    const from = { from: "connection.x", property: "connection.x" };
    return readProfile({
      path: { value: path, ...from },
      ...(name !== undefined && { name: { value: name, ...from } }),
    });
  }

  it("gives a profile or one readable error, whatever is in it, and never what may be a token", () => {
    const fragment = fc.oneof(
      fc.constantFrom(
        "[a]\n",
        "[__proto__]\n",
        "[[a]]\n",
        "active = true\n",
        'url = "x"\n',
        "url = 1979-05-27\n",
      ),
      fc.constantFrom(
        'token = "s3cret"\n',
        'token = "s3cret\n',
        "token = [s3cret]\n",
        "__proto__.polluted = 1\n",
      ),
      fc.string({ unit: "binary" }),
    );
    const name = fc.option(fc.oneof(oddKey, oddText, fc.constant("a")), { nil: undefined });
    fc.assert(
      fc.property(
        fc.array(fragment).map((parts) => parts.join("")),
        name,
        (source, asked) => {
          try {
            read(source, asked);
          } catch (error) {
            expect(error).toBeInstanceOf(ConnectionError);
            expect((error as Error).message).not.toMatch(UNPRINTABLE);
            expect((error as Error).message).not.toContain("s3cret");
          }
          expectNoPollution();
        },
      ),
      { numRuns: 300 },
    );
  });

  it("is read or refused at once, however long or deep it is", () => {
    const begin = performance.now();
    for (const source of ["x = ".padEnd(MB, "["), `[a]\nurl = "${"x".repeat(MB)}`, "#".repeat(20 * MB)]) {
      const error = thrownBy(() => read(source)) as Error;
      expect(error).toBeInstanceOf(ConnectionError);
      expect(error.message.length).toBeLessThan(500);
    }
    const many = Array.from({ length: 20_000 }, (_, n) => `[p${n}]\n`).join("");
    expect(() => read(many, "\u001b[31mprod")).toThrow(
      /has no profile "\\u001b\[31mprod", asked for by connection\.x: it has "p0", .*"p9", 19990 more$/,
    );
    expect(performance.now() - begin).toBeLessThan(PATIENCE_MS);
  });
});

describe("a description", () => {
  const run = setUpRun();

  const declared = (description: string, orgId = run.server.orgId): object => ({
    orgId,
    description,
    readTasks: true,
    permissions: ["read:orgs/x/tasks"],
    connection: { host: run.server.url, token: run.server.operatorToken, httpDebug: true },
  });

  it("of 10 MB is made, and neither an error nor a log repeats it", async () => {
    const huge = "x".repeat(10 * MB);
    const { outs } = await inTime(run.host.create(declared(huge)));
    expect(outs.description).toHaveLength(10 * MB);
    await expect(inTime(run.host.create(declared(huge, "00000000000000ff")))).rejects.toThrow(
      new RegExp(`^cannot create the token "x{64}…": http://[\\d.:]+ answered 400 "unable to create token"$`),
    );
    expect(run.debugLines).not.toEqual([]);
    expect(run.debugLines.join().length).toBeLessThan(100_000);
  });

  it("is kept with what a terminal acts on in it, and messages show that as escapes", async () => {
    const odd = "\u001b[2J\u0000a\u202eb\n\u{e0001}";
    const { outs } = await run.host.create(declared(odd));
    expect(outs.description).toBe(odd);
    await expect(run.host.create(declared(odd, "00000000000000ff"))).rejects.toThrow(
      'cannot create the token "\\u001b[2J\\u0000a\\u202eb\\u000a\\u{e0001}": ',
    );
    const lines = run.debugLines.join("\n").split("\n");
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.filter((line) => UNPRINTABLE.test(line))).toEqual([]);
  });
});
