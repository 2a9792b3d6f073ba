import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import { parse } from "yaml";
import { FLEET_KEYS } from "../../../program/fleets";
import { EACH_INPUTS, OWN_INPUTS } from "../../../provider/fleet/shardInputs";
import { READERS } from "../../../provider/token/inputReaders";
import { checkInputs, OPEN_CONTEXT } from "../../../provider/token/inputs";
import { DECLARATIONS, tokensSchema } from "../../../scripts/tokensSchema";

const ROOT = join(__dirname, "..", "..", "..");
const DIST = join(ROOT, "dist");

interface Part {
  readonly description?: string;
  readonly properties: Record<string, Part>;
}
const shipped = JSON.parse(readFileSync(join(DIST, "program", "tokens.schema.json"), "utf8")) as Part & {
  readonly definitions: Readonly<Record<"token" | "fleet" | "member", Part>>;
};
const { properties } = shipped.definitions.token;
const validate = new Ajv({ allErrors: true }).compile(shipped);

/** Something of every kind, and what inputs that want more than a kind take. */
const VALUES = [
  true,
  5,
  1.5,
  -1,
  "acme",
  "",
  "active",
  "0a1b2c3d4e5f6071",
  1234567890123456,
  [],
  [5],
  [true],
  ["0A1B2C3D4E5F6071"],
  {},
  { a: "b" },
  { a: 5 },
  { host: "http://localhost:8086", retries: 2, skipVerify: false },
  { host: 5 },
  { retries: 101 },
  { "operator-token": "sealed" },
  { "operator-token": "" },
  { telegrafs: "read, write" },
  { telegrafs: "write,read" },
];

/** As JSON Schema calls it. */
function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}

/** The inputs that a plain file may hold. */
const PLAIN = [...READERS].filter(([, { schema }]) => schema["writeOnly"] !== true);

describe("the JSON schema of files of tokens", () => {
  it("is built from what is there", () => {
    const declarations = DECLARATIONS.map((path) => readFileSync(join(DIST, path), "utf8"));
    expect(shipped).toEqual(tokensSchema(declarations.join("\n")));
  });

  it("knows every input but the secret ones, and explains each", () => {
    expect(Object.keys(properties)).toEqual(PLAIN.map(([name]) => name));
    const all = { ...properties, ...properties["connection"]?.properties };
    const unexplained = Object.entries(all).filter(([, { description = "" }]) => description.length < 5);
    expect(unexplained.map(([name]) => name)).toEqual([]);
    expect(properties["connection"]?.properties).not.toHaveProperty("token");
    expect(properties["connection"]?.properties).toHaveProperty("host");
    expect(JSON.stringify(shipped)).not.toContain("writeOnly");
  });

  it.each(PLAIN)(
    "finds no fault with %s where a preview finds none, and every wrong kind of value",
    (name, { schema }) => {
      const others = name === "org" || name === "orgId" ? {} : { org: "acme" };
      for (const value of VALUES) {
        const inputs = { ...others, [name]: value };
        const { failures } = checkInputs(inputs, {}, OPEN_CONTEXT);
        const isRefused = failures.some(({ property }) => property.startsWith(name));
        const isValid = validate({ ci: inputs });
        const isOfKind = schema["type"] === kindOf(value);
        if (!isRefused) expect([name, value, isValid]).toEqual([name, value, true]);
        else if (!isOfKind) expect([name, value, isValid]).toEqual([name, value, false]);
      }
    },
  );

  it.each([
    ["an unknown input", { ci: { readBukets: true } }],
    ["a token that is a text", { ci: "all-access" }],
    ["an unknown setting of the connection", { ci: { connection: { hots: "http://a" } } }],
    ["a number out of its range", { ci: { connection: { retries: 101 } } }],
    ["another status", { ci: { status: "off" } }],
    ["a name for an id", { ci: { orgId: "acme" } }],
    ["an action that there is not", { ci: { extraPermissions: { telegrafs: "reed" } } }],
    ["a risk that there is not", { ci: { acknowledge: { "no-such-risk": "why" } } }],
    ["a secret", { ci: { connection: { token: "s3cret" } } }],
    ["a fleet without members", { fleets: { f: { each: { readTasks: true } } } }],
    ["a fleet without each", { fleets: { f: { members: [] } } }],
    ["an unknown key of a fleet", { fleets: { f: { each: {}, members: [], memberFrom: "a" } } }],
    ["an unknown input of a fleet", { fleets: { f: { each: { reedTasks: true }, members: [] } } }],
    [
      "what no member of a fleet has",
      { fleets: { f: { each: { adopt: "0a1b2c3d4e5f6071" }, members: [] } } },
    ],
    ["a connection within each", { fleets: { f: { each: { connection: {} }, members: [] } } }],
    ["a member's own organization", { fleets: { f: { each: {}, members: { a: { org: "acme" } } } } }],
    ["a member's unknown input", { fleets: { f: { each: {}, members: { a: { reedTasks: true } } } } }],
    ["a number for a member", { fleets: { f: { each: {}, members: [7] } } }],
    ["a brace in a member's name", { fleets: { f: { each: {}, members: { "{a}": {} } } } }],
    ["a secret of a fleet", { fleets: { f: { each: {}, members: [], connection: { token: "s3cret" } } } }],
  ])("finds fault with %s", (_, file) => {
    expect(validate(file)).toBe(false);
  });

  it("finds no fault with fleets", () => {
    const each = { org: "acme", user: "devices", writeBucket: ["metrics"], description: "{member}" };
    const fleets = {
      a: { each, members: ["x", "y"], keepOldFor: "24h", connection: { retries: 2 } },
      b: { each, members: { x: {}, y: null, z: { status: "inactive", keepers: { a: "1" } } } },
      c: { each, membersFrom: "devices.csv" },
      d: { each, members: ["x"], membersFrom: ["a.txt", "b/"] },
    };
    validate({ fleets, ci: { org: "acme", readTasks: true } });
    expect(validate.errors).toBeNull();
  });

  it("knows every key of a fleet, and the inputs of its members", () => {
    const { fleet, member } = shipped.definitions;
    expect(Object.keys(fleet.properties)).toEqual(FLEET_KEYS);
    expect(Object.keys(fleet.properties["each"]?.properties ?? {})).toEqual(EACH_INPUTS);
    expect(Object.keys(member.properties)).toEqual(OWN_INPUTS);
    for (const part of Object.values(fleet.properties)) expect(part.description ?? "").not.toBe("");
    // What they lead to is there.
    for (const name of EACH_INPUTS) expect(properties).toHaveProperty(name);
  });

  it.each(["platform", "audit"])("fits the example's file %s, whose first line leads to it", (name) => {
    const path = join(ROOT, "examples", "gitops", "tokens", `${name}.yaml`);
    const text = readFileSync(path, "utf8");
    validate(parse(text));
    expect(validate.errors).toBeNull();
    expect(text.split("\n")[0]).toBe(
      "# yaml-language-server: $schema=../node_modules/pulumi-influx-token/dist/program/tokens.schema.json",
    );
  });
});
