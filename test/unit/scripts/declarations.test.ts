import { lowerDeclarations } from "../../../scripts/declarations";

const lowered = (source: string): string => lowerDeclarations("file.d.ts", source);

describe("lowerDeclarations", () => {
  it.each([
    ['import { a, type B } from "c";', 'import { a } from "c";\nimport type { B } from "c";'],
    ['import { type A, type B as C } from "d";', 'import type { A, B as C } from "d";'],
    ['import a, { type B, c } from "d";', 'import a, { c } from "d";\nimport type { B } from "d";'],
    ['export { a as b, type C } from "d";', 'export { a as b } from "d";\nexport type { C } from "d";'],
    ["export { type A, b };", "export { b };\nexport type { A };"],
  ])("makes a statement of its own of the types in %s", (source, expected) => {
    expect(lowered(source)).toBe(expected);
  });

  it("writes out the union of flags, and what is mapped over it", () => {
    const source = [
      'export type TypeFlag = `${"read" | "write"}${Capitalize<Noun>}`;',
      "type Flags = { readonly [flag in TypeFlag]?: boolean } & Other;",
      "type Needed = { [flag in TypeFlag]: string };",
    ].join("\n");
    const text = lowered(source);
    expect(text).toMatch(/^export type TypeFlag = "readAuthorizations" \| "writeAuthorizations" \| .*;$/m);
    expect(text).toContain("\n    readonly writeTasks?: boolean;\n");
    expect(text).toContain("\n    writeTasks: string;\n");
    expect(text).toMatch(/^} & Other;$/m);
  });

  it.each([
    'import type { A } from "b";',
    'import * as a from "b";',
    'import "b";',
    'export * from "b";',
    "export {};",
    "/** `read${X}` */\nexport declare const a: { [key in Other]?: string };",
  ])("leaves %s as it is", (source) => {
    expect(lowered(source)).toBe(source);
  });

  it("finds nothing to do the second time", () => {
    const once = lowered('import { a, type B } from "c";\nexport type TypeFlag = `${A}`;\n');
    expect(lowered(once)).toBe(once);
  });

  it("refuses a template literal type that it cannot write out", () => {
    expect(() => lowered("export type Key = `${A}/${B}`;")).toThrow(
      "file.d.ts: older compilers cannot read `${A}/${B}`",
    );
  });
});
