import type * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "./connections";
import { Lifecycle, type Recorded, UnwantedTokenError } from "./lifecycle";
import { PartialCreateError } from "./pulumiHost/createError";
import { DuplicateErrors } from "./pulumiHost/duplicateErrors";
import { GracefulExit, type HostProcess } from "./pulumiHost/gracefulExit";
import { PlannedDiffs } from "./pulumiHost/plannedDiffs";
import { Replacements } from "./pulumiHost/replacements";
import { fromWire, PROVIDER_KEY, toWire } from "./pulumiHost/wireValues";
import type { Log, Runtime } from "./runtime";
import type { InfluxTokenInputs } from "./token/inputs";
import type { InfluxTokenState } from "./token/state";

/** What a provider takes from its process. Default: the real one. */
export type ProviderOptions = Partial<Runtime> & { readonly process?: HostProcess };

export type DynamicProvider = pulumi.dynamic.ResourceProvider<InfluxTokenInputs, InfluxTokenState>;

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
interface Run {
  readonly lifecycle: Lifecycle;
  readonly replacements: Replacements;
  readonly plannedDiffs: PlannedDiffs;
}

/**
 * A provider for Pulumi's dynamic host, with a memory of its own. It translates between the host and the
 * {@link Lifecycle} of tokens, and decides nothing.
 */
export function createProvider({
  env = process.env,
  now = Date.now,
  log = HOST_LOG,
  process: hostProcess = process,
}: ProviderOptions = {}): DynamicProvider {
  const exit = new GracefulExit(hostProcess);
  const errors = new DuplicateErrors(console);
  const newRun = (config: StackConfig): Run => ({
    lifecycle: new Lifecycle({ env, now, log, config, isInterrupted: exit.isInterrupted }),
    replacements: new Replacements(),
    plannedDiffs: new PlannedDiffs(),
  });
  let run = newRun(() => undefined);

  return {
    // The host calls it once, and serves the next call before it has settled: the config is there when it returns.
    configure({ config }) {
      run = newRun((key) => config.get(key));
      exit.watchEngine();
      return Promise.resolve();
    },

    async check(olds, news) {
      const declared = withoutStub(fromWire(news));
      const { lifecycle, replacements, plannedDiffs } = run;
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
        const { lifecycle, replacements, plannedDiffs } = run;
        const [state, declared] = [fromWire(olds) as InfluxTokenState, fromWire(news) as InfluxTokenInputs];
        const change = lifecycle.diff(state, declared);
        if (plannedDiffs.isPlanned()) lifecycle.assertPlan(id, state, declared, change);
        replacements.diffed(keyOf(id, olds), change.replaces.length > 0, declared.connection);
        return Promise.resolve({ ...change, deleteBeforeReplace: false });
      });
    },

    create(inputs) {
      return exit.finishBeforeExit(async () => {
        try {
          // With the stub: the host does not add it to what an error has recorded, and could never delete that.
          return asCreated(await run.lifecycle.create(fromWire(inputs) as InfluxTokenInputs));
        } catch (error) {
          if (!(error instanceof UnwantedTokenError)) throw error;
          const { id, outs } = asCreated(error.recorded);
          throw new PartialCreateError(error.message, id, outs);
        }
      });
    },

    read(id, props) {
      return errors.suppressDuplicateError(async () => {
        const found = await run.lifecycle.read(id, props as InfluxTokenState);
        // A blank id tells the engine that the token is gone.
        if (found === undefined) return { id: "" };
        // Pulumi's type has one name for outputs and inputs that are read.
        return { id, props: found.state, inputs: found.inputs as unknown as InfluxTokenState };
      });
    },

    update(id, olds, news) {
      return exit.finishBeforeExit(async () => {
        const outs = await run.lifecycle.update(id, olds, fromWire(news) as InfluxTokenInputs);
        return { outs };
      });
    },

    delete(id, props) {
      const { lifecycle, replacements } = run;
      return errors.suppressDuplicateError(() =>
        exit.finishBeforeExit(() =>
          lifecycle.delete(id, props, replacements.connectionFor(keyOf(id, props), props.connection)),
        ),
      );
    },
  };
}

function withoutStub(inputs: unknown): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries({ ...(inputs as object) }).filter(([name]) => name !== PROVIDER_KEY),
  );
}

/** Ids are a server's own: that of another one can be the same. */
function keyOf(id: string, { host }: { readonly host: string }): string {
  return `${host} ${id}`;
}

function asCreated({ id, state }: Recorded): { id: string; outs: InfluxTokenState } {
  return { id, outs: state };
}
