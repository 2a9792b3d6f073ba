import { adoptedTwice, adoptedValue, findAdoptable, type OtherProcesses, Records } from "./adoption";
import { Connections, type StackConfig } from "./connections";
import { ConnectionError, InfluxTokenError, OwnTokenError } from "./errors";
import {
  authorizationsOf,
  deactivateAuthorization,
  deleteAuthorization,
  type Lookup,
  readAuthorization,
  updateAuthorization,
} from "./influxdb/authorizations";
import type { InfluxClient } from "./influxdb/client";
import { createSafely, UndeletedTokenError } from "./influxdb/createSafely";
import type { Session } from "./influxdb/session";
import { authorizationId, cannotList, findImportable, type Imported, type Listed, listed } from "./importing";
import { Preflight } from "./preflight";
import { NamedBuckets } from "./namedBuckets";
import { formatPermission } from "./permissions/format";
import type { Runtime } from "./runtime";
import { type Change, FIXED, learnsToken, patchFor, planChange, takesKeepers } from "./token/changes";
import {
  checkInputs,
  type Failure,
  type InfluxTokenInputs,
  type OldInputs,
  readOrganization,
} from "./token/inputs";
import {
  adoptBeforeReplacement,
  adoptsAnother,
  descriptionDiffers,
  firstTaken,
  importBeforeReplacement,
  keptForAnother,
  nothingToDelete,
  notInPlace,
  notOnThisServer,
  orphanWarning,
  statusNotSet,
  tokenIsGone,
  tokenValueUnknown,
} from "./token/messages";
import { newAuthorization } from "./token/newAuthorization";
import {
  adoptedState,
  importedState,
  type InfluxTokenState,
  madeState,
  orphanState,
  type Refreshed,
  refreshState,
  requireKnownFormat,
  toState,
  unwantedState,
  withInputs,
  withToken,
} from "./token/state";
import { isDue, isRotationOff, withRotateAt } from "./token/rotateAfter";
import { isUnknown, UNKNOWN } from "./token/unknown";
import { type Authorization, type ConnectionInputs, tokenValueIn } from "./types";

/** A resource, as a stack records it: by default a token. */
export interface Recorded<State = InfluxTokenState> {
  readonly id: string;
  readonly state: State;
}

/** A step failed after it changed something: what there is now is to be recorded all the same. */
export abstract class RecordedStepError extends InfluxTokenError {
  constructor(
    message: string,
    readonly recorded: Recorded<object>,
  ) {
    super(message);
  }
}

/** A token was made that is not wanted, and that could not be deleted: it is to be recorded, and replaced if unusable. */
export class UnwantedTokenError extends RecordedStepError {
  override readonly name = "UnwantedTokenError";

  constructor(
    message: string,
    override readonly recorded: Recorded,
  ) {
    super(message, recorded);
  }
}

/** What `check` makes of what a program declares. */
export interface Checked {
  readonly inputs: Record<string, unknown>;
  readonly failures: Failure[];
}

/** The life of one kind of resource during one run, whatever host calls it: by default of a token. */
export interface Life<Inputs = InfluxTokenInputs, State = InfluxTokenState> {
  check(olds: OldInputs, news: Readonly<Record<string, unknown>>, isNew: boolean): Promise<Checked>;
  diff(state: State, declared: Inputs): Change;
  assertPlan(id: string, state: State, declared: Inputs, change: Change): void;
  /** @throws {RecordedStepError} where something exists that is to be recorded all the same. */
  create(inputs: Inputs): Promise<Recorded<State>>;
  /** @returns `undefined` where it is gone; no inputs where they are as they were. */
  read(id: string, state: State): Promise<{ state: State; inputs?: Inputs } | undefined>;
  /** @param id of an authorization. @returns `undefined` where it is gone. */
  importToken(id: string): Promise<Imported | undefined>;
  /** The state that {@link update} is going to give, as far as it is known before. Sends nothing. */
  preview(state: State, declared: Inputs): object;
  /** @throws {RecordedStepError} where a step failed after another had changed something. */
  update(id: string, state: State, declared: Inputs): Promise<State>;
  delete(id: string, state: State, connection: ConnectionInputs | undefined): Promise<void>;
  /** Deletes a token that no state holds. @throws {InfluxTokenError} where there is none: then its id is mistyped. */
  deleteUnrecorded(id: string): Promise<void>;
}

