import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { runCommand } from "../../../cli/run";
import { compileProgram, declaredBy } from "./support/programs";

const orgId = "00000000000000a1";
const userId = "00000000000000b1";
const bucketId = "00000000000000c1";
const SECRET = "s3cr3t-of-terraform==";

/** Attributes of the peer's resource, as its schema has them. */
function attributes(id: string, more: object = {}): Record<string, unknown> {
  const resource = { id: bucketId, name: "signals", org: "IoT", org_id: orgId, type: "buckets" };
  return {
    id,
    token: SECRET,
    status: "active",
    description: "Access signals bucket",
    org_id: orgId,
    org: "IoT",
    user_id: userId,
    user: "ops",
    created_at: "2026-01-02T03:04:05Z",
    updated_at: "2026-01-02T03:04:05Z",
    permissions: [
      { action: "read", resource },
      { action: "write", resource },
      { action: "read", resource: { id: null, name: null, org: "IoT", org_id: orgId, type: "tasks" } },
    ],
    ...more,
  };
}

/** A resource as Terraform knows it: module, name, and an instance for each key. */
interface Sample {
  readonly module?: string;
  readonly name: string;
  readonly instances: readonly { readonly key?: string | number; readonly values: Record<string, unknown> }[];
}

const TYPE = "influxdb_authorization";

const SAMPLES: readonly Sample[] = [
  { name: "signals", instances: [{ values: attributes("00000000000000d1") }] },
  {
    module: 'module.ci["a b"]',
    name: "writer",
    instances: [
      { key: "it's", values: attributes("00000000000000d2", { status: "inactive", description: null }) },
      { key: 1, values: attributes("00000000000000d3", { token: null, org: null, user: "" }) },
    ],
  },
  {
    name: "odd",
    instances: [
      {
        values: attributes("00000000000000d4", {
          permissions: [{ action: "read", resource: { type: "instance" } }],
        }),
      },
    ],
  },
];

/** As a state file has them. */
function stateFile(samples: readonly Sample[], more: object = {}): string {
  const provider = 'provider["registry.terraform.io/thulasirajkomminar/influxdb"]';
  const resources = samples.map(({ module, name, instances }) => ({
    ...(module !== undefined && { module }),
    mode: "managed",
    type: TYPE,
    name,
    provider,
    instances: instances.map(({ key, values }) => ({
      ...(key !== undefined && { index_key: key }),
      schema_version: 1,
      attributes: values,
      sensitive_attributes: [],
    })),
  }));
  const data = {
    mode: "data",
    type: TYPE,
    name: "read",
    provider,
    instances: [{ attributes: attributes("00000000000000d9") }],
  };
  const bucket = {
    mode: "managed",
    type: "influxdb_bucket",
    name: "b",
    provider,
    instances: [{ attributes: { id: bucketId } }],
  };
  return JSON.stringify({
    version: 4,
    terraform_version: "1.9.0",
    serial: 3,
    lineage: "x",
    outputs: {},
    resources: [...resources, data, bucket],
    ...more,
  });
}

/** As `terraform show -json` prints them. */
function shownState(samples: readonly Sample[]): object {
  const resourcesOf = (module: string | undefined): object[] =>
    samples
      .filter((sample) => sample.module === module)
      .flatMap(({ name, instances }) =>
        instances.map(({ key, values }) => {
          const index = key === undefined ? "" : `[${JSON.stringify(key)}]`;
          const address = `${module === undefined ? "" : `${module}.`}${TYPE}.${name}${index}`;
          return { address, mode: "managed", type: TYPE, name, values, sensitive_values: { token: true } };
        }),
      );
  const modules = [...new Set(samples.flatMap(({ module }) => module ?? []))];
  const children = modules.map((address) => ({ address, resources: resourcesOf(address) }));
  return { root_module: { resources: resourcesOf(undefined), child_modules: children } };
}

