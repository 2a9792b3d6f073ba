import type * as pulumi from "@pulumi/pulumi";

/** A resource as a program hands it to the engine. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/**
 * Runs a program with Pulumi's mocks in place of the engine: nothing real can run where a plugin cannot be installed.
 *
 * @param path the program's module, absolute.
 * @param config the stack's config, each value as text.
 * @param outputs what each resource's outputs are to be, beside its inputs.
 */
export async function runWithMocks(
  path: string,
  config: Record<string, string>,
  outputs: (resource: Registered) => Record<string, unknown> = () => ({}),
): Promise<{ registered: Registered[]; exported: Record<string, pulumi.Output<unknown>> }> {
  // A program runs when it is loaded, and the SDK has one set of mocks in a process: so both are loaded anew.
  jest.resetModules();
  // Each SDK listens for the end of the process.
  process.setMaxListeners(0);
  const sdk = jest.requireActual<typeof pulumi>("@pulumi/pulumi");
  const registered: Registered[] = [];
  await sdk.runtime.setMocks({
    newResource: ({ type, name, inputs: all }) => {
      const inputs = Object.fromEntries(
        Object.entries(all as object).filter(([, value]) => value !== undefined),
      );
      const resource = { type, name, inputs };
      registered.push(resource);
      return { id: `${name}-id`, state: { ...inputs, ...outputs(resource) } };
    },
    call: () => ({}),
  });
  sdk.runtime.setAllConfig(config);
  const exported = jest.requireActual<Record<string, pulumi.Output<unknown>>>(path);
  // Registered are the resources whose inputs are known, and a program's end is not told: all pending work is awaited.
  await sdk.runtime.disconnect();
  return { registered, exported };
}
