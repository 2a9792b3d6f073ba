import { randomBytes } from "node:crypto";
import { InfluxTokenError, isTransient } from "./errors";
import { describedBy, lostTokens } from "./fleet/lostTokens";
import { runPool } from "./fleet/pool";
import { merged, type ShardInputs } from "./fleet/shardInputs";
import type { MemberStep, ShardPlan } from "./fleet/shardPlan";
import {
  encodeShard,
  factsOf,
  idsOf,
  memberOfState,
  type MemberToken,
  type RetiredToken,
  type Shard,
  type ShardState,
  stateOfMember,
} from "./fleet/shardState";
import { deleteAuthorization } from "./influxdb/authorizations";
import type { Session } from "./influxdb/session";
import { type Interrupted, isUnrecorded, type JournalEntry, type JournalKey } from "./journal";
import { type Lifecycle, type Recorded, RecordedStepError, UnwantedTokenError } from "./lifecycle";
import type { ShardOptions, ShardServices } from "./shardLifecycle";
import { printable, quoted } from "./text";
import { notOnThisServer } from "./token/messages";
import { intervalMs } from "./token/rotateAfter";
import type { Authorization } from "./types";

/** How often the engine is looked for while tokens are made: milliseconds. */
const LOOK_MS = 200;

/** As many ids as a message holds. */
const MAX_IDS = 20;

/** A step failed after it made or changed tokens: what there is now is recorded, and the next run goes on. */
export class PartialShardError extends RecordedStepError {
  override readonly name = "PartialShardError";
}

/** Makes of one shard what is declared, and records what there is whatever fails. */
export class ShardUpdate {
  private readonly made: Map<string, MemberToken>;
  private retired: RetiredToken[];
  private kept: RetiredToken[];
  /** Made by this update: members by id. */
  private readonly fresh = new Map<string, string>();
  private readonly session: Session;
  private readonly key: JournalKey;
  private lookedAt = 0;
  private isGone = false;
  /** Whether tokens are left that nobody is told of. */
  private isLeft = false;

  constructor(
    private readonly tokens: Lifecycle,
    private readonly options: ShardOptions,
    private readonly services: ShardServices,
    private readonly id: string,
    private readonly before: Shard,
    /** The server that has its tokens. */
    private readonly hostBefore: string,
    private readonly declared: ShardInputs,
  ) {
    this.made = new Map(before.made);
    this.retired = [...before.retired];
    this.kept = [...before.kept];
    this.session = tokens.connections.sessionForNew(declared);
    this.key = { host: declared.host, shard: declared.shard };
  }