describe("influx-token import --from-terraform", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "terraform-"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  async function run(text: string, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
    let [out, err] = ["", ""];
    const code = await runCommand(["import", "--from-terraform", "-", ...args], {
      env: {},
      cwd: folder,
      isTerminal: false,
      version: "1.2.3",
      readStdin: () => Promise.resolve(text),
      out: (printed) => (out += printed),
      err: (printed) => (err += printed),
    });
    return { code, out, err };
  }

  it("makes a program of a state file, with names from Terraform's and without any value", async () => {
    const { code, out, err } = await run(stateFile(SAMPLES));
    expect([code, err]).toEqual([0, ""]);
    expect(out).not.toContain(SECRET);
    expect(compileProgram(out)).toEqual([]);
    const common = { readTasks: true, readBucket: ["signals"], writeBucket: ["signals"] };
    expect(declaredBy(out)).toEqual([
      {
        name: "ci-a-b-writer-1",
        inputs: { ...common, orgId, userId, description: "Access signals bucket", adopt: "00000000000000d3" },
      },
      {
        name: "ci-a-b-writer-it-s",
        inputs: {
          ...common,
          org: "IoT",
          user: "ops",
          status: "inactive",
          adopt: "00000000000000d2",
          adoptToken: "secret adoptToken-ci-a-b-writer-it-s",
        },
      },
      {
        name: "signals",
        inputs: {
          ...common,
          org: "IoT",
          user: "ops",
          description: "Access signals bucket",
          adopt: "00000000000000d1",
          adoptToken: "secret adoptToken-signals",
        },
      },
    ]);
    expect(out).toContain(
      '// Terraform\'s state does not have its value.\nnew InfluxToken("ci-a-b-writer-1"',
    );
    expect(out).toMatch(
      /\/\/ Cannot be adopted:\n\/\/ - read:\/instance: [^\n]+\n\/\/ new InfluxToken\("odd"/,
    );
  });

  it("makes the same of what terraform show -json prints, of a state or within a plan", async () => {
    const fromFile = await run(stateFile(SAMPLES));
    const values = shownState(SAMPLES);
    expect((await run(JSON.stringify({ format_version: "1.0", values }))).out).toBe(fromFile.out);
    const plan = {
      format_version: "1.2",
      planned_values: {},
      prior_state: { format_version: "1.0", values },
    };
    expect((await run(JSON.stringify(plan))).out).toBe(fromFile.out);
  });

  it("says in which order values go into the config, and tokens out of Terraform", async () => {
    const path = join(folder, "terra form.tfstate");
    writeFileSync(path, stateFile(SAMPLES));
    let out = "";
    await runCommand(["import", "--from-terraform", path], {
      env: {},
      cwd: folder,
      isTerminal: false,
      version: "",
      readStdin: () => Promise.resolve(""),
      out: (printed) => (out += printed),
      err: () => undefined,
    });
    const lines = out.split("\n").filter((line) => line.startsWith("// "));
    const secrets = lines
      .filter((line) => line.includes("pulumi config set --secret"))
      .map((line) => line.slice(3));
    expect(secrets.map((line) => line.split(" ").at(-1))).toEqual(
      ["adoptToken-ci-a-b-writer-it-s", "adoptToken-signals"].reverse(),
    );
    expect(lines.filter((line) => line.startsWith("// terraform state rm")).sort()).toEqual([
      "// terraform state rm 'module.ci[\"a b\"].influxdb_authorization.writer[\"it'\\''s\"]'",
      "// terraform state rm 'module.ci[\"a b\"].influxdb_authorization.writer[1]'",
      "// terraform state rm influxdb_authorization.signals",
    ]);
    // The shell reads what is printed: here with programs in place of jq and pulumi that show what they get.
    const [line = ""] = secrets;
    const script = `jq() { printf '%s|' "$@"; cat | head -c 13; }\npulumi() { cat; echo " -> $*"; }\n${line}`;
    const shown = execFileSync("bash", ["-c", script], { encoding: "utf8" });
    expect(shown).toContain(`select(.id? == "00000000000000d1" and has("permissions"))`);
    expect(shown).toContain('|{"version":4, -> config set --secret adoptToken-signals');
  });

  it("prints YAML, whose secrets are set beside it", async () => {
    const { out } = await run(stateFile(SAMPLES), "--yaml");
    const tokens = parse(out) as Record<string, object>;
    expect(Object.keys(tokens)).toEqual(["ci-a-b-writer-1", "ci-a-b-writer-it-s", "signals"]);
    expect(tokens["signals"]).toMatchObject({ org: "IoT", adopt: "00000000000000d1" });
    expect(out).toContain("terraform state pull | jq -r '");
    expect(out).toContain("| pulumi config set --secret --path 'influx-token:tokens.signals.adoptToken'\n");
    expect(out).not.toContain(SECRET);
  });

  it("leaves out what the description does not match, and what waits for its deletion", async () => {
    const { out } = await run(stateFile(SAMPLES), "--description", "signals");
    expect(declaredBy(out).map(({ name }) => name)).toEqual(["ci-a-b-writer-1", "signals"]);
    const deposed = JSON.parse(stateFile(SAMPLES.slice(0, 1))) as { resources: { instances: object[] }[] };
    deposed.resources[0]?.instances.push({ deposed: "1a2b", attributes: attributes("00000000000000d8") });
    expect((await run(JSON.stringify(deposed))).out).not.toContain("00000000000000d8");
  });

  it("keeps a bucket's id where the state has no name for it", async () => {
    const permissions = [
      { action: "read", resource: { id: bucketId, org_id: orgId, type: "buckets", name: null } },
    ];
    const values = attributes("00000000000000d1", { permissions });
    const { out } = await run(stateFile([{ name: "ids", instances: [{ values }] }]));
    expect(declaredBy(out)[0]?.inputs).toMatchObject({ readBucket: [bucketId] });
  });

  it.each<[string, string, RegExp]>([
    ["nothing", "", /no Terraform state/],
    ["no JSON", "resource x {}", /no Terraform state/],
    [
      "a state of Pulumi",
      JSON.stringify({ version: 3, deployment: { resources: [] } }),
      /no Terraform state/,
    ],
    [
      "an old state",
      stateFile(SAMPLES, { version: 3 }),
      /its version is 3: give what `terraform show -json` prints/,
    ],
    ["a state without tokens", stateFile([]), /has no influxdb_authorization/],
    [
      "a token without an id",
      stateFile([{ name: "x", instances: [{ values: {} }] }]),
      /influxdb_authorization\.x has no authorization id/,
    ],
    ["two states", stateFile(SAMPLES) + "\n" + stateFile(SAMPLES), /no Terraform state/],
  ])("refuses %s", async (_, text, message) => {
    const { code, out, err } = await run(text);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(message);
    expect(err).not.toContain(SECRET);
  });

  it("takes no option that is for a server", async () => {
    for (const args of [["--org", "acme"], ["--host", "http://a"], ["--list"], ["--exclude-state", "x"]]) {
      expect((await run(stateFile(SAMPLES), ...args)).err).toContain("cannot be used with");
    }
  });
});
