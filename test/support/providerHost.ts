import type * as pulumi from "@pulumi/pulumi";
import { createProvider, createRotatingProvider } from "../../provider/createProvider";
import type { ProviderOptions } from "../../provider/providerProcess";
import type { Log } from "../../provider/runtime";
import type { InfluxTokenInputs } from "../../provider/token/inputs";
import type { RotatingState } from "../../provider/token/rotating";
import type { InfluxTokenState } from "../../provider/token/state";
import { NO_PROCESS } from "./plugin";

/** A provider's methods as Pulumi's host calls them: without types, and with what it parsed from messages. */
export interface ProviderHost {
  configure(request: pulumi.dynamic.ConfigureRequest): Promise<void>;
  check(
    olds: unknown,
    news: unknown,
  ): Promise<{ inputs: InfluxTokenInputs; failures: { property: string; reason: string }[] }>;
  diff(id: string, olds: unknown, news: unknown): Promise<{ changes: boolean; replaces: string[] }>;
  create(inputs: unknown): Promise<{ id: string; outs: InfluxTokenState }>;
  read(
    id: string,
    props: unknown,
  ): Promise<{ id: string; props?: InfluxTokenState; inputs?: Record<string, unknown> }>;
  update(id: string, olds: unknown, news: unknown): Promise<{ outs: InfluxTokenState }>;
  delete(id: string, props: unknown): Promise<void>;
  /** The inputs as `check` gives them on to the other methods; fails where it refuses them. */
  checked(raw: Readonly<Record<string, unknown>>): Promise<InfluxTokenInputs>;
}

/** The same of the provider of rotating tokens. */
export interface RotatingProviderHost {
  check: ProviderHost["check"];
  diff: ProviderHost["diff"];
  create(inputs: unknown): Promise<{ id: string; outs: RotatingState }>;
  read(
    id: string,
    props: unknown,
  ): Promise<{ id: string; props?: RotatingState; inputs?: Record<string, unknown> }>;
  update(id: string, olds: unknown, news: unknown): Promise<{ outs: RotatingState }>;
  delete(id: string, props: unknown): Promise<void>;
}

export interface TestProviderOptions extends Omit<ProviderOptions, "log"> {
  /** The stack's config. */
  readonly config?: Readonly<Record<string, string>>;
  readonly log?: Partial<Log>;
}

const QUIET: Log = { warn: () => undefined, debug: () => undefined };

/** A provider that remembers nothing, as at the begin of each run. Without options it sees no environment. */
export function newProvider({ config, env = {}, log, ...options }: TestProviderOptions = {}): ProviderHost {
  const provider = createProvider({
    process: NO_PROCESS,
    ...options,
    env,
    log: { ...QUIET, ...log },
  }) as unknown as Omit<ProviderHost, "checked">;
  if (config !== undefined) {
    // It keeps the config before it returns.
    void provider.configure({ config: { get: (key) => config[key], require: (key) => key } });
  }
  return {
    ...provider,
    async checked(raw) {
      const { inputs, failures } = await provider.check({}, raw);
      expect(failures).toEqual([]);
      return inputs;
    },
  };
}

/** As much of a token's state as is needed to reach its server. */
export function stateAt(url: string, connection: object): object {
  return { connection: { host: url, ...connection }, host: url, __format: 1 };
}

/** The provider of rotating tokens, as {@link newProvider} gives that of tokens. */
export function newRotatingProvider({
  config,
  env = {},
  log,
  ...options
}: TestProviderOptions = {}): RotatingProviderHost {
  const provider = createRotatingProvider({
    process: NO_PROCESS,
    ...options,
    env,
    log: { ...QUIET, ...log },
  });
  if (config !== undefined) {
    void provider.configure?.({ config: { get: (key) => config[key], require: (key) => key } });
  }
  return provider as unknown as RotatingProviderHost;
}
