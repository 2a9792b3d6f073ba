import type * as pulumi from "@pulumi/pulumi";
import { withoutStub } from "./createProvider";
import { type ProviderOptions, ProviderProcess } from "./providerProcess";
import { PartialStepError } from "./pulumiHost/partialStep";
import { fromWire, toWire } from "./pulumiHost/wireValues";
import { PartialRotationError, type RecordedRotation } from "./rotatingLifecycle";
import type { RotatingInputs, RotatingState } from "./token/rotating";

export type RotatingProvider = pulumi.dynamic.ResourceProvider<RotatingInputs, RotatingState>;

/** A provider of rotating tokens for Pulumi's dynamic host: as that of tokens, it translates and decides nothing. */
export function createRotatingProvider(
  options: ProviderOptions = {},
  shared = new ProviderProcess(options),
): RotatingProvider {
  const { exit, errors } = shared;
  return {
    configure({ config }) {
      shared.configure("rotating", (key) => config.get(key));
      return Promise.resolve();
    },

    async check(olds, news) {
      const declared = withoutStub(fromWire(news));
      const { rotating, replacements, plannedDiffs } = shared.run;
      plannedDiffs.checked();
      const given = { ...(fromWire(olds) as object) };
      const oldInputs = replacements.oldInputs(given, declared);
      const isNew = Object.keys(given).length === 0;
      const { inputs, failures } = await rotating.check(oldInputs, declared, isNew);
      return { inputs: toWire(inputs) as RotatingInputs, failures };
    },

    diff(id, olds, news) {
      return errors.suppressDuplicateError(() => {
        const { rotating, replacements, plannedDiffs } = shared.run;
        const [state, declared] = [fromWire(olds) as RotatingState, fromWire(news) as RotatingInputs];
        const change = rotating.diff(state, declared);
        if (plannedDiffs.isPlanned()) rotating.assertPlan(state, declared, change);
        replacements.diffed(id, false, declared.connection);
        return Promise.resolve({ changes: change.changes, replaces: [], deleteBeforeReplace: false });
      });
    },

    create(inputs) {
      return exit.finishBeforeExit(() =>
        recording(async () => {
          const { id, state } = await shared.run.rotating.create(fromWire(inputs) as RotatingInputs);
          return { id, outs: state };
        }),
      );
    },

    read(id, props) {
      return errors.suppressDuplicateError(async () => {
        const found = await shared.run.rotating.read(props as RotatingState);
        if (found === undefined) return { id: "" };
        return { id, props: found.state, inputs: found.inputs as unknown as RotatingState };
      });
    },

    update(id, olds, news) {
      return exit.finishBeforeExit(() =>
        recording(async () => ({
          outs: await shared.run.rotating.update(id, olds, fromWire(news) as RotatingInputs),
        })),
      );
    },

    delete(_id, props) {
      return errors.suppressDuplicateError(() =>
        exit.finishBeforeExit(() => shared.run.rotating.delete(props, props.connection)),
      );
    },
  };
}

/** A step that failed after it changed something: the engine records what there is. */
async function recording<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof PartialRotationError)) throw error;
    const { id, state }: RecordedRotation = error.recorded;
    throw new PartialStepError(error.message, id, state);
  }
}
