import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findOrBuildGoTool } from "../../scripts/goTool";
import { run, type RunResult } from "../../scripts/run";
import { temporaryFolder } from "./preparation";

const SCHEMA = join(__dirname, "..", "..", "plugin", "schema.json");

interface Schema {
  types: Record<string, object>;
  resources: Record<string, { inputProperties: Record<string, object>; properties: Record<string, object> }>;
}

let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ folder, remove } = await temporaryFolder());
});
afterAll(() => remove());

/** Makes SDKs of the schema after a change of it. */
async function sdksOf(change: (schema: Schema, inputs: Record<string, object>) => void): Promise<RunResult> {
  const schema = JSON.parse(readFileSync(SCHEMA, "utf8")) as Schema;
  change(schema, schema.resources["influx-token:index:Token"]?.inputProperties ?? {});
  const path = join(folder, "schema.json");
  writeFileSync(path, JSON.stringify(schema));
  return run(await findOrBuildGoTool("sdkgen"), [path, join(folder, "sdk")]);
}

describe("Pulumi's generators of SDKs", () => {
  it("take the schema without a warning, and name things as each language does", async () => {
    expect(await sdksOf(() => undefined)).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(readdirSync(join(folder, "sdk", "python"))).toContain("pyproject.toml");
    const go = readFileSync(join(folder, "sdk", "go", "influxtoken", "pulumiEnums.go"), "utf8");
    expect(go).toMatch(/TokenStatusActive +=/);
    expect(go).toMatch(/TokenStatusInactive +=/);
    const python = join(folder, "sdk", "python", "pulumi_influx_token");
    expect(readFileSync(join(python, "_enums.py"), "utf8")).toMatch(/^ {4}INACTIVE = "inactive"$/m);
    expect(readFileSync(join(python, "token.py"), "utf8")).toMatch(/^ +read_notification_rules: /m);
  });

  it.each<[string, (schema: Schema, inputs: Record<string, object>) => void, RegExp]>([
    [
      "a word that it has not",
      (_, inputs) => {
        inputs["org"] = { type: "string", sekret: true };
      },
      /unknown field "sekret"/,
    ],
    [
      "a type that it does not declare",
      (schema) => {
        schema.types = {};
      },
      /TokenStatus/,
    ],
    [
      "a name that Pulumi keeps for itself, of which it only warns",
      ({ resources }) => {
        Object.assign(resources["influx-token:index:Token"]?.properties ?? {}, { urn: { type: "string" } });
      },
      /urn is a reserved property name/,
    ],
  ])("refuse a schema with %s", async (_, change, message) => {
    const { code, stderr } = await sdksOf(change);
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
  });
});
