import * as fc from "fast-check";
import { readTokenDocument } from "../../../program/tokenDocument";

/** What is wrong with a text, each with its line. */
function problems(text: string): string[] {
  return readTokenDocument(text).problems.map(({ line = "file", text: what }) => `${line}: ${what}`);
}

function tokens(text: string): unknown {
  expect(problems(text)).toEqual([]);
  return readTokenDocument(text).tokens;
}

describe("a file of tokens", () => {
  it("gives each token with its inputs and its line", () => {
    expect(
      tokens("# of the team\nci:\n  org: acme\n  readBuckets: true\n\ncd: { org: acme, allAccess: true }\n"),
    ).toEqual([
      { name: "ci", inputs: { org: "acme", readBuckets: true }, line: 2 },
      { name: "cd", inputs: { org: "acme", allAccess: true }, line: 6 },
    ]);
  });

  it("may be JSON, with tabs and with a $schema for editors, and begin with a byte order mark", () => {
    const text =
      '\uFEFF{\n\t"$schema": "./tokens.schema.json",\n\t"ci": { "org": "acme", "readBuckets": true }\n}';
    expect(tokens(text)).toEqual([{ name: "ci", inputs: { org: "acme", readBuckets: true }, line: 3 }]);
    expect(problems("$schema: {}\n")).toEqual(["1: $schema must be a string"]);
  });

  it("may share by anchors and merges, however often", () => {
    const many = Array.from({ length: 2_000 }, (_, n) => `t${n}: { <<: *base, description: d${n} }\n`).join(
      "",
    );
    const read = tokens(
      `t: &base\n  org: acme\n  readBuckets: true\n  keepers: &k { a: "1" }\nu: { org: acme, readTasks: true, keepers: *k }\n${many}`,
    );
    expect(read).toHaveLength(2_002);
    expect((read as unknown[]).slice(0, 3)).toMatchObject([
      {},
      { inputs: { keepers: { a: "1" } } },
      { inputs: { org: "acme", readBuckets: true, description: "d0" } },
    ]);
  });

  it("names the line of what is wrong in lists, in what is merged, and in what is shared", () => {
    const text = [
      "base: &base { org: acme, readBucket: [metrics, ''] }",
      "more: &more",
      "  org: acme",
      "  readBuckets: 7",
      "one: { <<: [*more, *base], description: d }",
      "list: &list {",
      "  org: acme, writeBucket: &buckets [",
      "    '',",
      "  ] }",
      "two: { org: acme, writeBucket: *buckets }",
      "three: { org: acme, readTasks: true, keepers: { a: [] } }",
    ].join("\n");
    expect(problems(text).map((each) => each.replace(/(: [^:]+):.*/, "$1"))).toEqual([
      "1: base.readBucket[1]",
      "1: one.readBucket[1]",
      "4: more.readBuckets",
      "4: one.readBuckets",
      "8: list.writeBucket[0]",
      "8: two.writeBucket[0]",
      "11: three.keepers.a",
    ]);
  });

  it("names tokens by what is written, also where that looks like a number or like something of JavaScript's", () => {
    const read = tokens(
      ["0123", "1e3", "true", "__proto__", "constructor"]
        .map((name) => `${name}: { readTasks: true }\n`)
        .join(""),
    );
    expect((read as { name: string }[]).map(({ name }) => name).sort()).toEqual([
      "0123",
      "1e3",
      "__proto__",
      "constructor",
      "true",
    ]);
  });

  it("may hold no token, if it says so", () => {
    expect(tokens("{}")).toEqual([]);
    expect(problems("")).toEqual(["file: it is empty: write {} where it is to hold no token, or delete it"]);
    expect(problems("# nobody\n---\n")).toEqual([expect.stringContaining("it is empty")]);
  });
});

