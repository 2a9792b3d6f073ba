import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { configuredFleets } from "../../../program/configuredFleets";
import type { Fleet } from "../../../program/fleets";
import { TokenFilesError } from "../../../program/places";
import { readTokenFiles } from "../../../program/tokenFiles";
import { thrownBy } from "../../support/thrownBy";

let base: string;
let root: string;
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), "fleets-")));
  root = join(base, "project");
  mkdirSync(root);
});
afterEach(() => {
  rmSync(base, { recursive: true });
});

/** Writes a file of the project. */
function put(path: string, text: string | Buffer): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const EACH = { org: "acme", user: "devices", writeBucket: ["metrics"] };
type Declared = Readonly<Record<string, unknown>>;

/** Fleets of the stack config. */
function configured(
  declared: Readonly<Record<string, Declared>>,
  others = new Map<string, string>(),
): Fleet[] {
  const run = { told: root, project: "acme", cwd: base, shell: undefined };
  const { fleets } = configuredFleets(new Map(Object.entries(declared)), "influx-token:fleets", run, others);
  return fleets;
}

function linesOf(read: () => unknown): string[] {
  const error = thrownBy(read);
  expect(error).toBeInstanceOf(TokenFilesError);
  return (error as Error).message.split("\n");
}

const refusal = (fleet: Declared): string[] => linesOf(() => configured({ sensors: fleet }));

describe("a fleet of the stack config", () => {
  it("has the members that it names, with what else is declared", () => {
    const fleet = { each: EACH, members: ["a", "b"], keepOldFor: "24h", connection: { retries: 2 } };
    expect(configured({ sensors: fleet })).toEqual([
      { name: "sensors", ...fleet, members: { a: {}, b: {} } },
    ]);
    const own = { a: { status: "inactive" }, b: null };
    expect(configured({ sensors: { each: EACH, members: own } })[0]?.members).toEqual({
      a: { status: "inactive" },
      b: {},
    });
    const none = { each: EACH, members: [], membersFrom: null, keepOldFor: null };
    expect(configured({ sensors: none })).toEqual([{ name: "sensors", each: EACH, members: {} }]);
  });

  it("has those of files and folders as well", () => {
    put("hall.txt", "c\n");
    put("more/x.csv", "member,status\nd,inactive\n");
    put("more/inner/y.txt", "e\n");
    put("more/README.md", "");
    const fleet = { each: EACH, members: ["a"], membersFrom: ["hall.txt", "more/"] };
    expect(configured({ sensors: fleet })[0]?.members).toEqual({
      a: {},
      c: {},
      d: { status: "inactive" },
      e: {},
    });
    expect(configured({ sensors: { each: EACH, membersFrom: join(root, "hall.txt") } })).toHaveLength(1);
  });

  it("reads ten thousand members at once, each with inputs of its own", () => {
    const rows = Array.from({ length: 10_000 }, (_, n) => `device-${n},"hall ${n}: {member}",m${n % 7}`);
    put("devices.csv", ["member,description,readBucket", ...rows].join("\r\n"));
    const [fleet] = configured({ sensors: { each: EACH, membersFrom: "devices.csv" } });
    expect(Object.keys(fleet?.members ?? {})).toHaveLength(10_000);
    expect(fleet?.members["device-9999"]).toEqual({ description: "hall 9999: {member}", readBucket: ["m3"] });
  });

  it.each<[string, Declared, string[]]>([
    ["without each", { members: ["a"] }, [": each must hold the inputs of every member's token"]],
    ["with a text for each", { each: "acme", members: [] }, [".each: each must hold the inputs"]],
    ["without members", { each: EACH }, [": members or membersFrom must name the members"]],
    [
      "with an unknown key",
      { each: EACH, members: [], memberFrom: "a" },
      [".memberFrom: memberFrom is not known of a fleet: did you mean membersFrom?"],
    ],
    [
      "with a number for a path",
      { each: EACH, membersFrom: 5 },
      [".membersFrom: membersFrom must be the path of a file or a folder, or a list of such, not a number"],
    ],
    ["with no path at all", { each: EACH, membersFrom: [] }, [".membersFrom: membersFrom must be"]],
    [
      "with numbers for names",
      { each: EACH, members: ["a", 7] },
      [".members[1]: members[1] must be a string, not a number"],
    ],
    [
      "with a name twice",
      { each: EACH, members: ["a", "a"] },
      ['.members[1]: members[1]: "a" is given twice'],
    ],
    [
      "with an unknown input",
      { each: { ...EACH, reedTasks: true }, members: ["a"] },
      [".each.reedTasks: reedTasks is not an input of InfluxToken: did you mean readTasks?"],
    ],
    [
      "with a member's unknown input",
      { each: EACH, members: { a: { reedTasks: true } } },
      ['.members["a"].reedTasks: reedTasks is not an input'],
    ],
    [
      "with a member's own organization",
      { each: EACH, members: { a: { org: "b" } } },
      ['.members["a"].org: members["a"].org cannot be a member\'s own'],
    ],
    ["with what is no time", { each: EACH, members: [], keepOldFor: "soon" }, [".keepOldFor: keepOldFor"]],
    [
      "with a secret among the inputs",
      { each: { ...EACH, adoptToken: "s3cret" }, members: [] },
      [".each.adoptToken: each.adoptToken cannot be given"],
    ],
    [
      "with one description for all",
      { each: { ...EACH, description: "all" }, members: ["a"] },
      [".each.description: each.description must hold {member}"],
    ],
    ["whose file is not there", { each: EACH, membersFrom: "gone.csv" }, ["it cannot be read (ENOENT)"]],
  ])("is refused %s", (_, fleet, expected) => {
    const lines = refusal(fleet);
    expect(lines).toEqual(expected.map((text) => expect.stringContaining(text) as unknown));
    if (!lines[0]?.includes("ENOENT")) expect(lines[0]).toMatch(/^influx-token:fleets\.sensors/);
    expect(lines.join()).not.toContain("s3cret");
  });

  it("is refused where its name is a token's", () => {
    const others = new Map([["sensors", "influx-token:tokens of the stack config"]]);
    expect(linesOf(() => configured({ sensors: { each: EACH, members: [] } }, others))).toEqual([
      "influx-token:fleets.sensors: sensors is also declared in influx-token:tokens of the stack config",
    ]);
  });

  it("needs the folder of Pulumi.yaml for a relative path only", () => {
    put("a.txt", "a\n");
    const fleets = (membersFrom: string): unknown =>
      configuredFleets(
        new Map([["sensors", { each: EACH, membersFrom }]]),
        "influx-token:fleets",
        { told: "", project: "acme", cwd: base, shell: undefined },
        new Map(),
      ).fleets;
    expect(fleets(join(root, "a.txt"))).toHaveLength(1);
    expect(linesOf(() => fleets("a.txt"))).toEqual([
      expect.stringContaining("does not tell where Pulumi.yaml is"),
    ]);
  });
});

