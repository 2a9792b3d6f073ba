import { createHash } from "node:crypto";
import { InfluxTokenError } from "./errors";
import { retiredIn } from "./fleet/shardState";
import type { Imported } from "./importing";
import type { Checked, Life, Recorded } from "./lifecycle";
import type { ShardLifecycle } from "./shardLifecycle";
import { messageOf } from "./shardUpdate";
import type { Change } from "./token/changes";
import { KNOWN_FORMAT } from "./token/state";
import { isUnknown } from "./token/unknown";
import type { ConnectionInputs } from "./types";
import type { OldInputs } from "./token/inputs";

/** What a program registers beside the shards of a fleet. Any value but `fleet` may still be unknown during a preview. */
export interface RetirementInputs {
  /** `<project>/<stack>/<fleet>`. */
  readonly fleet: string;
  /** How many tokens are to end with the run. */
  readonly retired: number;
  /** Those tokens, as the shards have them. */
  readonly __retired: string;
  readonly host: string;
  readonly connection?: ConnectionInputs;
}

/** What a stack remembers of it. */
export interface RetirementState {
  readonly fleet: string;
  readonly retired: number;
  readonly host: string;
  readonly connection?: ConnectionInputs;
  readonly __format: number;
  /** Of the tokens that ended with it: the inputs hold them. Prefixed with how it is made. */
  readonly __digest: string;
}

/**
 * Ends the tokens that members of a fleet no longer have, as the last thing of a run: after everything that depends on the
 * new ones was changed. Engines delete what was replaced at the end. So it is replaced whenever there are such tokens, and
 * the deletion of the one before ends them; it has no other purpose. Where a run dies before its end, the tokens stay in
 * the shards' states, and the next run ends them.
 */
export class Retirement implements Life<RetirementInputs, RetirementState> {
  /** What is to end with this run, by the fleet's name in the state: a program may have given it another one since. */
  private readonly pending = new Map<string, RetirementInputs>();

  constructor(
    private readonly shards: Pick<ShardLifecycle, "end" | "hasUnrecorded" | "isPlanned" | "sweepFleet">,
  ) {}

  check(_olds: OldInputs, news: Readonly<Record<string, unknown>>): Promise<Checked> {
    const host = news["host"];
    if (typeof host === "string") return Promise.resolve({ inputs: { ...news }, failures: [] });
    return Promise.resolve({
      inputs: { ...news },
      failures: [{ property: "host", reason: "host must be a string" }],
    });
  }

  diff(state: RetirementState, declared: RetirementInputs): Change {
    const isOpen = isUnknown(declared.__retired) || isUnknown(declared.retired);
    const isSame =
      !isOpen &&
      state.__digest === digestOf(declared.__retired) &&
      !this.shards.hasUnrecorded(declared.host, declared.fleet);
    // As long as the run has not ended, the one before it may still have something to end.
    if (!isOpen) this.pending.set(state.fleet, declared);
    return isSame ? { changes: false, replaces: [] } : { changes: true, replaces: ["retired"] };
  }

  assertPlan(): void {
    // What ends is refused where it is retired.
  }

  async create(inputs: RetirementInputs): Promise<Recorded<RetirementState>> {
    // What was compared has its place by its old name. A forced replacement asks for no difference.
    const isCompared = [...this.pending.values()].some(({ fleet }) => fleet === inputs.fleet);
    if (!isCompared) this.pending.set(inputs.fleet, inputs);
    // Every shard that is declared is up to date by now: what else was begun, a killed run has left.
    await this.shards.sweepFleet(inputs.host, inputs.fleet, inputs.connection);
    const { fleet, retired, host, connection, __retired } = inputs;
    const state = {
      fleet,
      retired,
      host,
      ...(connection && { connection }),
      ...KNOWN_FORMAT,
      // Without one before it, which ends with the run, nothing ends: the next run does that.
      __digest: digestOf(isCompared ? __retired : ""),
    };
    return { id: `${fleet}/retirement`, state };
  }

  read(_id: string, state: RetirementState): Promise<{ state: RetirementState }> {
    return Promise.resolve({ state });
  }

  preview(state: RetirementState): object {
    return state;
  }

  update(_id: string, state: RetirementState): Promise<RetirementState> {
    return Promise.resolve(state);
  }

  /** In a destroy nothing is pending: the shards end all of their tokens themselves. */
  async delete(_id: string, { fleet }: RetirementState): Promise<void> {
    const pending = this.pending.get(fleet);
    if (pending === undefined) {
      // A shard failed, and the run went on without: whoever deletes this one forgets what is still to end with it.
      if (!this.shards.isPlanned(fleet)) return;
      throw new InfluxTokenError(
        `${fleet}: replaced and removed tokens do not end before all of it is up to date: run again`,
      );
    }
    const tokens = retiredIn(pending.__retired);
    const failures = await this.shards.end(tokens, pending.host, pending.connection);
    const [first] = failures;
    if (first === undefined) return;
    throw new InfluxTokenError(
      `${fleet}: ${failures.length} of ${tokens.length} tokens that were replaced or removed could not be deleted: run again: ${messageOf(first.error)}`,
    );
  }

  /** @throws {InfluxTokenError} always. */
  importToken(): Promise<Imported | undefined> {
    throw new InfluxTokenError("what ends the tokens of a fleet cannot be imported: declare the fleet");
  }

  deleteUnrecorded(): Promise<void> {
    return Promise.resolve();
  }
}

function digestOf(retired: string): string {
  return `sha256:${createHash("sha256").update(retired).digest("hex").slice(0, 32)}`;
}