export interface LifecycleOptions extends Runtime {
  readonly config: StackConfig;
  /** Settings of all tokens of the run, where their own `connection` gives no other. Default: none. */
  readonly connection?: ConnectionInputs | undefined;
  /** Default: there are none. */
  readonly otherProcesses?: OtherProcesses;
  /** Whether nobody is left to record what is made now. */
  readonly isInterrupted: () => Promise<boolean>;
}

/**
 * The life of tokens during one run, whatever host calls it: hosts translate their own terms into these methods, and
 * decide nothing. Errors for the user are {@link InfluxTokenError}s.
 */
export class Lifecycle implements Life {
  readonly connections: Connections;
  private readonly namedBuckets: NamedBuckets;
  private readonly records: Records;
  private readonly preflight: Preflight;
  private readonly warned = new Set<string>();
  /** Ids of tokens that the stack has: none of them is what a request of this run made. */
  private readonly known = new Set<string>();
  private lastImport = 0;
  /** Ids of tokens that this run imports. */
  private readonly imports = new Set<string>();

  constructor(private readonly options: LifecycleOptions) {
    this.namedBuckets = new NamedBuckets(options.log);
    this.records = new Records(options.otherProcesses ?? { tell: () => undefined, of: () => [] });
    this.connections = new Connections(options, options.config, options.connection);
    this.preflight = new Preflight(this.connections);
  }

  /**
   * Validates inputs and adds what follows from them. Sends nothing, unless preflight is asked for.
   *
   * @param isNew whether a token is to be made: also one that replaces another.
   */
  async check(olds: OldInputs, news: Readonly<Record<string, unknown>>, isNew: boolean): Promise<Checked> {
    const checked = checkInputs(news, olds, this.connections);
    if (checked.failures.length > 0) return checked;
    const inputs = checked.inputs as unknown as InfluxTokenInputs;
    const { adopt, host } = inputs;
    if (isNew && adopt !== undefined && this.records.want(adopt, host)) {
      return { ...checked, failures: [{ property: "adopt", reason: adoptedTwice(adopt).message }] };
    }
    const asked = this.connections.wantsPreflight();
    if (asked === false) return checked;
    const failures = asked === true ? await this.preflightOf(inputs, isNew) : [asked];
    return { ...checked, failures };
  }

  /** What is missing for a token that is to be made in place of one, where preflight is asked for. */
  async preflightOfNext(inputs: InfluxTokenInputs): Promise<Failure[]> {
    return this.connections.wantsPreflight() === true ? this.preflightOf(inputs, true) : [];
  }

  /** What is missing for a token, whether or not it is to be made. */
  async preflightOf(inputs: InfluxTokenInputs, isNew: boolean): Promise<Failure[]> {
    const { connection, host } = inputs;
    const settings: unknown[] = Object.values(connection ?? {});
    if ([connection, host, ...settings].some(isUnknown)) return [];
    let session: Session;
    try {
      session = this.connections.sessionForNew(inputs);
    } catch (error) {
      if (error instanceof ConnectionError) return [{ property: error.property, reason: error.message }];
      throw error;
    }
    const failures = await this.preflight.ofSession(session);
    return failures.length > 0 || !isNew ? failures : this.preflight.ofToken(inputs, session);
  }

  /** Takes note of tokens that the stack has: none of them is what a request of this run made. */
  know(ids: readonly string[]): void {
    for (const id of ids) this.known.add(id);
  }

  /** Whether the stack is known to have the token. */
  knows(id: string): boolean {
    return this.known.has(id);
  }

  /** What has to happen for the token to become what is declared. Sends nothing. */
  diff(state: InfluxTokenState, declared: InfluxTokenInputs): Change {
    requireKnownFormat(state);
    const { env, now } = this.options;
    return planChange(state, declared, !isRotationOff(env) && isDue(state, declared, now()));
  }

  /**
   * Refuses a change that would lose a token, so that a preview says it. Sends nothing.
   *
   * @param change what {@link diff} found.
   * @throws {OwnTokenError} where it would end the very token that this run authenticates with.
   * @throws {InfluxTokenError} where it would end a token that is adopted or imported by this run, or adopt another one.
   */
  assertPlan(id: string, state: InfluxTokenState, declared: InfluxTokenInputs, change: Change): void {
    const { adopt, host } = declared;
    this.known.add(id);
    const isReplaced = change.replaces.length > 0;
    const isAdopted = adopt !== undefined && !isUnknown(adopt);
    // Not of what a refresh compares, which may be a record that is to be deleted.
    this.records.declare(id, state, host, isReplaced && !isAdopted);
    if (isAdopted && adopt !== id) throw adoptsAnother(id, adopt);
    if (isAdopted && isReplaced) throw adoptBeforeReplacement(id, change.replaces);
    if (isReplaced && this.imports.has(id)) throw importBeforeReplacement(id, change.replaces);
    this.assertNotOwnToken(id, state, declared, change);
    if (state.__withoutToken === true) this.warn(tokenValueUnknown(id, state.host));
    if (!isReplaced && takesKeepers(state, declared)) this.warn(firstTaken(id, "keepers"));
  }

