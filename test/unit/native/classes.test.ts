import * as pulumi from "@pulumi/pulumi";
import { Provider, RotatingToken, Token, TokenFleet } from "../../../native";
import { OUTPUT_NAMES } from "../../../provider/token/outputNames";
import { NATIVE_FLEET, NATIVE_ROTATING_TOKEN, NATIVE_TOKEN } from "../../../provider/tokenTypes";
import { InfluxToken } from "../../../provider";
import packageJson from "../../../package.json";
import { becomes } from "../../support/becomes";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";

const ID = "00000000000000d1";
const ARGS = { org: "acme", readTasks: true };

/** What a class hands to the engine. */
interface Registered {
  readonly type: string;
  readonly inputs: Record<string, unknown>;
  readonly version: string;
  readonly secrets: readonly string[];
  readonly importId: string;
  readonly frames: readonly string[];
}

const registered: Registered[] = [];

/** Pulumi's mocks stand in for the engine: what is tested is what the classes hand to it. */
async function handedOver(resource: pulumi.CustomResource): Promise<Registered> {
  await new Promise((resolve) => resource.urn.apply(resolve));
  const found = registered.pop();
  if (found === undefined) throw new Error("nothing was registered");
  return found;
}

function given(inputs: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(inputs).filter(([, value]) => value !== undefined));
}

beforeAll(async () => {
  await pulumi.runtime.setMocks({
    newResource: ({ inputs }) => ({ id: ID, state: inputs as object }),
    call: () => ({}),
  });
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  const registerResource = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, answer) => {
    registered.push({
      type: request.getType(),
      inputs: request.getObject()?.toJavaScript() ?? {},
      version: request.getVersion(),
      secrets: request.getAdditionalsecretoutputsList(),
      importId: request.getImportid(),
      frames:
        request
          .getStacktrace()
          ?.getFramesList()
          .map((frame) => frame.getPc()?.getUri() ?? "") ?? [],
    });
    registerResource(request, answer);
  };
});

/** The engine as the SDK calls it. */
interface Monitor {
  registerResource(request: RegisterResourceRequest, answer: unknown): void;
}

describe.each([
  ["Token", Token, NATIVE_TOKEN.type, ["token"]],
  ["RotatingToken", RotatingToken, NATIVE_ROTATING_TOKEN.type, ["token", "previousToken", "__previous"]],
] as const)("%s", (_, Class, type, secrets) => {
  it("hands over the inputs as they are, the plugin of this package's version, and which outputs are secret", async () => {
    const { inputs, ...rest } = await handedOver(new Class("ci", { ...ARGS, keepers: { a: "1" } }));
    expect(rest).toMatchObject({ type, version: packageJson.version });
    expect(rest.secrets).toEqual(secrets);
    expect(given(inputs)).toEqual({ ...ARGS, keepers: { a: "1" } });
  });

  it("has every output", async () => {
    const token = new Class("ci", ARGS);
    await handedOver(token);
    const outputs = token as unknown as Record<string, pulumi.Output<unknown>>;
    for (const name of OUTPUT_NAMES) expect(pulumi.Output.isInstance(outputs[name])).toBe(true);
  });

  it("keeps the value of a token that is adopted a secret, whoever gives it in plain", async () => {
    const token = new Class("ci", { ...ARGS, adopt: ID, adoptToken: "s3cret" }) as unknown as {
      adoptToken: pulumi.Output<unknown>;
    };
    registered.pop();
    expect(await pulumi.isSecret(token.adoptToken)).toBe(true);
  });

  it("leaves the option import to Pulumi, and takes another version of the plugin where the program says so", async () => {
    const { inputs, importId, version } = await handedOver(
      new Class("ci", ARGS, { import: ID, version: "9.9.9" }),
    );
    expect([importId, version]).toEqual([ID, "9.9.9"]);
    expect(inputs["adopt"]).toBeUndefined();
  });
});

describe("Token", () => {
  it("takes no connection, which its provider has", () => {
    // @ts-expect-error not among the arguments
    const args: ConstructorParameters<typeof Token>[1] = { connection: { host: "http://a" } };
    expect(args).toBeDefined();
  });

  it("is recorded with the program's own frames, as the dynamic class is", async () => {
    // The SDK reads frames of functions with a name only.
    const declare = {
      native: () => new Token("ci", ARGS),
      rotating: () => new RotatingToken("ci", ARGS),
      dynamic: () => new InfluxToken("ci", ARGS),
    };
    const { frames } = await handedOver(declare.dynamic());
    expect(frames[0]).toContain("classes.test.ts");
    expect((await handedOver(declare.native())).frames[0]).toContain("classes.test.ts");
    expect((await handedOver(declare.native())).frames).toHaveLength(frames.length);
    expect((await handedOver(declare.rotating())).frames).toHaveLength(frames.length);
  });
});

describe("TokenFleet", () => {
  it("is the plugin's component, of the plugin's resources, and leaves defaults to the plugin", async () => {
    registered.length = 0;
    const fleet = new TokenFleet("sensors", { each: ARGS, members: { a: {}, b: { keepers: { k: "1" } } } });
    await new Promise((resolve) => pulumi.all([fleet.urn, fleet.permissions]).apply(resolve));
    const of = (type: string): Registered[] => registered.filter((each) => each.type === type);
    expect(of(NATIVE_FLEET.component).map(({ inputs }) => inputs)).toEqual([{ each: ARGS, count: 2 }]);
    const shards = of(NATIVE_FLEET.shard);
    expect(shards.map(({ inputs }) => given(inputs))).toEqual([
      { shard: "project/stack/sensors/18", each: ARGS, members: { a: {} } },
      { shard: "project/stack/sensors/22", each: ARGS, members: { b: { keepers: { k: "1" } } } },
    ]);
    for (const { version, secrets } of shards) {
      expect([version, secrets]).toEqual([packageJson.version, ["tokens", "__shard"]]);
    }
    await becomes(
      () => Promise.resolve(of(NATIVE_FLEET.retirement).map(({ version }) => version)),
      [packageJson.version],
    );
    expect(fleet.count).toBe(2);
  });

  it("takes no connection, which its provider has", () => {
    // @ts-expect-error not among the arguments
    const args: ConstructorParameters<typeof TokenFleet>[1] = { each: {}, members: [], connection: {} };
    expect(args).toBeDefined();
  });
});

describe("Provider", () => {
  it("hands over its settings, the token among them as a secret, and the version of its plugin", async () => {
    const provider = new Provider("other", { host: "http://a", token: "s3cret", timeoutMs: 5_000 });
    const { type, inputs, version } = await handedOver(provider);
    expect(await pulumi.isSecret((provider as unknown as { token: pulumi.Output<string> }).token)).toBe(true);
    expect([type, version]).toEqual(["pulumi:providers:influx-token", packageJson.version]);
    expect(given(inputs)).toMatchObject({ host: "http://a", timeoutMs: 5_000 });
  });

  it("needs no settings", async () => {
    expect(given((await handedOver(new Provider("other"))).inputs)).not.toHaveProperty("token");
  });
});
