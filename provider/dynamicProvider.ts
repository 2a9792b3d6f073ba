import type * as pulumi from "@pulumi/pulumi";
import { patchFor, planChange } from "./changes";
import { readPem } from "./connection/pemFile";
import { readProfile } from "./connection/profiles";
import { ConnectToGuard } from "./connection/connectTo";
import { resolveOrganization } from "./connection/organization";
import { connectionProblem, resolveConnection } from "./connection/resolve";
import { resolveHost } from "./connection/resolveHost";
import { NotKnownYetError, type Sources } from "./connection/sources";
import {
  ConnectionError,
  descriptionDiffers,
  notOnThisServer,
  orphanWarning,
  RecordedError,
  statusNotSet,
  tokenIsGone,
} from "./errors";
import { deleteAuthorization, readAuthorization, updateAuthorization } from "./influxdb/authorizations";
import { clientFor, forgetClients, type InfluxClient } from "./influxdb/client";
import { createSafely, UntoldTokenError } from "./influxdb/createSafely";
import { directoryOf } from "./influxdb/directory";
import { isUnknown } from "./inputReaders";
import {
  type CheckContext,
  checkInputs,
  type Failure,
  type InfluxTokenInputs,
  type OrganizationChoice,
  UNKNOWN,
} from "./inputs";
import { isAbandoned, toTheEnd, watchEngine } from "./interrupts";
import { newAuthorization } from "./newAuthorization";
import { formatPermission } from "./permissions/format";
import { Replacements } from "./replacements";
import { toldOnce } from "./secondCopies";
import {
  type InfluxTokenState,
  orphanState,
  refreshState,
  requireKnownFormat,
  toState,
  unwantedState,
  withInputs,
} from "./state";
import type { Authorization, ConnectionInputs } from "./types";

/** The stack's config. The host serves calls before `configure` has settled, so it is only kept, never awaited. */
let stackConfig: pulumi.dynamic.Config | undefined;

let replacements = new Replacements();

function sourcesFor(connection: ConnectionInputs = {}): Sources {
  const settings = Object.entries(connection);
  return {
    stored: Object.fromEntries(settings.filter(([, value]) => !isUnknown(value))),
    open: new Set(settings.flatMap(([name, value]) => (isUnknown(value) ? [name] : []))),
    config: (key) => stackConfig?.get(key),
    env: process.env,
    readProfile: (request) => readProfile(request),
    readPem,
  };
}

/** Clients by what a token's state says of its connection: the other sources stay as they are within a run. */
const clients = new Map<string, InfluxClient>();
const connectToGuard = new ConnectToGuard();

/** @param recorded the server that has the token, or that `check` named for it. */
function connect(connection: ConnectionInputs | undefined, recorded: string | undefined): InfluxClient {
  const key = JSON.stringify([connection, recorded]);
  let client = clients.get(key);
  if (client === undefined) {
    const resolved = resolveConnection(sourcesFor(connection), recorded);
    connectToGuard.check(resolved);
    client = clientFor(resolved);
    clients.set(key, client);
  }
  return client;
}

/** A server that never had the token cannot tell that it is gone. */
function refuseOtherServer(id: string, recorded: string, { host }: InfluxClient): void {
  if (recorded !== host) throw notOnThisServer(id, host, recorded);
}

function warn(message: string): void {
  console.warn(`InfluxToken: warning: ${message}`);
}

/** What cannot be told from a connection is a failure of the input that is to be mended, or not known yet. */
function told<T>(unknown: T, resolve: () => T): T | Failure {
  try {
    return resolve();
  } catch (error) {
    if (error instanceof NotKnownYetError) return unknown;
    if (error instanceof ConnectionError) return { property: error.property, reason: error.message };
    throw error;
  }
}

/** Answers for a run: a thousand tokens ask the same, and each answer may read the CLI's configs file. */
const answers = new Map<string, unknown>();

function once<T>(question: unknown[], answer: () => T): T {
  const key = JSON.stringify(question);
  if (!answers.has(key)) answers.set(key, answer());
  return answers.get(key) as T;
}

const context: CheckContext = {
  host: (connection, recorded) =>
    once(
      ["host", connection, recorded],
      () =>
        connectionProblem(sourcesFor(connection), recorded) ??
        told<string>(UNKNOWN, () => resolveHost(sourcesFor(connection), recorded).host),
    ),
  organization: (connection, recorded) =>
    once(["organization", connection, recorded], () =>
      told<OrganizationChoice | undefined>({ org: UNKNOWN }, () =>
        resolveOrganization(sourcesFor(connection), recorded),
      ),
    ),
};

