import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Engine, succeeded } from "../../scripts/engine";
import { type Fault, FAULTS, seeded, startFaultProxy } from "../support/faultProxy";
import { startServer } from "../support/influxdb";
import { type DeclaredToken, deleteNamed, expectSameTokens, pick, randomStack } from "../support/randomStack";
import { runCount, seededRuns } from "../support/seededRuns";

const PROGRAM = join(__dirname, "programs", "declared");
const NAMES = ["a", "b", "c", "d"];
/** Rounds of edits under faults, each with an `up`. */
const ROUNDS = 2;
const RUNS = { runs: 2, soakRuns: 30 };

/** What test/reliability does with the provider's functions, with the real engine: fewer runs, the same promise. */
async function runOnce(seed: number): Promise<void> {
  const random = seeded(seed);
  const server = await startServer({ plainTokens: random() < 0.5 });
  const faulty = 0.1 + random() * 0.3;
  let faults = true;
  const proxy = await startFaultProxy(server.url, (): Fault | undefined =>
    faults && random() < faulty ? pick(random, FAULTS) : undefined,
  );
  const engine = await Engine.open({ programFolder: PROGRAM });
  try {
    await engine.stackInit();
    const env = { DECLARED: join(engine.folder, "declared.json") };
    const buckets = [await server.makeBucket("one"), await server.makeBucket("two")];
    let declared = new Map<string, DeclaredToken>();
    const printed: string[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      declared = randomStack(random, NAMES, proxy.url, server.operatorToken, buckets);
      await writeFile(env.DECLARED, JSON.stringify(Object.fromEntries(declared)));
      // Failures are part of the matter, and what a user does after them comes below.
      const { stdout, stderr } = await engine.up([], env);
      printed.push(stdout, stderr);
    }
    faults = false;
    const { deployment } = await engine.export();
    const used = (deployment.resources ?? []).map(({ id = "" }) => id);
    await deleteNamed(printed, new Set(used), server);
    succeeded(await engine.up(["--refresh"], env));
    await expectSameTokens(declared, await engine.recordedTokens(), server);
  } finally {
    await engine.dispose();
    await proxy.close();
    await server.close();
  }
}

describe("random stacks through random edits under random faults, with the real engine", () => {
  it(
    "leave on the server what is in the state and what is declared",
    async () => {
      expect(await seededRuns({ ...RUNS, atOnce: 2, run: runOnce })).toEqual([]);
    },
    60_000 + runCount(RUNS) * 60_000,
  );
});
