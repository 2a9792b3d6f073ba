import type { StackConfig } from "./connections";
import type { Lives } from "./engineCalls";
import { Journal } from "./journal";
import { Lifecycle } from "./lifecycle";
import { DuplicateErrors } from "./pulumiHost/duplicateErrors";
import { GracefulExit, type HostProcess } from "./pulumiHost/gracefulExit";
import { PlannedDiffs } from "./pulumiHost/plannedDiffs";
import { Replacements } from "./pulumiHost/replacements";
import { type RunRecords, runRecords } from "./pulumiHost/runRecords";
import { Retirement } from "./retirement";
import { RotatingLifecycle } from "./rotatingLifecycle";
import type { Log, Runtime } from "./runtime";
import { ShardLifecycle } from "./shardLifecycle";
import type { ConnectionInputs } from "./types";

/** What a provider takes from its process. Default: the real one. */
export type ProviderOptions = Partial<Runtime> & { readonly process?: HostProcess };

/** The host shows what a provider writes to stderr in the engine's output. */
const HOST_LOG: Log = {
  warn: (message) => {
    console.warn(`InfluxToken: warning: ${message}`);
  },
  debug: (message) => {
    console.error(message);
  },
};

/** What is remembered from one call to the next. */
interface Run extends Lives {
  readonly tokens: Lifecycle;
  readonly replacements: Replacements;
  readonly plannedDiffs: PlannedDiffs;
}

/**
 * What the providers of one process share: the host loads one for each type of resource, and all tokens of a run need one
 * memory, such as of the creates in flight.
 */
export class ProviderProcess {
  readonly exit: GracefulExit;
  readonly errors = new DuplicateErrors(console);
  private readonly records: RunRecords;
  private readonly journal: Journal;
  private isCancelled = false;
  private current: Run;
  /** The providers that were configured for this run. */
  private readonly configured = new Set<string>();
  private readonly runtime: Runtime;

  constructor({
    env = process.env,
    now = Date.now,
    log = HOST_LOG,
    process: own = process,
  }: ProviderOptions = {}) {
    this.journal = new Journal(env, own.pid);
    this.exit = new GracefulExit(own, () => {
      this.journal.close();
    });
    this.records = runRecords(own, log.warn);
    this.runtime = { env, now, log };
    this.current = this.newRun(() => undefined);
  }

  /** Ends the run: of a step that makes many tokens, those under way are made and recorded, and no more. */
  cancel(): void {
    this.isCancelled = true;
  }

  get run(): Run {
    return this.current;
  }

  /**
   * Begins a run, or joins the one that another provider of this process has begun.
   *
   * @param provider which one is configured.
   * @param connection settings of all its tokens. Default: none.
   */
  configure(provider: string, config: StackConfig, connection?: ConnectionInputs): void {
    const joins = this.configured.size > 0 && !this.configured.has(provider);
    if (!joins) {
      this.configured.clear();
      this.isCancelled = false;
      this.current = this.newRun(config, connection);
    }
    this.configured.add(provider);
    this.exit.watchEngine();
  }

  private newRun(config: StackConfig, connection?: ConnectionInputs): Run {
    const { isInterrupted } = this.exit;
    const tokens = new Lifecycle({
      ...this.runtime,
      config,
      connection,
      otherProcesses: this.records,
      isInterrupted,
    });
    const shards = new ShardLifecycle(tokens, {
      ...this.runtime,
      journal: this.journal,
      isToldToEnd: () => this.isCancelled || this.exit.isToldToEnd(),
      isEngineGone: () => this.exit.engineIsGone(),
    });
    return {
      tokens,
      rotating: new RotatingLifecycle(tokens, isInterrupted),
      shards,
      retirements: new Retirement(shards),
      replacements: new Replacements(),
      plannedDiffs: new PlannedDiffs(),
    };
  }
}
