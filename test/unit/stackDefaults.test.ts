import * as pulumi from "@pulumi/pulumi";
import * as fc from "fast-check";
import { InfluxToken, permissionsOf } from "../../provider";
import { readDescriptionTemplate, renderDescription } from "../../provider/descriptionTemplate";

const VALUES = { project: "acme", stack: "prod", name: "ci" };

function render(template: string): string {
  const read = readDescriptionTemplate(template);
  return typeof read === "string" ? `wrong: ${read}` : renderDescription(read, VALUES);
}

describe("a template for descriptions", () => {
  it.each([
    ["{project}/{stack}/{name}", "acme/prod/ci"],
    ["made by Pulumi", "made by Pulumi"],
    ["{name}{name}", "cici"],
    ["{{name}} is {name}", "{name} is ci"],
    ["{{{name}}}", "{ci}"],
    ["}}{{", "}{"],
  ])("%j gives %j", (template, description) => {
    expect(render(template)).toBe(description);
  });

  it.each([
    ["{nmae}", 'has the placeholder "{nmae}": did you mean {name}? known are {project}, {stack}, {name}'],
    ["{Name}", "did you mean {name}?"],
    ["{}", 'has the placeholder "{}": known are'],
    ["{frobnicate}", 'has the placeholder "{frobnicate}": known are'],
    ["{constructor}", 'has the placeholder "{constructor}": known are'],
    ["{project}/{stack", "has a { that no } closes"],
    ["{project {stack}", "has a { that no } closes"],
    ["a}b", "has a } that no { opens"],
    ["{{name}", "has a } that no { opens"],
  ])("%j is refused with what is wrong, and how to write a brace", (template, problem) => {
    expect(render(template)).toContain(`wrong: ${problem.startsWith("has") ? problem : ""}`);
    expect(render(template)).toContain(problem);
    expect(render(template)).toContain("a brace itself is written {{ or }}");
  });

  it("can give any text, and puts values in as they are", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, name) => {
        const escaped = text.replaceAll("{", "{{").replaceAll("}", "}}");
        const read = readDescriptionTemplate(`${escaped}{name}`);
        expect(typeof read === "string" ? read : renderDescription(read, { ...VALUES, name })).toBe(
          text + name,
        );
      }),
    );
  });
});

describe("the defaults that a stack's config gives", () => {
  beforeAll(async () => {
    await pulumi.runtime.setMocks({
      newResource: ({ name, inputs }) => ({ id: `${name}-id`, state: { ...(inputs as object) } }),
      call: () => ({}),
    });
  });
  afterEach(() => {
    pulumi.runtime.setAllConfig({});
  });

  /** What the token is registered with, as far as the config can give it. */
  async function inputsOf(args: object, config: Record<string, string>): Promise<Record<string, unknown>> {
    const keys = Object.entries(config).map(([key, value]): [string, string] => [
      `influx-token:${key}`,
      value,
    ]);
    pulumi.runtime.setAllConfig(Object.fromEntries(keys));
    const token = new InfluxToken("ci", { org: "acme", readTasks: true, ...args });
    return new Promise((resolve) => {
      const { user, description } = token;
      pulumi.output({ user, description }).apply((values: object) => {
        resolve(Object.fromEntries(Object.entries(values).filter(([, value]) => (value ?? null) !== null)));
      });
    });
  }

  const CONFIG = { user: "robot", descriptionTemplate: "{project}/{stack}/{name}" };
  const described = { description: "project/stack/ci" };

  it.each<[string, () => object, object]>([
    ["is left out", () => ({}), { user: "robot", ...described }],
    ["is null", () => ({ user: null, description: null }), { user: "robot", ...described }],
    [
      "is an Output of nothing",
      () => ({ user: pulumi.output(undefined), description: Promise.resolve(undefined) }),
      { user: "robot", ...described },
    ],
    ["is given", () => ({ user: "alice", description: "mine" }), { user: "alice", description: "mine" }],
    [
      "is an Output",
      () => ({ user: pulumi.output("alice"), description: pulumi.output("mine") }),
      { user: "alice", description: "mine" },
    ],
    ["is an empty description", () => ({ description: "" }), { user: "robot", description: "" }],
    [
      "is an Output of an empty description",
      () => ({ description: pulumi.output("") }),
      { user: "robot", description: "" },
    ],
  ])("take the place of what %s", async (_what, args, expected) => {
    expect(await inputsOf(args(), CONFIG)).toEqual(expected);
  });

  it("leave the owner to who names one by id", async () => {
    const userId = "00000000000000b2";
    expect(await inputsOf({ userId }, { user: "robot" })).toEqual({});
    expect(await inputsOf({ userId: pulumi.output(userId) }, { user: "robot" })).toEqual({});
    const nobody = { userId: pulumi.output(undefined) };
    expect(await inputsOf(nobody, { user: "robot" })).toEqual({ user: "robot" });
    const alice = { user: pulumi.output("alice"), userId: pulumi.output(undefined) };
    expect(await inputsOf(alice, { user: "robot" })).toEqual({ user: "alice" });
  });

  it("are none where the config has none, or empty ones", async () => {
    expect(await inputsOf({}, {})).toEqual({});
    expect(await inputsOf({}, { user: "", descriptionTemplate: "" })).toEqual({});
  });

  it("keep a secret one where the program gives it", async () => {
    pulumi.runtime.setAllConfig({ "influx-token:user": "robot" });
    const token = new InfluxToken("ci", { org: "acme", readTasks: true, user: pulumi.secret("alice") });
    expect(await pulumi.isSecret(token.user)).toBe(true);
  });

  it("are shown by permissionsOf, which needs no config", async () => {
    const inputs = await inputsOf({ allAccess: true }, { user: "robot" });
    expect(permissionsOf({ org: "acme", allAccess: true, ...inputs })).toHaveProperty(["/users/robot"]);
  });

  it("stop the program where the template is wrong, also where no token needs it", () => {
    pulumi.runtime.setAllConfig({ "influx-token:descriptionTemplate": "{project}/{stak}" });
    const declare = (): unknown =>
      new InfluxToken("ci", { org: "acme", readTasks: true, description: "mine" });
    expect(declare).toThrow(pulumi.RunError);
    expect(declare).toThrow(
      'influx-token:descriptionTemplate in the stack config has the placeholder "{stak}": did you mean {stack}?',
    );
  });
});
