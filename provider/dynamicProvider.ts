import type * as pulumi from "@pulumi/pulumi";
import { patchFor, planChange } from "./changes";
import { hostProblem } from "./connection/host";
import { readProfile } from "./connection/profiles";
import { resolveConnection, resolveOrganization, type Sources } from "./connection/resolve";
import { ConnectionError } from "./errors";
import {
  createAuthorization,
  deleteAuthorization,
  readAuthorization,
  updateAuthorization,
} from "./influxdb/authorizations";
import { clientFor, type InfluxClient } from "./influxdb/client";
import { directoryOf } from "./influxdb/directory";
import { checkInputs, type InfluxTokenInputs, type Surroundings } from "./inputs";
import { newAuthorization } from "./newAuthorization";
import { type InfluxTokenState, refreshState, toState, withInputs } from "./state";
import type { ConnectionInputs } from "./types";

/** The stack's config. The host serves calls before `configure` has settled, so it is only kept, never awaited. */
let stackConfig: pulumi.dynamic.Config | undefined;

function sourcesFor(stored: ConnectionInputs = {}): Sources {
  return {
    stored,
    config: (key) => stackConfig?.get(key),
    env: process.env,
    readProfile: (request) => readProfile(request),
  };
}

function connect({ connection }: { readonly connection?: ConnectionInputs }): InfluxClient {
  return clientFor(resolveConnection(sourcesFor(connection)));
}

const surroundings: Surroundings = {
  hostProblem,
  defaultOrganization(connection) {
    try {
      return resolveOrganization(sourcesFor(connection));
    } catch (error) {
      if (error instanceof ConnectionError) return { property: error.property, reason: error.message };
      throw error;
    }
  },
};

/** What the constant stub in every token's state requires. Each method only wires: decisions are made elsewhere. */
const provider: pulumi.dynamic.ResourceProvider<InfluxTokenInputs, InfluxTokenState> = {
  configure({ config }) {
    stackConfig = config;
    return Promise.resolve();
  },

  check(_olds, news) {
    const { inputs, failures } = checkInputs({ ...news }, surroundings);
    return Promise.resolve({ inputs: inputs as unknown as InfluxTokenInputs, failures });
  },

  diff(_id, olds, news) {
    return Promise.resolve({ ...planChange(olds, news), deleteBeforeReplace: false });
  },

  async create(inputs) {
    const client = connect(inputs);
    const authorization = await createAuthorization(
      client,
      await newAuthorization(inputs, directoryOf(client)),
    );
    return { id: authorization.id, outs: toState(inputs, authorization) };
  },

  async read(id, props) {
    const state = props as InfluxTokenState;
    const authorization = await readAuthorization(connect(state), id);
    // A blank id tells the engine that the token is gone.
    return authorization === undefined ? { id: "" } : { id, ...refreshState(state, authorization) };
  },

  async update(id, olds, news) {
    const patch = patchFor(olds, news);
    if (patch === undefined) return { outs: withInputs(olds, news) };
    const authorization = await updateAuthorization(connect(news), id, patch);
    return { outs: toState(news, authorization, olds.token) };
  },

  async delete(id, props) {
    await deleteAuthorization(connect(props), id);
  },
};

export = provider;
