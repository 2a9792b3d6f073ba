import type * as pulumi from "@pulumi/pulumi";
import { CANNED, type CannedToken } from "./canned";

type Values = Readonly<Record<string, unknown>>;

const canned = JSON.parse(process.env[CANNED] ?? "{}") as CannedToken;

let made = 0;

/** Of the two changes that the benchmark makes, one is told by the description and one by what is left out. */
function withChanges(values: Values, { description, writeBucket }: Values): Values {
  if (writeBucket !== undefined || !("writeBucket" in values)) return { ...values, description };
  const narrowed = Object.entries(values)
    .filter(([name]) => name !== "writeBucket")
    .map(([name, value]) => [name, /permissions$/i.test(name) ? (value as string[]).slice(0, 1) : value]);
  return { ...(Object.fromEntries(narrowed) as Values), description };
}

/**
 * The floor: answers with the inputs and the outputs that the real provider once answered with, and does nothing.
 * All that a command takes with it is the engine's, the host's and the file system's.
 */
const provider: pulumi.dynamic.ResourceProvider<Values, Values> = {
  check(_olds, news) {
    return Promise.resolve({ inputs: withChanges(canned.inputs, news) });
  },

  diff(_id, olds, news) {
    const replaces = olds["writeBucket"] !== undefined && news["writeBucket"] === undefined;
    return Promise.resolve({
      changes: replaces || olds["description"] !== news["description"],
      replaces: replaces ? ["permissions"] : [],
      deleteBeforeReplace: false,
    });
  },

  create(inputs) {
    made += 1;
    return Promise.resolve({
      id: made.toString(16).padStart(16, "0"),
      outs: withChanges(canned.outputs, inputs),
    });
  },

  read(id, props = {}) {
    return Promise.resolve({ id, props, inputs: withChanges(canned.inputs, props) });
  },

  update(_id, _olds, news) {
    return Promise.resolve({ outs: withChanges(canned.outputs, news) });
  },

  delete() {
    return Promise.resolve();
  },
};

export = provider;