  private assertNotOwnToken(
    id: string,
    state: InfluxTokenState,
    declared: InfluxTokenInputs,
    { replaces }: Change,
  ): void {
    const isReplaced = replaces.length > 0;
    const isSwitchedOff = patchFor(state, declared)?.status === "inactive";
    if (!(isReplaced || isSwitchedOff)) return;
    const purpose = `${isReplaced ? "replace" : "switch off"} the token ${id}`;
    this.assertOther(purpose, state.token, declared.connection, state.host);
  }

  /**
   * Refuses to end a token that this run authenticates with: once a request was sent, also the one that took the place of
   * a stale one by then. Sends nothing.
   *
   * @param value the token's, where it is known.
   * @throws {OwnTokenError} where it is that one.
   */
  assertOther(
    purpose: string,
    value: string | undefined,
    connection: ConnectionInputs | undefined,
    host: string,
  ): void {
    if (value === undefined) return;
    const tokenFrom = this.connections.sourceIfUsed(value, connection, host);
    if (tokenFrom !== undefined) throw new OwnTokenError(purpose, tokenFrom);
  }

  /**
   * @param others ids of tokens that may look like the new one, and are none of its requests'.
   * @param isInterrupted whether nobody is left to record the token: then it is deleted again.
   * @throws {UnwantedTokenError} where a token exists that is to be recorded all the same.
   */
  async create(
    inputs: InfluxTokenInputs,
    others: readonly string[] = [],
    isInterrupted = this.options.isInterrupted,
  ): Promise<Recorded> {
    if (inputs.adopt !== undefined) return this.adopt(inputs.adopt, inputs);
    const session = this.connections.sessionForNew(inputs);
    const { host } = session.client;
    session.creates.recorded = this.known;
    for (const id of others) session.creates.claim({ id });
    const { body, buckets } = await newAuthorization(inputs, session.directory);
    try {
      const { authorization, warnings } = await createSafely(session, body, formatPermission, isInterrupted);
      warnings.forEach(this.options.log.warn);
      return { id: authorization.id, state: this.scheduled(madeState(inputs, authorization, host, buckets)) };
    } catch (error) {
      if (!(error instanceof UndeletedTokenError)) throw error;
      const { authorization, message } = error;
      throw new UnwantedTokenError(message, {
        id: authorization.id,
        state: this.scheduled(unwantedState(inputs, authorization, host, buckets)),
      });
    }
  }

  /** Takes over a token that exists: nothing of it is changed but its status, and a description that is declared. */
  private async adopt(id: string, inputs: InfluxTokenInputs): Promise<Recorded> {
    const session = this.connections.sessionForNew(inputs);
    const { client, directory } = session;
    const adopted = async (): Promise<InfluxTokenState> => {
      const { authorization: found, buckets } = await findAdoptable(id, inputs, session, directory);
      const token = await adoptedValue(inputs, found, this.connections);
      const authorization = await this.patched(id, inputs, found, client, token);
      await this.assertValueOfSwitched(inputs, found, authorization, client);
      const made = madeState(inputs, authorization, client.host, buckets);
      const at = new Date(this.options.now()).toISOString();
      return this.scheduled(adoptedState(made, authorization, token, at));
    };
    const state = await this.records.adopt(id, client.host, adopted);
    if (state.__withoutToken === true) this.warn(tokenValueUnknown(id, client.host));
    return { id, state };
  }

  /** One that was switched off could not be used before. With a wrong value it is switched off again. */
  private async assertValueOfSwitched(
    inputs: InfluxTokenInputs,
    { id, status }: Authorization,
    now: Authorization,
    client: InfluxClient,
  ): Promise<void> {
    if (status === now.status) return;
    try {
      await adoptedValue(inputs, now, this.connections);
    } catch (error) {
      await updateAuthorization(client, id, { status });
      throw error;
    }
  }

  /** The token with status and description as they are declared. */
  private async patched(
    id: string,
    { status = "active", description }: InfluxTokenInputs,
    found: Authorization,
    client: InfluxClient,
    token: string | undefined,
  ): Promise<Authorization> {
    const patch = {
      ...(status !== found.status && { status }),
      ...(description !== undefined && description !== found.description && { description }),
    };
    if (Object.keys(patch).length === 0) return found;
    const changed = await updateAuthorization(client, id, patch, token);
    if (changed.kind !== "found") throw tokenIsGone(id, client.host);
    this.assertPatched(id, patch, changed.authorization);
    return changed.authorization;
  }

