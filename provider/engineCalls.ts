import { keyOf } from "./adoption";
import type { Imported } from "./importing";
import { type Checked, type Life, type Recorded, RecordedStepError } from "./lifecycle";
import type { ProviderProcess } from "./providerProcess";
import { PartialStepError } from "./pulumiHost/partialStep";
import { fromWire, PROVIDER_KEY, toWire } from "./pulumiHost/wireValues";
import type { Change } from "./token/changes";
import type { RetirementInputs, RetirementState } from "./retirement";
import type { InfluxTokenState } from "./token/state";
import type { ShardInputs } from "./fleet/shardInputs";
import type { ShardState } from "./fleet/shardState";
import type { ConnectionInputs } from "./types";

/** Which kind of resource: a token, a rotating one, a shard of a fleet, or what ends a fleet's replaced tokens. */
export interface Lives {
  readonly tokens: Life;
  readonly rotating: Life;
  readonly shards: Life<ShardInputs, ShardState>;
  readonly retirements: Life<RetirementInputs, RetirementState>;
}
export type LifeKind = keyof Lives;

/** What every state says. */
interface Placed {
  readonly host: string;
  readonly connection?: ConnectionInputs;
}

/**
 * The engine's calls for one kind of resource, whatever way they come: they are put together with those before them, and
 * with what is in flight. Values are as Pulumi writes them.
 */
export interface EngineCalls<State = InfluxTokenState> {
  check(olds: unknown, news: unknown): Promise<Checked>;
  /** Sends nothing. Throws for what must not be planned. */
  diff(id: string, olds: unknown, news: unknown): Change;
  /** The same question without a plan: nothing is refused, and nothing remembered. */
  compare(olds: unknown, news: unknown): Change;
  /** @throws {PartialStepError} where a token exists that is to be recorded all the same. */
  create(inputs: unknown): Promise<Recorded<State>>;
  /** No inputs where they are as they were. */
  read(id: string, state: State): Promise<{ state: State; inputs?: unknown } | undefined>;
  /** What a token is that no state holds yet. `undefined` where there is none. */
  import(id: string): Promise<Imported | undefined>;
  /** The state that `update` is going to give, as far as it is known before. Sends nothing. */
  preview(olds: State, news: unknown): object;
  /** @throws {PartialStepError} where a step failed after another had changed something. */
  update(id: string, olds: State, news: unknown): Promise<State>;
  delete(id: string, state: State): Promise<void>;
  /** Deletes a token that no state holds, which must be there. */
  deleteUnrecorded(id: string): Promise<void>;
}

export function engineCalls<Kind extends LifeKind>(
  kind: Kind,
  shared: ProviderProcess,
): EngineCalls<StateOf<Kind>> {
  // Each kind has its own shapes: which ones, only the type of what is returned says.
  return callsOf<unknown, StateOf<Kind> & Placed>(() => shared.run[kind], shared);
}

type StateOf<Kind extends LifeKind> = Parameters<Lives[Kind]["update"]>[1];

function callsOf<Inputs, State extends Placed>(
  life: () => Life<Inputs, State>,
  shared: ProviderProcess,
): EngineCalls<State> {
  const { exit } = shared;
  return {
    async check(olds, news) {
      const declared = withoutStub(fromWire(news));
      const { replacements, plannedDiffs } = shared.run;
      plannedDiffs.checked();
      const given = { ...(fromWire(olds) as object) };
      const oldInputs = replacements.oldInputs(given, declared);
      // The engine gives none for a token that is to be made.
      const isNew = Object.keys(given).length === 0;
      const { inputs, failures } = await life().check(oldInputs, declared, isNew);
      return { inputs: toWire(inputs) as Record<string, unknown>, failures };
    },

    diff(id, olds, news) {
      const { replacements, plannedDiffs } = shared.run;
      const [state, declared] = [fromWire(olds) as State, fromWire(news) as Inputs & Placed];
      const change = life().diff(state, declared);
      if (plannedDiffs.isPlanned()) life().assertPlan(id, state, declared, change);
      replacements.diffed(keyOf(id, state.host), change.replaces.length > 0, declared);
      return change;
    },

    compare(olds, news) {
      return life().diff(fromWire(olds) as State, fromWire(news) as Inputs);
    },

    create(inputs) {
      return exit.finishBeforeExit(() => recording(inputs, () => life().create(fromWire(inputs) as Inputs)));
    },

    read(id, state) {
      return life().read(id, state);
    },

    import(id) {
      return life().importToken(id);
    },

    preview(olds, news) {
      return toWire(life().preview(olds, fromWire(news) as Inputs)) as object;
    },

    update(id, olds, news) {
      return exit.finishBeforeExit(() =>
        recording(news, () => life().update(id, olds, fromWire(news) as Inputs)),
      );
    },

    delete(id, state) {
      const { replacements } = shared.run;
      return exit.finishBeforeExit(() =>
        life().delete(id, state, replacements.connectionFor(keyOf(id, state.host), state.connection)),
      );
    },

    deleteUnrecorded(id) {
      return exit.finishBeforeExit(() => life().deleteUnrecorded(id));
    },
  };
}

export function withoutStub(inputs: unknown): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries({ ...(inputs as object) }).filter(([name]) => name !== PROVIDER_KEY),
  );
}

/** A step that failed after it changed something: the engine records what there is. */
async function recording<T>(inputs: unknown, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof RecordedStepError)) throw error;
    const { id, state } = error.recorded;
    // With the stub of a dynamic resource: its host does not add it here, and could never delete what lacks it.
    const stub = Object.entries({ ...(inputs as object) }).filter(([name]) => name === PROVIDER_KEY);
    throw new PartialStepError(error.message, id, { ...state, ...Object.fromEntries(stub) });
  }
}
