import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { processorSeconds } from "../../scripts/processes";
import { succeeded } from "../../scripts/engine";
import {
  type Outcome,
  type Phase,
  PHASES,
  type Phases,
  type PausedRun,
  PAUSED_HOSTS,
  type PausedHost,
  PausedStack,
  MOMENTS,
  type Moment,
  printedBy,
  signal,
  type Step,
  STEPS_OF,
  namePrefix,
} from "../support/pausedStack";
import { SELECTION, SOAK } from "../support/soak";

/** What happens to a run while its steps are in flight. */
interface Interruption {
  readonly name: string;
  /** Interrupts the run, and lets the requests go on. */
  readonly interrupt: (run: PausedRun) => Promise<void>;
  /** The creates whose token stays on the server although the state does not know it: the limits that are documented. */
  readonly loses: "nothing" | "what was made" | "all";
  /** Where the user finds the name of an orphaned token. */
  readonly namesLost?: (name: string, outcome: Outcome) => boolean;
  /** What the engine's end leaves to be done before the next run. */
  readonly leaves?: "pending steps" | "a lock and pending steps";
  /** What is in flight when it happens, run by run; default the creates, and in the next run the deletes. */
  readonly runs?: readonly Phases[];
  /** Whether the run with deletes in flight is left to `npm run test:soak`. */
  readonly deletesInSoakOnly?: true;
  /** Whether dynamic resources, whose runs take longer, are left to `npm run test:soak`: there is another of its kind. */
  readonly dynamicInSoakOnly?: true;
}

/** How long a signal takes to the event loop of a process, on a busy machine. */
const SIGNAL_DELIVERY_MS = 200;
/** How long the engine takes from the second SIGINT to its plugins, to which it then leaves 5 s. */
const PLUGIN_CANCEL_MS = 1_000;

const isPending = (name: string, { pending }: Outcome): boolean => pending.includes(`creating ${name}`);

const INTERRUPTIONS: readonly Interruption[] = [
  {
    name: "SIGINT of the engine",
    interrupt: signalled("engine", "SIGINT"),
    loses: "nothing",
    dynamicInSoakOnly: true,
  },
  {
    name: "SIGINT of the engine, twice",
    interrupt: async ({ engine, release }) => {
      await interruptTwice(engine);
      await sleep(PLUGIN_CANCEL_MS);
      release();
    },
    loses: "nothing",
    leaves: "pending steps",
    deletesInSoakOnly: true,
  },
  {
    name: "SIGINT of the engine, twice, with a server that answers later than the engine waits",
    interrupt: async ({ engine, release, ended }) => {
      await interruptTwice(engine);
      await ended;
      release();
    },
    loses: "what was made",
    namesLost: isPending,
    leaves: "pending steps",
    // A provider that the engine kills at a delete is what `SIGKILL of the provider` does.
    runs: [["creates"]],
    dynamicInSoakOnly: true,
  },
  {
    name: "SIGKILL of the engine",
    interrupt: signalled("engine", "SIGKILL"),
    loses: "nothing",
    leaves: "a lock and pending steps",
    deletesInSoakOnly: true,
  },
  {
    name: "SIGKILL of the engine, between an answer and its record",
    interrupt: async ({ engine, providers, release }) => {
      signal(engine, "SIGSTOP");
      await sleep(SIGNAL_DELIVERY_MS);
      release();
      // With nothing in flight it notices only when it looks for its engine the next time.
      await Promise.all(providers.map(untilIdle));
      signal(engine, "SIGKILL");
    },
    loses: "all",
    namesLost: isPending,
    leaves: "a lock and pending steps",
    deletesInSoakOnly: true,
    dynamicInSoakOnly: true,
  },
  {
    name: "SIGINT of the provider",
    interrupt: signalled("provider", "SIGINT"),
    loses: "nothing",
    dynamicInSoakOnly: true,
  },
  {
    name: "SIGTERM of the provider",
    interrupt: signalled("provider", "SIGTERM"),
    loses: "nothing",
    deletesInSoakOnly: true,
  },
  {
    name: "SIGKILL of the provider",
    interrupt: signalled("provider", "SIGKILL"),
    loses: "what was made",
    namesLost: (name, outcome) => new RegExp(`Token \\(${name}\\):\\n    error: `).test(printedBy(outcome)),
    deletesInSoakOnly: true,
  },
  {
    name: "a killed server",
    interrupt: async ({ proxy, release, ended }) => {
      await proxy.kill();
      release();
      await ended;
      await proxy.restart();
    },
    loses: "what was made",
    namesLost: (name, outcome) =>
      printedBy(outcome).includes(`look for a token "${name}" made just now with \`influx auth list\``),
    deletesInSoakOnly: true,
    dynamicInSoakOnly: true,
  },
  {
    name: "a server that is killed and started again at once",
    interrupt: async ({ proxy, release }) => {
      await proxy.kill();
      await proxy.restart();
      release();
    },
    loses: "nothing",
    // Nothing fails: one run goes through both.
    runs: [["creates", "deletes"]],
    dynamicInSoakOnly: true,
  },
];

function signalled(who: "engine" | "provider", name: NodeJS.Signals): Interruption["interrupt"] {
  return async (run) => {
    for (const id of who === "engine" ? [run.engine] : run.providers) signal(id, name);
    await sleep(SIGNAL_DELIVERY_MS);
    run.release();
  };
}

