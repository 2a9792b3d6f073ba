import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, parseAllDocuments, stringify } from "yaml";
import { plaintextOf } from "../../scripts/engine";
import { blocksOf } from "../support/docs";
import { openStack, type TestStack } from "../support/stack";

const ROOT = join(__dirname, "..", "..");
const read = (...path: string[]): string => readFileSync(join(ROOT, ...path), "utf8");

interface Program {
  readonly resources: Record<string, { readonly type: string; readonly properties: object }>;
}

/** The `program:` of the Operator's Program, as the Pulumi.yaml that the Operator makes of it. */
function programOfOperator(): string {
  const documents = parseAllDocuments(read("examples", "gitops", "kubernetes", "program.yaml"));
  const [object] = documents
    .map((document) => document.toJS() as { kind: string; program: Program })
    .filter(({ kind }) => kind === "Program");
  // No cluster and no plugin for one is here: what the Secret would hold becomes an output.
  const { secret, ...resources } = object?.program.resources ?? {};
  const { stringData } = secret?.properties as { stringData: Record<string, string> };
  return stringify({ name: "operator", runtime: "yaml", resources, outputs: stringData });
}

/** The docs' program in YAML. */
function programOfDocs(): string {
  const [block] = blocksOf("yaml").filter(
    ({ page, text }) => page === "docs/tasks/without-a-program.md" && text.includes("resources:"),
  );
  return block?.text ?? "";
}

const PROGRAMS: readonly (readonly [string, () => string, Record<string, object>])[] = [
  [
    "examples/yaml",
    () => read("examples", "yaml", "Pulumi.yaml"),
    { admin: {}, telegraf: { "orgs/acme/buckets/logs": "write", "orgs/acme/buckets/metrics": "write" } },
  ],
  [
    "docs/tasks/without-a-program.md",
    programOfDocs,
    { auditor: { "orgs/acme/authorizations": "read", "orgs/acme/dashboards": "read" } },
  ],
  [
    "the Operator's Program in examples/gitops",
    programOfOperator,
    { ci: { "orgs/acme/buckets": "read", "orgs/acme/tasks": "write" } },
  ],
];

describe.each(PROGRAMS)(
  "the program in YAML of %s, with the plugin as it is shipped",
  (_, text, expected) => {
    let folder: string;
    let stack: TestStack;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "yaml-"));
      writeFileSync(join(folder, "Pulumi.yaml"), text());
      symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
      // A Program of the Operator says nothing of a plugin: that is on the PATH of its image.
      const pathFolders = text().includes("plugins:") ? [] : [join(ROOT, "plugin")];
      const env = { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" };
      stack = await openStack(folder, { hosts: ["yaml"], pathFolders, env });
      // The engine looks for the plugin beside its copy of Pulumi.yaml, too.
      symlinkSync(join(ROOT, "node_modules"), join(stack.engine.folder, "project", "node_modules"));
      for (const bucket of ["metrics", "logs"]) await stack.server.makeBucket(bucket);
    });
    afterAll(async () => {
      await stack.dispose();
      rmSync(folder, { recursive: true });
    });

    const ids = (): string[] => stack.server.authorizations().map(({ id }) => id);

    it("makes its tokens, and hands their values on as secrets", async () => {
      const { resources, outputs } = parse(text()) as Program & { outputs: Record<string, string> };
      const count = Object.keys(resources).length;
      expect(await stack.up()).toEqual({ created: count + 1 });
      expect(ids()).toHaveLength(count + 1);
      const made = (await stack.engine.export(["--show-secrets"])).deployment.resources ?? [];
      for (const [name, permissions] of Object.entries(expected)) {
        const { outputs: own = {} } = made.find(({ urn }) => urn.endsWith(`::${name}`)) ?? {};
        expect(own["permissions"]).toMatchObject(permissions);
        expect(plaintextOf(own["token"])).toMatch(/^\S{40,}$/);
        expect(stack.printed()).not.toContain(plaintextOf(own["token"]));
      }
      const root = made.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
      const secrets = Object.entries(outputs).filter(([, value]) => value.endsWith(".token}"));
      expect(secrets.length).toBeGreaterThan(0);
      for (const [name] of secrets) expect(plaintextOf(root[name])).toMatch(/^\S{40,}$/);
    });

    it("changes nothing the next time, finds nothing in a refresh, and leaves nothing behind", async () => {
      const unchanged = { unchanged: ids().length };
      expect(await stack.up(["--refresh"])).toEqual(unchanged);
      expect(await stack.destroy()).toEqual({ deleted: unchanged.unchanged });
      expect(ids()).toHaveLength(1);
    });
  },
);
