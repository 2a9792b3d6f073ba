import type * as pulumi from "@pulumi/pulumi";
import { CANNED, type CannedToken, type Values } from "./plan";
import { isReplaced, withChanges } from "./canned";

const canned = JSON.parse(process.env[CANNED] ?? "{}") as CannedToken;

let made = 0;

/**
 * The floor: answers with the inputs and the outputs that the real provider once answered with, and does nothing.
 * All that a command takes with it is the engine's, the host's and the file system's.
 */
const provider: Required<Omit<pulumi.dynamic.ResourceProvider<Values, Values>, "configure">> = {
  check: (_olds, news) => Promise.resolve({ inputs: withChanges(canned.inputs, news) }),
  diff: (_id, olds, news) => {
    const replaces = isReplaced(olds, news);
    return Promise.resolve({
      changes: replaces || olds["description"] !== news["description"],
      replaces: replaces ? ["permissions"] : [],
      deleteBeforeReplace: false,
    });
  },
  create: (inputs) => {
    made += 1;
    const outs = withChanges(canned.outputs, inputs);
    return Promise.resolve({ id: made.toString(16).padStart(16, "0"), outs });
  },
  read: (id, props = {}) => Promise.resolve({ id, props, inputs: withChanges(canned.inputs, props) }),
  update: (_id, _olds, news) => Promise.resolve({ outs: withChanges(canned.outputs, news) }),
  delete: () => Promise.resolve(),
};

export = provider;
