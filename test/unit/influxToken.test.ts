import * as pulumi from "@pulumi/pulumi";
import { InfluxToken, type InfluxTokenArgs, permissionsOf, RotatingInfluxToken } from "../../provider";
import { COMPUTED } from "../../provider/token/inputs";
import { INPUT_NAMES } from "../../provider/token/inputs";
import packageJson from "../../package.json";

interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

const registered: Registered[] = [];

/** Pulumi's mocks stand in for the engine: what is tested is what the class hands to it. */
async function register(args: InfluxTokenArgs, options?: pulumi.CustomResourceOptions): Promise<Registered> {
  const token = new InfluxToken("ci", args, options);
  await new Promise((resolve) => token.urn.apply(resolve));
  const found = registered.pop();
  if (found === undefined) throw new Error("nothing was registered");
  return found;
}

describe("InfluxToken", () => {
  beforeAll(async () => {
    await pulumi.runtime.setMocks({
      newResource: ({ type, name, inputs }) => {
        registered.push({ type, name, inputs: inputs as Record<string, unknown> });
        return { id: "00000000000000d1", state: { ...(inputs as object), token: "s3cret" } };
      },
      call: () => ({}),
    });
  });

  it("is what users' states hold for ever: type, text and subpath", async () => {
    const { type, inputs } = await register({ org: "acme", readTasks: true });
    expect(type).toBe("pulumi-nodejs:dynamic/influxdb:InfluxToken");
    expect(inputs["__provider"]).toBe('exports.handler=()=>require("pulumi-influx-token/provider")');
    expect(packageJson.name).toBe("pulumi-influx-token");
    expect(packageJson.exports["./provider"].default).toBe("./dist/provider/dynamicProvider.js");
  });

  it("is what they hold for ever of a rotating token", async () => {
    const token = new RotatingInfluxToken("ci", { org: "acme", readTasks: true, generation: 1 });
    await new Promise((resolve) => token.urn.apply(resolve));
    const { type = "", inputs = {} }: Partial<Registered> = registered.pop() ?? {};
    expect(type).toBe("pulumi-nodejs:dynamic/influxdb:RotatingInfluxToken");
    expect(inputs["__provider"]).toBe('exports.handler=()=>require("pulumi-influx-token/rotating-provider")');
    expect(inputs["generation"]).toBe(1);
    expect(packageJson.exports["./rotating-provider"].default).toBe("./dist/provider/rotatingProvider.js");
  });

  it("hands over the inputs as they are, and nothing else but the stub", async () => {
    const { inputs } = await register({ org: "acme", readTasks: true, keepers: { a: "1" } });
    const given = Object.fromEntries(Object.entries(inputs).filter(([, value]) => value !== undefined));
    expect(given).toEqual({
      org: "acme",
      readTasks: true,
      keepers: { a: "1" },
      __provider: expect.any(String) as unknown,
    });
  });

  it.each<[string, () => InfluxTokenArgs["connection"]]>([
    ["an object", () => ({ host: "http://a", token: "s3cret" })],
    ["an output", () => pulumi.output({ host: "http://a", token: "s3cret" })],
    ["a promise", () => Promise.resolve({ host: "http://a", token: "s3cret" })],
  ])(
    "marks connection.token as a secret, and only that, where the connection is %s",
    async (_kind, connection) => {
      const given = connection();
      await register({ org: "acme", readTasks: true, connection: given });
      const token = new InfluxToken("secret", {
        org: "acme",
        readTasks: true,
        connection: given,
      }) as unknown as {
        connection: pulumi.Output<unknown>;
      };
      registered.pop();
      expect(await pulumi.isSecret(token.connection)).toBe(true);
    },
  );

  it.each<[string, Partial<InfluxTokenArgs>, string[]]>([
    ["nothing of what they are made of is an Output", { readBucket: ["00000000000000c1"] }, []],
    ["the organization is", { org: pulumi.output("acme") }, ["permissions"]],
    [
      "one bucket is",
      { readBucket: ["00000000000000c1", pulumi.output("00000000000000c2")] },
      ["permissions"],
    ],
    ["the host is", { connection: { host: pulumi.output("http://a") } }, ["host"]],
    ["the whole connection is", { connection: pulumi.output({ host: "http://a" }) }, ["host"]],
  ])(
    "hands over placeholders for what check adds where %s, to carry a secret's mark",
    async (_what, more, names) => {
      const { inputs } = await register({ org: "acme", readTasks: true, ...more });
      expect(["permissions", "host"].filter((name) => inputs[name] !== undefined)).toEqual(names);
      for (const name of names) expect(inputs[name]).toBe(COMPUTED);
    },
  );

  it.each([
    ["a promise", Promise.resolve(undefined)],
    ["an output", pulumi.output(undefined)],
    ["null", null],
  ])("takes %s of nothing for a connection that is left out", async (_what, nothing) => {
    const { inputs } = await register({
      org: "acme",
      readTasks: true,
      connection: nothing as unknown as InfluxTokenArgs["connection"],
    });
    expect(inputs["connection"] ?? undefined).toBeUndefined();
  });

  it.each<[string, pulumi.CustomResourceOptions, RegExp]>([
    ["replaceOnChanges", { replaceOnChanges: ["description"] }, /put its value into keepers/],
  ])("refuses the option %s, which it cannot keep, with what to do instead", (option, options, instead) => {
    const declare = (): unknown => new InfluxToken("ci", { org: "acme", readTasks: true }, options);
    expect(declare).toThrow(pulumi.RunError);
    expect(declare).toThrow(instead);
    expect(declare).toThrow(`cannot take the option ${option}`);
  });

  it("takes the option import for the input adopt, and both for a mistake where they differ", async () => {
    const id = "00000000000000d1";
    const args = { org: "acme", readTasks: true };
    expect((await register(args, { import: id })).inputs).toMatchObject({ adopt: id });
    expect((await register({ ...args, adopt: id }, { import: id })).inputs).toMatchObject({ adopt: id });
    const declare = (): unknown => new InfluxToken("ci", { ...args, adopt: "other" }, { import: id });
    expect(declare).toThrow(/gives the input adopt and the option import: keep one of them/);
  });

  it("keeps the value of a token that is adopted a secret, whoever gives it in plain", async () => {
    const args = { org: "acme", readTasks: true, adoptToken: "s3cret" };
    const token = new InfluxToken("secret", args) as unknown as { adoptToken: pulumi.Output<unknown> };
    registered.pop();
    expect(await pulumi.isSecret(token.adoptToken)).toBe(true);
  });

  it("gives unit tests with mocks what a preview would show", async () => {
    const inputs = async (args: InfluxTokenArgs): Promise<Record<string, unknown>> =>
      (await register(args)).inputs;
    const bucket = pulumi.output("00000000000000C1");
    expect(permissionsOf(await inputs({ org: pulumi.output("acme"), readBucket: [bucket] }))).toEqual({
      "orgs/acme/buckets/00000000000000c1": "read",
    });
    expect(
      permissionsOf(await inputs({ org: "acme", allAccess: true, user: pulumi.secret("ci") })),
    ).toMatchObject({
      "/users/ci": "read, write",
      "/orgs/acme": "read",
    });
    expect(permissionsOf({ readTasks: true })).toBeUndefined();
    expect(permissionsOf({ org: bucket, readTasks: true })).toBeUndefined();
    expect(permissionsOf({ org: "acme", readBucket: [Promise.resolve("x")] })).toBeUndefined();
    expect(() => permissionsOf({ org: "acme", readTask: true })).toThrow(/readTask is not an input/);
    expect(() => permissionsOf({ org: "acme" })).toThrow(/no permission is asked for/);
  });

  it("takes a connection without a token for no secret", async () => {
    const { inputs } = await register({ org: "acme", readTasks: true, connection: { host: "http://a" } });
    expect(inputs["connection"]).toEqual({ host: "http://a" });
  });

  it("has an argument for each input that check knows, and no other", () => {
    type Name = keyof InfluxTokenArgs;
    const names: Record<Exclude<Name, `read${string}` | `write${string}`>, true> = {
      org: true,
      orgId: true,
      user: true,
      userId: true,
      extraPermissions: true,
      adopt: true,
      adoptToken: true,
      adoptWithoutToken: true,
      description: true,
      status: true,
      keepers: true,
      rotateAfter: true,
      connection: true,
      acknowledge: true,
      deactivateOnDelete: true,
      operator: true,
      allAccess: true,
    };
    expect(INPUT_NAMES.filter((name) => !/^(read|write)[A-Z]/.test(name)).sort()).toEqual(
      Object.keys(names).sort(),
    );
  });
});