  /**
   * A token that was made by other means, of the server that the run's connection names: as one that was adopted, and
   * with the inputs that a program would declare for it. Changes nothing. `undefined` where it is gone.
   *
   * @param id of the authorization.
   * @throws {InfluxTokenError} where no inputs ask for all that it may do: with each permission and the reason.
   */
  async importToken(id: string): Promise<Imported | undefined> {
    const session = this.connections.sessionFor(undefined, undefined);
    // Where the stack's config has an owner, one that is left out is that one.
    const isOwnerNamed = (this.options.config("influx-token:user") ?? "") !== "";
    const found = await findImportable(id, session, this.connections, isOwnerNamed);
    if (found === undefined) return undefined;
    const { inputs, checked, authorization, buckets } = found;
    const { host } = session.client;
    const made = madeState(checked, authorization, host, buckets);
    const token = tokenValueIn(authorization);
    const state = this.scheduled(importedState(made, authorization, token, this.importedAt()));
    if (token === undefined) this.warn(tokenValueUnknown(authorization.id, host));
    this.imports.add(authorization.id);
    return { id: authorization.id, state, inputs };
  }

  /** Tells the records of imports apart, also two of one token within a millisecond. */
  private importedAt(): string {
    this.lastImport = Math.max(this.options.now(), this.lastImport + 1);
    return new Date(this.lastImport).toISOString();
  }

  /**
   * The tokens of an organization that the caller may read, without their values.
   *
   * @param query `org` or `orgId`. Default: the organization of a token that names none.
   */
  async list(query: Readonly<Record<string, unknown>>): Promise<Listed[]> {
    const organization = readOrganization(query, this.connections);
    if (Array.isArray(organization)) throw cannotList(organization);
    const { client, directory } = this.connections.sessionFor(undefined, undefined);
    const { org, orgId } = organization;
    const found = await authorizationsOf(client, orgId ?? (await directory.organizationId(org ?? "")));
    return found.map(listed);
  }

  /**
   * Where a token is to be that is on a server, and of which no input says so.
   *
   * @throws {InfluxTokenError} where the environment names another server.
   */
  hostOf(recorded: string): string {
    const found = this.connections.host({}, recorded);
    if (typeof found === "string") return found;
    throw new InfluxTokenError(found.reason);
  }

  /** The token as the server has it; `undefined` where it is gone. */
  async read(id: string, state: InfluxTokenState): Promise<Refreshed | undefined> {
    requireKnownFormat(state);
    const session = this.connections.sessionFor(state.connection, state.host);
    return this.refreshed(id, state, await readAuthorization(session.client, id), session);
  }

