import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { processorSeconds } from "../../scripts/processes";
import { succeeded } from "../../scripts/engine";
import {
  type Aftermath,
  type Half,
  HALVES,
  type Halves,
  type HeldRun,
  HeldStack,
  MOMENTS,
  type Moment,
  printedBy,
  signal,
  type Step,
  STEPS_OF,
  wordsFor,
} from "../support/heldStack";

/** What befalls a run while its steps are under way. */
interface Blow {
  readonly name: string;
  /** Strikes, and lets the requests go on. */
  readonly strike: (run: HeldRun) => Promise<void>;
  /** The creates whose token stays on the server although the state does not know it: the limits that are documented. */
  readonly loses: "nothing" | "what was made" | "all";
  /** Where the user reads the name of a token that is lost. */
  readonly namesLost?: (name: string, aftermath: Aftermath) => boolean;
  /** What the engine's end leaves to be done before the next run. */
  readonly leaves?: "pending steps" | "a lock and pending steps";
  /** What is under way when it strikes, run by run; default the creates, and in the next run the deletes. */
  readonly runs?: readonly Halves[];
}

/** A signal's way to the event loop of a process, on a busy machine. */
const HEARD_MS = 200;
/** The engine's way from the second SIGINT to its plugins, to which it then leaves 5 s. */
const TERMINATED_MS = 1_000;

const isPending = (name: string, { pending }: Aftermath): boolean => pending.includes(`creating ${name}`);

const BLOWS: readonly Blow[] = [
  { name: "SIGINT of the engine", strike: signalled("engine", "SIGINT"), loses: "nothing" },
  {
    name: "SIGINT of the engine, twice",
    strike: async ({ engine, release }) => {
      await interruptTwice(engine);
      await sleep(TERMINATED_MS);
      release();
    },
    loses: "nothing",
    leaves: "pending steps",
  },
  {
    name: "SIGINT of the engine, twice, with a server that answers later than the engine waits",
    strike: async ({ engine, release, ended }) => {
      await interruptTwice(engine);
      await ended;
      release();
    },
    loses: "what was made",
    namesLost: isPending,
    leaves: "pending steps",
    // A provider that the engine kills at a delete is what `SIGKILL of the provider` strikes.
    runs: [["creates"]],
  },
  {
    name: "SIGKILL of the engine",
    strike: signalled("engine", "SIGKILL"),
    loses: "nothing",
    leaves: "a lock and pending steps",
  },
  {
    name: "SIGKILL of the engine, between an answer and its record",
    strike: async ({ engine, provider, release }) => {
      signal(engine, "SIGSTOP");
      await sleep(HEARD_MS);
      release();
      // With nothing under way it notices only when it looks for its engine the next time.
      await untilIdle(provider);
      signal(engine, "SIGKILL");
    },
    loses: "all",
    namesLost: isPending,
    leaves: "a lock and pending steps",
  },
  { name: "SIGINT of the provider", strike: signalled("provider", "SIGINT"), loses: "nothing" },
  { name: "SIGTERM of the provider", strike: signalled("provider", "SIGTERM"), loses: "nothing" },
  {
    name: "SIGKILL of the provider",
    strike: signalled("provider", "SIGKILL"),
    loses: "what was made",
    namesLost: (name, aftermath) => printedBy(aftermath).includes(`InfluxToken (${name}):\n    error: `),
  },
  {
    name: "a killed server",
    strike: async ({ proxy, release, ended }) => {
      await proxy.kill();
      release();
      await ended;
      await proxy.restart();
    },
    loses: "what was made",
    namesLost: (name, aftermath) =>
      printedBy(aftermath).includes(`look for a token "${name}" made just now with \`influx auth list\``),
  },
  {
    name: "a server that is killed and started again at once",
    strike: async ({ proxy, release }) => {
      await proxy.kill();
      await proxy.restart();
      release();
    },
    loses: "nothing",
    // Nothing fails: one run goes through both.
    runs: [["creates", "deletes"]],
  },
];

function signalled(who: "engine" | "provider", name: NodeJS.Signals): Blow["strike"] {
  return async (run) => {
    signal(run[who], name);
    await sleep(HEARD_MS);
    run.release();
  };
}

async function interruptTwice(engine: number): Promise<void> {
  signal(engine, "SIGINT");
  await sleep(HEARD_MS);
  signal(engine, "SIGINT");
}

/** A process that has nothing to do takes no processor time. */
async function untilIdle(id: number): Promise<void> {
  const taken = (): number | undefined => processorSeconds(readFileSync(`/proc/${id}/stat`, "utf8"));
  let before: number | undefined;
  do {
    before = taken();
    await sleep(500);
  } while (taken() !== before);
}

