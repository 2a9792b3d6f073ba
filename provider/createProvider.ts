import type * as pulumi from "@pulumi/pulumi";
import { keyOf } from "./adoption";
import { type Recorded, UnwantedTokenError } from "./lifecycle";
import { type ProviderOptions, ProviderProcess } from "./providerProcess";
import { PartialStepError } from "./pulumiHost/partialStep";
import { fromWire, PROVIDER_KEY, toWire } from "./pulumiHost/wireValues";
import type { InfluxTokenInputs } from "./token/inputs";
import type { InfluxTokenState } from "./token/state";

export type DynamicProvider = pulumi.dynamic.ResourceProvider<InfluxTokenInputs, InfluxTokenState>;

/**
 * A provider for Pulumi's dynamic host, with a memory of its own, or one that it shares. It translates between the host and the
 * {@link Lifecycle} of tokens, and decides nothing.
 */
export function createProvider(
  options: ProviderOptions = {},
  shared = new ProviderProcess(options),
): DynamicProvider {
  const { exit, errors } = shared;
  return {
    // The host calls it once, and serves the next call before it has settled: the config is there when it returns.
    configure({ config }) {
      shared.configure("token", (key) => config.get(key));
      return Promise.resolve();
    },

    async check(olds, news) {
      const declared = withoutStub(fromWire(news));
      const { lifecycle, replacements, plannedDiffs } = shared.run;
      plannedDiffs.checked();
      const given = { ...(fromWire(olds) as object) };
      const oldInputs = replacements.oldInputs(given, declared);
      // The engine gives none for a token that is to be made.
      const isNew = Object.keys(given).length === 0;
      const { inputs, failures } = await lifecycle.check(oldInputs, declared, isNew);
      return { inputs: toWire(inputs) as InfluxTokenInputs, failures };
    },

    diff(id, olds, news) {
      return errors.suppressDuplicateError(() => {
        const { lifecycle, replacements, plannedDiffs } = shared.run;
        const [state, declared] = [fromWire(olds) as InfluxTokenState, fromWire(news) as InfluxTokenInputs];
        const change = lifecycle.diff(state, declared);
        if (plannedDiffs.isPlanned()) lifecycle.assertPlan(id, state, declared, change);
        replacements.diffed(keyOf(id, olds.host), change.replaces.length > 0, declared.connection);
        return Promise.resolve({ ...change, deleteBeforeReplace: false });
      });
    },

    create(inputs) {
      return exit.finishBeforeExit(async () => {
        try {
          // With the stub: the host does not add it to what an error has recorded, and could never delete that.
          return asCreated(await shared.run.lifecycle.create(fromWire(inputs) as InfluxTokenInputs));
        } catch (error) {
          if (!(error instanceof UnwantedTokenError)) throw error;
          const { id, outs } = asCreated(error.recorded);
          throw new PartialStepError(error.message, id, outs);
        }
      });
    },

    read(id, props) {
      return errors.suppressDuplicateError(async () => {
        const found = await shared.run.lifecycle.read(id, props as InfluxTokenState);
        // A blank id tells the engine that the token is gone.
        if (found === undefined) return { id: "" };
        // Pulumi's type has one name for outputs and inputs that are read.
        return { id, props: found.state, inputs: found.inputs as unknown as InfluxTokenState };
      });
    },

    update(id, olds, news) {
      return exit.finishBeforeExit(async () => {
        const outs = await shared.run.lifecycle.update(id, olds, fromWire(news) as InfluxTokenInputs);
        return { outs };
      });
    },

    delete(id, props) {
      const { lifecycle, replacements } = shared.run;
      return errors.suppressDuplicateError(() =>
        exit.finishBeforeExit(() =>
          lifecycle.delete(id, props, replacements.connectionFor(keyOf(id, props.host), props.connection)),
        ),
      );
    },
  };
}

export function withoutStub(inputs: unknown): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries({ ...(inputs as object) }).filter(([name]) => name !== PROVIDER_KEY),
  );
}

function asCreated({ id, state }: Recorded): { id: string; outs: InfluxTokenState } {
  return { id, outs: state };
}
