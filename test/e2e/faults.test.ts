import { succeeded } from "../../scripts/engine";
import { BEHAVIOUR_HOSTS, type BehaviourHost } from "../support/behaviourHosts";
import { type Fault, FAULTS, seeded, startFaultProxy } from "../support/faultProxy";
import {
  type DeclaredToken,
  deleteNamed,
  expectSameTokens,
  idsOf,
  isRotating,
  pick,
  randomFleet,
  randomStack,
  type RecordedToken,
  recordedMembers,
} from "../support/randomStack";
import { runCount, seededRuns } from "../support/seededRuns";

const NAMES = ["a", "b", "c", "r1", "r2"];
/** Of a fleet. The first two are in one shard, and the next two in another. */
const MEMBERS = ["c", "j", "r", "w", "a"];
/** Rounds of edits under faults, each with an `up`. */
const ROUNDS = 2;
/** Of each host. */
const RUNS = { runs: 1, soakRuns: 15 };

const idsOfMembers = (recorded: ReadonlyMap<string, RecordedToken>): string[] =>
  [...recorded.values()].flatMap(({ id, previous }) => [id, ...(previous ? [previous.id] : [])]);

const values = (recorded: ReadonlyMap<string, RecordedToken>): string[] =>
  [...recorded.values()].flatMap(({ token }) => token ?? []);

/** What test/reliability does with the provider's functions, with the real engine: fewer runs, the same promise. */
async function runOnce(host: BehaviourHost, seed: number): Promise<void> {
  const random = seeded(seed);
  const stack = await host.open({ configure: false, plainTokens: random() < 0.5, ownProcess: true });
  const { server, engine } = stack;
  const faulty = 0.1 + random() * 0.3;
  let faults = true;
  const proxy = await startFaultProxy(server.url, (): Fault | undefined =>
    faults && random() < faulty ? pick(random, FAULTS) : undefined,
  );
  try {
    const settings = { host: proxy.url, retries: "3" };
    for (const [key, value] of Object.entries(settings)) await engine.configSet(`influx-token:${key}`, value);
    await engine.configSet("influx-token:token", server.operatorToken, { secret: true });
    const buckets = [await server.makeBucket("one"), await server.makeBucket("two")];
    let declared: ReadonlyMap<string, DeclaredToken> = new Map();
    const printed: string[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const tokens = randomStack(random, NAMES, buckets);
      const fleet = randomFleet(random, "behaviour/dev/f", MEMBERS, buckets);
      const resources = [...tokens].map(([name, inputs]) => {
        const args = { ...inputs };
        return [name, { type: isRotating(name) ? "RotatingToken" : "Token", args }] as const;
      });
      stack.declare({ ...Object.fromEntries(resources), f: { type: "TokenFleet", args: fleet.args } });
      declared = new Map([...tokens, ...fleet.tokens]);
      // Failures are part of the matter, and what a user does after them comes below.
      const { stdout, stderr } = await engine.up();
      printed.push(stdout, stderr);
    }
    faults = false;
    const { resources = [] } = await engine.state();
    const used = resources.flatMap(({ id = "", outputs = {} }) => idsOf(id, outputs));
    const before = recordedMembers((await engine.export(["--show-secrets"])).deployment);
    await deleteNamed(printed, new Set([...used, ...idsOfMembers(before)]), server);
    printed.push(succeeded(await engine.up(["--refresh"])).stdout);
    // Where no run came to its end so far, the fleet's old tokens end with the run after the first that did.
    if (/f-retirement created(?! replacement)/.test(printed.at(-1) ?? ""))
      printed.push(succeeded(await engine.up()).stdout);
    const members = recordedMembers((await engine.export(["--show-secrets"])).deployment);
    const tokens = await engine.recordedTokens();
    await deleteNamed(printed.slice(-1), new Set(idsOfMembers(new Map([...tokens, ...members]))), server);
    const said = printed.join("\n");
    const secrets = server.authorizations().map(({ token }) => token);
    expect([...secrets, ...values(before)].filter((secret) => said.includes(secret))).toEqual([]);
    await expectSameTokens(declared, new Map([...tokens, ...members]), server).catch((error: unknown) => {
      throw new Error(`${(error as Error).message}\nUnder faults:\n${printed.join("\n")}`);
    });
  } finally {
    await stack.dispose();
    await proxy.close();
  }
}

describe.each(BEHAVIOUR_HOSTS)(
  "random stacks through random edits under random faults, with the real engine and $kind resources",
  (host) => {
    it(
      "leave on the server what is in the state and what is declared",
      async () => {
        const run = (seed: number): Promise<void> => runOnce(host, seed);
        expect(await seededRuns({ ...RUNS, atOnce: 2, run })).toEqual([]);
      },
      60_000 + runCount(RUNS) * 60_000,
    );
  },
);
