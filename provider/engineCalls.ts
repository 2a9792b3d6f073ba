import { keyOf } from "./adoption";
import type { Imported } from "./importing";
import { type Checked, type Life, type Recorded, RecordedStepError } from "./lifecycle";
import type { ProviderProcess } from "./providerProcess";
import { PartialStepError } from "./pulumiHost/partialStep";
import { fromWire, PROVIDER_KEY, toWire } from "./pulumiHost/wireValues";
import type { Change } from "./token/changes";
import type { InfluxTokenInputs } from "./token/inputs";
import type { InfluxTokenState, Refreshed } from "./token/state";

/** Which kind of resource: a token, or a rotating one. */
export type LifeKind = "tokens" | "rotating";

/**
 * The engine's calls for one kind of resource, whatever way they come: they are put together with those before them, and
 * with what is in flight. Values are as Pulumi writes them.
 */
export interface EngineCalls {
  check(olds: unknown, news: unknown): Promise<Checked>;
  /** Sends nothing. Throws for what must not be planned. */
  diff(id: string, olds: unknown, news: unknown): Change;
  /** The same question without a plan: nothing is refused, and nothing remembered. */
  compare(olds: unknown, news: unknown): Change;
  /** @throws {PartialStepError} where a token exists that is to be recorded all the same. */
  create(inputs: unknown): Promise<Recorded>;
  read(id: string, state: InfluxTokenState): Promise<Refreshed | undefined>;
  /** What a token is that no state holds yet. `undefined` where there is none. */
  import(id: string): Promise<Imported | undefined>;
  /** The state that `update` is going to give, as far as it is known before. Sends nothing. */
  preview(olds: InfluxTokenState, news: unknown): object;
  /** @throws {PartialStepError} where a step failed after another had changed something. */
  update(id: string, olds: InfluxTokenState, news: unknown): Promise<InfluxTokenState>;
  delete(id: string, state: InfluxTokenState): Promise<void>;
  /** Deletes a token that no state holds, which must be there. */
  deleteUnrecorded(id: string): Promise<void>;
}

export function engineCalls(kind: LifeKind, shared: ProviderProcess): EngineCalls {
  const { exit } = shared;
  const life = (): Life => shared.run[kind];
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
      const [state, declared] = [fromWire(olds) as InfluxTokenState, fromWire(news) as InfluxTokenInputs];
      const change = life().diff(state, declared);
      if (plannedDiffs.isPlanned()) life().assertPlan(id, state, declared, change);
      replacements.diffed(keyOf(id, state.host), change.replaces.length > 0, declared);
      return change;
    },

    compare(olds, news) {
      return life().diff(fromWire(olds) as InfluxTokenState, fromWire(news) as InfluxTokenInputs);
    },

    create(inputs) {
      return exit.finishBeforeExit(() =>
        recording(() => life().create(fromWire(inputs) as InfluxTokenInputs)),
      );
    },

    read(id, state) {
      return life().read(id, state);
    },

    import(id) {
      return life().importToken(id);
    },

    preview(olds, news) {
      return toWire(life().preview(olds, fromWire(news) as InfluxTokenInputs)) as object;
    },

    update(id, olds, news) {
      return exit.finishBeforeExit(() =>
        recording(() => life().update(id, olds, fromWire(news) as InfluxTokenInputs)),
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
async function recording<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof RecordedStepError)) throw error;
    const { id, state } = error.recorded;
    // With the stub of a dynamic resource: its host does not add it here, and could never delete what lacks it.
    throw new PartialStepError(error.message, id, state);
  }
}
