import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runtime } from "@pulumi/pulumi";
import { devDependencies, peerDependencies } from "../../package.json";
import { provider } from "../../examples/deliver/telegraf/secretFile";
import { type Registered, runWithMocks } from "../support/program";

const EXAMPLES = join(__dirname, "..", "..", "examples", "deliver");
const TOKEN = "t0ken-that-must-not-leak";

/** How Pulumi's SDK marks a secret among a resource's inputs. */
const SECRET = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };

/** What a program registers beside its token, by type. */
async function registeredBy(
  example: string,
  config: Record<string, string> = {},
): Promise<Map<string, Record<string, unknown>>> {
  const outputs = ({ type, name }: Registered): Record<string, unknown> => {
    if (type.endsWith(":InfluxToken")) return { token: TOKEN };
    return type === "kubernetes:core/v1:Secret" ? { metadata: { name: `${name}-1a2b3c` } } : {};
  };
  const program = join(EXAMPLES, example, "index.ts");
  const { registered } = await runWithMocks(program, { "project:period": "2026-12", ...config }, outputs);
  const token = registered.find(({ type }) => type.endsWith(":InfluxToken"));
  expect(token?.inputs).toMatchObject({ writeBuckets: true, keepers: { period: "2026-12" } });
  const others = registered.filter((each) => each !== token);
  return new Map(others.map(({ type, inputs }) => [type, { ...inputs }]));
}

it("every example is run by a test, with the packages that its types are checked against", () => {
  const examples = readdirSync(EXAMPLES).sort();
  expect(examples).toEqual(["github", "kubernetes", "telegraf", "vault"]);
  for (const example of examples) {
    const path = join(EXAMPLES, example, "package.json");
    const { dependencies } = JSON.parse(readFileSync(path, "utf8")) as { dependencies: object };
    const expected = {
      "@pulumi/pulumi": peerDependencies["@pulumi/pulumi"],
      "pulumi-influx-token": "file:../../..",
    };
    expect({ ...devDependencies, ...expected }).toMatchObject(dependencies);
  }
});

// The plugins of these three come from a host that not every network reaches, and each needs more than its plugin: a
// cluster, a repository, a Vault. So only Pulumi's mocks run them; the real packages check their types.
describe("the examples that need somebody else's server", () => {
  afterEach(() => {
    const { currentTestName = "" } = expect.getState();
    const [, example = ""] = /(deliver\/\w+)/.exec(currentTestName) ?? [];
    process.stdout.write(`examples/${example}: ran with Pulumi's mocks only\n`);
  });

  it("deliver/kubernetes makes a Secret whose name is part of the Pods' template", async () => {
    const registered = await registeredBy("kubernetes");
    const secret = registered.get("kubernetes:core/v1:Secret");
    expect(secret).toMatchObject({
      immutable: true,
      stringData: { ...SECRET, value: { INFLUX_TOKEN: TOKEN } },
    });
    // With a name of the program's own, the provider would delete the old Secret first.
    expect(secret).not.toHaveProperty("metadata");
    const deployment = registered.get("kubernetes:apps/v1:Deployment");
    expect(deployment).toMatchObject({
      spec: {
        template: { spec: { containers: [{ envFrom: [{ secretRef: { name: "influxdb-1a2b3c" } }] }] } },
      },
    });
    expect(JSON.stringify(deployment)).not.toContain(TOKEN);
  });

  it("deliver/github makes a secret of an environment", async () => {
    const registered = await registeredBy("github");
    expect(registered.get("github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret")).toEqual({
      repository: "telemetry",
      environment: "prod",
      secretName: "INFLUX_TOKEN",
      value: { ...SECRET, value: TOKEN },
    });
  });

  it("deliver/vault writes a version of a secret", async () => {
    const registered = await registeredBy("vault");
    expect(registered.get("vault:kv/secretV2:SecretV2")).toEqual({
      mount: "secret",
      name: "acme/influxdb/writer",
      dataJson: { ...SECRET, value: JSON.stringify({ token: TOKEN }) },
      deleteAllVersions: true,
    });
  });
});

