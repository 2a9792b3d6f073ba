import { InfluxTokenError } from "./errors";
import { fleetOfShard, forMember, memberProperty, SHARDS } from "./fleet/memberNames";
import { Lanes, type PoolResult, runPool } from "./fleet/pool";
import { checkShard, merged, type OwnInputs, type ShardInputs, tokenInputsOf } from "./fleet/shardInputs";
import { lostTokens } from "./fleet/lostTokens";
import { planShard, type PlanTime, type ShardPlan } from "./fleet/shardPlan";
import {
  decodeShard,
  differingInputs,
  encodeShard,
  factsOf,
  idsOf,
  memberOfState,
  type MemberToken,
  NO_SHARD,
  type RetiredToken,
  type Shard,
  type ShardFacts,
  type ShardState,
  type Spec,
  stateOfMember,
} from "./fleet/shardState";
import type { Imported } from "./importing";
import { listAuthorizations, type Lookup } from "./influxdb/authorizations";
import type { Session } from "./influxdb/session";
import { TokenLookups } from "./influxdb/tokenLookups";
import { type Interrupted, isUnrecorded, type Journal } from "./journal";
import { isRecord, sameJson } from "./json";
import type { Checked, Life, Lifecycle, Recorded } from "./lifecycle";
import type { Runtime } from "./runtime";
import { messageOf, ShardUpdate } from "./shardUpdate";
import type { Change } from "./token/changes";
import type { Failure, OldInputs } from "./token/inputs";
import { isRotationOff } from "./token/rotateAfter";
import { orphanWarning } from "./token/messages";
import { type InfluxTokenState, KNOWN_FORMAT, orphanState, type Refreshed } from "./token/state";
import { UNKNOWN } from "./token/unknown";
import { type Authorization, type ConnectionInputs, tokenValueIn } from "./types";

/** A token that is to end, with its value where it is known: a run does not end the token that it works with. */
export type EndingToken = RetiredToken & { readonly value?: string };

/** What updates of shards share in a run. */
export interface ShardServices {
  /** Servers that failed a whole shard: then the next one asks once before it asks often. */
  readonly failing: Set<string>;
  /** Servers at which no further shard is tried in this run, with the reason. */
  readonly givenUp: Map<string, string>;
  /** The tokens among which lost ones may be, by one list for all shards. */
  listed(session: Session, declared: ShardInputs): Promise<readonly Authorization[]>;
  /** Ends tokens, as many at once as the connection allows. */
  end(
    tokens: readonly EndingToken[],
    host: string,
    connection: ConnectionInputs | undefined,
  ): Promise<PoolResult<EndingToken>["failures"]>;
}

export interface ShardOptions extends Runtime {
  readonly journal: Journal;
  /** Whether the process is told to end: what is made is recorded, and nothing more begins. */
  readonly isToldToEnd: () => boolean;
  /** Whether nobody is left to record what is made. */
  readonly isEngineGone: () => Promise<boolean>;
}

/**
 * The life of a shard of a fleet: many tokens in one resource, each of which comes, changes and goes by the rules for any
 * token. It is never replaced: a change of a member is an update in place.
 */
export class ShardLifecycle implements Life<ShardInputs, ShardState> {
  private readonly lookups = new TokenLookups();
  private readonly lanes = new Lanes();
  private readonly lists = new Map<Session, Map<string, Promise<readonly Authorization[]>>>();
  private readonly startedAt: number;
  /** Fleets of which this run plans shards. */
  private readonly planned = new Set<string>();
  private readonly services: ShardServices = {
    failing: new Set(),
    givenUp: new Map(),
    listed: (session, declared) => this.listed(session, declared),
    end: (tokens, host, connection) => this.end(tokens, host, connection),
  };

  constructor(
    private readonly tokens: Lifecycle,
    private readonly options: ShardOptions,
  ) {
    this.startedAt = options.now();
  }

  /** Validates inputs and adds what follows from them. Sends nothing, unless preflight is asked for. */
  async check(olds: OldInputs, news: Readonly<Record<string, unknown>>, isNew: boolean): Promise<Checked> {
    const checked = checkShard(news, olds, this.tokens.connections);
    if (checked.failures.length > 0) return checked;
    const wanted = this.tokens.connections.wantsPreflight();
    if (wanted === false) return checked;
    if (wanted !== true) return { ...checked, failures: [wanted] };
    const inputs = checked.inputs as unknown as ShardInputs;
    const failures: Failure[] = [];
    const asked = new Set<string>();
    for (const [name, own] of Object.entries(inputs.members)) {
      const token = tokenInputsOf(inputs, own);
      const key = JSON.stringify({ ...forMember(token, name), description: "" });
      if (asked.has(key)) continue;
      asked.add(key);
      const before = isRecord(olds["members"]) && Object.hasOwn(olds["members"], name);
      const found = await this.tokens.preflightOf(forMember(token, name), isNew || !before);
      const at = Object.keys(own).length > 0 ? memberProperty(name) : "each";
      failures.push(
        ...found.map(({ property, reason }) => ({
          property: property.startsWith("connection") ? property : `${at}.${property}`,
          reason,
        })),
      );
    }
    return { ...checked, failures: failures.slice(0, 20) };
  }