  /** The token, by what was found of it. */
  async refreshed(
    id: string,
    state: InfluxTokenState,
    found: Lookup,
    { client, directory }: Session,
  ): Promise<Refreshed | undefined> {
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

  /** @throws {InfluxTokenError} where another server is asked than the recorded one: it cannot tell that a token is gone. */
  assertServerOf(id: string, { connection, host }: InfluxTokenState): void {
    assertSameServer(id, host, this.connections.sessionFor(connection, host).client);
  }

  /** What the server has of a token, without a word of what is missing. */
  lookUp(id: string, connection: ConnectionInputs | undefined, host: string): Promise<Lookup> {
    return readAuthorization(this.connections.sessionFor(connection, host).client, id);
  }

  preview(state: InfluxTokenState, declared: InfluxTokenInputs): InfluxTokenState {
    assertChangesInPlace(state, declared);
    const patch = patchFor(state, declared);
    const next = withInputs(state, declared, patch);
    const scheduled = isUnknown(declared.rotateAfter)
      ? { ...next, rotateAt: UNKNOWN }
      : this.scheduled(next, state);
    return {
      ...scheduled,
      ...(patch && { updatedAt: UNKNOWN }),
      ...(learnsToken(state, declared) && { token: UNKNOWN }),
    };
  }

  /** Changes the token in place: in the state it keeps is what the server has after it. */
  async update(id: string, state: InfluxTokenState, declared: InfluxTokenInputs): Promise<InfluxTokenState> {
    requireKnownFormat(state);
    assertChangesInPlace(state, declared);
    return this.scheduled(await this.changed(id, state, declared), state);
  }

  private async changed(
    id: string,
    state: InfluxTokenState,
    declared: InfluxTokenInputs,
  ): Promise<InfluxTokenState> {
    const patch = patchFor(state, declared);
    const hasMoved = declared.host !== state.host;
    if (learnsToken(state, declared)) return this.learnToken(id, state, declared);
    if (patch === undefined && !hasMoved) return withInputs(state, declared);
    const { client } = this.connections.sessionFor(declared.connection, declared.host);
    const found = patch
      ? await updateAuthorization(client, id, patch, state.token)
      : await readAuthorization(client, id);
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

  /** Takes the value that the program gives of a token that was adopted without it. */
  private async learnToken(
    id: string,
    state: InfluxTokenState,
    declared: InfluxTokenInputs,
  ): Promise<InfluxTokenState> {
    const { client } = this.connections.sessionFor(declared.connection, declared.host);
    const found = await readAuthorization(client, id);
    if (found.kind !== "found") throw tokenIsGone(id, client.host);
    const token = await adoptedValue(declared, found.authorization, this.connections);
    const known = await this.changed(id, withToken(state, token), declared);
    this.records.learn(id, known);
    return known;
  }

  /**
   * Deletes the token, or switches it off where its state says so. With one that is gone already, it is done.
   *
   * @param connection how to reach the server: that of the token that replaces it, which may give none, or the state's.
   */
  async delete(id: string, state: InfluxTokenState, connection: ConnectionInputs | undefined): Promise<void> {
    requireKnownFormat(state);
    if (this.staysForAnother(id, state, state.host)) return;
    const { client } = this.connections.sessionFor(connection, state.host);
    // A server may have another address by now, under which the program has adopted its token.
    if (this.staysForAnother(id, state, client.host)) return;
    const wasThere =
      state.deactivateOnDelete === true
        ? await this.deactivate(id, state, client)
        : await deleteAuthorization(client, id, state.token);
    if (!wasThere) assertSameServer(id, state.host, client);
  }

  async deleteUnrecorded(given: string): Promise<void> {
    const id = authorizationId(given, "delete");
    const { client } = this.connections.sessionFor(undefined, undefined);
    // Its value, where the server tells it: a token does not delete itself.
    const found = await readAuthorization(client, id);
    const value = found.kind === "found" ? tokenValueIn(found.authorization) : undefined;
    if (found.kind === "gone" || !(await deleteAuthorization(client, id, value)))
      throw nothingToDelete(id, client.host);
  }

  /**
   * Refuses a deletion that {@link delete} would refuse, as far as that is known beforehand. Sends nothing.
   *
   * @throws {InfluxTokenError} says why.
   */
  assertDeletable(id: string, state: InfluxTokenState, connection: ConnectionInputs | undefined): void {
    if (this.records.hasAnother(id, state, state.host)) return;
    const how = state.deactivateOnDelete === true ? "switch off" : "delete";
    this.assertOther(`${how} the token ${id}`, state.token, connection, state.host);
  }

  private staysForAnother(id: string, state: InfluxTokenState, host: string): boolean {
    const stays = this.records.hasAnother(id, state, host);
    if (stays) this.options.log.warn(keptForAnother(id, host));
    return stays;
  }

  /** Returns whether there was a token. The state may be old: also one that it calls inactive is switched off. */
  private async deactivate(id: string, { token }: InfluxTokenState, client: InfluxClient): Promise<boolean> {
    const found = await deactivateAuthorization(client, id, token);
    // Of an orphan the server says no more; it is switched off all the same.
    if (found.kind === "found") this.assertPatched(id, { status: "inactive" }, found.authorization);
    return found.kind !== "gone";
  }

  /** Warns, once in a run: an import is followed by a plan, which finds the same. */
  warn(message: string): void {
    if (this.warned.has(message)) return;
    this.warned.add(message);
    this.options.log.warn(message);
  }

  /** With the time of its rotation, where it has one. */
  private scheduled(state: InfluxTokenState, before?: InfluxTokenState): InfluxTokenState {
    return withRotateAt(state, before, this.options.now());
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

/** Where nobody replaces a token, as in `pulumi do`, its state must not say what the token is not. */
function assertChangesInPlace(state: InfluxTokenState, declared: InfluxTokenInputs): void {
  const fixed = planChange(state, declared).replaces.filter((name) => FIXED.includes(name));
  if (fixed.length > 0) throw notInPlace(fixed);
}

/** A server that never had the token cannot tell that it is gone. */
function assertSameServer(id: string, recorded: string, { host }: InfluxClient): void {
  if (recorded !== host) throw notOnThisServer(id, host, recorded);
}