async function interruptTwice(engine: number): Promise<void> {
  signal(engine, "SIGINT");
  await sleep(SIGNAL_DELIVERY_MS);
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

/** What the runs left that an interruption befell: by host and interruption, and by what was in flight. */
const outcomes = new Map<string, Map<Phase, Outcome>>();
const failures = new Map<string, unknown>();

const keyOf = (host: PausedHost, { name }: Interruption): string => `${host} ${name}`;

function interruptionsOf(host: PausedHost): readonly Interruption[] {
  if (host === "native" || SOAK) return INTERRUPTIONS;
  return INTERRUPTIONS.filter(({ dynamicInSoakOnly }) => dynamicInSoakOnly !== true);
}

/** The runs that are interrupted, by what is in flight. */
function runsOf({
  runs = PHASES.map((phase): Phases => [phase]),
  deletesInSoakOnly,
}: Interruption): readonly Phases[] {
  return deletesInSoakOnly === true && !SOAK ? runs.filter(([phase]) => phase !== "deletes") : runs;
}

/**
 * One edit of the stack: a interruption at its creates, one at the deletes of the next run, and a run without any where
 * something failed. A run comes to its deletes only when all is made that was not made before.
 */
async function interruptEdit(
  stack: PausedStack,
  host: PausedHost,
  interruption: Interruption,
): Promise<void> {
  const { interrupt } = interruption;
  const found = new Map<Phase, Outcome>();
  outcomes.set(keyOf(host, interruption), found);
  await stack.edit();
  let isDone = false;
  for (const phases of runsOf(interruption)) {
    const outcome = await stack.interrupted(phases, interrupt);
    for (const phase of phases) found.set(phase, outcome);
    await stack.deleteUnknown(outcome.unknown);
    await doWhatIsAsked(stack, outcome);
    isDone = outcome.code === 0;
  }
  if (!isDone) succeeded(await stack.up());
  await stack.expectConverged();
}

async function doWhatIsAsked(stack: PausedStack, { isLocked, pending }: Outcome): Promise<void> {
  if (isLocked) {
    expect(printedBy(await stack.up())).toContain("delete the lock file with `pulumi cancel`");
    succeeded(await stack.engine.run(["cancel", "--yes"]));
  }
  // Deletes of whose end it knows nothing are taken up by the next run. Creates are recorded until they are cleared.
  if (pending.some((step) => step.startsWith("creating "))) {
    succeeded(await stack.engine.refresh(["--clear-pending-creates"]));
  }
}

// A stack of each host, at the same time: most of a run is waiting for processes to start.
beforeAll(async () => {
  const interruptAll = async (host: PausedHost): Promise<void> => {
    let stack = await PausedStack.open(host);
    for (const interruption of interruptionsOf(host)) {
      try {
        await interruptEdit(stack, host, interruption);
      } catch (error) {
        failures.set(keyOf(host, interruption), error);
        await stack.dispose();
        stack = await PausedStack.open(host);
      }
    }
    await stack.dispose();
  };
  await Promise.all(PAUSED_HOSTS.map(interruptAll));
}, 600_000);

function outcomeOf(host: PausedHost, interruption: Interruption, phase: Phase): Outcome {
  const key = keyOf(host, interruption);
  const failure = failures.get(key);
  if (failure !== undefined) throw failure as Error;
  const found = outcomes.get(key)?.get(phase);
  if (found === undefined) throw new Error(`no ${phase} were in flight`);
  return found;
}

function isLost({ loses }: Interruption, phase: Phase, moment: Moment): boolean {
  return phase === "creates" && (loses === "all" || (loses === "what was made" && moment === "after"));
}

interface Cell {
  readonly title: string;
  readonly step: Step;
  readonly moment: Moment;
  readonly lost: boolean;
}

function cellsOf(interruption: Interruption, phase: Phase): Cell[] {
  return STEPS_OF[phase].flatMap((step) =>
    MOMENTS.map((moment) => {
      const lost = isLost(interruption, phase, moment);
      const when = moment === "before" ? "before the server receives it" : "after the server did it";
      const what = lost ? "leaves its token, which can be found" : "leaves no token that is not in the state";
      return { title: `at the ${step}, ${when}: ${what}`, step, moment, lost };
    }),
  );
}

describe.each(PAUSED_HOSTS)(`interrupted runs of %s resources (${SELECTION})`, (host) => {
  describe.each(interruptionsOf(host))("$name", (interruption) => {
    describe.each(
      runsOf(interruption)
        .flat()
        .map((phase) => ({ phase })),
    )("while $phase are in flight", ({ phase }) => {
      it.each(cellsOf(interruption, phase))("$title", ({ step, moment, lost }) => {
        const outcome = outcomeOf(host, interruption, phase);
        const left = outcome.unknown.filter(({ description }) =>
          description.startsWith(namePrefix(step, moment)),
        );
        expect(left.map(({ description }) => description)).toHaveLength(lost ? 1 : 0);
        for (const { description, createdAt } of left) {
          expect(interruption.namesLost?.(description, outcome)).toBe(true);
          expect(Date.parse(createdAt)).toBeGreaterThanOrEqual(outcome.startedAt.getTime());
        }
      });

      it("leaves to be done what is documented, and nothing else", () => {
        const { isLocked, pending, providerStays, unknown } = outcomeOf(host, interruption, phase);
        expect(unknown).toHaveLength(cellsOf(interruption, phase).filter(({ lost }) => lost).length);
        expect({ isLocked, isPending: pending.length > 0, providerStays }).toEqual({
          isLocked: interruption.leaves === "a lock and pending steps",
          isPending: interruption.leaves !== undefined,
          providerStays: false,
        });
      });
    });
  });
});