describe("files of members", () => {
  const from = (...membersFrom: string[]): Declared => ({ each: EACH, members: ["a"], membersFrom });

  it("tell each member that is named twice, with both places", () => {
    put("x.txt", "b\na\nb\n");
    put("y.csv", "\nname\nb\n");
    expect(refusal(from("x.txt", "y.csv"))).toEqual([
      'x.txt:2: a is also in influx-token:fleets.sensors.members["a"]',
      "x.txt:3: b is also in x.txt:1",
      "y.csv:3: b is also in x.txt:1",
    ]);
    expect(refusal(from("x.txt", "x.txt"))).toHaveLength(5);
  });

  it("tell names that cannot be, and inputs that are wrong, with file, line and column", () => {
    put("x.txt", "b{c}\n__proto__\nok\n");
    put(
      "y.csv",
      "member,status,rotateAfter,keepers.a,description,extraPermissions.telegrafs/0000000000000001\nc,off,,,,\nd,,soon,,,\ne,,,x,,\nf,,,,hall,\ng,active,,,{member},reed\n",
    );
    expect(refusal(from("x.txt", "y.csv"))).toEqual([
      'x.txt:1: the name "b{c}" holds a brace, which stands for a placeholder in texts',
      'x.txt:2: the name "__proto__" begins with two underscores, which Pulumi keeps for itself',
    ]);
    put("x.txt", "ok\n");
    const lines = refusal(from("x.txt", "y.csv"));
    expect(lines).toEqual([
      expect.stringMatching(/^y\.csv:2: c\.status: status must be "active" or "inactive"$/),
      expect.stringMatching(/^y\.csv:3: d\.rotateAfter: rotateAfter "soon" is no time/),
      expect.stringMatching(/^y\.csv:5: f\.description: .*must hold \{member\}/),
      expect.stringMatching(
        /^y\.csv:6: g\.extraPermissions\["telegrafs\/0000000000000001"\]: .* must be "read"/,
      ),
    ]);
  });

  it("are refused where they are empty: a file that was cut off must not delete a fleet", () => {
    put("x.txt", "");
    put("y.csv", "member\n");
    put("z.csv", "");
    put("a.txt", "# nobody\n");
    expect(refusal(from("x.txt", "y.csv", "z.csv", "a.txt"))).toEqual(
      ["x.txt", "y.csv", "z.csv", "a.txt"].map(
        (name) =>
          `${name}: it names no member: for a fleet without any, write members: [] in place of membersFrom`,
      ),
    );
  });

  it("are refused where they are not UTF-8", () => {
    put("x.txt", Buffer.from("ger\u00e4t\n", "latin1"));
    put("y.csv", Buffer.from("\uFEFFmember\na\n", "utf16le"));
    expect(refusal(from("x.txt", "y.csv"))).toEqual(["x.txt: it is not UTF-8", "y.csv: it is not UTF-8"]);
  });

  it("are refused where they are of another kind, or in a folder with such", () => {
    put("x.tsv", "a\n");
    put("more/a.txt", "b\n");
    put("more/b.txt~", "b\n");
    mkdirSync(join(root, "none"));
    expect(refusal(from("x.tsv", "more", "none"))).toEqual([
      "x.tsv: it does not end in .txt, .csv: rename it, or move it elsewhere",
      "more/b.txt~: it does not end in .txt, .csv: rename it, or move it elsewhere",
      "none: there is no file that ends in .txt, .csv",
    ]);
  });

  it("are not followed by links out of the project, and may be elsewhere where the stack config says so", () => {
    writeFileSync(join(base, "outside.txt"), "s3cret\n");
    symlinkSync(join(base, "outside.txt"), join(root, "x.txt"));
    expect(refusal(from("x.txt"))).toEqual([
      "x.txt: it is a link that leads out of the project, and is not followed",
    ]);
    expect(configured({ sensors: from("../outside.txt") })[0]?.members).toHaveProperty("s3cret");
  });

  it("tell the first twenty problems, and how many more there are", () => {
    put("y.csv", `member,status\n${Array.from({ length: 10_000 }, (_, n) => `d${n},off${n}\n`).join("")}`);
    const lines = refusal(from("y.csv"));
    expect(lines).toHaveLength(21);
    expect(lines[19]).toMatch(/^y\.csv:21: d19\.status: status must be/);
    put("y.csv", `member,status\n${Array.from({ length: 30 }, (_, n) => `d${n},off\n`).join("")}`);
    expect(refusal(from("y.csv")).slice(18)).toEqual([
      expect.stringMatching(/^y\.csv:20: d18\.status: status must be "active" or "inactive"$/),
      expect.stringMatching(/^y\.csv:21: d19\.status/),
      "10 more problems",
    ]);
    put("y.csv", `member\n${"a\n".repeat(10_000)}`);
    expect(refusal(from("y.csv")).at(-1)).toBe("9980 more problems");
  });
});