  /** @throws {PartialShardError} where some of it could not be done. */
  async run({ steps, removed, due }: ShardPlan): Promise<ShardState> {
    const { journal, now } = this.options;
    if (this.options.isToldToEnd()) throw this.untried("the run was interrupted");
    const { failing, givenUp } = this.services;
    const { host } = this.declared;
    const why = givenUp.get(host);
    if (why !== undefined && steps.length > 0) throw this.untried(why);
    const makes = steps.some(({ kind }) => kind !== "change");
    const interrupted = journal.interrupted(this.key);
    await this.assertMoved();
    // Of a run that told its engine, a state that has changed since is the record.
    const isRecorded = interrupted?.isAnswered === true && interrupted.nonce !== this.before.nonce;
    if (makes || (interrupted !== undefined && !isRecorded)) await this.sweep(interrupted);
    await this.forgetEnded();
    const entry = makes ? journal.begin(this.key, this.before.nonce, now()) : undefined;
    if (!makes && interrupted !== undefined) journal.forget(this.key);
    try {
      for (const [name, token] of removed) {
        this.made.delete(name);
        this.retired.push(retiredOf(name, token));
      }
      // Whoever is no member any more has no time left for the next token.
      const isMember = ({ member }: RetiredToken): boolean => Object.hasOwn(this.declared.members, member);
      const ofRemoved = this.kept.filter((token) => !isMember(token));
      this.kept = this.kept.filter(isMember);
      this.retired.push(...ofRemoved.map(({ id, member, deactivate }) => ({ id, member, deactivate })));
      const { maxConcurrent } = this.session.client;
      const width = failing.has(host) ? 1 : maxConcurrent;
      const first = await runPool(
        steps.slice(0, width === 1 ? 1 : 0),
        1,
        (step) => this.take(step, entry),
        this.mayBegin,
      );
      const isStopped = first.failures.length + first.left.length > 0;
      const rest = steps.slice(width === 1 ? 1 : 0);
      const others = isStopped
        ? { failures: [], left: rest }
        : await runPool(rest, maxConcurrent, (step) => this.take(step, entry), this.mayBegin);
      const failures = [...first.failures, ...others.failures];
      const left = [...first.left, ...others.left];
      if (isStopped && first.failures.some(({ error }) => isTransient(error)))
        givenUp.set(host, messageOf(first.failures[0]?.error));
      // A shard with few members has none left that were not tried.
      const failedAll = steps.length > 0 && failures.length + left.length === steps.length;
      const failsShards = (failedAll || left.length > 0) && failures.some(({ error }) => isTransient(error));
      if (failsShards) failing.add(host);
      else if (steps.length > 0) failing.delete(host);
      const ended = await this.services.end(
        due.filter(isMember),
        this.declared.host,
        this.declared.connection,
      );
      this.kept = this.kept.filter(
        (token) => !due.includes(token) || ended.some(({ item }) => item === token),
      );
      await this.undoWithoutEngine();
      const problem = this.problem(failures, left, ended);
      const state = this.state();
      if (problem === undefined) return state;
      const isUntouched =
        failures.length + left.length === steps.length && this.fresh.size === 0 && due.length === 0;
      // The state before says all that there is.
      if (isUntouched) throw new InfluxTokenError(problem);
      throw new PartialShardError(problem, { id: this.id, state });
    } finally {
      if (!this.isLeft) entry?.end();
    }
  }

  private async take(
    { kind, name, inputs, template, before }: MemberStep,
    entry: JournalEntry | undefined,
  ): Promise<void> {
    if (kind === "change" && before !== undefined) {
      const state = {
        ...stateOfMember(name, before),
        ...(inputs.connection && { connection: inputs.connection }),
      };
      const changed = await this.tokens.update(before.id, state, inputs);
      this.made.set(name, this.member(name, before.id, { ...changed, createdAt: state.createdAt }, template));
      return;
    }
    if (before !== undefined)
      this.tokens.assertOther(
        `replace the token ${before.id}`,
        before.token,
        inputs.connection,
        before.spec.host,
      );
    entry?.asked(name, inputs.description ?? "");
    let recorded: Recorded;
    try {
      recorded = await this.tokens.create(inputs, before ? [before.id] : [], () => Promise.resolve(false));
    } catch (error) {
      if (error instanceof UnwantedTokenError) {
        // Nobody can use it: it goes with those that are to end.
        entry?.made(name, error.recorded.id);
        this.fresh.set(error.recorded.id, name);
        this.retired.push({ id: error.recorded.id, member: name, deactivate: false });
      } else if (!isTransient(error)) entry?.failed(name);
      throw error;
    }
    entry?.made(name, recorded.id);
    this.fresh.set(recorded.id, name);
    this.made.set(name, this.member(name, recorded.id, recorded.state, template));
    if (before !== undefined) this.retire(name, before);
  }

  private retire(name: string, before: MemberToken): void {
    const { keepOldFor } = this.declared;
    const interval = intervalMs(keepOldFor);
    const token = retiredOf(name, before);
    if (interval === undefined) this.retired.push(token);
    else this.kept.push({ ...token, until: Math.ceil((this.options.now() + interval) / 1000) });
  }

  private member(name: string, id: string, state: Recorded["state"], template: string): MemberToken {
    return memberOfState(name, id, state, template, this.options.now());
  }

  private state(): ShardState {
    const { shard, each, members, keepOldFor } = this.declared;
    return encodeShard(
      {
        shard,
        each,
        ...(keepOldFor !== undefined && { keepOldFor }),
        own: new Map(Object.entries(members)),
        made: this.made,
        retired: this.retired,
        kept: this.kept,
        nonce: randomBytes(6).toString("hex"),
      },
      factsOf(this.declared),
    );
  }