// The engine runs it in test/e2e/deliver.test.ts, with fewer devices.
describe("the example fleet", () => {
  const SHARD = "pulumi-nodejs:dynamic/influxdb:InfluxTokenShard";

  /** What the engine has of a shard after its step. */
  const made = ({ type, inputs }: Registered): Record<string, unknown> => {
    if (type !== SHARD) return {};
    const names = Object.keys(inputs["members"] as object);
    return {
      tokens: Object.fromEntries(names.map((name) => [name, `${TOKEN} of ${name}`])),
      __made: names.map((name) => `0000000000000001 0 1 ${name}`).join("\n"),
      __retired: "",
    };
  };

  it("writes the tokens of each shard of its thousand devices into a secret file of their own", async () => {
    const program = join(EXAMPLES, "..", "fleet", "index.ts");
    const { registered } = await runWithMocks(program, { "project:folder": tmpdir() }, made);
    const shards = registered.filter(({ type }) => type === SHARD);
    const members = shards.map(({ inputs }) => Object.keys(inputs["members"] as object));
    expect([shards.length, new Set(members.flat()).size]).toEqual([64, 1000]);
    const files = new Map(
      registered.filter(({ name }) => name.startsWith("tokens-")).map(({ name, inputs }) => [name, inputs]),
    );
    expect(files.size).toBe(64);
    for (const [index, { name }] of shards.entries()) {
      const label = name.slice("devices-".length);
      const tokens = (members[index] ?? []).map((member) => [member, `${TOKEN} of ${member}`]);
      expect(files.get(`tokens-${label}`)).toMatchObject({
        path: join(tmpdir(), `${label}.json`),
        content: { ...SECRET, value: JSON.stringify(Object.fromEntries(tokens)) },
      });
    }
  });
});

// The engine runs the whole example in test/e2e/deliver.test.ts.
describe("the file of the example deliver/telegraf", () => {
  let folder: string;
  let path: string;
  const written = (): { path: string; content: string; mode: string } => ({
    path,
    content: "a",
    mode: "600",
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "deliver-"));
    path = join(folder, "influxdb.conf");
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("is a secret, whatever it is made from", async () => {
    const registered = await registeredBy("telegraf", { "project:path": path });
    const file = registered.get("pulumi-nodejs:dynamic:Resource");
    expect(file).toMatchObject({
      path,
      content: { ...SECRET, value: expect.stringContaining(TOKEN) as string },
    });
    expect(file?.["__provider"]).toEqual(expect.not.stringContaining(TOKEN));
  });

  it("must have an absolute path, where the path is known", async () => {
    const failuresOf = async (value: unknown): Promise<unknown> =>
      (await provider.check?.({} as never, { path: value, content: "a" } as never))?.failures;
    expect(await failuresOf(path)).toEqual([]);
    expect(await failuresOf(runtime.unknownValue)).toEqual([]);
    expect(await failuresOf("influxdb.conf")).toEqual([
      { property: "path", reason: expect.stringContaining("must be absolute") as string },
    ]);
  });

  it("is written anew for another content, and elsewhere for another path", async () => {
    const diff = (olds: object, news: object): unknown =>
      provider.diff?.(path, { ...written(), ...olds }, { path, content: "a", ...news });
    expect(await diff({}, {})).toEqual({ changes: false, replaces: [] });
    expect(await diff({}, { content: "b" })).toEqual({ changes: true, replaces: [] });
    expect(await diff({}, { path: `${path}2` })).toEqual({ changes: true, replaces: ["path"] });
    expect(await diff({ mode: "644" }, {})).toEqual({ changes: true, replaces: [] });
  });

  it("is overwritten with its own mode, whatever was left behind there", async () => {
    for (const left of [path, `${path}.new`]) writeFileSync(left, "of an earlier run", { mode: 0o666 });
    expect(await provider.create({ path, content: "a" })).toEqual({ id: path, outs: written() });
    expect(await provider.read?.(path, written())).toEqual({ id: path, props: written() });
    expect(readFileSync(path, "utf8")).toBe("a");
  });

  it("is read as it is, and gone where somebody deleted it", async () => {
    await provider.create({ path, content: "a" });
    writeFileSync(path, "edited");
    chmodSync(path, 0o644);
    expect(await provider.read?.(path, written())).toEqual({
      id: path,
      props: { path, content: "edited", mode: "644" },
    });
    writeFileSync(`${path}.new`, "of a run that was killed");
    await provider.delete?.(path, written());
    expect(readdirSync(folder)).toEqual([]);
    expect(await provider.read?.(path, written())).toEqual({});
    await provider.delete?.(path, written());
  });
});
