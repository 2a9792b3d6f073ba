import type * as pulumi from "@pulumi/pulumi";
import { engineCalls, type LifeKind } from "./engineCalls";
import { type ProviderOptions, ProviderProcess } from "./providerProcess";
import type { InfluxTokenInputs } from "./token/inputs";
import type { RotatingInputs, RotatingState } from "./token/rotating";
import type { InfluxTokenState } from "./token/state";

export type DynamicProvider = pulumi.dynamic.ResourceProvider<InfluxTokenInputs, InfluxTokenState>;
export type RotatingProvider = pulumi.dynamic.ResourceProvider<RotatingInputs, RotatingState>;

/**
 * A provider of tokens for Pulumi's dynamic host, with a memory of its own, or one that it shares. It translates between the
 * host and the life of tokens, and decides nothing.
 */
export function createProvider(
  options: ProviderOptions = {},
  shared = new ProviderProcess(options),
): DynamicProvider {
  return providerOf("tokens", shared);
}

/** The same of rotating tokens. */
export function createRotatingProvider(
  options: ProviderOptions = {},
  shared = new ProviderProcess(options),
): RotatingProvider {
  return providerOf("rotating", shared);
}

function providerOf<Inputs extends InfluxTokenInputs, State extends InfluxTokenState>(
  kind: LifeKind,
  shared: ProviderProcess,
): pulumi.dynamic.ResourceProvider<Inputs, State> {
  const { errors } = shared;
  const calls = engineCalls(kind, shared);
  return {
    // The host calls it once, and serves the next call before it has settled: the config is there when it returns.
    configure({ config }) {
      shared.configure(kind, (key) => config.get(key));
      return Promise.resolve();
    },

    async check(olds, news) {
      const { inputs, failures } = await calls.check(olds, news);
      return { inputs: inputs as unknown as Inputs, failures };
    },

    diff(id, olds, news) {
      return errors.suppressDuplicateError(() => {
        const { changes, replaces } = calls.diff(id, olds, news);
        return Promise.resolve({ changes, replaces, deleteBeforeReplace: false });
      });
    },

    async create(inputs) {
      const { id, state } = await calls.create(inputs);
      return { id, outs: state as State };
    },

    read(id, props) {
      return errors.suppressDuplicateError(async () => {
        const found = await calls.read(id, props as State);
        // A blank id tells the engine that the token is gone.
        if (found === undefined) return { id: "" };
        // Pulumi's type has one name for outputs and inputs that are read.
        return { id, props: found.state as State, inputs: found.inputs as unknown as State };
      });
    },

    async update(id, olds, news) {
      return { outs: (await calls.update(id, olds, news)) as State };
    },

    delete(id, props) {
      return errors.suppressDuplicateError(() => calls.delete(id, props));
    },
  };
}
