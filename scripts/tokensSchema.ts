import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as ts from "typescript";
import { type InputSchema, READERS } from "../provider/token/inputReaders";

/** The declarations whose comments say what an input is. */
const DOCUMENTED = { "": ["InfluxTokenArgs", "TypeFlagArgs"], "connection.": ["ConnectionArgs"] } as const;

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
    properties: { $schema: { type: "string", description: "Where this schema is, for editors of JSON." } },
    additionalProperties: { $ref: "#/definitions/token" },
    definitions: {
      token: described({ type: "object", properties, additionalProperties: false }, "", comments),
    },
  };
}

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
  const declarations = readFileSync(join(dist, "provider", "influxToken.d.ts"), "utf8");
  const schema = `${JSON.stringify(tokensSchema(declarations), null, 2)}\n`;
  writeFileSync(join(dist, "program", "tokens.schema.json"), schema);
}
