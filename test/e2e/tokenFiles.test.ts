import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { shardIndexOf } from "../../provider/fleet/memberNames";
import { succeeded } from "../../scripts/engine";
import { SELECTION, SOAK } from "../support/soak";
import { openStack, type TestStack } from "../support/stack";

const ROOT = join(__dirname, "..", "..");
const FILES = 20;

/** How many tokens there are, and how long each one's description is. */
const { tokens: COUNT, description: LENGTH } = SOAK
  ? { tokens: 5_000, description: 40 }
  : { tokens: 40, description: 4_000 };

/** What Linux lets one variable of an environment hold, and the engine hands the stack config on in one. */
const MAX_VARIABLE = 131_072;

// With the real engine, whose language host may be one that does not tell where Pulumi.yaml is.
describe(`tokens from files in the folder of Pulumi.yaml (${SELECTION})`, () => {
  let stack: TestStack;
  let folder: string;
  let written = 0;
  beforeAll(async () => {
    stack = await openStack(ROOT, { timeoutMs: 1_200_000 });
    folder = join(stack.engine.folder, "project", "tokens");
    await mkdir(folder);
    for (let file = 0; file < FILES; file += 1) {
      const names = Array.from({ length: COUNT / FILES }, (_, n) => `team${file}-service${n}`);
      const text = stringify(
        Object.fromEntries(
          names.map((name) => [
            name,
            { org: "acme", description: name.padEnd(LENGTH, "."), readBuckets: true, writeTasks: true },
          ]),
        ),
      );
      written += text.length;
      await writeFile(join(folder, `team${file}.yaml`), text);
    }
    await stack.engine.configSet("influx-token:tokensFrom", "tokens/");
    stack.server.countRequests();
  });
  afterAll(() => stack.dispose());

  it("are previewed in one run, where the stack config could not hold them", async () => {
    expect(written).toBeGreaterThan(MAX_VARIABLE);
    expect(await stack.preview()).toMatch(new RegExp(`^ +\\+ ${COUNT + 1} to create$`, "m"));
    expect(stack.server.countRequests()).toEqual({});
  }, 1_200_000);

  it("make nothing where one of them is wrong, and name file, line and input", async () => {
    await writeFile(join(folder, "wrong.yaml"), "team0-service0:\n  org: acme\n  readBukets: true\n");
    const shown = await stack.failing(["up", "--yes", "--skip-preview"]);
    expect(shown).toContain("tokens/wrong.yaml:3: team0-service0.readBukets: readBukets is not an input");
    expect(shown).toContain("tokens/wrong.yaml:1: team0-service0 is also declared in tokens/team0.yaml:1");
    expect(shown).not.toMatch(/\.js:\d|^ +at /m);
    expect(stack.server.countRequests()).toEqual({});
  });
});

describe("a fleet of the stack config whose members are in a file", () => {
  const names = Array.from({ length: 12 }, (_, n) => `device-${n}`);
  const shards = new Set(names.map(shardIndexOf));
  let stack: TestStack;
  let file: string;
  beforeAll(async () => {
    stack = await openStack(ROOT);
    file = join(stack.engine.folder, "project", "devices.csv");
    const lines = names.map((name, n) => `${name},${n === 0 ? "inactive" : ""}`);
    await writeFile(file, ["member,status", ...lines, ""].join("\r\n"));
    const fleet = { each: { org: "acme", readTasks: true }, membersFrom: "devices.csv" };
    await stack.engine.configSet("influx-token:fleets", JSON.stringify({ sensors: fleet }));
    stack.server.countRequests();
  });
  afterAll(() => stack.dispose());

  /** The tokens as the stack's output has them. */
  async function tokens(): Promise<Record<string, string>> {
    const args = ["stack", "output", "fleets", "--json"];
    expect(succeeded(await stack.engine.run(args)).stdout).not.toContain("device-1");
    const { stdout } = succeeded(await stack.engine.run([...args, "--show-secrets"]));
    return (JSON.parse(stdout) as { sensors: Record<string, string> }).sensors;
  }

  it("has a token for each line, and touches one shard for one line more", async () => {
    expect(await stack.preview()).toContain("sensors");
    expect(stack.server.countRequests()).toEqual({});
    // Stack, component, and the companion that deletes what is replaced.
    expect(await stack.up()).toEqual({ created: shards.size + 3 });
    const made = await tokens();
    expect(Object.keys(made).sort()).toEqual([...names].sort());
    expect(await stack.up()).toEqual({ unchanged: shards.size + 3 });

    const index = shardIndexOf("device-1");
    const further = Array.from({ length: 1_000 }, (_, n) => `further-${n}`).find(
      (name) => shardIndexOf(name) === index,
    );
    await appendFile(file, `${String(further)},\r\n`);
    // The shard, and the component for its count.
    expect(await stack.up()).toEqual({ updated: 2, unchanged: shards.size + 1 });
    expect(await tokens()).toEqual({ ...made, [String(further)]: expect.any(String) as string });
  });
});
