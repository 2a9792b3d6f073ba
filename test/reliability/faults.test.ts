import { type Fault, FAULTS, seeded, startFaultProxy } from "../support/faultProxy";
import { OPERATOR_TOKEN, startServer } from "../support/influxdb";
import { MiniEngine } from "../support/miniEngine";

const RUNS = Number(process.env["FAULT_RUNS"] ?? 300);
/** Replay one run by giving its seed: `FAULT_SEED=123 npx jest test/reliability`. */
const SEED = process.env["FAULT_SEED"];
const AT_ONCE = 20;

type Random = () => number;

const pick = <T>(random: Random, values: readonly T[]): T => {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error("nothing to pick from");
  return value;
};

/** A random stack. Some of its tokens cannot be told apart on the server: those are the hard ones. */
function randomStack(random: Random, host: string, buckets: readonly string[]): Map<string, object> {
  const names = ["a", "b", "c", "d", "e", "f"].filter(() => random() < 0.6);
  return new Map(
    names.map((name) => [
      name,
      {
        org: "acme",
        connection: { host, token: OPERATOR_TOKEN, retries: 3, timeoutMs: 20_000 },
        ...pick(random, [{}, { description: "same" }, { description: name }]),
        ...pick(random, [{}, { status: "inactive" }, {}]),
        ...pick(random, [
          { readTasks: true },
          { readTasks: true },
          { allAccess: true },
          { readBucket: [pick(random, buckets)] },
        ]),
        ...pick(random, [{}, {}, { keepers: { period: pick(random, ["1", "2"]) } }]),
      },
    ]),
  );
}

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
    let declared = new Map<string, object>();
    for (let round = 0; round < 3; round += 1) {
      declared = randomStack(random, proxy.url, buckets);
      await engine.up(declared);
      if (random() < 0.3) await engine.refresh();
    }
    faults = false;
    engine.errors.length = 0;
    await engine.refresh();
    await engine.up(declared);
    await engine.up(declared);
    expect(engine.errors).toEqual([]);
    expect([...engine.state.keys()].sort()).toEqual([...declared.keys()].sort());
    const onServer = server.authorizations().slice(1);
    const inState = [...engine.state.values()].map(({ id, outs }) => [
      id,
      outs.token,
      outs.status,
      outs.description,
    ]);
    expect(
      onServer.map(({ id, token, status, description }) => [id, token, status, description]).sort(),
    ).toEqual(inState.sort());
  } finally {
    await proxy.close();
    await server.close();
  }
}

describe("random stacks through random edits under random faults", () => {
  it(`leave on the server what is in the state and what is declared, ${SEED === undefined ? `${RUNS} times` : `with seed ${SEED}`}`, async () => {
    const first = Math.floor(Math.random() * 1_000_000_000);
    const seeds = SEED === undefined ? Array.from({ length: RUNS }, (_, n) => first + n) : [Number(SEED)];
    process.stdout.write(`fault injection: seeds ${String(seeds[0])} to ${String(seeds.at(-1))}\n`);
    const failed: string[] = [];
    const worker = async (): Promise<void> => {
      for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
        try {
          await runOnce(seed);
        } catch (error) {
          failed.push(`FAULT_SEED=${seed}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    expect(failed).toEqual([]);
  });
});
