import { revealed } from "../../native/wire";
import type { RotatingState } from "../../provider/token/rotating";
import { HOSTS, type HostUnderTest, openHost } from "../support/bothHosts";
import { type Fault, FAULTS, seeded, startFaultProxy } from "../support/faultProxy";
import { startServer, type TestServer } from "../support/influxdb";
import { type Entry, MiniEngine } from "../support/miniEngine";
import {
  type DeclaredToken,
  deleteNamed,
  expectSameTokens,
  idsOf,
  isRotating,
  pick,
  randomStack,
  recordedToken,
} from "../support/randomStack";
import { runCount, seededRuns } from "../support/seededRuns";

/** Of each host. */
const RUNS = { runs: 25, soakRuns: 1_500 };
const NAMES = ["a", "b", "c", "d", "e", "r1", "r2"];

/** A state as it may be read by whoever asks for secrets. */
const shown = ({ outs }: Entry): RotatingState => revealed(outs) as RotatingState;

/** Random edits under random faults, and then what a user does: deletes what an error names, and runs again. */
async function editUnderFaults(
  random: () => number,
  server: TestServer,
  host: HostUnderTest,
  { setFaults, passTime }: { setFaults: (on: boolean) => void; passTime: () => void },
): Promise<void> {
  const buckets = [await server.makeBucket("one"), await server.makeBucket("two")];
  const engine = new MiniEngine(await host.begin(isRotating));
  const secrets = new Set([server.operatorToken]);
  const written = (): string => [...host.lines, ...engine.errors.map(({ message }) => message)].join("\n");
  const run = async (command: () => Promise<void>): Promise<void> => {
    passTime();
    engine.host = await host.begin(isRotating);
    await command();
    if (process.env["TRACE"])
      process.stdout.write(
        JSON.stringify(
          {
            declared: [...declared],
            errors: engine.errors.map((e) => e.message),
            state: [...engine.state].map(([n, e]) => {
              const s = shown(e);
              return [
                n,
                e.id,
                s.authorizationId,
                s.previousAuthorizationId,
                s.__previous,
                s.__leftovers,
                s.status,
                s.description,
                s.generation,
                s.keepers,
              ];
            }),
            pending: engine.pendingDeletes.map(({ name, id }) => [name, id]),
            server: server
              .authorizations()
              .map(({ id, description, status, permissions }) => [
                id,
                description,
                status,
                permissions.length,
              ]),
          },
          null,
          0,
        ).replace(/(\],?)\[/g, "$1\n[") + "\n\n",
      );
    for (const { token } of [...server.authorizations(), ...[...engine.state.values()].map(shown)])
      if (token !== undefined) secrets.add(token);
  };
  let declared = new Map<string, DeclaredToken>();
  const up = (): Promise<void> =>
    run(() => engine.up(new Map([...declared].map(([name, inputs]) => [name, host.declare(inputs)]))));
  setFaults(true);
  for (let round = 0; round < 3; round += 1) {
    declared = randomStack(random, NAMES, buckets);
    await up();
    if (random() < 0.3) await run(() => engine.refresh());
  }
  setFaults(false);
  const said = written();
  expect([...secrets].filter((secret) => said.includes(secret))).toEqual([]);
  const underFaults = engine.errors.splice(0).map(({ message }) => message);
  const kept = [...engine.state.values(), ...engine.pendingDeletes];
  await deleteNamed(underFaults, new Set(kept.flatMap((entry) => idsOf(entry.id, shown(entry)))), server);
  await run(() => engine.refresh());
  await up();
  server.countRequests();
  await up();
  expect(engine.errors).toEqual([]);
  expect(server.countRequests()).toEqual({});
  const recorded = [...engine.state].map(
    ([name, entry]) => [name, recordedToken(entry.id, shown(entry))] as const,
  );
  await expectSameTokens(declared, new Map(recorded), server).catch((error: unknown) => {
    throw new Error(`${(error as Error).message}\nUnder faults:\n${underFaults.join("\n")}`);
  });
}

async function runOnce(kind: (typeof HOSTS)[number], seed: number): Promise<void> {
  const random = seeded(seed);
  let aheadMs = 0;
  const now = (): number => Date.now() + aheadMs;
  const server = await startServer({ plainTokens: random() < 0.5, now });
  const faulty = 0.1 + random() * 0.3;
  let faults = false;
  const proxy = await startFaultProxy(server.url, (): Fault | undefined =>
    faults && random() < faulty ? pick(random, FAULTS) : undefined,
  );
  const host = await openHost(kind, { host: proxy.url, token: server.operatorToken, retries: 3 }, now);
  try {
    await editUnderFaults(random, server, host, {
      setFaults: (on) => (faults = on),
      // A command takes longer than the clocks of two machines differ.
      passTime: () => (aheadMs += 10_000),
    });
  } finally {
    host.end();
    await proxy.close();
    await server.close();
  }
}

describe.each(HOSTS)("random stacks through random edits under random faults, in the %s host", (kind) => {
  it(
    "leave on the server what is in the state and what is declared",
    async () => {
      const run = (seed: number): Promise<void> => runOnce(kind, seed);
      expect(await seededRuns({ ...RUNS, atOnce: 20, run })).toEqual([]);
    },
    // A busy machine takes a good second for each.
    30_000 + runCount(RUNS) * 3_000,
  );
});
