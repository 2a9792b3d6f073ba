import type * as pulumi from "@pulumi/pulumi";
import { type CannedPart, cannedFleetNow } from "./cannedFleet";
import type { Values } from "./plan";

const { parts } = cannedFleetNow(process.env);
const byId = new Map(parts.map((part) => [part.id, part]));

function partOf(id: string): CannedPart {
  const part = byId.get(id);
  if (part === undefined) throw new Error(`the floor has no ${id}`);
  return part;
}

/** Each part names itself, or its fleet, in its inputs. */
function declaredPart({ shard, fleet }: Values): CannedPart {
  const part = parts.find(({ inputs }) =>
    shard === undefined ? fleet !== undefined && inputs["fleet"] === fleet : inputs["shard"] === shard,
  );
  if (part === undefined) throw new Error(`the floor has no ${String(shard ?? fleet)}`);
  return part;
}

/**
 * The floor of a fleet: answers with the inputs and the outputs that the real providers once left in the state, and does
 * nothing.
 */
const provider: Required<Omit<pulumi.dynamic.ResourceProvider<Values, Values>, "configure">> = {
  check: (_olds, news) => Promise.resolve({ inputs: { ...declaredPart(news).inputs, ...news } }),
  diff: (id) => {
    const { change } = partOf(id);
    const replaces = change === "replace" ? ["__retired"] : [];
    return Promise.resolve({ changes: change !== "none", replaces, deleteBeforeReplace: false });
  },
  create: (inputs) => {
    const { id, outputs } = declaredPart(inputs);
    return Promise.resolve({ id, outs: outputs });
  },
  read: (id, props = {}) => Promise.resolve({ id, props }),
  update: (id) => Promise.resolve({ outs: partOf(id).outputs }),
  delete: () => Promise.resolve(),
};

export = provider;
