import { Connections, type StackConfig } from "./connections";
import { InfluxTokenError } from "./errors";
import { deleteAuthorization, readAuthorization, updateAuthorization } from "./influxdb/authorizations";
import type { InfluxClient } from "./influxdb/client";
import { createSafely, UndeletedTokenError } from "./influxdb/createSafely";
import { NamedBuckets } from "./namedBuckets";
import { formatPermission } from "./permissions/format";
import type { Runtime } from "./runtime";
import { type Change, patchFor, planChange } from "./token/changes";
import { checkInputs, type Failure, type InfluxTokenInputs, type OldInputs } from "./token/inputs";
import {
  descriptionDiffers,
  notOnThisServer,
  orphanWarning,
  statusNotSet,
  tokenIsGone,
} from "./token/messages";
import { newAuthorization } from "./token/newAuthorization";
import {
  type InfluxTokenState,
  madeState,
  orphanState,
  type Refreshed,
  refreshState,
  requireKnownFormat,
  toState,
  unwantedState,
  withInputs,
} from "./token/state";
import type { Authorization, ConnectionInputs } from "./types";

/** A token, as a stack records it. */
export interface Recorded {
  readonly id: string;
  readonly state: InfluxTokenState;
}

/** A token was made that is not wanted, and that could not be deleted: it is to be recorded, and replaced if unusable. */
export class UnwantedTokenError extends InfluxTokenError {
  override readonly name = "UnwantedTokenError";

  constructor(
    message: string,
    readonly recorded: Recorded,
  ) {
    super(message);
  }
}

export interface LifecycleOptions extends Runtime {
  readonly config: StackConfig;
  /** Whether nobody is left to record what is made now. */
  readonly isInterrupted: () => Promise<boolean>;
}

/**
 * The life of tokens during one run, whatever host calls it: hosts translate their own terms into these methods, and
 * decide nothing. Errors for the user are {@link InfluxTokenError}s.
 */
export class Lifecycle {
  private readonly connections: Connections;
  private readonly namedBuckets: NamedBuckets;

  constructor(private readonly options: LifecycleOptions) {
    this.namedBuckets = new NamedBuckets(options.log);
    this.connections = new Connections(options, options.config);
  }

  /** Validates inputs and adds what follows from them. Sends nothing. */
  check(
    olds: OldInputs,
    news: Readonly<Record<string, unknown>>,
  ): { inputs: Record<string, unknown>; failures: Failure[] } {
    return checkInputs(news, olds, this.connections);
  }

  /** What has to happen for the token to become what is declared. Sends nothing. */
  diff(state: InfluxTokenState, declared: InfluxTokenInputs): Change {
    requireKnownFormat(state);
    return planChange(state, declared);
  }

  /** @throws {UnwantedTokenError} where a token exists that is to be recorded all the same. */
  async create(inputs: InfluxTokenInputs): Promise<Recorded> {
    const session = this.connections.sessionForNew(inputs);
    const { host } = session.client;
    const { body, buckets } = await newAuthorization(inputs, session.directory);
    try {
      const { isInterrupted } = this.options;
      const { authorization, warnings } = await createSafely(session, body, formatPermission, isInterrupted);
      warnings.forEach(this.options.log.warn);
      return { id: authorization.id, state: madeState(inputs, authorization, host, buckets) };
    } catch (error) {
      if (!(error instanceof UndeletedTokenError)) throw error;
      const { authorization, message } = error;
      throw new UnwantedTokenError(message, {
        id: authorization.id,
        state: unwantedState(inputs, authorization, host, buckets),
      });
    }
  }

  /** The token as the server has it; `undefined` where it is gone. */
  async read(id: string, state: InfluxTokenState): Promise<Refreshed | undefined> {
    requireKnownFormat(state);
    const { client, directory } = this.connections.sessionFor(state.connection, state.host);
    const found = await readAuthorization(client, id);
    switch (found.kind) {
      case "found": {
        const { orgID } = found.authorization;
        const buckets = await this.namedBuckets.lookUp(state, orgID, directory, client.host);
        return refreshState(state, found.authorization, client.host, buckets);
      }
      case "orphaned":
        this.options.log.warn(orphanWarning(id, state, found.missing, client.host));
        return orphanState(state, found.missing, client.host);
      case "gone":
        assertSameServer(id, state.host, client);
        return undefined;
    }
  }

  /** Changes the token in place: in the state it keeps is what the server has after it. */
  async update(id: string, state: InfluxTokenState, declared: InfluxTokenInputs): Promise<InfluxTokenState> {
    requireKnownFormat(state);
    const patch = patchFor(state, declared);
    const hasMoved = declared.host !== state.host;
    if (patch === undefined && !hasMoved) return withInputs(state, declared);
    const { client } = this.connections.sessionFor(declared.connection, declared.host);
    const found = patch ? await updateAuthorization(client, id, patch) : await readAuthorization(client, id);
    switch (found.kind) {
      case "found":
        this.assertPatched(id, patch, found.authorization);
        return toState(declared, found.authorization, client.host, state);
      case "orphaned":
        this.options.log.warn(orphanWarning(id, state, found.missing, client.host));
        return withInputs(state, declared, { ...patch, missing: found.missing });
      case "gone":
        assertSameServer(id, state.host, client);
        throw tokenIsGone(id, client.host);
    }
  }

  /**
   * Deletes the token. One that is gone already is deleted.
   *
   * @param connection how to reach the server: that of the token that replaces it, which may give none, or the state's.
   */
  async delete(id: string, state: InfluxTokenState, connection: ConnectionInputs | undefined): Promise<void> {
    requireKnownFormat(state);
    const { client } = this.connections.sessionFor(connection, state.host);
    const wasThere = await deleteAuthorization(client, id);
    if (!wasThere) assertSameServer(id, state.host, client);
  }

  /** A proxy may change requests or answers: another status than asked for is no success. */
  private assertPatched(id: string, patch: ReturnType<typeof patchFor>, now: Authorization): void {
    if (patch?.status !== undefined && patch.status !== now.status)
      throw statusNotSet(id, patch.status, now.status);
    if (patch?.description !== undefined && patch.description !== now.description) {
      this.options.log.warn(descriptionDiffers(id, patch.description, now.description));
    }
  }
}

/** A server that never had the token cannot tell that it is gone. */
function assertSameServer(id: string, recorded: string, { host }: InfluxClient): void {
  if (recorded !== host) throw notOnThisServer(id, host, recorded);
}
