import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as ts from "typescript";
import { ROTATING_TOKEN, TOKEN } from "../provider/pulumiHost/stub";
import { NATIVE_FLEET } from "../provider/tokenTypes";

/** A type in the words of Pulumi's schema. */
interface TypeSpec {
  readonly type?: "string" | "boolean" | "integer" | "array" | "object";
  readonly items?: TypeSpec;
  readonly additionalProperties?: TypeSpec;
  readonly $ref?: string;
  readonly oneOf?: readonly TypeSpec[];
}

/** A property in the words of Pulumi's schema. */
export interface PropertySpec extends TypeSpec {
  readonly description: string;
  readonly secret?: true;
}

/** A resource in the words of Pulumi's schema. */
export interface ResourceSpec {
  readonly description: string;
  readonly inputProperties: Readonly<Record<string, PropertySpec>>;
  readonly requiredInputs?: readonly string[];
  readonly isComponent?: true;
  readonly properties?: Readonly<Record<string, PropertySpec>>;
  readonly required?: readonly string[];
  readonly listInputs?: { readonly properties: Readonly<Record<string, PropertySpec>> };
  readonly aliases?: readonly { readonly type: string }[];
}

/** An enumeration in the words of Pulumi's schema. */
export interface EnumSpec {
  readonly type: "string";
  readonly description: string;
  readonly enum: readonly { readonly value: string }[];
}

/** An object in the words of Pulumi's schema. */
export interface ObjectSpec {
  readonly type: "object";
  readonly description: string;
  readonly properties: Readonly<Record<string, PropertySpec>>;
}

/** What the plugin answers to GetSchema. */
export interface PackageSpec {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly types: Readonly<Record<string, EnumSpec | ObjectSpec>>;
  readonly config: { readonly variables: Readonly<Record<string, PropertySpec>> };
  readonly provider: ResourceSpec;
  readonly resources: Readonly<Record<string, ResourceSpec>>;
}

/** What of package.json is said of the package in every language. */
interface Manifest {
  readonly version: string;
  readonly description: string;
  readonly keywords: readonly string[];
  readonly license: string;
  readonly repository?: { readonly url: string };
}

/** What only the classes of TypeScript have, which make it of other outputs. */
const OF_CLASSES: readonly string[] = ["tokensByShard"];

const PACKAGE = "influx-token";
/** The native classes by the declarations that they have in common with the dynamic ones. */
const RESOURCES = {
  Token: { kind: TOKEN, args: "InfluxTokenArgs", outputs: "InfluxToken" },
  RotatingToken: { kind: ROTATING_TOKEN, args: "RotatingInfluxTokenArgs", outputs: "RotatingInfluxToken" },
} as const;
/** The component, which no dynamic class has the type of. */
const FLEET = { type: NATIVE_FLEET.component, args: "FleetArgs", outputs: "InfluxTokenFleet" } as const;
/** Another provider takes its place. */
const DYNAMIC_ONLY = "connection";
/** Inputs that choose whose tokens are listed. */
const LISTED_BY = ["org", "orgId"];
/** Every resource has these: the schema does not declare them. */
const OF_EVERY_RESOURCE = ["id", "urn"];

/**
 * The schema of the native plugin. Names, types and texts are those of the TypeScript classes, so that every language has
 * the same inputs and outputs.
 *
 * @param dist the folder with the built declarations, where each flag has its comment.
 * @throws Error where a declaration has no comment, or a type that the schema has no word for.
 */
export function packageSchema(dist: string, manifest: Manifest): PackageSpec {
  const files = [
    "provider/rotatingInfluxToken.d.ts",
    "provider/influxToken.d.ts",
    "provider/fleetResource.d.ts",
    "provider/influxTokenFleet.d.ts",
    "native/providerArgs.d.ts",
  ];
  const declarations = new Declarations(files.map((name) => join(dist, name)));
  const variables = declarations.inputs("ProviderArgs", sourcesBelow);
  const resources = Object.entries(RESOURCES).map(
    ([name, { kind, args, outputs }]): [string, ResourceSpec] => {
      const inputProperties = declarations.inputs(args);
      return [
        `${PACKAGE}:index:${name}`,
        {
          description: `${declarations.text(outputs)}\n\n${declarations.text(args)}`,
          inputProperties,
          ...declarations.outputs(outputs),
          listInputs: {
            properties: Object.fromEntries(
              Object.entries(inputProperties).filter(([input]) => LISTED_BY.includes(input)),
            ),
          },
          aliases: [{ type: kind.type }],
        },
      ];
    },
  );
  const fleetInputs = declarations.inputs(FLEET.args);
  resources.push([
    FLEET.type,
    {
      description: `${declarations.text(FLEET.outputs)}\n\n${declarations.text(FLEET.args)}`,
      isComponent: true,
      inputProperties: fleetInputs,
      requiredInputs: declarations.required(FLEET.args),
      ...declarations.outputs(FLEET.outputs),
    },
  ]);
  const { version, description, keywords, license, repository } = manifest;
  return {
    name: PACKAGE,
    displayName: "InfluxDB API tokens",
    version,
    description,
    keywords: [...keywords.filter((word) => word !== "dynamic-provider"), "category/database", "kind/native"],
    license,
    ...(repository !== undefined && { repository: repository.url }),
    meta: { supportPack: true },
    language: {
      python: { pyproject: { enabled: true }, respectSchemaVersion: true },
      go: { respectSchemaVersion: true },
    },
    config: { variables },
    provider: { description: declarations.text("ProviderArgs"), inputProperties: variables },
    resources: Object.fromEntries(resources),
    types: Object.fromEntries(declarations.types),
  } as PackageSpec;
}

