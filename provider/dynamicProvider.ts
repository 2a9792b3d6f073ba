import type * as pulumi from "@pulumi/pulumi";
import { patchFor, planChange } from "./changes";
import { hostProblem } from "./connection/host";
import { readPem } from "./connection/pemFile";
import { readProfile } from "./connection/profiles";
import { resolveConnection, resolveOrganization, type Sources } from "./connection/resolve";
import { ConnectionError, isNotFound, notOnThisServer, RecordedError, tokenIsGone } from "./errors";
import { deleteAuthorization, readAuthorization, updateAuthorization } from "./influxdb/authorizations";
import { clientFor, type InfluxClient } from "./influxdb/client";
import { createSafely, UntoldTokenError } from "./influxdb/createSafely";
import { directoryOf } from "./influxdb/directory";
import { checkInputs, type InfluxTokenInputs, type Surroundings } from "./inputs";
import { isAbandoned, toTheEnd } from "./interrupts";
import { newAuthorization } from "./newAuthorization";
import { formatPermission } from "./permissions/format";
import { toldOnce } from "./secondCopies";
import { type InfluxTokenState, isFromElsewhere, refreshState, toState, withInputs } from "./state";
import type { ConnectionInputs } from "./types";

/** The stack's config. The host serves calls before `configure` has settled, so it is only kept, never awaited. */
let stackConfig: pulumi.dynamic.Config | undefined;

function sourcesFor(stored: ConnectionInputs = {}): Sources {
  return {
    stored,
    config: (key) => stackConfig?.get(key),
    env: process.env,
    readProfile: (request) => readProfile(request),
    readPem,
  };
}

/** Clients by what a token's state says of its connection: the other sources stay as they are within a run. */
const clients = new Map<string, InfluxClient>();

function connect({ connection }: { readonly connection?: ConnectionInputs }): InfluxClient {
  const key = JSON.stringify(connection ?? {});
  let client = clients.get(key);
  if (client === undefined) {
    client = clientFor(resolveConnection(sourcesFor(connection)));
    clients.set(key, client);
  }
  return client;
}

/** A server that never had the token cannot tell that it is gone. */
function refuseOtherServer(id: string, state: InfluxTokenState, { host }: InfluxClient): void {
  if (isFromElsewhere(state, host)) throw notOnThisServer(id, host, state.host ?? "");
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
    clients.clear();
    return Promise.resolve();
  },

  check(_olds, news) {
    const { inputs, failures } = checkInputs({ ...news }, surroundings);
    return Promise.resolve({ inputs: inputs as unknown as InfluxTokenInputs, failures });
  },

  diff(_id, olds, news) {
    return Promise.resolve({ ...planChange(olds, news), deleteBeforeReplace: false });
  },

  create(inputs) {
    return toTheEnd(async () => {
      const client = connect(inputs);
      const body = await newAuthorization(inputs, directoryOf(client));
      try {
        const authorization = await createSafely(client, body, formatPermission, isAbandoned);
        return { id: authorization.id, outs: toState(inputs, authorization, client.host) };
      } catch (error) {
        if (!(error instanceof UntoldTokenError)) throw error;
        const { authorization, message } = error;
        // Without a token in its state the next `pulumi up` replaces it.
        throw new RecordedError(message, authorization.id, toState(inputs, authorization, client.host));
      }
    });
  },

  read(id, props) {
    return toldOnce(async () => {
      const state = props as InfluxTokenState;
      const client = connect(state);
      const authorization = await readAuthorization(client, id);
      if (authorization !== undefined) return { id, ...refreshState(state, authorization, client.host) };
      refuseOtherServer(id, state, client);
      // A blank id tells the engine that the token is gone.
      return { id: "" };
    });
  },

  update(id, olds, news) {
    return toTheEnd(async () => {
      const patch = patchFor(olds, news);
      if (patch === undefined) return { outs: withInputs(olds, news) };
      const client = connect(news);
      try {
        const authorization = await updateAuthorization(client, id, patch);
        return { outs: toState(news, authorization, client.host, olds.token) };
      } catch (error) {
        if (!isNotFound(error)) throw error;
        refuseOtherServer(id, olds, client);
        throw tokenIsGone(id, client.host);
      }
    });
  },

  delete(id, props) {
    return toldOnce(() =>
      toTheEnd(async () => {
        const client = connect(props);
        const wasThere = await deleteAuthorization(client, id);
        if (!wasThere) refuseOtherServer(id, props, client);
      }),
    );
  },
};

export = provider;
