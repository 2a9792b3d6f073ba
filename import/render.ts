import type { ConfigSecret, Declaration, InputValue } from "./declaration";

/** Where prettier ends a line. */
const WIDTH = 80;

/** What nobody can see, or what changes the order of what is seen, also within strings. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}]/gu;

/** What is to be printed. */
export interface Program {
  /** Comments before everything, each on one line; an empty one is an empty line. */
  readonly head: readonly string[];
  readonly declarations: readonly Declaration[];
}

/** A TypeScript program, as prettier would have it. Ends with a line break. */
export function renderTypeScript({ head, declarations }: Program): string {
  const active = declarations.filter(({ obstacles }) => obstacles.length === 0);
  const usesConfig = active.some(({ inputs }) => inputs.some(([, value]) => isConfigSecret(value)));
  const imports = [
    ...(usesConfig ? ['import * as pulumi from "@pulumi/pulumi";'] : []),
    ...(active.length > 0 ? ['import { InfluxToken } from "pulumi-influx-token";'] : []),
  ];
  const blocks = [
    comments("//", head),
    imports,
    usesConfig ? ["const config = new pulumi.Config();"] : [],
    ...declarations.map((declaration) => block("//", declaration, typeScriptLines(declaration))),
    // Without an import it would be no module.
    active.length > 0 ? [] : ["export {};"],
  ];
  return joined(blocks);
}

/** The tokens of the program without code. Ends with a line break. */
export function renderYaml({ head, declarations }: Program): string {
  const isEmpty = declarations.every(({ obstacles }) => obstacles.length > 0);
  const blocks = declarations.map((declaration) => block("#", declaration, yamlLines(declaration)));
  return joined([comments("#", head), ...blocks, isEmpty ? ["{}"] : []]);
}

function joined(blocks: readonly (readonly string[])[]): string {
  const filled = blocks.filter((lines) => lines.length > 0);
  return `${filled.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function comments(mark: string, lines: readonly string[]): string[] {
  return lines.map((line) => (line === "" ? mark : `${mark} ${line}`));
}

/** A declaration with what is to be said of it. One that cannot be adopted is a comment as a whole. */
function block(mark: string, { notes, obstacles }: Declaration, lines: readonly string[]): string[] {
  if (obstacles.length === 0) return [...comments(mark, notes), ...lines];
  const reasons = ["Cannot be adopted:", ...obstacles.map((reason) => `- ${reason}`)];
  return comments(mark, [...reasons, ...notes, ...lines]);
}

function typeScriptLines({ name, inputs }: Declaration): string[] {
  const properties = inputs.flatMap(([key, value]) => typeScriptProperty(key, value, 2));
  return [`new InfluxToken(${quoted(name)}, {`, ...properties, "});"];
}

function typeScriptProperty(key: string, value: InputValue, indent: number): string[] {
  const margin = " ".repeat(indent);
  const start = `${margin}${/^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key)}:`;
  const fits = (line: string): boolean => line.length <= WIDTH;
  if (value === true) return [`${start} true,`];
  if (typeof value === "string") {
    const line = `${start} ${quoted(value)},`;
    return fits(line) ? [line] : [start, `${margin}  ${quoted(value)},`];
  }
  if (isList(value)) {
    const line = `${start} [${value.map(quoted).join(", ")}],`;
    return fits(line)
      ? [line]
      : [`${start} [`, ...value.map((each) => `${margin}  ${quoted(each)},`), `${margin}],`];
  }
  if (isConfigSecret(value)) {
    const call = `${start} config.requireSecret(`;
    const line = `${call}${quoted(value.configKey)}),`;
    return fits(line) ? [line] : [call, `${margin}  ${quoted(value.configKey)},`, `${margin}),`];
  }
  const inner = Object.entries(value).flatMap(([name, text]) => typeScriptProperty(name, text, indent + 2));
  return [`${start} {`, ...inner, `${margin}},`];
}

/** Texts are quoted whatever they are: YAML takes an id of digits for a number. */
function yamlLines({ name, inputs }: Declaration): string[] {
  const lines = inputs.flatMap(([key, value]): string[] => {
    if (value === true) return [`  ${key}: true`];
    if (typeof value === "string") return [`  ${key}: ${yamlText(value)}`];
    if (isList(value)) return [`  ${key}:`, ...value.map((each) => `    - ${yamlText(each)}`)];
    if (isConfigSecret(value)) return [`  # ${key}: a secret; see above`];
    const entries = Object.entries(value).map(([inner, text]) => `    ${yamlText(inner)}: ${yamlText(text)}`);
    return [`  ${key}:`, ...entries];
  });
  return [`${name}:`, ...lines];
}

/** A string literal in double quotes, or in single ones where that takes fewer escapes. */
function quoted(text: string): string {
  const json = escaped(JSON.stringify(text), (code) => `\\u{${code}}`);
  const count = (mark: string): number => text.split(mark).length - 1;
  if (count('"') <= count("'")) return json;
  return `'${json.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

/** JSON's strings are YAML's in double quotes, but for how a character beyond the first 65,536 is escaped. */
function yamlText(text: string): string {
  return escaped(JSON.stringify(text), (code) => `\\U${code.padStart(8, "0")}`);
}

/** Writes what cannot be seen as an escape. */
function escaped(json: string, long: (code: string) => string): string {
  return json.replace(INVISIBLE, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return code.length > 4 ? long(code) : `\\u${code.padStart(4, "0")}`;
  });
}

function isList(value: InputValue): value is readonly string[] {
  return Array.isArray(value);
}

function isConfigSecret(value: InputValue): value is ConfigSecret {
  return typeof value === "object" && "configKey" in value;
}