describe("what is wrong in a file of tokens", () => {
  it.each([
    ["a list", "# a\n- ci\n", "2: the file must hold an object of token name to inputs"],
    ["a text", "ci", "1: the file must hold an object of token name to inputs"],
    ["a token that is a text", "ci: all-access\n", "1: ci must hold the token's inputs"],
    ["a token that is a list", "a: {readTasks: true}\nci: []\n", "2: ci must hold the token's inputs"],
    ["a token without anything", "ci:\n", "1: ci must hold the token's inputs"],
    ["a token without a name", '"": {readTasks: true}\n', "1: a token has an empty name"],
    ["an object for a name", "? {a: 1}\n: {}\n", "1: a key must be a string"],
    [
      "a second document",
      "a: {readTasks: true}\n---\nb: {readTasks: true}\n",
      "2: there is a second document (---)",
    ],
    ["what is no YAML", "ci: { org: acme\ncd: }\n", "2: "],
    ["a tab before a name", "ci:\n\torg: acme\n", "2: "],
    ["an alias of nothing", "a:\n  org: *b\n", "2: an alias (*) has no anchor (&) before it"],
    [
      "an alias of what comes later",
      "a: *b\nb: &b {readTasks: true}\n",
      "1: an alias (*) has no anchor (&) before it",
    ],
    ["a merge of a text", "a: {<<: b}\n", "file: its aliases or merges (<<) cannot be resolved"],
    ["a tag", "a:\n  org: !acme\n", "2: a tag (!) is not known"],
    ["another encoding", "a: \uFFFD\n", "file: it is not UTF-8"],
  ])("is told with its line: %s", (_, text, expected) => {
    expect(problems(text)[0]).toEqual(expect.stringContaining(expected));
    expect(problems(text)[0]?.indexOf(expected)).toBe(0);
  });

  it("is told of a name that stands twice, with both lines", () => {
    expect(
      problems(
        "ci: {readTasks: true}\ncd: {readTasks: true}\nci:\n  org: acme\n  org: umbrella\n  readTasks: true\n",
      ),
    ).toEqual(["3: ci stands twice: also in line 1", "5: org stands twice: also in line 4"]);
  });

  it("is told of each input as in a preview, with the line where it stands", () => {
    const text = `ci: &ci
  org: acme
  readBukets: true
  keepers:
    a: "1"
    period: 2026
  readBucket:
    - "0a1b2c3d4e5f6071"
    - 7
  acknowledge:
    "no such risk": because
  extraPermissions:
    telegrafs/0000000000000001: reed
  connection:
    retries: -1
none: { org: acme }
both:
  org: acme
  allAccess: true
  readTasks: true
merged:
  <<: *ci
  readBukets: null
aliased: *ci
`;
    const of = (name: string): string[] => problems(text).filter((each) => each.includes(` ${name}.`));
    expect(of("ci")).toEqual([
      "3: ci.readBukets: readBukets is not an input of InfluxToken: did you mean readBuckets?",
      "6: ci.keepers.period: keepers.period must be a string, not a number",
      expect.stringMatching(/^9: ci\.readBucket\[1\]: /),
      expect.stringMatching(/^11: ci\.acknowledge\["no such risk"\]: .* is not a risk/),
      expect.stringMatching(/^13: ci\.extraPermissions\["telegrafs\/0000000000000001"\]: /),
      "15: ci.connection.retries: connection.retries must be a whole number from 0 to 100",
    ]);
    expect(of("none")).toEqual([expect.stringMatching(/^16: none\.permissions: no permission is asked for/)]);
    expect(of("both")).toEqual([expect.stringMatching(/^(18|19|20): both\.\w+: /)]);
    // Where the anchor is, there it is to be mended.
    expect(of("merged").map((each) => each.split(":")[0])).toEqual(["6", "9", "11", "13", "15", "23"]);
    expect(of("aliased").map((each) => each.split(":")[0])).toEqual(["3", "6", "9", "11", "13", "15"]);
  });

  it("is told of ids that YAML takes for numbers", () => {
    const reason = (property: string): string =>
      `${property}: ${property.replace("a.", "")} must be a string, not a number: put the id in quotes`;
    expect(
      problems(
        "a:\n  orgId: 1234567890123456\n  readBucket:\n    - 0000000000000123\n    - 12345678901234e5\n",
      ),
    ).toEqual([
      `2: ${reason("a.orgId")}`,
      `4: ${reason("a.readBucket[0]")}`,
      `5: ${reason("a.readBucket[1]")}`,
    ]);
  });

  it("is told of a secret, which a plain file must not hold, and never its value", () => {
    const text = "ci:\n  org: acme\n  readTasks: true\n  connection: { token: s3cret }\n";
    expect(problems(text)).toEqual([
      expect.stringMatching(/^4: ci\.connection\.token: a secret must not stand in a plain file/),
    ]);
    expect(problems(text).join()).not.toContain("s3cret");
    expect(problems("ci: { readTasks: true, adopt: '0a1b2c3d4e5f6071', adoptToken: s3cret }")[0]).toMatch(
      /^1: ci\.adoptToken: a secret must not stand in a plain file/,
    );
    expect(problems("ci:\n  readTasks: true\n  connection: { token: null }\n")).toEqual([]);
  });

  it("is told at once where aliases of aliases multiply, and where there is much of it", () => {
    const bomb = [
      "a: &a0 [x]",
      ...Array.from({ length: 12 }, (_, n) => `b${n}: &a${n + 1} [${Array(10).fill(`*a${n}`).join(",")}]`),
    ].join("\n");
    expect(problems(bomb).length).toBeGreaterThan(0);
    const merges = [
      "a: &a0 {readTasks: true}",
      ...Array.from(
        { length: 12 },
        (_, n) => `b${n}: &a${n + 1} {<<: [${Array(10).fill(`*a${n}`).join(",")}]}`,
      ),
    ].join("\n");
    expect(problems(merges)).toEqual(["file: its aliases or merges (<<) cannot be resolved"]);
    expect(problems("a: &a { b: *a }\n").length).toBeGreaterThan(0);
    const wrong = Array.from({ length: 500 }, (_, n) => `t${n}: { readTaks: true }\n`).join("");
    expect(problems(wrong)).toHaveLength(500);
    expect(problems(wrong).at(-1)).toMatch(/^500: /);
  });
});

it("no message repeats a value, whatever surrounds it", () => {
  const marks = "& * ! | > ' \" % @ ` { } [ ] , # - \\ a b < ~".split(" ");
  const around = fc.string({ unit: fc.constantFrom(" ", "\t", ...marks) });
  fc.assert(
    fc.property(around, around, (before, after) => {
      const text = `ci:\n  org: acme\n  readTasks: true\n  connection:\n    token: ${before}s3cret${after}\n`;
      expect(problems(text).join("\n")).not.toContain("s3cret");
    }),
    { numRuns: 1_000 },
  );
});