  private readonly mayBegin = async (): Promise<boolean> => {
    if (this.options.isToldToEnd()) return false;
    const now = Date.now();
    if (now - this.lookedAt >= LOOK_MS) {
      this.lookedAt = now;
      this.isGone = await this.options.isEngineGone();
    }
    return !this.isGone;
  };

  /** Nobody would record them: what stays is the state before, in which they do not exist. */
  private async undoWithoutEngine(): Promise<void> {
    if (this.fresh.size === 0 || !(await this.options.isEngineGone())) return;
    const tokens = [...this.fresh].map(([id, member]) => ({ id, member, deactivate: false }));
    const failures = await this.services.end(tokens, this.declared.host, this.declared.connection);
    this.isLeft = failures.length > 0;
    throw new InfluxTokenError(
      `the run was interrupted after ${this.declared.host} made ${this.fresh.size} tokens for ${this.declared.shard}: ${this.fresh.size - failures.length} of them were deleted again, for nobody would have recorded them`,
    );
  }

  /**
   * Deletes what a killed run made for this shard and nobody recorded, and names what only looks like it.
   *
   * @throws {InfluxTokenError} where the server does not let one delete it: then it is still known where it is.
   */
  private async sweep(interrupted: Interrupted | undefined): Promise<void> {
    const { client } = this.session;
    const isCertain = interrupted !== undefined && isUnrecorded(interrupted, this.before.nonce);
    const evidence = isCertain ? interrupted : undefined;
    const known = new Set(idsOf(this.before));
    const listed = await this.listed(evidence);
    const { each, members } = this.declared;
    const described = describedBy(
      Object.entries(members).map(([name, own]) => [name, descriptionOf(merged(each, own))]),
    );
    const { certain, uncertain: unknown } = lostTokens(
      listed,
      described,
      known,
      interrupted,
      isCertain,
      client.clockAheadMs,
    );
    // What was switched off in place of being deleted is not lost.
    const isOff = ({ status }: Authorization): boolean =>
      status === "inactive" && each.deactivateOnDelete === true;
    const uncertain = unknown.filter((one) => !this.tokens.knows(one.id) && !isOff(one));
    const ids = new Set(certain.map(({ id }) => id));
    // A member that has been taken out since has no description any more.
    for (const id of evidence?.made.keys() ?? []) if (!known.has(id)) ids.add(id);
    const deleted: string[] = [];
    const { failures } = await runPool([...ids], client.maxConcurrent, async (id) => {
      if (await deleteAuthorization(client, id)) deleted.push(id);
    });
    if (failures.length > 0) {
      throw new InfluxTokenError(
        `${this.declared.shard}: cannot delete what a run that was killed left: ${messageOf(failures[0]?.error)}`,
      );
    }
    if (deleted.length > 0) {
      this.options.log.warn(
        `${this.declared.shard}: deleted ${deleted.length} tokens that a run which was killed had made, and that nobody had recorded: ${some(deleted)}`,
      );
    }
    if (uncertain.length > 0)
      this.options.log.warn(unknownTokens(this.declared.shard, uncertain, client.host));
  }

  /** @throws {InfluxTokenError} where it takes a list to tell what a killed run left, and there is none just now. */
  private async listed(evidence: Interrupted | undefined): Promise<readonly Authorization[]> {
    try {
      return await this.services.listed(this.session, this.declared);
    } catch (error) {
      // Who may make tokens need not be allowed to list them: then nothing is found, and nothing deleted.
      if (evidence === undefined || evidence.unanswered.size === 0) return [];
      const { shard } = this.declared;
      const names = some([...evidence.unanswered.keys()].map((name) => quoted(name)));
      if (isTransient(error)) {
        throw new InfluxTokenError(
          `${shard}: a run that was killed may have made tokens of ${names}, and looking for them failed: run again: ${messageOf(error)}`,
        );
      }
      this.options.log.warn(
        `${shard}: a run that was killed may have made tokens of ${names}, and they cannot be looked for: ${messageOf(error)}: see \`influx auth list\``,
      );
      return [];
    }
  }