  /** What has to happen. Sends nothing, and never asks for a replacement. */
  diff(state: ShardState, declared: ShardInputs): Change {
    const shard = decodeShard(state);
    const { changes } = this.plan(shard, state, declared);
    // What a killed run left is swept although the program has gone back to what the state is.
    const interrupted = changes
      ? undefined
      : this.options.journal.interrupted({ host: declared.host, shard: shard.shard });
    const isLeft = interrupted !== undefined && isUnrecorded(interrupted, shard.nonce);
    return { changes: changes || isLeft, replaces: [] };
  }

  /**
   * Refuses a change that would end the very token that this run authenticates with, so that a preview says it.
   *
   * @throws {OwnTokenError}
   */
  assertPlan(_id: string, state: ShardState, declared: ShardInputs, { changes }: Change): void {
    const shard = decodeShard(state);
    this.planned.add(fleetOfShard(shard.shard));
    this.tokens.know(idsOf(shard));
    if (!changes) return;
    const { steps, removed } = this.plan(shard, state, declared);
    for (const { kind, before, inputs } of steps) {
      if (before === undefined) continue;
      if (kind === "replace") this.assertOther("replace", before, declared.connection);
      else if (inputs.status === "inactive" && before.spec.status !== "inactive")
        this.assertOther("switch off", before, declared.connection);
    }
    for (const [, before] of removed) this.assertOther("delete", before, declared.connection);
  }

  private assertOther(
    verb: string,
    { id, token, spec }: MemberToken,
    connection: ConnectionInputs | undefined,
  ): void {
    this.tokens.assertOther(`${verb} the token ${id}`, token, connection, spec.host);
  }

  /** Whether this run goes on with a fleet that there is: not where it is destroyed, or no longer declared. */
  isPlanned(fleet: string): boolean {
    return this.planned.has(fleet);
  }

  async create(inputs: ShardInputs): Promise<Recorded<ShardState>> {
    return { id: inputs.shard, state: await this.reconcile(inputs.shard, NO_SHARD, {}, inputs) };
  }

  update(id: string, state: ShardState, declared: ShardInputs): Promise<ShardState> {
    return this.reconcile(id, decodeShard(state), state, declared);
  }

  /** The state after an update: tokens that are to be made are not known before. */
  preview(state: ShardState, declared: ShardInputs): object {
    const { steps, removed } = this.plan(decodeShard(state), state, declared);
    const made = steps.filter(({ kind }) => kind !== "change").map(({ name }) => name);
    const gone = new Set(removed.map(([name]) => name));
    const tokens = Object.entries(state.tokens).filter(([name]) => !gone.has(name));
    const retires = removed.length > 0 || steps.some(({ kind }) => kind === "replace");
    return {
      ...state,
      tokens: { ...Object.fromEntries(tokens), ...Object.fromEntries(made.map((name) => [name, UNKNOWN])) },
      ...factsOf(declared),
      ...((made.length > 0 || removed.length > 0) && { __made: UNKNOWN }),
      ...(retires && { __retired: UNKNOWN }),
    };
  }