/** The client for a new token. Where `check` named another server than a new token has, it replaces one there. */
function connectNew({ connection, host }: InfluxTokenInputs): InfluxClient {
  const isOwn = context.host(connection ?? {}, undefined) === host;
  return connect(connection, isOwn ? undefined : host);
}

/** What stands in front of a server may change requests, or answers. A status that is not as asked for is no success. */
function checkPatched(id: string, patch: ReturnType<typeof patchFor>, now: Authorization): void {
  if (patch?.status !== undefined && patch.status !== now.status)
    throw statusNotSet(id, patch.status, now.status);
  if (patch?.description !== undefined && patch.description !== now.description) {
    warn(descriptionDiffers(id, patch.description, now.description));
  }
}

/** Changes a token on its server: in the state it keeps is what the server has after it. */
async function change(
  id: string,
  olds: InfluxTokenState,
  news: InfluxTokenInputs,
): Promise<InfluxTokenState> {
  const patch = patchFor(olds, news);
  const hasMoved = news.host !== olds.host;
  if (patch === undefined && !hasMoved) return withInputs(olds, news);
  const client = connect(news.connection, news.host);
  const found = patch ? await updateAuthorization(client, id, patch) : await readAuthorization(client, id);
  switch (found.kind) {
    case "found":
      checkPatched(id, patch, found.authorization);
      return toState(news, found.authorization, client.host, olds);
    case "orphaned":
      warn(orphanWarning(id, olds, found.missing, client.host));
      return withInputs(olds, news, { ...patch, missing: found.missing });
    case "gone":
      refuseOtherServer(id, olds.host, client);
      throw tokenIsGone(id, client.host);
  }
}

/** What the constant stub in every token's state requires. Each method only wires: decisions are made elsewhere. */
const provider: pulumi.dynamic.ResourceProvider<InfluxTokenInputs, InfluxTokenState> = {
  configure({ config }) {
    stackConfig = config;
    clients.clear();
    answers.clear();
    forgetClients();
    replacements = new Replacements();
    connectToGuard.reset();
    watchEngine();
    return Promise.resolve();
  },

  check(olds, news) {
    const known = replacements.oldInputs({ ...olds }, { ...news });
    const { inputs, failures } = checkInputs({ ...news }, known, context);
    return Promise.resolve({ inputs: inputs as unknown as InfluxTokenInputs, failures });
  },

  diff(id, olds, news) {
    return toldOnce(() => {
      requireKnownFormat(olds);
      const change = planChange(olds, news);
      replacements.diffed(keyOf(id, olds), change.replaces.length > 0, news.connection);
      return Promise.resolve({ ...change, deleteBeforeReplace: false });
    });
  },

  create(inputs) {
    return toTheEnd(async () => {
      const client = connectNew(inputs);
      const body = await newAuthorization(inputs, directoryOf(client));
      try {
        const { authorization, warnings } = await createSafely(client, body, formatPermission, isAbandoned);
        warnings.forEach(warn);
        return { id: authorization.id, outs: toState(inputs, authorization, client.host) };
      } catch (error) {
        if (!(error instanceof UntoldTokenError)) throw error;
        const { authorization, message } = error;
        throw new RecordedError(message, authorization.id, unwantedState(inputs, authorization, client.host));
      }
    });
  },

  read(id, props) {
    return toldOnce(async () => {
      const state = props as InfluxTokenState;
      requireKnownFormat(state);
      const client = connect(state.connection, state.host);
      const found = await readAuthorization(client, id);
      switch (found.kind) {
        case "found":
          return { id, ...asRead(refreshState(state, found.authorization, client.host)) };
        case "orphaned":
          warn(orphanWarning(id, state, found.missing, client.host));
          return { id, ...asRead(orphanState(state, found.missing, client.host)) };
        case "gone":
          refuseOtherServer(id, state.host, client);
          // A blank id tells the engine that the token is gone.
          return { id: "" };
      }
    });
  },

  update(id, olds, news) {
    return toTheEnd(async () => {
      requireKnownFormat(olds);
      return { outs: await change(id, olds, news) };
    });
  },

  delete(id, props) {
    return toldOnce(() =>
      toTheEnd(async () => {
        requireKnownFormat(props);
        const client = connect(replacements.connectionFor(keyOf(id, props), props.connection), props.host);
        const wasThere = await deleteAuthorization(client, id);
        if (!wasThere) refuseOtherServer(id, props.host, client);
      }),
    );
  },
};

/** Ids are a server's own: that of another one can be the same. */
function keyOf(id: string, { host }: { readonly host: string }): string {
  return `${host} ${id}`;
}

/** Pulumi's type has one name for outputs and inputs that are read. */
function asRead({ props, inputs }: ReturnType<typeof refreshState>) {
  return { props, inputs: inputs as unknown as InfluxTokenState };
}

export = provider;
