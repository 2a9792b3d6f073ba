import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CANNOT_START, packWithoutLanguageHost, tellOfCopy } from "../support/policyPack";
import { openStack, type TestStack } from "../support/stack";

const ROOT = join(__dirname, "..", "..");
const PACK = join(ROOT, "policy");

describe("the policy pack, run by the engine", () => {
  let stack: TestStack;
  let folder: string;
  let pack = PACK;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "policy-"));
    stack = await openStack(join(__dirname, "programs", "declared"), {
      env: { DECLARED: join(folder, "declared.json") },
      // A preview asks no server.
      configure: false,
    });
  });
  afterAll(async () => {
    await stack.dispose();
    rmSync(folder, { recursive: true });
  });

  /** The copy stands beside what was built, as the pack does. */
  async function packThatStarts(): Promise<string> {
    await symlink(join(ROOT, "dist"), join(folder, "dist"));
    const copy = join(folder, "pack");
    await packWithoutLanguageHost(PACK, copy, join(stack.engine.folder, "home", ".pulumi"));
    return copy;
  }

  /** Previews the tokens under the policies, and gives the exit code and the violations of each token, in order. */
  async function preview(
    tokens: Record<string, Record<string, unknown>>,
    config: object,
  ): Promise<{ code: number; refused: string[]; printed: string }> {
    writeFileSync(join(folder, "declared.json"), JSON.stringify(tokens));
    writeFileSync(join(folder, "config.json"), JSON.stringify(config));
    const args = ["--policy-pack", pack, "--policy-pack-config", join(folder, "config.json")];
    const { code, stdout, stderr } = await stack.engine.preview(args);
    const printed = stdout + stderr;
    if (pack === PACK && CANNOT_START.test(printed)) {
      tellOfCopy();
      pack = await packThatStarts();
      return preview(tokens, config);
    }
    const violations =
      /^ +- \[(\w+)\].*? (influx-[a-z-]+) +\(pulumi-nodejs:dynamic\/influxdb:InfluxToken(?:Shard)?: ([\w-]+)\)$/gm;
    const refused = [...printed.matchAll(violations)].map(
      // Which shard of a fleet comes first is chance.
      ([, level = "", policy = "", token = ""]) => `${token.replace(/-\d\d$/, "")}: ${policy} (${level})`,
    );
    return { code, refused: refused.sort(), printed };
  }

  const plain = { org: "acme", readTasks: true, description: "ci: reads tasks", user: "admin" };
  /** In several shards. */
  const devices = Array.from({ length: 20 }, (_, n) => `device-${n}`);
  const own = Object.fromEntries(devices.slice(0, 3).map((name) => [name, {}]));
  const breakGlass = {
    ...plain,
    readTasks: false,
    operator: true,
    acknowledge: { "operator-token": "see runbook" },
  };

  it("refuses an operator token and others that it must, before they exist, and lets a good one pass", async () => {
    const { code, refused, printed } = await preview(
      {
        good: plain,
        operator: { ...plain, readTasks: false, operator: true },
        everything: { ...plain, readTasks: false, allAccess: true },
        bare: { org: "acme", writeTasks: true },
        acknowledged: breakGlass,
        fleet: {
          each: { ...plain, description: "fleet: {member}", readTasks: false, allAccess: true },
          members: devices,
        },
        mixed: {
          each: { ...plain, description: "mixed: {member}" },
          members: { ...own, root: { operator: true, readTasks: false } },
        },
      },
      { "influx-description-required": "advisory" },
    );
    expect({ code, refused }).toEqual({
      code: 1,
      refused: [
        "acknowledged: influx-no-all-access-token (mandatory)",
        "acknowledged: influx-no-operator-token (mandatory)",
        "bare: influx-description-required (advisory)",
        "bare: influx-owner-required (mandatory)",
        "everything: influx-no-all-access-token (mandatory)",
        "fleet: influx-no-all-access-token (mandatory)",
        "mixed: influx-no-all-access-token (mandatory)",
        "mixed: influx-no-operator-token (mandatory)",
        "operator: influx-no-all-access-token (mandatory)",
        "operator: influx-no-operator-token (mandatory)",
      ],
    });
    expect(printed).toContain("operator token: It reads and writes everything in every organization");
    expect(printed).toContain("each: all-access token: It reads and writes everything in its organization");
    expect(printed).toContain("member root: operator token: It reads and writes everything");
  });

  it("passes a stack that its config allows", async () => {
    const acknowledged = { allowAcknowledged: true };
    const { code, refused, printed } = await preview(
      {
        good: plain,
        acknowledged: breakGlass,
        fleet: { each: { ...plain, description: "ci: {member}" }, members: devices },
      },
      {
        "influx-no-operator-token": acknowledged,
        "influx-no-all-access-token": acknowledged,
        "influx-allowed-resource-types": { ...acknowledged, read: ["buckets", "tasks"], write: [] },
        "influx-description-required": { pattern: "^ci: " },
      },
    );
    expect({ code, refused }).toEqual({ code: 0, refused: [] });
    expect(printed).toContain("✅ influx-tokens@v");
  });
});
