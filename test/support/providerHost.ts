import type * as pulumi from "@pulumi/pulumi";
import provider from "../../provider/dynamicProvider";
import type { InfluxTokenInputs } from "../../provider/inputs";
import type { InfluxTokenState } from "../../provider/state";

/** The provider's methods as Pulumi's host calls them: without types, and with what it parsed from messages. */
export const host = provider as unknown as {
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
};

/** As much of a token's state as is needed to reach its server. */
export function stateAt(url: string, connection: object): object {
  return { connection: { host: url, ...connection }, host: url, __format: 1 };
}

/** The inputs as `check` gives them on to the other methods; fails where it refuses them. */
export async function checked(raw: Readonly<Record<string, unknown>>): Promise<InfluxTokenInputs> {
  const { inputs, failures } = await host.check({}, raw);
  expect(failures).toEqual([]);
  return inputs;
}

/** What each run begins with: the provider forgets how it reached servers before. */
export function newRun(config: Readonly<Record<string, string>> = {}): Promise<void> {
  return host.configure({ config: { get: (key) => config[key], require: (key) => key } });
}
