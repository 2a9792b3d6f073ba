import { execFileSync } from "node:child_process";
import { join } from "node:path";
import * as ts from "typescript";

const ROOT = join(__dirname, "..", "..", "..", "..");

/** Beside the sources, so that the package's name resolves to what is built, and to nothing else. */
const FILE = join(ROOT, "test", "unit", "import", "printed.ts");

/** A token that a program declares. */
export interface Declared {
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.Node16,
  moduleResolution: ts.ModuleResolutionKind.Node16,
  types: ["node"],
  strict: true,
  noUnusedLocals: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  noEmit: true,
  paths: { "pulumi-influx-token": [join(ROOT, "provider", "index.ts")] },
};

/** What was read is kept: to read the declarations of Node.js and Pulumi takes seconds. */
const files = new Map<string, ts.SourceFile | undefined>();
let previous: ts.Program | undefined;

/** What a strict compiler has to say of a program. */
export function compileProgram(source: string): string[] {
  const host = ts.createCompilerHost(OPTIONS);
  const sourceFile: ts.CompilerHost["getSourceFile"] = (name, version, ...rest) => {
    if (name === FILE) return ts.createSourceFile(name, source, version);
    if (!files.has(name)) files.set(name, host.getSourceFile(name, version, ...rest));
    return files.get(name);
  };
  const withProgram: ts.CompilerHost = {
    ...host,
    fileExists: (name) => name === FILE || host.fileExists(name),
    readFile: (name) => (name === FILE ? source : host.readFile(name)),
    getSourceFile: sourceFile,
  };
  previous = ts.createProgram([FILE], OPTIONS, withProgram, previous);
  const file = previous.getSourceFile(FILE);
  const found = [...previous.getSyntacticDiagnostics(file), ...previous.getSemanticDiagnostics(file)];
  return found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

/** Runs a program and gives what it declares, in order. A class in place of the real one takes note. */
export function declaredBy(source: string): Declared[] {
  const declared: Declared[] = [];
  // eslint-disable-next-line @typescript-eslint/no-extraneous-class -- stands in for the class of the package
  class InfluxToken {
    constructor(name: string, inputs: Declared["inputs"]) {
      declared.push({ name, inputs });
    }
  }
  class Config {
    requireSecret = (key: string): string => `secret ${key}`;
  }
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const packages: Readonly<Record<string, object>> = {
    "pulumi-influx-token": { InfluxToken },
    "@pulumi/pulumi": { Config },
  };
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- what was printed is a program, and is run as one
  const run = new Function("require", "exports", outputText) as (
    require: (name: string) => object | undefined,
    exports: object,
  ) => void;
  run((name) => packages[name], {});
  return declared;
}

/** What prettier makes of a program by its own defaults. Jest cannot load it: it is a module of another kind. */
export function byPrettier(source: string): string {
  const prettier = join(ROOT, "node_modules", "prettier", "bin", "prettier.cjs");
  const args = [prettier, "--no-config", "--stdin-filepath", "index.ts"];
  return execFileSync(process.execPath, args, { input: source, encoding: "utf8" });
}