/** What the runs left that a blow befell, by what was under way. */
const aftermaths = new Map<string, Map<Half, Aftermath>>();
const failures = new Map<string, unknown>();

/**
 * One edit of the stack: a blow at its creates, one at the deletes of the next run, and a run without any where
 * something failed. A run comes to its deletes only when all is made that was not made before.
 */
async function befall(
  stack: HeldStack,
  { name, strike, runs = [["creates"], ["deletes"]] }: Blow,
): Promise<void> {
  const found = new Map<Half, Aftermath>();
  aftermaths.set(name, found);
  await stack.edit();
  let isDone = false;
  for (const halves of runs) {
    const aftermath = await stack.interrupted(halves, strike);
    for (const half of halves) found.set(half, aftermath);
    await stack.deleteUnknown(aftermath.unknown);
    await doWhatIsAsked(stack, aftermath);
    isDone = aftermath.code === 0;
  }
  if (!isDone) succeeded(await stack.up());
  await stack.expectConverged();
}

async function doWhatIsAsked(stack: HeldStack, { isLocked, pending }: Aftermath): Promise<void> {
  if (isLocked) {
    expect(printedBy(await stack.up())).toContain("delete the lock file with `pulumi cancel`");
    succeeded(await stack.engine.run(["cancel", "--yes"]));
  }
  // Deletes of whose end it knows nothing are taken up by the next run. Creates are recorded until they are cleared.
  if (pending.some((step) => step.startsWith("creating "))) {
    succeeded(await stack.engine.refresh(["--clear-pending-creates"]));
  }
}

// Two stacks at once take the blows one after another: most of a run is waiting for processes to start.
beforeAll(async () => {
  const waiting = [...BLOWS];
  const worker = async (): Promise<void> => {
    let stack = await HeldStack.open();
    for (let blow = waiting.shift(); blow !== undefined; blow = waiting.shift()) {
      try {
        await befall(stack, blow);
      } catch (error) {
        failures.set(blow.name, error);
        await stack.dispose();
        stack = await HeldStack.open();
      }
    }
    await stack.dispose();
  };
  await Promise.all([worker(), worker()]);
}, 600_000);

function aftermathOf({ name }: Blow, half: Half): Aftermath {
  const failure = failures.get(name);
  if (failure !== undefined) throw failure as Error;
  const found = aftermaths.get(name)?.get(half);
  if (found === undefined) throw new Error(`no ${half} were under way`);
  return found;
}

function isLost({ loses }: Blow, half: Half, moment: Moment): boolean {
  return half === "creates" && (loses === "all" || (loses === "what was made" && moment === "after"));
}

interface Cell {
  readonly title: string;
  readonly step: Step;
  readonly moment: Moment;
  readonly lost: boolean;
}

const halvesOf = ({ runs }: Blow): readonly Half[] => runs?.flat() ?? HALVES;

function cellsOf(blow: Blow, half: Half): Cell[] {
  return STEPS_OF[half].flatMap((step) =>
    MOMENTS.map((moment) => {
      const lost = isLost(blow, half, moment);
      const when = moment === "before" ? "before the server hears of it" : "after the server did it";
      const what = lost ? "leaves its token, which can be found" : "leaves no token that is not in the state";
      return { title: `at the ${step}, ${when}: ${what}`, step, moment, lost };
    }),
  );
}

describe.each(BLOWS)("$name", (blow) => {
  describe.each(halvesOf(blow).map((half) => ({ half })))("while $half are under way", ({ half }) => {
    it.each(cellsOf(blow, half))("$title", ({ step, moment, lost }) => {
      const aftermath = aftermathOf(blow, half);
      const left = aftermath.unknown.filter(({ description }) =>
        description.startsWith(wordsFor(step, moment)),
      );
      expect(left.map(({ description }) => description)).toHaveLength(lost ? 1 : 0);
      for (const { description, createdAt } of left) {
        expect(blow.namesLost?.(description, aftermath)).toBe(true);
        expect(Date.parse(createdAt)).toBeGreaterThanOrEqual(aftermath.startedAt.getTime());
      }
    });

    it("leaves to be done what is documented, and nothing else", () => {
      const { isLocked, pending, providerStays, unknown } = aftermathOf(blow, half);
      expect(unknown).toHaveLength(cellsOf(blow, half).filter(({ lost }) => lost).length);
      expect({ isLocked, isPending: pending.length > 0, providerStays }).toEqual({
        isLocked: blow.leaves === "a lock and pending steps",
        isPending: blow.leaves !== undefined,
        providerStays: false,
      });
    });
  });
});
