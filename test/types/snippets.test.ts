import { join, relative } from "node:path";
import * as ts from "typescript";
import { blocksOf } from "../support/docs";

const ROOT = join(__dirname, "..", "..");

/** Each `ts` block as a module of its own: file name, beside the package so that its name resolves, to source. */
const snippets = new Map(
  blocksOf("ts").map(({ page, number, text }): [string, string] => [
    join(ROOT, "test", "types", `${page.replaceAll(/[/.]/g, "-")}-${number}.mts`),
    text,
  ]),
);

function compile(): readonly ts.Diagnostic[] {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.Node16,
    moduleResolution: ts.ModuleResolutionKind.Node16,
    types: ["node"],
    strict: true,
    skipLibCheck: true,
    noEmit: true,
  };
  const host = ts.createCompilerHost(options);
  const withSnippets: ts.CompilerHost = {
    ...host,
    fileExists: (name) => snippets.has(name) || host.fileExists(name),
    readFile: (name) => snippets.get(name) ?? host.readFile(name),
    getSourceFile: (name, version, ...rest) => {
      const source = snippets.get(name);
      return source === undefined
        ? host.getSourceFile(name, version, ...rest)
        : ts.createSourceFile(name, source, version);
    },
  };
  return ts.getPreEmitDiagnostics(ts.createProgram([...snippets.keys()], options, withSnippets));
}

describe("the programs in README and docs", () => {
  it("are found", () => {
    for (const page of ["/README-md-", "docs-tasks-adopt", "docs-inputs"]) {
      expect([...snippets.keys()].filter((name) => name.includes(page))).not.toEqual([]);
    }
  });

  it("compile against the package as it is installed", () => {
    const problems = compile().map(({ file, messageText }) => {
      return `${relative(ROOT, file?.fileName ?? "")}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
    });
    expect(problems).toEqual([]);
  });
});
