import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROVIDER_KEY } from "../../provider/pulumiHost/wireValues";
import { NATIVE_ROTATING_TOKEN, NATIVE_TOKEN } from "../../provider/tokenTypes";
import { nameOf, succeeded, tokenResources } from "../../scripts/engine";
import { startServer, type TestServer } from "../support/influxdb";
import { openStack, type TestStack } from "../support/stack";

const GET_ONE = "GET /api/v2/authorizations/{id}";

// The servers store tokens hashed: a value that a move loses is lost for good.
describe("dynamic and native tokens", () => {
  let folder: string;
  let stack: TestStack;
  let other: TestServer;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "move-"));
    other = await startServer();
    // The engine finds the plugin as it is packed.
    stack = await openStack(join(__dirname, "programs", "scripted"), {
      hosts: ["yaml"],
      pathFolders: [join(__dirname, "..", "..", "plugin")],
      env: { SCRIPT: join(folder, "script.cjs"), PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" },
    });
  });
  afterAll(async () => {
    await stack.dispose();
    await other.close();
    rmSync(folder, { recursive: true });
  });

  /** From here on the program is this. Requests are counted anew. */
  function declare(...statements: string[]): void {
    const given = "{ InfluxToken, RotatingInfluxToken, native }";
    const toOther = `{ host: "${other.url}", token: "${other.operatorToken}", retries: 2 }`;
    const body = [
      `const args = { org: "acme", readTasks: true };`,
      `const toOther = ${toOther};`,
      ...statements,
    ];
    const text = `module.exports = (${given}) => {\n${body.join("\n")}\n};\n`;
    writeFileSync(join(folder, "script.cjs"), text);
    requests();
  }

  const requests = (): unknown[] => [stack.server.countRequests(), other.countRequests()];
  const onServers = (): unknown[] => [stack.server.authorizations(), other.authorizations()];
  const countsOnServers = (): number[] => [
    stack.server.authorizations().length,
    other.authorizations().length,
  ];

  it("are in one stack, on two servers, stay as they are, and leave nothing", async () => {
    declare(
      `const provider = new native.Provider("other", toOther);`,
      `const { id } = new InfluxToken("dynamic", args);`,
      `new InfluxToken("dynamic-other", { ...args, connection: toOther });`,
      `new native.Token("native", { ...args, description: id });`,
      `new native.Token("native-other", args, { provider });`,
      `new native.RotatingToken("rotating-other", args, { provider });`,
    );
    expect(await stack.up()).toEqual({ created: 7 });
    expect(countsOnServers()).toEqual([3, 4]);
    requests();
    expect(await stack.up(["--refresh"])).toEqual({ unchanged: 7 });
    expect(requests()).toEqual([{ [GET_ONE]: 2 }, { [GET_ONE]: 3 }]);
    const everything = stack.printed() + (await stack.engine.stateText());
    for (const server of [stack.server, other]) expect(everything).not.toContain(server.operatorToken);
    expect(await stack.destroy()).toEqual({ deleted: 7 });
    expect(countsOnServers()).toEqual([1, 1]);
  });

  describe("that become one another", () => {
    const NATIVE_TYPES = [NATIVE_ROTATING_TOKEN.type, NATIVE_TOKEN.type, NATIVE_TOKEN.type];
    const NO_OPTIONS = "() => ({})";
    const aliases = (prefix: string): string => `(type) => ({ aliases: [{ type: "${prefix}" + type }] })`;
    /** The state, values and tokens of the stack that moves. */
    let exported: string;
    let before: unknown;
    let made: unknown;

    function declareDynamic(version: number, options = NO_OPTIONS): void {
      declare(
        `const options = ${options};`,
        `new InfluxToken("kept", { ...args, keepers: { version: "${version}" } }, options("Token"));`,
        `new InfluxToken("other", { ...args, connection: toOther }, options("Token"));`,
        `new RotatingInfluxToken("rotating", { ...args, generation: ${version} }, options("RotatingToken"));`,
      );
    }

    function declareNative(options = NO_OPTIONS): void {
      declare(
        `const provider = new native.Provider("there", toOther);`,
        `const options = ${options};`,
        `new native.Token("kept", { ...args, keepers: { version: "2" } }, options("InfluxToken"));`,
        `new native.Token("other", args, { ...options("InfluxToken"), provider });`,
        `new native.RotatingToken("rotating", { ...args, generation: 2 }, options("RotatingInfluxToken"));`,
      );
    }

    /** Ids and values, by name; of a rotating token, those of the one before it, too. */
    async function values(): Promise<object> {
      const { deployment } = await stack.engine.export(["--show-secrets"]);
      const tokens = tokenResources(deployment).map((resource) => {
        const { id, outputs = {} } = resource;
        const { token, authorizationId, previousAuthorizationId } = outputs;
        return [nameOf(resource), { id, token, authorizationId, previousAuthorizationId }];
      });
      return Object.fromEntries(tokens) as object;
    }

    const types = async (): Promise<string[]> =>
      tokenResources(await stack.engine.state())
        .map(({ type }) => type)
        .sort();

    /** Nobody was asked, and every token is what it was. */
    async function expectUntouched(): Promise<void> {
      expect(requests()).toEqual([{}, {}]);
      expect(await values()).toEqual(before);
      expect(onServers()).toEqual(made);
    }

    beforeAll(async () => {
      declareDynamic(1);
      expect(await stack.up()).toEqual({ created: 4 });
      declareDynamic(2);
      expect(await stack.up()).toEqual({ replaced: 1, updated: 1, unchanged: 2 });
      exported = succeeded(await stack.engine.run(["stack", "export"])).stdout;
      before = await values();
      made = onServers();
      const token = { plaintext: expect.stringMatching(/^".{80,}"$/) as string };
      const [id, previousAuthorizationId] = [/./, /./].map((some) => expect.stringMatching(some) as string);
      expect(before).toMatchObject({
        kept: { token },
        other: { token },
        rotating: { token, id, previousAuthorizationId },
      });
    });

    it("are native ones by an alias, with the same ids and values, and without a request", async () => {
      declareNative(aliases("pulumi-nodejs:dynamic/influxdb:"));
      expect(await stack.up()).toEqual({ created: 1, updated: 1, unchanged: 3 });
      expect(await types()).toEqual(NATIVE_TYPES);
      await expectUntouched();
    });

    it("need the alias no more, and a refresh finds them as they are", async () => {
      declareNative();
      expect(await stack.up(["--refresh"])).toEqual({ unchanged: 5 });
      expect(requests()).toEqual([{ [GET_ONE]: 3 }, { [GET_ONE]: 1 }]);
      const state = await stack.engine.stateText();
      for (const gone of ["pulumi-nodejs", PROVIDER_KEY, '"connection"']) expect(state).not.toContain(gone);
    });

    it("are dynamic ones again, which take over other keepers and another generation", async () => {
      declareDynamic(3, aliases("influx-token:index:"));
      expect(await stack.up()).toEqual({ updated: 3, unchanged: 1, deleted: 1 });
      await expectUntouched();
    });

    it("are those of a YAML program, where the schema's aliases suffice", async () => {
      succeeded(await stack.engine.run(["stack", "import"], {}, exported));
      const args = { org: "acme", readTasks: true };
      const toOther = { host: other.url, token: other.operatorToken };
      const resources = {
        there: { type: "pulumi:providers:influx-token", properties: toOther },
        kept: { type: "influx-token:Token", properties: { ...args, keepers: { version: "2" } } },
        other: { type: "influx-token:Token", properties: args, options: { provider: "${there}" } },
        rotating: { type: "influx-token:RotatingToken", properties: { ...args, generation: "2" } },
      };
      const project = { name: "scripted", runtime: "yaml", resources };
      writeFileSync(join(stack.engine.folder, "project", "Pulumi.yaml"), JSON.stringify(project));
      requests();
      expect(await stack.up()).toEqual({ created: 1, updated: 1, unchanged: 3 });
      expect(await types()).toEqual(NATIVE_TYPES);
      await expectUntouched();
      expect(await stack.up(["--refresh"])).toEqual({ unchanged: 5 });
      expect(await stack.destroy()).toEqual({ deleted: 5 });
      expect(countsOnServers()).toEqual([1, 1]);
    });
  });
});