describe("a file of tokens", () => {
  const read = (given = "tokens/", read: string[] = []): ReturnType<typeof readTokenFiles> =>
    readTokenFiles(given, root, new Map(), read);

  it("may declare fleets, whose files of members are beside it", () => {
    put(
      "tokens/iot/iot.yaml",
      "ci: { org: acme, readTasks: true }\nfleets:\n  sensors:\n    each: { org: acme, writeBucket: [metrics] }\n    membersFrom: devices.csv\n",
    );
    put("tokens/iot/devices.csv", "member\na\n");
    const { tokens, fleets } = read();
    expect(tokens.map(({ name }) => name)).toEqual(["ci"]);
    expect(fleets).toEqual([
      { name: "sensors", each: { org: "acme", writeBucket: ["metrics"] }, members: { a: {} } },
    ]);
    expect(read("tokens/iot/iot.yaml").fleets).toEqual(fleets);
  });

  it("tells what is wrong with them, each with its line", () => {
    put(
      "tokens/a.yaml",
      `sensors: { org: acme, readTasks: true }
fleets:
  sensors:
    each:
      org: acme
      reedTasks: true
    members:
      a:
      b:
        status: off
    memberFrom: x
  meters:
    each: { org: acme, readTasks: true }
    members:
      - a
      - 7
    connection: { token: s3cret }
  pumps:
    each: { org: acme, readTasks: true, description: all }
    membersFrom: [x.csv]
  text: a
  valves: { each: { org: acme, readTasks: true }, members: { a: { status: "on" } } }
`,
    );
    put("tokens/x.csv", "member,status\na,off\n");
    const lines = linesOf(() => read());
    expect(lines).toEqual([
      expect.stringMatching(
        /^tokens\/a\.yaml:17: meters\.connection\.token: a secret must not stand in a plain file/,
      ),
      "tokens/a.yaml:21: fleets.text must hold what a fleet is: each, and members or membersFrom",
      "tokens/a.yaml:3: sensors is also declared in tokens/a.yaml:1",
      "tokens/a.yaml:11: sensors.memberFrom: memberFrom is not known of a fleet: did you mean membersFrom?",
      expect.stringMatching(/^tokens\/a\.yaml:16: meters\.members\[1\]: members\[1\] must be a string/),
      expect.stringMatching(
        /^tokens\/a\.yaml:19: pumps\.each\.description: each\.description must hold \{member\}/,
      ),
      expect.stringMatching(/^tokens\/a\.yaml:22: valves\.members\["a"\]\.status: status must be/),
    ]);
    expect(lines.join()).not.toContain("s3cret");
    put("tokens/a.yaml", "fleets: [a]\n");
    expect(linesOf(() => read())[0]).toMatch(/^tokens\/a\.yaml:1: fleets must hold an entry for each fleet/);
  });

  it("reads no file of members out of the project, whoever names it", () => {
    writeFileSync(join(base, "outside.txt"), "s3cret\n");
    put("elsewhere.txt", "a\n");
    put(
      "tokens/a.yaml",
      "fleets: { f: { each: { org: acme, readTasks: true }, membersFrom: ../../outside.txt } }\n",
    );
    const outside = "it is outside of the project: only the stack config may name a place elsewhere";
    expect(linesOf(() => read())).toEqual([`../outside.txt: ${outside}`]);
    const absolute = join(base, "outside.txt");
    put(
      "tokens/a.yaml",
      `fleets: { f: { each: { org: acme, readTasks: true }, membersFrom: ${absolute} } }\n`,
    );
    expect(linesOf(() => read())).toEqual([`${absolute}: ${outside}`]);
    put(
      "tokens/a.yaml",
      "fleets: { f: { each: { org: acme, readTasks: true }, membersFrom: ../elsewhere.txt } }\n",
    );
    expect(read().fleets[0]?.members).toEqual({ a: {} });
    // The stack config names a folder elsewhere: that is what is not left.
    mkdirSync(join(base, "teams"));
    writeFileSync(
      join(base, "teams", "a.yaml"),
      "fleets: { f: { each: { org: acme, readTasks: true }, membersFrom: ../outside.txt } }\n",
    );
    expect(linesOf(() => read("../teams"))).toEqual([`../outside.txt: ${outside}`]);
    expect(linesOf(() => read("../teams/a.yaml"))).toEqual([`../outside.txt: ${outside}`]);
    writeFileSync(join(base, "teams", "b.txt"), "b\n");
    writeFileSync(
      join(base, "teams", "a.yaml"),
      "fleets: { f: { each: { org: acme, readTasks: true }, membersFrom: ./b.txt } }\n",
    );
    expect(read("../teams").fleets[0]?.members).toEqual({ b: {} });
    expect(read("../teams/a.yaml").fleets[0]?.members).toEqual({ b: {} });
  });

  it("leaves no file of members in its folder unread", () => {
    put("tokens/a.yaml", "ci: { org: acme, readTasks: true }\n");
    put("tokens/devices.csv", "member\na\n");
    expect(linesOf(() => read())).toEqual([
      "tokens/devices.csv: no fleet takes its members from it: name it in membersFrom, or move it elsewhere",
    ]);
    expect(read("tokens/", [join(root, "tokens", "devices.csv")]).tokens).toHaveLength(1);
    expect(linesOf(() => read("tokens/devices.csv"))[0]).toMatch(/it does not end in \.yaml, \.yml, \.json/);
    rmSync(join(root, "tokens", "a.yaml"));
    expect(linesOf(() => read())[0]).toBe("tokens: there is no file that ends in .yaml, .yml, .json");
  });
});
