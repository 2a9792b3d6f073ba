import type * as pulumi from "@pulumi/pulumi";
import { type EngineCalls, engineCalls, type LifeKind } from "./engineCalls";
import type { ShardInputs } from "./fleet/shardInputs";
import type { ShardState } from "./fleet/shardState";
import { type ProviderOptions, ProviderProcess } from "./providerProcess";
import type { RetirementInputs, RetirementState } from "./retirement";
import type { InfluxTokenInputs } from "./token/inputs";
import type { RotatingInputs, RotatingState } from "./token/rotating";
import type { InfluxTokenState } from "./token/state";

export type DynamicProvider = pulumi.dynamic.ResourceProvider<InfluxTokenInputs, InfluxTokenState>;
export type RotatingProvider = pulumi.dynamic.ResourceProvider<RotatingInputs, RotatingState>;
export type ShardProvider = pulumi.dynamic.ResourceProvider<ShardInputs, ShardState>;
export type RetirementProvider = pulumi.dynamic.ResourceProvider<RetirementInputs, RetirementState>;

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

/** The same of shards of fleets. */
export function createShardProvider(
  options: ProviderOptions = {},
  shared = new ProviderProcess(options),
): ShardProvider {
  return providerOf("shards", shared);
}

/** The same of what ends the replaced tokens of a fleet. */
export function createRetirementProvider(
  options: ProviderOptions = {},
  shared = new ProviderProcess(options),
): RetirementProvider {
  return providerOf("retirements", shared);
}

function providerOf<Inputs, State extends object>(
  kind: LifeKind,
  shared: ProviderProcess,
): pulumi.dynamic.ResourceProvider<Inputs, State> {
  const { errors } = shared;
  const calls = engineCalls(kind, shared) as unknown as EngineCalls<State>;
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
      return { id, outs: state };
    },

    read(id, props) {
      return errors.suppressDuplicateError(async () => {
        const found = await calls.read(id, props as State);
        // A blank id tells the engine that the token is gone.
        if (found === undefined) return { id: "" };
        // Pulumi's type has one name for outputs and inputs that are read.
        return {
          id,
          props: found.state,
          ...(found.inputs !== undefined && { inputs: found.inputs as State }),
        };
      });
    },

    async update(id, olds, news) {
      return { outs: await calls.update(id, olds, news) };
    },

    delete(id, props) {
      return errors.suppressDuplicateError(() => calls.delete(id, props));
    },
  };
}
