import { succeeded } from "../../scripts/engine";
import { type CutRun, PausedFleet, SHARD_SIZE, type Victims } from "../support/pausedFleet";
import { PAUSED_HOSTS, type PausedHost, printedBy } from "../support/pausedStack";
import { SELECTION, SOAK } from "../support/soak";

interface Way {
  readonly name: string;
  readonly victims: Victims;
  readonly signal: NodeJS.Signals;
  /** Whether tokens of the shard under way stay on the server. */
  readonly loses: boolean;
  /** The host for which `npm test` has no time. */
  readonly inSoakOnly?: PausedHost;
}

/** The first befalls the run that makes the fleet, and each other one a run that gives every member a new token. */
const WAYS: readonly Way[] = [
  { name: "SIGKILL of both", victims: "both", signal: "SIGKILL", loses: true },
  {
    name: "SIGKILL of both, once more",
    victims: "both",
    signal: "SIGKILL",
    loses: true,
    inSoakOnly: "native",
  },
  { name: "SIGINT of both", victims: "both", signal: "SIGINT", loses: false, inSoakOnly: "dynamic" },
  {
    name: "SIGKILL of the engine",
    victims: "engine",
    signal: "SIGKILL",
    loses: false,
    inSoakOnly: "dynamic",
  },
  {
    name: "SIGKILL of the provider",
    victims: "provider",
    signal: "SIGKILL",
    loses: true,
    inSoakOnly: "dynamic",
  },
];

/** How many tokens a run says that it deleted because a killed one had made them. */
function sweptBy(printed: string): number {
  const said = [...printed.matchAll(/deleted (\d+) tokens that a run which was killed had made/g)];
  // The engine prints a warning where it comes, and once more at the end.
  return Math.max(0, ...said.map(([, count]) => Number(count)));
}

async function endCut(stack: PausedFleet, { victims, signal, loses }: Way, run: CutRun): Promise<void> {
  expect(run.providerStays).toBe(false);
  expect(run.unknown).toHaveLength(loses ? SHARD_SIZE - 1 : 0);
  if (signal === "SIGKILL" && victims !== "provider") await stack.unlock();
}

describe.each(PAUSED_HOSTS)(`a fleet of %s shards whose runs are cut (${SELECTION})`, (host) => {
  let stack: PausedFleet;

  beforeAll(async () => {
    stack = await PausedFleet.open(host);
  });
  afterAll(() => stack.dispose());

  it.each(WAYS.filter(({ inSoakOnly }) => SOAK || inSoakOnly !== host))(
    "by $name has one valid token a member at every moment, and the next run names and deletes what was lost",
    async (way) => {
      stack.edit();
      const run = await stack.cut(way.victims, way.signal);
      await endCut(stack, way, run);
      const next = succeeded(await stack.up());
      expect(sweptBy(printedBy(next))).toBe(run.unknown.length);
      await stack.expectConverged();
      expect(stack.takeGaps()).toEqual([]);
    },
  );

  // The runs of the plugin, which has the same journals, are left to the soak test.
  if (host === "native" && !SOAK) return;
  it("is nothing to a stack of the same name whose state is elsewhere, whichever of them is cut", async () => {
    const ours = new Set(stack.tokens().map(({ id }) => id));
    stack.edit();
    const theirs = await stack.elsewhere();
    const cut = await stack.cut("both", "SIGKILL", theirs);
    const ofTheirs = new Set(stack.tokens().flatMap(({ id }) => (ours.has(id) ? [] : [id])));
    const roll = printedBy(succeeded(await stack.up()));
    const left = new Set(stack.tokens().map(({ id }) => id));
    expect([...ofTheirs].filter((id) => !left.has(id))).toEqual([]);
    expect(sweptBy(roll)).toBe(0);
    await stack.expectConverged(stack.here, ofTheirs);
    // It goes on, and ends what it lost itself, or names that where nobody can tell whose it is.
    await stack.unlock(theirs);
    const own = new Set([...left].filter((id) => !ofTheirs.has(id)));
    const next = printedBy(succeeded(await stack.up(theirs)));
    expect([...own].filter((id) => !stack.tokens().some((one) => one.id === id))).toEqual([]);
    const unknown = new Set((await stack.unknown(theirs)).map(({ id }) => id));
    const lost = cut.unknown.filter(({ id }) => unknown.has(id)).map(({ id }) => id);
    expect(lost.filter((id) => !next.includes(id))).toEqual([]);
    await stack.expectConverged(theirs, new Set([...own, ...lost]));
  });
});
