import { type Fault, FAULTS, seeded, startFaultProxy } from "../support/faultProxy";
import { startServer } from "../support/influxdb";
import { MiniEngine } from "../support/miniEngine";
import { type DeclaredToken, deleteNamed, expectSameTokens, pick, randomStack } from "../support/randomStack";
import { runCount, seededRuns } from "../support/seededRuns";

const RUNS = { runs: 50, soakRuns: 3_000 };
const NAMES = ["a", "b", "c", "d", "e", "f"];

async function runOnce(seed: number): Promise<void> {
  const random = seeded(seed);
  const plainTokens = random() < 0.5;
  const server = await startServer({ plainTokens });
  const faulty = 0.1 + random() * 0.3;
  let faults = true;
  const proxy = await startFaultProxy(server.url, (): Fault | undefined =>
    faults && random() < faulty ? pick(random, FAULTS) : undefined,
  );
  try {
    const buckets = [await server.makeBucket("one"), await server.makeBucket("two")];
    const engine = new MiniEngine();
    let declared = new Map<string, DeclaredToken>();
    for (let round = 0; round < 3; round += 1) {
      declared = randomStack(random, NAMES, proxy.url, server.operatorToken, buckets);
      await engine.up(declared);
      if (random() < 0.3) await engine.refresh();
    }
    faults = false;
    const underFaults = engine.errors.splice(0).map(({ message }) => message);
    const kept = [...engine.state.values(), ...engine.pendingDeletes];
    await deleteNamed(underFaults, new Set(kept.map(({ id }) => id)), server);
    await engine.refresh();
    await engine.up(declared);
    await engine.up(declared);
    expect(engine.errors).toEqual([]);
    const recorded = [...engine.state].map(
      ([
        name,
        {
          id,
          outs: { token, description, status },
        },
      ]) => [name, { id, token, description, status }] as const,
    );
    await expectSameTokens(declared, new Map(recorded), server).catch((error: unknown) => {
      throw new Error(`${(error as Error).message}\nUnder faults:\n${underFaults.join("\n")}`);
    });
  } finally {
    await proxy.close();
    await server.close();
  }
}

describe("random stacks through random edits under random faults", () => {
  it(
    "leave on the server what is in the state and what is declared",
    async () => {
      expect(await seededRuns({ ...RUNS, atOnce: 20, run: runOnce })).toEqual([]);
    },
    // A slow machine takes a good part of a second for each.
    30_000 + runCount(RUNS) * 1_000,
  );
});
