import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as ts from "typescript";
import { TYPE_FLAGS, type TypeFlagInfo } from "../provider/permissions/catalogue";

/** The union of all flags; a mapped type over it becomes one property for each. */
const FLAG_UNION = "TypeFlag";

/** A piece of a file, and what takes its place. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Rewrites a declaration file for older compilers, down to the TypeScript 3.8 that Pulumi brings: the flags, which the
 * sources derive from the catalogue, are written out with a doc comment each, and `type` within the braces of an import
 * or export becomes a statement of its own. A file that needs nothing, or was rewritten before, comes back as it is.
 *
 * @throws Error where a syntax remains that is not known here to be readable: a template literal type.
 */
export function lowerDeclarations(fileName: string, source: string): string {
  const file = ts.createSourceFile(fileName, source, ts.ScriptTarget.Latest, true);
  const edits: Edit[] = [];
  const replace = (node: ts.Node, text: string): void => {
    edits.push({ start: node.getStart(file), end: node.end, text });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isTypeAliasDeclaration(node) && node.name.text === FLAG_UNION)
      replace(node.type, [...TYPE_FLAGS.keys()].map((flag) => `"${flag}"`).join(" | "));
    else if (ts.isMappedTypeNode(node) && node.typeParameter.constraint?.getText(file) === FLAG_UNION)
      replace(node, writeOutFlags(node, file));
    else if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) splitTypes(node, file, replace);
    else if (ts.isTemplateLiteralTypeNode(node))
      throw new Error(`${fileName}: older compilers cannot read ${node.getText(file)}`);
    else ts.forEachChild(node, visit);
  };
  visit(file);
  return edits.reduceRight(
    (text, { start, end, text: put }) => text.slice(0, start) + put + text.slice(end),
    source,
  );
}

function writeOutFlags(node: ts.MappedTypeNode, file: ts.SourceFile): string {
  const readonly = node.readonlyToken === undefined ? "" : "readonly ";
  const optional = node.questionToken === undefined ? "" : "?";
  const type = node.type?.getText(file) ?? "unknown";
  const properties = [...TYPE_FLAGS].map(
    ([name, info]) => `    /** ${describe(name, info)} */\n    ${readonly}${name}${optional}: ${type};\n`,
  );
  return `{\n${properties.join("")}}`;
}

/** What a reader needs to know of a flag, from its row of the catalogue. */
function describe(name: string, { flag, action, resource }: TypeFlagInfo): string {
  const mirrored = `Mirrors \`--${action}-${name === flag ? resource.type : String(resource.alias)}\`.`;
  if (name !== flag) return `Another spelling of \`${flag}\`. ${mirrored}`;
  const verb = action === "read" ? "Read" : "Write";
  const reach =
    resource.scope === "server" ? "all on the server, of every organization" : "all of the organization";
  const [edition, ...others] = resource.editions;
  const only = others.length > 0 ? "" : edition === "oss" ? " InfluxDB OSS only." : " InfluxDB Cloud only.";
  const since = resource.since === undefined ? "" : ` OSS knows it from ${resource.since} on.`;
  return `${verb} \`${resource.type}\`: ${reach}.${only}${since} ${mirrored}`;
}

/** `import { a, type B } from "c"` was not known before TypeScript 4.5. */
function splitTypes(
  node: ts.ImportDeclaration | ts.ExportDeclaration,
  file: ts.SourceFile,
  replace: (node: ts.Node, text: string) => void,
): void {
  const names = ts.isImportDeclaration(node) ? node.importClause?.namedBindings : node.exportClause;
  if (names === undefined || !(ts.isNamedImports(names) || ts.isNamedExports(names))) return;
  const elements: readonly (ts.ImportSpecifier | ts.ExportSpecifier)[] = names.elements;
  if (!elements.some(({ isTypeOnly }) => isTypeOnly)) return;
  const word = ts.isImportDeclaration(node) ? "import" : "export";
  const byDefault = ts.isImportDeclaration(node) ? node.importClause?.name?.text : undefined;
  const from = node.moduleSpecifier === undefined ? "" : ` from ${node.moduleSpecifier.getText(file)}`;
  const braces = (typeOnly: boolean): string[] => {
    const chosen = elements.filter(({ isTypeOnly }) => isTypeOnly === typeOnly);
    const list = chosen.map((element) => element.getText(file).replace(/^type\s+/, ""));
    return list.length === 0 ? [] : [`{ ${list.join(", ")} }`];
  };
  const values = [...(byDefault === undefined ? [] : [byDefault]), ...braces(false)];
  const statements = [
    ...(values.length === 0 ? [] : [`${word} ${values.join(", ")}${from};`]),
    ...braces(true).map((types) => `${word} type ${types}${from};`),
  ];
  replace(node, statements.join("\n"));
}

/** Rewrites all declarations of a folder. Returns how many files changed. */
export function lowerFolder(folder: string): number {
  const changed = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".d.ts"))
    .filter((name) => {
      const path = join(folder, name);
      const source = readFileSync(path, "utf8");
      const lowered = lowerDeclarations(name, source);
      if (lowered !== source) writeFileSync(path, lowered);
      return lowered !== source;
    });
  return changed.length;
}

if (require.main === module) lowerFolder(join(__dirname, ".."));