/** A provider's setting is what `influx-token:NAME` in the stack config says: what counts without it comes after that. */
function sourcesBelow(name: string, text: string): string {
  return text.replace(`\`${PACKAGE}:${name}\` in the stack config, `, "");
}

/** The exported declarations of some files, as the TypeScript checker reads them. */
class Declarations {
  /** The enumerations and objects that the types met so far refer to. */
  readonly types = new Map<string, EnumSpec | ObjectSpec>();
  private readonly checker: ts.TypeChecker;
  private readonly exported: ReadonlyMap<string, ts.Symbol>;

  constructor(files: readonly string[]) {
    const program = ts.createProgram(files, {
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: true,
      types: [],
      // Without it the browser's would be read, too.
      lib: ["lib.es2022.d.ts"],
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.Node16,
      moduleResolution: ts.ModuleResolutionKind.Node16,
    });
    this.checker = program.getTypeChecker();
    this.exported = new Map(
      files.flatMap((name) => {
        const source = program.getSourceFile(name);
        const module = source && this.checker.getSymbolAtLocation(source);
        if (module === undefined) throw new Error(`${name} is missing, or no module`);
        return this.checker
          .getExportsOfModule(module)
          .map((symbol): [string, ts.Symbol] => [symbol.name, symbol]);
      }),
    );
  }

  /** The comment of a declaration. */
  text(name: string): string {
    return this.textOf(this.named(name));
  }

  /** The properties of an interface that a program writes. */
  inputs(name: string, edit = (_: string, text: string): string => text): Record<string, PropertySpec> {
    const type = this.checker.getDeclaredTypeOfSymbol(this.named(name));
    const properties = this.checker.getPropertiesOfType(type).filter(({ name }) => name !== DYNAMIC_ONLY);
    return Object.fromEntries(
      properties.map((property) => {
        const [, spec] = this.property(property);
        return [property.name, { ...spec, description: edit(property.name, spec.description) }];
      }),
    );
  }

  /** Which of the properties of an interface a program has to write. */
  required(name: string): string[] {
    const type = this.checker.getDeclaredTypeOfSymbol(this.named(name));
    const properties = this.checker.getPropertiesOfType(type);
    return properties.filter(({ flags }) => (flags & ts.SymbolFlags.Optional) === 0).map((one) => one.name);
  }

  /** The outputs of a class, and which of them are always there. */
  outputs(name: string): { properties: Record<string, PropertySpec>; required: string[] } {
    const type = this.checker.getDeclaredTypeOfSymbol(this.named(name));
    const outputs = this.checker
      .getPropertiesOfType(type)
      .filter(
        (one) =>
          !OF_EVERY_RESOURCE.includes(one.name) &&
          !OF_CLASSES.includes(one.name) &&
          (one.flags & ts.SymbolFlags.Property) !== 0 &&
          isPublic(one),
      );
    const read = outputs.map((output) => [output.name, ...this.property(output)] as const);
    return {
      properties: Object.fromEntries(read.map(([output, , spec]) => [output, spec])),
      required: read.filter(([, isOptional]) => !isOptional).map(([output]) => output),
    };
  }

  /** Whether a property may be absent, and the rest of it. */
  private property(property: ts.Symbol): [boolean, PropertySpec] {
    const type = inside(this.checker.getTypeOfSymbol(property), this.checker);
    const isOptional = this.checker.getNonNullableType(type) !== type;
    const description = this.textOf(property);
    const isSecret = /(^|\. )(Always a s|S)ecret\./.test(description);
    return [
      isOptional,
      { ...this.typeSpec(type, property.name), ...(isSecret && { secret: true }), description },
    ];
  }

