/**
 * Signals, and the look at the engine: no step that changes a server is cut off, and no provider outlives its engine.
 *
 * Leans on: the engine starts the host with its address, `127.0.0.1:<port>`, as the last argument, behind what it says of
 * logs and traces, and listens there until it ends; at the end of a run, and on the second Ctrl-C, it sends SIGINT to its
 * plugins, and kills those that are left five seconds later; `cmd/dynamic-provider` listens for no signal and never exits
 * by itself. The same in 3.216 to 3.270.
 * When it changes: without the address the engine counts as alive for ever: a token that is made after the engine was
 * killed stays on the server, unrecorded, and so does the provider's process with what it knows. A host with handlers of
 * its own may cut off a step. Loud in our tests, for it guards tokens.
 * Seen by: test/e2e/sdkRange, test/e2e/interrupts, test/unit/pulumiHost/gracefulExit.
 */
import { createConnection } from "node:net";

/** How the engine ends its plugins, and how containers and services end a process: both leave it some seconds. */
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** For the way of the last answer to the engine. Not more: the engine ends its plugins soon after it, and waits. */
const LAST_ANSWER_MS = 20;

/** How long a provider without anything to do may outlive its engine: milliseconds. */
const WATCH_MS = 10_000;

/** As much of the process as this takes: tests give their own. */
export type HostProcess = Pick<NodeJS.Process, "argv" | "pid" | "kill"> & {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
};

/** How the process of a provider ends. */
export class GracefulExit {
  /** The signal to die of as soon as nothing is in flight any more. */
  private received: NodeJS.Signals | undefined;
  /** Nobody brings an engine back that ended. */
  private wasEngineMissed = false;
  private isListening = false;
  private inFlight = 0;
  /** Ends the wait for the last answer. */
  private leaving: NodeJS.Timeout | undefined;
  private watch: NodeJS.Timeout | undefined;
  /** The next look at the engine, for all who ask before it begins. */
  private nextLook: Promise<boolean> | undefined;

  /**
   * @param beforeEnd what is to be done before the process ends by a signal, while its engine is there: it has recorded
   *   whatever it was told.
   */
  constructor(
    private readonly process: HostProcess,
    private readonly beforeEnd: () => void = () => undefined,
  ) {}

  /**
   * Takes a step that changes the server to its end: a signal that ends the process waits for it, and for its answer to
   * leave. At any other time a signal ends the process at once.
   */
  async finishBeforeExit<T>(step: () => Promise<T>): Promise<T> {
    this.listen();
    clearTimeout(this.leaving);
    this.leaving = undefined;
    this.inFlight += 1;
    try {
      return await step();
    } finally {
      this.inFlight -= 1;
      if (this.inFlight === 0) this.leaving = setTimeout(this.leave, LAST_ANSWER_MS).unref();
    }
  }

  /**
   * Looks for the engine now and then, and ends the process where it is gone: killed between two steps, it takes nobody
   * along. Does nothing in a process that no engine started.
   */
  watchEngine(): void {
    if (enginePort(this.process.argv) === undefined) return;
    this.watch ??= setInterval(this.endWithoutEngine, WATCH_MS).unref();
  }

  /** Whether nobody may be left to record what is made now: the process is told to end, or its engine did. */
  readonly isInterrupted = async (): Promise<boolean> =>
    // A signal may come while the engine is looked for.
    this.isToldToEnd() || (await this.engineIsGone()) || this.isToldToEnd();

  /** Whether a signal has told the process to end. Its engine may still be there, and record what steps give. */
  readonly isToldToEnd = (): boolean => this.received !== undefined;

  /** Whether nobody is left who could record anything. Costs the engine a connection, which those share who ask at once. */
  readonly engineIsGone = async (): Promise<boolean> => {
    this.wasEngineMissed ||= await this.lookForEngine();
    return this.wasEngineMissed;
  };

  /**
   * From the first step on, for good. A signal is kept for the next turn of the event loop, where it is lost if nobody
   * listens any more: the engine's own often comes at the end of the last step, and the engine then waits five seconds.
   */
  private listen(): void {
    if (this.isListening) return;
    this.isListening = true;
    for (const signal of SIGNALS) this.process.on(signal, this.receive);
  }

  private readonly receive = (signal: NodeJS.Signals): void => {
    this.received ??= signal;
    void this.engineIsGone().then(() => {
      if (this.isIdle()) this.end();
    });
  };

  private readonly leave = (): void => {
    this.leaving = undefined;
    // An engine that was killed ends no plugin: without it the process would stay for ever, and keep what it knows.
    this.endWithoutEngine();
  };

  private readonly endWithoutEngine = (): void => {
    void this.isInterrupted().then((isInterrupted) => {
      // Whatever is in flight looks for the engine itself when it ends.
      if (isInterrupted && this.isIdle()) this.end();
    });
  };

  private isIdle(): boolean {
    return this.inFlight === 0 && this.leaving === undefined;
  }

  private end(): void {
    if (!this.wasEngineMissed) this.beforeEnd();
    for (const signal of SIGNALS) this.process.off(signal, this.receive);
    this.isListening = false;
    this.process.kill(this.process.pid, this.received ?? "SIGTERM");
  }

  /** Steps end in swarms: those that end at once share a look, for each costs the engine a connection. */
  private lookForEngine(): Promise<boolean> {
    this.nextLook ??= new Promise(setImmediate).then(() => {
      this.nextLook = undefined;
      return isRefused(enginePort(this.process.argv));
    });
    return this.nextLook;
  }
}

/** Where the engine listens that started a process with these arguments; `undefined` where no engine did. */
export function enginePort(argv: readonly string[]): number | undefined {
  const port = /^127\.0\.0\.1:(\d+)$/.exec(argv.slice(2).at(-1) ?? "")?.[1];
  return port === undefined ? undefined : Number(port);
}

/** @param port where it listens as long as it runs; a process that no engine started misses none. */
function isRefused(port: number | undefined): Promise<boolean> {
  if (port === undefined) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(false);
    });
    // Only a refusal is a proof: anything else may be this machine's trouble.
    socket.once("error", ({ code }: NodeJS.ErrnoException) => {
      resolve(code === "ECONNREFUSED");
    });
  });
}
