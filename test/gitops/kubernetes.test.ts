import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv2020 from "ajv/dist/2020";
import { parse, parseAllDocuments } from "yaml";
import { EXAMPLE } from "./support/repository";
import schema from "./support/operator.schema.json";

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: {
    readonly stack: string;
    readonly backend: string;
    readonly serviceAccountName: string;
    readonly programRef?: { readonly name: string };
    readonly config?: Record<string, unknown>;
    readonly workspaceTemplate: { readonly spec: { readonly image: string } };
  };
  readonly program?: { readonly resources: Record<string, { readonly properties: Record<string, unknown> }> };
}

const text = (...path: string[]): string => readFileSync(join(EXAMPLE, ...path), "utf8");
const manifestsOf = (file: string): Manifest[] =>
  parseAllDocuments(text("kubernetes", file)).map((document) => document.toJS() as Manifest);

const all = [...manifestsOf("stack.yaml"), ...manifestsOf("program.yaml")];
const ofKind = (kind: string): Manifest[] => all.filter((each) => each.kind === kind);
const [tokens, secret] = ofKind("Stack");
const [program] = ofKind("Program");

describe("the manifests of the Pulumi Kubernetes Operator", () => {
  const validate = new Ajv2020({ discriminator: true, allErrors: true }).compile(schema);
  const problemsOf = (manifest: unknown): string[] =>
    validate(manifest)
      ? []
      : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ""}`);

  it("fit what its definitions of Stack and Program say", () => {
    const own = [...ofKind("Stack"), ...ofKind("Program")];
    expect(own).toHaveLength(3);
    expect(own.flatMap(problemsOf)).toEqual([]);
  });

  it.each([
    ["a field that is not there", { ...tokens, spec: { ...tokens?.spec, refreshh: true } }],
    ["a value of another type", { ...tokens, spec: { ...tokens?.spec, refresh: "yes" } }],
    ["a Program with a spec", { ...program, spec: {} }],
    ["a resource without a type", { ...program, program: { resources: { a: {} } } }],
  ])("would not fit with %s", (_, manifest) => {
    expect(problemsOf(manifest).length).toBeGreaterThan(0);
  });

  it("name each other, the project and its stack rightly", () => {
    const { config } = parse(text("Pulumi.prod.yaml")) as { config: Record<string, unknown> };
    expect(tokens?.spec?.stack).toBe("prod");
    expect(secret?.spec).toMatchObject({
      programRef: { name: program?.metadata.name },
      backend: tokens?.spec?.backend,
      serviceAccountName: ofKind("ServiceAccount")[0]?.metadata.name,
    });
    const { secret: made, ...own } = program?.program?.resources ?? {};
    expect(made?.properties["stringData"]).toEqual({ INFLUX_TOKEN: `\${${Object.keys(own).join()}.token}` });
    expect(secret?.spec?.config).toEqual({ "influx-token:host": config["influx-token:host"] });
    expect(new Set(all.map(({ metadata }) => metadata.namespace).filter(Boolean))).toEqual(
      new Set(["influx-tokens"]),
    );
  });

  it("run the same Pulumi as the pipelines", () => {
    const versions = [
      ...[tokens, secret].map((stack) => stack?.spec?.workspaceTemplate.spec.image),
      text("kubernetes", "Dockerfile"),
      text(".gitlab-ci.yml"),
      ...(text(".github", "workflows", "influx-tokens.yml").match(/pulumi-version: .*/g) ?? []),
    ].map((each) => /\d+\.\d+\.\d+/.exec(each ?? "")?.[0]);
    expect(versions).toHaveLength(9);
    expect(new Set(versions)).toEqual(new Set(["3.245.0"]));
  });
});
