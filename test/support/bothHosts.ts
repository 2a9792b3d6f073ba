import { asSecret, type Properties, revealed } from "../../native/wire";
import { createProvider, createRotatingProvider } from "../../provider/createProvider";
import { ProviderProcess } from "../../provider/providerProcess";
import type { InfluxTokenState } from "../../provider/token/state";
import { NATIVE_ROTATING_TOKEN, NATIVE_TOKEN } from "../../provider/tokenTypes";
import type { EngineHost } from "./miniEngine";
import { type Held, NO_PROCESS, PartialFailure, PluginUnderTest, urnOf } from "./plugin";
import { concealed } from "./secretSearch";

/** How tokens reach their server. */
export interface Reach {
  readonly host: string;
  readonly token: string;
  readonly retries: number;
}

/** One way in which Pulumi runs the provider. */
export interface HostUnderTest {
  /** Begins a run, with a provider that remembers nothing. Tokens of which `isRotating` says so are of that kind. */
  begin(isRotating: (name: string) => boolean): Promise<(name: string) => EngineHost>;
  /** The inputs as a program of this host declares them. */
  declare(inputs: object): object;
  /** What the provider wrote. */
  readonly lines: string[];
  end(): void;
}

export const HOSTS = ["dynamic", "plugin"] as const;

/**
 * Opens one of the hosts, whose tokens reach their server by the same way.
 *
 * @param now its clock.
 */
export function openHost(
  kind: (typeof HOSTS)[number],
  reach: Reach,
  now: () => number,
): Promise<HostUnderTest> {
  return kind === "dynamic" ? Promise.resolve(dynamicHost(reach, now)) : pluginHost(reach, now);
}

function dynamicHost(connection: Reach, now: () => number): HostUnderTest {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  return {
    begin(isRotating) {
      const options = { env: {}, now, log: { warn: write, debug: write }, process: NO_PROCESS };
      const shared = new ProviderProcess(options);
      const tokens = createProvider(options, shared) as unknown as EngineHost;
      const rotating = createRotatingProvider(options, shared) as unknown as EngineHost;
      return Promise.resolve((name) => (isRotating(name) ? rotating : tokens));
    },
    declare: (inputs) => ({ ...inputs, connection }),
    lines,
    end: () => undefined,
  };
}

async function pluginHost({ host, token, retries }: Reach, now: () => number): Promise<HostUnderTest> {
  const config = { host, token: asSecret(token), retries };
  const plugin = await PluginUnderTest.start({ config, now });
  return {
    async begin(isRotating) {
      await plugin.configure(config);
      return (name) =>
        asEngineHost(plugin, urnOf(name, (isRotating(name) ? NATIVE_ROTATING_TOKEN : NATIVE_TOKEN).type));
    },
    declare: (inputs) => inputs,
    get lines() {
      return plugin.lines.map(({ message }) => message);
    },
    end: () => {
      plugin.close();
    },
  };
}

/** The plugin, asked as a dynamic provider is. Outputs keep the marks that they come with. */
function asEngineHost(plugin: PluginUnderTest, urn: string): EngineHost {
  const held = (id: string, outputs: InfluxTokenState, inputs: object): Held => ({
    id,
    inputs: inputs as Properties,
    outputs: outputs as unknown as Properties,
  });
  return {
    check: (olds, news) => plugin.check(news as Properties, olds as Properties, urn),
    diff: (id, olds, news, oldInputs) => plugin.diff(held(id, olds, oldInputs), news as Properties, [], urn),
    async create(inputs) {
      const { id, outputs } = await recording(() => plugin.create(inputs as Properties, false, urn));
      return { id, outs: marked(outputs) };
    },
    async read(id, olds, oldInputs) {
      const found = await plugin.read(id, held(id, olds, oldInputs), urn);
      return found ? { id, props: marked(found.outputs), inputs: found.inputs } : { id: "" };
    },
    async update(id, olds, news, oldInputs) {
      const old = held(id, olds, oldInputs);
      const { outputs } = await recording(() => plugin.update(old, news as Properties, false, urn));
      return { outs: marked(outputs) };
    },
    delete: (id, olds, oldInputs) => plugin.delete(held(id, olds, oldInputs), urn),
  };
}

async function recording<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof PartialFailure)) throw error;
    const { message, id, outputs } = error;
    throw Object.assign(new Error(message), { id, properties: marked(outputs) });
  }
}

/** Fails where a token would be in the state in plain. */
function marked(outputs: Properties): InfluxTokenState {
  const { token, previousToken } = revealed(outputs) as Partial<Record<string, string>>;
  const plain = JSON.stringify(concealed(outputs));
  for (const value of [token, previousToken]) {
    if (value !== undefined && plain.includes(value)) throw new Error(`a token is in plain: ${plain}`);
  }
  return outputs as unknown as InfluxTokenState;
}
