import type * as pulumi from "@pulumi/pulumi";
import { type CannedPart, cannedFleetNow } from "./cannedFleet";
import type { Values } from "./plan";

const parts = new Map(cannedFleetNow(process.env).parts.map((part) => [part.name, part]));

/** The id is the name, with the run's stamp where the part was replaced. */
function partOf(id: string): CannedPart {
  const part = parts.get(id.split(" ")[0] ?? "");
  if (part === undefined) throw new Error(`the floor has no ${id}`);
  return part;
}

/**
 * The floor of a fleet: answers with the inputs and the outputs that the real providers once left in the state, and does
 * nothing.
 */
const provider: Required<Omit<pulumi.dynamic.ResourceProvider<Values, Values>, "configure">> = {
  check: (_olds, news) => Promise.resolve({ inputs: news }),
  diff: (id) => {
    const { change } = partOf(id);
    const replaces = change === "replace" ? ["__retired"] : [];
    return Promise.resolve({ changes: change !== "none", replaces, deleteBeforeReplace: false });
  },
  create: ({ floorName }) => {
    const name = String(floorName);
    const { outputs } = partOf(name);
    return Promise.resolve({ id: `${name} ${Date.now()}`, outs: outputs });
  },
  read: (id, props = {}) => Promise.resolve({ id, props }),
  update: (id) => Promise.resolve({ outs: partOf(id).outputs }),
  delete: () => Promise.resolve(),
};

export = provider;
