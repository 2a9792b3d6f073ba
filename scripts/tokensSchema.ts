import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as ts from "typescript";
import { FLEET_KEYS } from "../program/fleets";
import { FLEETS_KEY } from "../program/tokenDocument";
import { EACH_INPUTS, OWN_INPUTS } from "../provider/fleet/shardInputs";
import { type InputSchema, READERS } from "../provider/token/inputReaders";

/** The declarations whose comments say what an input is. */
const DOCUMENTED = {
  "": ["InfluxTokenArgs", "TypeFlagArgs"],
  "connection.": ["ConnectionArgs"],
  "fleet.": ["FleetArgs", "InfluxTokenFleetArgs"],
} as const;

/** Built declarations of the inputs, where each has its comment: in the folder of what is built. */
export const DECLARATIONS = ["influxToken.d.ts", "fleetResource.d.ts", "influxTokenFleet.d.ts"].map((name) =>
  join("provider", name),
);

/**
 * The JSON Schema of a file that `influx-token:tokensFrom` names: what editors complete, explain and underline. It
 * follows from the table that `check` reads inputs by. Secrets are left out, for they have no place in a plain file.
 *
 * @param declarations the built declarations of the inputs, where each flag has its comment.
 */
export function tokensSchema(declarations: string): object {
  const comments = commentsOf(declarations);
  const properties = Object.fromEntries([...READERS].map(([name, { schema }]) => [name, schema]));
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "InfluxDB tokens",
    description: "Token name to inputs, for the program that comes with pulumi-influx-token.",
    type: "object",
    properties: {
      $schema: { type: "string", description: "Where this schema is, for editors of JSON." },
      [FLEETS_KEY]: {
        type: "object",
        description: "Fleet name to what the fleet is.",
        additionalProperties: { $ref: "#/definitions/fleet" },
      },
    },
    additionalProperties: { $ref: "#/definitions/token" },
    definitions: {
      token: described({ type: "object", properties, additionalProperties: false }, "", comments),
      fleet: described(FLEET, "fleet.", comments),
      member: inputs(OWN_INPUTS),
    },
  };
}

/** Some inputs of a token, each as it is there. */
function inputs(names: readonly string[]): InputSchema {
  const properties = Object.fromEntries(
    names.map((name) => [name, { $ref: `#/definitions/token/properties/${name}` }]),
  );
  return { type: "object", properties, additionalProperties: false };
}

const PATH = { type: "string", minLength: 1 } as const;
const MEMBER_NAME = { type: "string", pattern: "^[^{}]+$" } as const;

const FLEET_PROPERTIES: Readonly<Record<(typeof FLEET_KEYS)[number], InputSchema>> = {
  each: inputs(EACH_INPUTS),
  members: {
    anyOf: [
      { type: "array", items: MEMBER_NAME, uniqueItems: true },
      {
        type: "object",
        propertyNames: MEMBER_NAME,
        additionalProperties: { anyOf: [{ $ref: "#/definitions/member" }, { type: "null" }] },
      },
    ],
  },
  membersFrom: {
    description:
      "Files with further members, or folders of such: .txt with a name each line, .csv with own inputs by column.",
    anyOf: [PATH, { type: "array", items: PATH, minItems: 1 }],
  },
  keepOldFor: READERS.get("rotateAfter")?.schema ?? {},
  connection: { $ref: "#/definitions/token/properties/connection" },
};

const FLEET: InputSchema = {
  type: "object",
  properties: FLEET_PROPERTIES,
  additionalProperties: false,
  required: ["each"],
  anyOf: [{ required: ["members"] }, { required: ["membersFrom"] }],
};

/** The schema with the comment of each input, and without secrets. */
function described(
  schema: InputSchema,
  prefix: string,
  comments: ReadonlyMap<string, string>,
): Record<string, unknown> {
  const { properties } = schema as { properties?: Record<string, InputSchema> };
  if (properties === undefined) return schema;
  const kept = Object.entries(properties)
    .filter(([, { writeOnly }]) => writeOnly !== true)
    .map(([name, inner]) => {
      const description = comments.get(prefix + name);
      const all = described(inner, `${prefix}${name}.`, comments);
      return [name, { ...(description !== undefined && { description }), ...all }] as const;
    });
  return { ...schema, properties: Object.fromEntries(kept) };
}

/** The comment of each input, by its path. */
function commentsOf(declarations: string): Map<string, string> {
  const file = ts.createSourceFile("influxToken.d.ts", declarations, ts.ScriptTarget.Latest, true);
  const comments = new Map<string, string>();
  for (const [prefix, names] of Object.entries(DOCUMENTED)) {
    for (const statement of file.statements) {
      if (!ts.isInterfaceDeclaration(statement) && !ts.isTypeAliasDeclaration(statement)) continue;
      if (!(names as readonly string[]).includes(statement.name.text)) continue;
      const members = ts.isInterfaceDeclaration(statement)
        ? statement.members
        : ts.isTypeLiteralNode(statement.type)
          ? statement.type.members
          : [];
      for (const member of members) {
        const comment = ts.getTextOfJSDocComment(ts.getJSDocCommentsAndTags(member)[0]?.comment);
        if (comment === undefined || member.name === undefined) continue;
        // Lines are broken where the source's are.
        comments.set(prefix + member.name.getText(file), comment.replace(/\s+/g, " "));
      }
    }
  }
  return comments;
}

if (require.main === module) {
  const dist = join(__dirname, "..");
  const declarations = DECLARATIONS.map((path) => readFileSync(join(dist, path), "utf8")).join("\n");
  const schema = `${JSON.stringify(tokensSchema(declarations), null, 2)}\n`;
  writeFileSync(join(dist, "program", "tokens.schema.json"), schema);
}
