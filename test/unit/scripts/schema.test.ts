import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CONFIG_KEYS, SETTINGS } from "../../../provider/connection/settings";
import { NATIVE_FLEET, TOKEN_KINDS } from "../../../provider/tokenTypes";
import { READERS } from "../../../provider/token/inputReaders";
import { INPUT_NAMES } from "../../../provider/token/inputs";
import {
  type EnumSpec,
  type ObjectSpec,
  type PackageSpec,
  packageSchema,
  type PropertySpec,
} from "../../../scripts/schema";

const ROOT = join(__dirname, "..", "..", "..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const manifest = JSON.parse(read("package.json")) as Parameters<typeof packageSchema>[1];
const shipped = JSON.parse(read("plugin/schema.json")) as PackageSpec;

const typesOf = (repeatsInputs: boolean): string[] =>
  TOKEN_KINDS.filter((kind) => kind.repeatsInputs === repeatsInputs).map(({ type }) => type);

type Properties = Readonly<Record<string, PropertySpec>>;

function resource(name: string): Required<PackageSpec["resources"][string]> {
  const found = shipped.resources[`influx-token:index:${name}`];
  if (found?.properties === undefined) throw new Error(`no resource ${name}`);
  return found as Required<typeof found>;
}
const token = resource("Token");
const rotating = resource("RotatingToken");
const fleet = resource("TokenFleet");
const typeOf = (name: string): ObjectSpec => shipped.types[`influx-token:index:${name}`] as ObjectSpec;
const { variables } = shipped.config;
const PARTS: readonly (readonly [string, Properties])[] = [
  ["config", variables],
  ["provider", shipped.provider.inputProperties],
  ["Token's inputs", token.inputProperties],
  ["Token's outputs", token.properties],
  ["RotatingToken's inputs", rotating.inputProperties],
  ["RotatingToken's outputs", rotating.properties],
  ["TokenFleet's inputs", fleet.inputProperties],
  ["TokenFleet's outputs", fleet.properties],
  ["what a fleet's members have in common", typeOf("FleetEach").properties],
  ["what is a member's own", typeOf("FleetMember").properties],
];

const secretsOf = (properties: Properties): string[] =>
  Object.keys(properties).filter((name) => properties[name]?.secret === true);

/** The names in the first column of each table of a page whose header is `header`, and what follows their dot. */
function documented(page: string, header: string): string[] {
  const tables = read(page).matchAll(new RegExp(`^\\| ${header} +\\|.*\\n\\|[- |]+\\n((?:\\|.*\\n)+)`, "gm"));
  const cells = [...tables].flatMap(([, rows = ""]) => rows.match(/^\| [^|]+/gm) ?? []);
  return cells.flatMap((cell) => [...cell.matchAll(/`([\w.]+)`/g)].map(([, name = ""]) => name));
}

describe("the schema of the native plugin", () => {
  it("is built from what is there", () => {
    expect(shipped).toEqual(packageSchema(join(ROOT, "dist"), manifest));
    expect(shipped.version).toBe(manifest.version);
  });

  it("has every input of a token but the connection, which providers take the place of", () => {
    const native = INPUT_NAMES.filter((name) => name !== "connection").sort();
    expect(Object.keys(token.inputProperties).sort()).toEqual(native);
    expect(Object.keys(rotating.inputProperties).sort()).toEqual([...native, "generation"].sort());
  });

  it("has fleets as a component: of every token's inputs those that members can have, by name or with their own", () => {
    const { isComponent, requiredInputs, inputProperties } = fleet;
    expect([isComponent, requiredInputs]).toEqual([true, ["each", "members"]]);
    expect(Object.keys(inputProperties)).toEqual(["each", "members", "keepOldFor"]);
    const common = Object.entries(token.inputProperties).filter(([name]) => !/^adopt/.test(name));
    expect(typeOf("FleetEach").properties).toEqual(Object.fromEntries(common));
    const ofFleet = ["org", "orgId", "user", "userId", "deactivateOnDelete"];
    expect(typeOf("FleetMember").properties).toEqual(
      Object.fromEntries(common.filter(([name]) => !ofFleet.includes(name))),
    );
    expect(inputProperties["each"]?.$ref).toBe("#/types/influx-token:index:FleetEach");
    expect(inputProperties["members"]?.oneOf).toEqual([
      { type: "array", items: { type: "string" } },
      { type: "object", additionalProperties: { $ref: "#/types/influx-token:index:FleetMember" } },
    ]);
    expect(secretsOf(fleet.properties)).toEqual(["tokens"]);
    expect(fleet.properties["count"]?.type).toBe("integer");
    expect(fleet.required).toEqual(["tokens", "ids", "count"]);
  });

  it("takes as a provider's setting what a stack's config says of its connection and its tokens", () => {
    const ofPrograms = ["preflight", "tokens", "fleets", "tokensFrom"];
    const settings = CONFIG_KEYS.filter((name) => !ofPrograms.includes(name)).sort();
    expect(Object.keys(variables).sort()).toEqual(settings);
    expect(shipped.provider.inputProperties).toEqual(variables);
    const kinds = { text: "string", switch: "boolean", number: "integer" } as const;
    for (const [name, { kind }] of Object.entries(SETTINGS))
      expect([name, variables[name]?.type]).toEqual([name, kinds[kind]]);
  });

  it("has each input's type as the inputs are read, also of what is inside", () => {
    for (const [name, { schema }] of READERS) {
      const { type, items, additionalProperties, $ref } = token.inputProperties[name] ?? {};
      if (name === "connection") continue;
      if (name === "status") {
        expect($ref).toBe("#/types/influx-token:index:TokenStatus");
        const status = shipped.types["influx-token:index:TokenStatus"] as EnumSpec;
        const values = status.enum.map(({ value }) => value);
        expect(values).toEqual(schema["enum"]);
        continue;
      }
      expect([name, type]).toEqual([name, schema["type"]]);
      if (type === "array") expect([name, items]).toEqual([name, { type: "string" }]);
      if (type === "object") expect([name, additionalProperties]).toEqual([name, { type: "string" }]);
    }
  });

  it("marks what is secret, and nothing else", () => {
    const secretInputs = [...READERS].filter(([, { schema }]) => schema["writeOnly"] === true);
    const names = secretInputs.map(([name]) => name);
    expect(names).toEqual(["adoptToken"]);
    expect(secretsOf(token.inputProperties)).toEqual(names);
    expect(secretsOf(rotating.inputProperties)).toEqual(names);
    expect(secretsOf(token.properties)).toEqual(["token"]);
    expect(secretsOf(rotating.properties).sort()).toEqual(["previousToken", "token"]);
    const secretSettings = Object.entries(SETTINGS).filter(([, setting]) => "secret" in setting);
    expect(secretsOf(variables)).toEqual(secretSettings.map(([name]) => name));
  });

  it("promises only outputs that are always there", () => {
    const sometimes = ({ properties, required }: typeof token): string[] =>
      Object.keys(properties).filter((name) => !required.includes(name));
    expect(sometimes(token)).toEqual(["rotateAt"]);
    expect(sometimes(rotating).sort()).toEqual(
      ["authorizationId", "previousAuthorizationId", "previousToken", "rotateAt"].sort(),
    );
  });

  it("has what docs/inputs.md lists", () => {
    const inputs = [...documented("docs/inputs.md", "input")].sort();
    const settings = Object.keys(SETTINGS).map((name) => `connection.${name}`);
    const untabled = Object.keys(token.inputProperties).filter((name) => !/^(read|write)[A-Z]/.test(name));
    const byName = ["readBucket", "writeBucket", "readOwnOrg"];
    // A dynamic fleet is given its connection; the plugin's has a provider.
    const ofFleets = [...Object.keys(fleet.inputProperties), "connection"];
    expect(inputs).toEqual([...untabled, ...byName, ...settings, ...ofFleets].sort());
    expect(documented("docs/inputs.md", "output").sort()).toEqual(
      [...Object.keys(token.properties), "id"].sort(),
    );
  });

  it("takes over a stack with the dynamic classes, and lists what is on the server", () => {
    expect([token, rotating].map(({ aliases }) => aliases.map(({ type }) => type))).toEqual(
      typesOf(true).map((type) => [type]),
    );
    // No program declares what a fleet is made of.
    expect(Object.keys(shipped.resources)).toEqual([...typesOf(false), NATIVE_FLEET.component]);
    const listedBy = { org: token.inputProperties["org"], orgId: token.inputProperties["orgId"] };
    expect(token.listInputs.properties).toEqual(listedBy);
    expect(rotating.listInputs.properties).toEqual(listedBy);
  });

  it.each(PARTS)("explains each of %s in words that hold in every language", (_, properties) => {
    for (const [name, { description }] of Object.entries(properties)) {
      expect([name, description]).toEqual([name, expect.stringMatching(/^[A-Z`].{4}[^]*\.$/)]);
      expect(description).not.toMatch(/\{@|undefined|null|InfluxToken|`connection|`import`|\n/);
      expect(description).not.toContain(`\`influx-token:${name}\` in the stack config, \``);
    }
  });

  it("explains the resources, the provider and the types so, too", () => {
    const texts = [token, rotating, fleet, shipped.provider, ...Object.values(shipped.types)];
    for (const { description } of texts)
      expect(description).toMatch(/^(?:(?!\{@|undefined|InfluxToken|connection\b)[^])+\.$/);
  });

  it.each(Object.entries(variables))("names no source before a provider's %s", (name, { description }) => {
    expect(description).not.toContain(`\`influx-token:${name}\``);
  });
});

describe("a declaration that the schema cannot tell", () => {
  let dist: string;
  beforeEach(() => {
    dist = mkdtempSync(join(tmpdir(), "schema-test-"));
    for (const folder of ["provider", "native"]) mkdirSync(join(dist, folder));
    const classOf = (name: string): string =>
      `/** A token. */ export declare class ${name} { readonly id: string; }\n`;
    write(
      "provider/influxToken.d.ts",
      `/** Inputs. */ export interface InfluxTokenArgs {}\n${classOf("InfluxToken")}`,
    );
    write(
      "provider/rotatingInfluxToken.d.ts",
      `/** Inputs. */ export interface RotatingInfluxTokenArgs {}\n${classOf("RotatingInfluxToken")}`,
    );
    write("provider/fleetResource.d.ts", "/** Inputs. */ export interface FleetArgs {}\n");
    write("provider/influxTokenFleet.d.ts", classOf("InfluxTokenFleet"));
  });
  afterEach(() => {
    rmSync(dist, { recursive: true });
  });
  const write = (path: string, text: string): void => {
    writeFileSync(join(dist, path), text);
  };
  const settings = (members: string): PackageSpec => {
    write("native/providerArgs.d.ts", `/** Settings. */ export interface ProviderArgs {\n${members}\n}\n`);
    return packageSchema(dist, manifest);
  };

  it.each([
    ["no comment", "host?: string;", "host has no comment"],
    [
      "a type without a word",
      "/** When. */ since?: () => void;",
      "no word for the type of since: () => void",
    ],
    [
      "values of many types",
      "/** Both. */ both?: { a: string; b: boolean };",
      "no word for the type of both",
    ],
    ["values without a name", '/** One of. */ one?: "a" | "b";', '"a" | "b" has no name'],
  ])("is refused: %s", (_, members, message) => {
    expect(() => settings(members)).toThrow(message);
  });

  it("is refused: a file that is not there, and a declaration that is not", () => {
    expect(() => packageSchema(dist, manifest)).toThrow("native/providerArgs.d.ts is missing, or no module");
    write("native/providerArgs.d.ts", "export interface Others {}\n");
    expect(() => packageSchema(dist, manifest)).toThrow("There is no declaration of ProviderArgs");
  });

  it("is told apart from one that it can: texts, numbers, lists and the repository of the package", () => {
    write("native/providerArgs.d.ts", "");
    const members =
      "/** A\n * text. Secret.\n */ text?: string | number | undefined;\n/** {@link text} too. */ list?: readonly number[];";
    expect(settings(members).config.variables).toEqual({
      text: { type: "string", secret: true, description: "A text. Secret." },
      list: { type: "array", items: { type: "integer" }, description: "`text` too." },
    });
    const repository = { url: "https://example.com/a" };
    expect(packageSchema(dist, { ...manifest, repository })).toMatchObject({ repository: repository.url });
    expect(packageSchema(dist, manifest)).not.toHaveProperty("repository");
  });
});
