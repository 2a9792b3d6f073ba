import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import * as newest from "typescript";
import packageJson from "../../package.json";
import { TYPE_FLAGS } from "../../provider/permissions/catalogue";

const ROOT = join(__dirname, "..", "..");
const DIST = join(ROOT, "dist") + sep;
const ROOMS = ["provider", "emulator", "program", "report", "policy"];

/** The compiler that runs a program in whose folder none is installed. The oldest that is promised. */
const VENDOR = join(require.resolve("@pulumi/pulumi/package.json"), "..", "vendor");
const [oldestFolder = ""] = readdirSync(VENDOR).filter((name) => name.startsWith("typescript@"));
const oldest = jest.requireActual<typeof newest>(join(VENDOR, oldestFolder, "typescript.js"));

const OWN = "consumer.ts";
const PROGRAM = join(ROOT, "test", "types", OWN);

/** What a compiler finds wrong in a program, and in the declarations of the package that it reads for it. */
function problems(ts: typeof newest, moduleResolution: string, source: string): string[] {
  const module =
    moduleResolution.startsWith("node1") && moduleResolution !== "node10" ? "node16" : "commonjs";
  const { options, errors } = ts.convertCompilerOptionsFromJson(
    { target: "es2020", module, moduleResolution, strict: true, types: [], noEmit: true },
    ROOT,
  );
  expect(errors).toEqual([]);
  const disk = ts.createCompilerHost(options);
  const host: newest.CompilerHost = {
    ...disk,
    fileExists: (name) => name === PROGRAM || disk.fileExists(name),
    readFile: (name) => (name === PROGRAM ? source : disk.readFile(name)),
    getSourceFile: (name, version, ...rest) =>
      name === PROGRAM
        ? ts.createSourceFile(name, source, version, true)
        : disk.getSourceFile(name, version, ...rest),
  };
  const program = ts.createProgram([PROGRAM], options, host);
  return program
    .getSourceFiles()
    .filter(({ fileName }) => fileName === PROGRAM || join(fileName).startsWith(DIST))
    .flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])
    .map(({ file, messageText }) => {
      const text = ts.flattenDiagnosticMessageText(messageText, "\n");
      return `${relative(ROOT, file?.fileName ?? "")}: ${text}`;
    });
}

/** Uses something of each subpath, so that a declaration which cannot be read shows. */
const EVERYTHING = `
import * as pulumi from "@pulumi/pulumi";
import { expandPermissions, InfluxToken, InfluxTokenArgs, PermissionFlags, TypeFlag } from "pulumi-influx-token";
import { startEmulator } from "pulumi-influx-token/emulator";
import { Provider, RotatingToken, Token, TokenArgs } from "pulumi-influx-token/native";
import { policies } from "pulumi-influx-token/policy";
import { tokens } from "pulumi-influx-token/program";
import * as provider from "pulumi-influx-token/provider";

const args: InfluxTokenArgs = { org: pulumi.output("acme"), readBuckets: true, status: "active", readDbrps: true };
const token: pulumi.Output<string> = new InfluxToken("ci", args, { protect: true }).token;
const native: TokenArgs = { org: "acme", readDbrps: pulumi.output(true), readBucket: ["metrics"] };
const further = new Provider("other", { host: "http://a", token: token, timeoutMs: 5000 });
const value: pulumi.Output<string> = new Token("ci", native, { provider: further }).token;
const before: pulumi.Output<string | undefined> = new RotatingToken("ci", { ...native, generation: 1 }).previousToken;
const flags: PermissionFlags = { readBuckets: true, writeBucket: ["0a1b2c3d4e5f6071"] };
const actions: ("read" | "write")[] = expandPermissions(flags, { orgId: "a" }).map(({ action }) => action);
const flag: TypeFlag = "writeNotificationEndpoints";
const url: Promise<string> = startEmulator({ port: 0 }).then((emulator) => emulator.url);
const names: string[] = policies.map(({ name }) => name);
const other: pulumi.Output<string> | undefined = tokens["ci"];
const host: pulumi.dynamic.ResourceProvider = provider;
export default [value, before, token, actions, flag, url, names, other, host];
`;

describe("the package's declarations", () => {
  it("are read by the compiler that Pulumi brings, which is old", () => {
    expect(oldest.version).toBe("3.8.3");
    expect(newest.version).toMatch(/^5\./);
  });

  it.each([
    ["3.8, moduleResolution node", oldest, "node"],
    ["5, moduleResolution node (node10)", newest, "node10"],
    ["5, moduleResolution node16", newest, "node16"],
  ])("compile under TypeScript %s", (_, ts, moduleResolution) => {
    expect(problems(ts, moduleResolution, EVERYTHING)).toEqual([]);
  });

  it.each([
    ["3.8", oldest, "node"],
    ["5", newest, "node16"],
  ])("refuse what is no flag, and what is no boolean, under TypeScript %s", (_, ts, moduleResolution) => {
    const program = `import { InfluxToken } from "pulumi-influx-token";
new InfluxToken("right", { readBuckets: true });
new InfluxToken("misspelt", { readBukkets: true });
new InfluxToken("text", { readBuckets: "yes" });
`;
    expect(problems(ts, moduleResolution, program)).toEqual([
      expect.stringContaining("'readBukkets' does not exist"),
      expect.stringContaining("not assignable to type"),
    ]);
  });

  it("name the same flags as the sources", () => {
    const same = `
import { PermissionFlags as PublishedFlags, TypeFlag as Published } from "pulumi-influx-token";
import { TypeFlag as Source } from "../../provider/permissions/catalogue";
import { PermissionFlags as SourceFlags } from "../../provider/permissions/expand";
type Same<A, B> = [A, B] extends [B, A] ? true : never;
export const flags: Same<Published, Source> = true;
export const keys: Same<keyof PublishedFlags, keyof SourceFlags> = true;
`;
    expect(problems(newest, "node16", same)).toEqual([]);
  });

  it("say of each flag what it reaches", () => {
    const text = readFileSync(join(DIST, "provider", "influxToken.d.ts"), "utf8");
    const documented = [...text.matchAll(/\/\*\* .+ \*\/\n\s+(\w+)\?: pulumi\.Input<boolean>/g)].map(
      ([, name]) => name,
    );
    expect(documented).toEqual(expect.arrayContaining([...TYPE_FLAGS.keys()]));
    expect(text).toContain("Write `orgs`: all on the server, of every organization. Mirrors `--write-orgs`.");
    expect(text).toContain("InfluxDB OSS only. OSS knows it from 2.2 on. Mirrors `--read-remotes`.");
    expect(text).toContain("Another spelling of `readDbrp`. Mirrors `--read-dbrps`.");
  });

  it("are all readable, also those that no other file leads to", () => {
    const files = ROOMS.flatMap((room) =>
      readdirSync(join(DIST, room), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".d.ts"))
        .map((name) => join(DIST, room, name)),
    );
    expect(files.length).toBeGreaterThan(50);
    const program = oldest.createProgram(files, { noResolve: true, noLib: true, types: [] });
    const unreadable = program.getSyntacticDiagnostics().map(({ file }) => file.fileName);
    expect(unreadable).toEqual([]);
  });

  it("are found under every subpath of the package, whatever the resolution", () => {
    const exported = Object.entries(packageJson.exports).flatMap(([subpath, target]) =>
      typeof target === "string" || subpath === "." ? [] : [[subpath.slice("./".length), [target.types]]],
    );
    expect(packageJson.typesVersions["*"]).toEqual(Object.fromEntries(exported));
  });
});
