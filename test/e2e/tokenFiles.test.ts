import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
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