  /** A server that never had the tokens cannot tell what became of them, and gets none in their place. */
  private async assertMoved(): Promise<void> {
    const { host, connection } = this.declared;
    if (host === this.hostBefore) return;
    const { made, kept } = this.before;
    const ids = [...(made.size > 0 ? made.values() : kept)].map(({ id }) => id);
    const [first] = ids;
    if (first === undefined) return;
    // One proves it: others may have been deleted.
    const there = new Set<string>();
    const look = async (id: string): Promise<void> => {
      if ((await this.tokens.lookUp(id, connection, host)).kind !== "gone") there.add(id);
    };
    const { maxConcurrent } = this.session.client;
    const { failures } = await runPool(ids, maxConcurrent, look, () => Promise.resolve(there.size === 0));
    if (there.size > 0) return;
    const [failure] = failures;
    if (failure === undefined) throw notOnThisServer(first, host, this.hostBefore);
    throw new InfluxTokenError(`${this.declared.shard}: ${messageOf(failure.error)}`);
  }

  /** Tokens that an earlier run was to end, and did, need no mention any more. */
  private async forgetEnded(): Promise<void> {
    const lookups = this.retired.map(async (token) => {
      try {
        const found = await this.tokens.lookUp(token.id, this.declared.connection, this.declared.host);
        const isOff = token.deactivate && found.kind === "found" && found.authorization.status === "inactive";
        return found.kind === "gone" || isOff ? [] : [token];
      } catch {
        // It is not certain, so it is still to end.
        return [token];
      }
    });
    this.retired = (await Promise.all(lookups)).flat();
  }

  private untried(why: string): InfluxTokenError {
    return new InfluxTokenError(`${this.declared.shard}: nothing was tried: ${why}: run again`);
  }

  private problem(
    failures: readonly { readonly item: MemberStep; readonly error: unknown }[],
    left: readonly MemberStep[],
    ended: readonly { readonly error: unknown }[],
  ): string | undefined {
    const { shard, members } = this.declared;
    const count = Object.keys(members).length;
    const missing = Object.keys(members).filter((name) => !this.made.has(name)).length;
    if (failures.length + left.length > 0) {
      const [first] = failures;
      const more = left.length > 0 ? `, ${left.length} were not tried` : "";
      const why =
        first === undefined
          ? "the run was interrupted"
          : `${quoted(first.item.name)}: ${messageOf(first.error)}`;
      const without = missing > 0 ? `, ${missing} without a token yet` : "";
      return `${shard}: ${failures.length} of the changes of ${count} members failed${more}${without} (run again to go on): ${why}`;
    }
    const [first] = ended;
    if (first === undefined) return undefined;
    return `${shard}: ${ended.length} tokens whose time is over could not be deleted: run again: ${messageOf(first.error)}`;
  }
}

function descriptionOf({ description }: { readonly description?: unknown }): string {
  return typeof description === "string" ? description : "";
}

function retiredOf(member: string, { id, spec }: MemberToken): RetiredToken {
  return { id, member, deactivate: spec.deactivateOnDelete === true };
}

function unknownTokens(shard: string, tokens: readonly Authorization[], host: string): string {
  const ids = tokens.map(({ id }) => id);
  return `${shard}: ${host} has ${tokens.length} tokens with descriptions of its members that this stack's state does not know: left by a run that was killed, or another stack's of the same name. If nobody uses them: for id in ${ids.slice(0, MAX_IDS).join(" ")}; do influx auth delete --id $id; done${ids.length > MAX_IDS ? ` (and ${ids.length - MAX_IDS} more: influx auth list)` : ""}`;
}

function some(ids: readonly string[]): string {
  const shown = ids.slice(0, 3).join(", ");
  return ids.length > 3 ? `${shown} and ${ids.length - 3} more` : shown;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? printable(error.message, 2_000) : String(error);
}