  /** Every member's token as the server has it: those of all shards are looked up together. */
  async read(
    _id: string,
    state: ShardState,
  ): Promise<{ state: ShardState; inputs?: ShardInputs } | undefined> {
    const shard = decodeShard(state);
    const session = this.tokens.connections.sessionFor(state.connection, state.host);
    const known = new Map<string, Promise<Refreshed | undefined>>();
    // The engine asks for one shard after the other. Names fall into shards evenly, so that one tells how many there are.
    const expected = shard.made.size * SHARDS;
    const found = await Promise.all(
      [...shard.made].map(async ([name, before]) => {
        const { orgId, userId } = before.spec;
        const lookup = await this.lookups.find(
          session,
          before.id,
          { orgID: orgId, userID: userId },
          expected,
        );
        return [
          name,
          before,
          await this.refreshed(fleetOfShard(shard.shard), name, before, lookup, session, known),
        ] as const;
      }),
    );
    const made = new Map(shard.made);
    for (const [name, before, now] of found) {
      if (now === undefined) made.delete(name);
      else if (now !== before) made.set(name, now);
    }
    const isLeft =
      made.size > 0 || shard.made.size === 0 || shard.retired.length > 0 || shard.kept.length > 0;
    if (!isLeft) return undefined;
    const { host } = session.client;
    if (host === state.host && found.every(([, before, now]) => now === before)) return { state };
    const members = [...shard.own].flatMap(([name, own]): [string, OwnInputs][] => {
      const [before, now] = [shard.made.get(name), made.get(name)];
      if (before === undefined || now === undefined) return [];
      // What an earlier refresh found, the state before has as well: it is still drift.
      const { status = "active", description = before.spec.description } = merged(shard.each, own);
      const declared = { ...before, spec: { ...before.spec, status, description } as Spec };
      return [[name, differingInputs(own, declared, now)]];
    });
    const facts: ShardFacts = { ...factsOf(state), host };
    return {
      state: encodeShard({ ...shard, made }, facts),
      inputs: {
        shard: shard.shard,
        each: shard.each,
        members: Object.fromEntries(members),
        ...(shard.keepOldFor !== undefined && { keepOldFor: shard.keepOldFor }),
        ...facts,
      },
    };
  }

  /** The member by what was found of its token; the same object where nothing differs. */
  private async refreshed(
    fleet: string,
    name: string,
    before: MemberToken,
    lookup: Lookup,
    session: Session,
    known: Map<string, Promise<Refreshed | undefined>>,
  ): Promise<MemberToken | undefined> {
    const state = stateOfMember(name, before);
    if (lookup.kind === "gone") {
      await this.tokens.refreshed(before.id, state, lookup, session);
      return undefined;
    }
    const template = before.spec.description;
    if (lookup.kind === "orphaned") {
      const { missing } = lookup;
      const { host } = session.client;
      // Of thousands of members one warning says as much.
      this.tokens.warn(orphanWarning(fleet, state, missing, host));
      return memberOfState(
        name,
        before.id,
        orphanState(state, missing, host).state,
        template,
        this.options.now(),
      );
    }
    const { authorization } = lookup;
    const { permissions, org, orgID, user, userID, status, description } = authorization;
    // What many members have in common is compared once.
    const isDescribed = description === state.description;
    const key = isDescribed
      ? JSON.stringify([before.spec.__declared, before.spec, permissions, org, orgID, user, userID, status])
      : name;
    const reading = known.get(key) ?? this.tokens.refreshed(before.id, state, lookup, session);
    known.set(key, reading);
    const read = await reading;
    if (read === undefined) return undefined;
    const value = tokenValueIn(authorization) ?? before.token;
    const { spec, createdAt } = memberOfState(
      name,
      before.id,
      { ...read.state, description, createdAt: state.createdAt },
      template,
      this.options.now(),
    );
    // The value of the member whose look-up is shared is no other's.
    const now = { id: before.id, spec, createdAt, ...(value !== undefined && { token: value }) };
    return sameJson(now.spec, before.spec) && now.token === before.token ? before : now;
  }

  /** @throws {InfluxTokenError} always: what a fleet's members would be, no authorization says. */
  importToken(): Promise<Imported | undefined> {
    throw new InfluxTokenError("a fleet cannot be imported: declare it, and it makes tokens of its own");
  }

  deleteUnrecorded(): Promise<void> {
    throw new InfluxTokenError(
      "a fleet that no state holds cannot be deleted: delete its tokens by their ids",
    );
  }

  /** Deletes every token of the shard, also those that were about to be deleted. One that is gone is deleted. */
  async delete(_id: string, state: ShardState, connection: ConnectionInputs | undefined): Promise<void> {
    const shard = decodeShard(state);
    const members = [...shard.made].map(([member, token]): EndingToken => ({
      id: token.id,
      member,
      deactivate: token.spec.deactivateOnDelete === true,
      ...(token.token !== undefined && { value: token.token }),
    }));
    // All or none: whoever has only the token that is to end could end nothing after it.
    for (const token of shard.made.values()) this.assertOther("delete", token, connection);
    const all = [...members, ...shard.retired, ...shard.kept];
    const failures = await this.end(all, state.host, connection);
    const [first] = failures;
    if (first !== undefined) {
      throw new InfluxTokenError(
        `${shard.shard}: ${failures.length} of ${all.length} tokens could not be deleted: run again to go on: ${messageOf(first.error)}`,
      );
    }
    await this.sweepFleet(state.host, fleetOfShard(shard.shard), connection, shard);
  }

