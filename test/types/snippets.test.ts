import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import * as ts from "typescript";

const ROOT = join(__dirname, "..", "..");

/** The pages whose programs readers will copy. */
const PAGES = [
  "README.md",
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];

/** Each `ts` block as a module of its own: file name, beside the package so that its name resolves, to source. */
const snippets = new Map(
  PAGES.flatMap((page) => {
    const blocks = [...readFileSync(join(ROOT, page), "utf8").matchAll(/^```ts\n([\s\S]*?)^```$/gm)];
    return blocks.map(([, source = ""], index): [string, string] => [
      join(ROOT, "test", "types", `${page.replaceAll(/[/.]/g, "-")}-${index + 1}.mts`),
      source,
    ]);
  }),
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
    expect([...snippets.keys()].filter((name) => name.includes("README")).length).toBeGreaterThan(3);
  });

  it("compile against the package as it is installed", () => {
    const problems = compile().map(({ file, messageText }) => {
      return `${relative(ROOT, file?.fileName ?? "")}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
    });
    expect(problems).toEqual([]);
  });
});