  private typeSpec(given: ts.Type, name: string): TypeSpec {
    const type = this.checker.getNonNullableType(inside(given, this.checker));
    const alternatives = type.isUnion() ? type.types : [type];
    const are = (flags: ts.TypeFlags): boolean => alternatives.every((one) => (one.flags & flags) !== 0);
    if (are(ts.TypeFlags.BooleanLike)) return { type: "boolean" };
    // The package has no other numbers.
    if (are(ts.TypeFlags.NumberLike)) return { type: "integer" };
    if (are(ts.TypeFlags.StringLiteral)) return this.enumSpec(type, alternatives as ts.StringLiteralType[]);
    // A text may be written as a number in every language that has no types, and needs a type in those that have.
    if (are(ts.TypeFlags.String | ts.TypeFlags.Number)) return { type: "string" };
    const element = type.getNumberIndexType();
    if (element !== undefined && this.checker.isArrayType(type))
      return { type: "array", items: this.typeSpec(element, name) };
    if (are(ts.TypeFlags.Object) && type.isUnion())
      return { oneOf: alternatives.map((one) => this.typeSpec(one, name)) };
    const value = type.getStringIndexType() ?? this.valueOfRecord(type);
    if (value !== undefined) return { type: "object", additionalProperties: this.typeSpec(value, name) };
    const symbol = type.aliasSymbol ?? type.getSymbol();
    if (symbol?.name.endsWith("Args") === true) return this.objectSpec(type, symbol);
    throw new Error(`The schema has no word for the type of ${name}: ${this.checker.typeToString(type)}`);
  }

  /** The type of the values, where an object has the same for every one of its keys. */
  private valueOfRecord(type: ts.Type): ts.Type | undefined {
    const values = this.checker.getPropertiesOfType(type).map((one) => this.checker.getTypeOfSymbol(one));
    return values.every((one) => one === values[0]) ? values[0] : undefined;
  }

  private enumSpec(type: ts.Type, literals: readonly ts.StringLiteralType[]): TypeSpec {
    const { aliasSymbol } = type;
    if (aliasSymbol === undefined) throw new Error(`${this.checker.typeToString(type)} has no name`);
    const token = `${PACKAGE}:index:${aliasSymbol.name}`;
    const values = literals.map(({ value }) => ({ value }));
    this.types.set(token, { type: "string", description: this.textOf(aliasSymbol), enum: values });
    return { $ref: `#/types/${token}` };
  }

  private objectSpec(type: ts.Type, symbol: ts.Symbol): TypeSpec {
    // Each language adds the end of the name by itself.
    const token = `${PACKAGE}:index:${symbol.name.replace(/Args$/, "")}`;
    const properties = this.checker
      .getPropertiesOfType(type)
      .map((property) => [property.name, this.property(property)[1]] as const);
    this.types.set(token, {
      type: "object",
      description: this.textOf(symbol),
      properties: Object.fromEntries(properties),
    });
    return { $ref: `#/types/${token}` };
  }

  private named(name: string): ts.Symbol {
    const symbol = this.exported.get(name);
    if (symbol === undefined) throw new Error(`There is no declaration of ${name}`);
    return symbol;
  }

  private textOf(symbol: ts.Symbol): string {
    const comment = ts.displayPartsToString(symbol.getDocumentationComment(this.checker));
    if (comment === "") throw new Error(`${symbol.name} has no comment`);
    const paragraphs = comment.replace(/\{@link (\w+)\}/g, "`$1`").split(/\n\s*\n/);
    // Lines are broken where the source's are.
    return paragraphs.map((one) => one.replace(/\s+/g, " ").trim()).join("\n\n");
  }
}

function isPublic(property: ts.Symbol): boolean {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return (property.declarations ?? []).every((one) => (ts.getCombinedModifierFlags(one) & hidden) === 0);
}

/** What an `Input` or `Output` is of; the type itself where it is neither. */
function inside(type: ts.Type, checker: ts.TypeChecker): ts.Type {
  const parts = type.isUnionOrIntersection() ? type.types : [type];
  const output = parts.find((part) => part.getSymbol()?.name === "OutputInstance");
  return output === undefined ? type : (checker.getTypeArguments(output as ts.TypeReference)[0] ?? type);
}

if (require.main === module) {
  const dist = join(__dirname, "..");
  const root = join(dist, "..");
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
  mkdirSync(join(root, "plugin"), { recursive: true });
  const schema = `${JSON.stringify(packageSchema(dist, manifest), null, 2)}\n`;
  writeFileSync(join(root, "plugin", "schema.json"), schema);
}