  /** Ends tokens, as many at once as the connection allows. @returns those that could not be. */
  async end(
    tokens: readonly EndingToken[],
    host: string,
    connection: ConnectionInputs | undefined,
  ): Promise<PoolResult<EndingToken>["failures"]> {
    const { client } = this.tokens.connections.sessionFor(connection, host);
    const { failures, left } = await runPool(tokens, client.maxConcurrent, (token) =>
      this.tokens.delete(token.id, endingState(token, host), connection),
    );
    const [first] = failures;
    return [...failures, ...left.map((item) => ({ item, error: first?.error }))];
  }

  /** Whether a killed run left tokens of shards that no state has: of a fleet whose other shards are up to date. */
  hasUnrecorded(host: string, fleet: string): boolean {
    const interrupted = this.options.journal.interruptedOfFleet(host, fleet);
    return interrupted.some((one) => isNewAndUntold(one.interrupted));
  }

  /**
   * Ends what killed runs made for shards that no state has, so that nobody else ends it. What cannot be ended now stays
   * written down.
   *
   * @param own a shard that is to end: what was made of it, too.
   */
  async sweepFleet(
    host: string,
    fleet: string,
    connection: ConnectionInputs | undefined,
    own: Shard = NO_SHARD,
  ): Promise<void> {
    const { journal, log } = this.options;
    for (const { key, interrupted } of journal.interruptedOfFleet(host, fleet)) {
      const isLeft =
        key.shard === own.shard ? isUnrecorded(interrupted, own.nonce) : isNewAndUntold(interrupted);
      if (!isLeft) continue;
      const session = this.tokens.connections.sessionFor(connection, host);
      const known = new Set(idsOf(own));
      try {
        const listed =
          interrupted.unanswered.size === 0
            ? []
            : await this.listedOnce(session, [], () => Promise.resolve({}));
        const { certain } = lostTokens(
          listed,
          new Map(),
          known,
          interrupted,
          true,
          session.client.clockAheadMs,
        );
        const ids = new Set([...interrupted.made.keys(), ...certain.map(({ id }) => id)]);
        const tokens = [...ids].map((id) => ({ id, member: "", deactivate: false }));
        const [failure] = await this.end(tokens, host, connection);
        if (failure !== undefined) throw failure.error;
        journal.forget(key);
      } catch (error) {
        log.warn(
          `${key.shard}: could not delete what a run that was killed had made: ${messageOf(error)}: see \`influx auth list\` for what is left`,
        );
      }
    }
  }

  /** By one list for all shards of the same place. */
  private listed(session: Session, { each }: Pick<ShardInputs, "each">): Promise<readonly Authorization[]> {
    const { org, orgId, user, userId } = each;
    return this.listedOnce(session, [org, orgId, user, userId], async () => {
      const { directory } = session;
      const orgID = orgId ?? (await directory.organizationId(org ?? ""));
      const userID = userId ?? (user === undefined ? undefined : await directory.userId(user));
      return { orgID, ...(userID !== undefined && { userID }) };
    });
  }

  private listedOnce(
    session: Session,
    place: readonly unknown[],
    filter: () => Promise<Parameters<typeof listAuthorizations>[1]>,
  ): Promise<readonly Authorization[]> {
    const ofSession = this.lists.get(session) ?? new Map<string, Promise<readonly Authorization[]>>();
    this.lists.set(session, ofSession);
    const key = JSON.stringify(place);
    const listing = ofSession.get(key) ?? filter().then((by) => listAuthorizations(session.client, by));
    ofSession.set(key, listing);
    return listing;
  }

  private plan(shard: Shard, facts: Partial<ShardState>, declared: ShardInputs): ShardPlan {
    const time: PlanTime = { nowMs: this.startedAt, isRotationOff: isRotationOff(this.options.env) };
    return planShard(shard, facts, declared, time);
  }

  /** Makes of a shard what is declared. One at a time at each server: what a killed run loses is one shard's. */
  private reconcile(
    id: string,
    before: Shard,
    facts: Partial<ShardState>,
    declared: ShardInputs,
  ): Promise<ShardState> {
    return this.lanes.run(declared.host, () =>
      new ShardUpdate(
        this.tokens,
        this.options,
        this.services,
        id,
        before,
        facts.host ?? declared.host,
        declared,
      ).run(this.plan(before, facts, declared)),
    );
  }
}

/** No state can have its tokens, whichever it is: there was none before, and nobody was told of them. */
function isNewAndUntold(interrupted: Interrupted): boolean {
  return isUnrecorded(interrupted, "") && !interrupted.isAnswered;
}

/** As much of a token's state as it takes to end it. */
function endingState({ deactivate, value }: EndingToken, host: string): InfluxTokenState {
  const state = {
    host,
    ...(deactivate && { deactivateOnDelete: true }),
    ...(value !== undefined && { token: value }),
    ...KNOWN_FORMAT,
  };
  return state as InfluxTokenState;
}
