import { randomUUID } from "node:crypto";
import type { Imported } from "./importing";
import {
  type Checked,
  type Life,
  type Lifecycle,
  type Recorded,
  RecordedStepError,
  UnwantedTokenError,
} from "./lifecycle";
import type { Change } from "./token/changes";
import type { InfluxTokenInputs, OldInputs } from "./token/inputs";
import { adoptsAnotherThanFirst, firstTaken, notOnThisServer, rotationUndone } from "./token/messages";
import {
  adoptsAnotherToken,
  asksForRotation,
  changedState,
  firstState,
  generationFailure,
  goneState,
  type IdentifiedToken,
  importedFirst,
  isAnotherGeneration,
  leftoversOf,
  newestOf,
  nextTokenInputs,
  previousDiffers,
  previousOf,
  rotatedPreview,
  rotatedState,
  type RotatingInputs,
  type RotatingState,
  saidBefore,
  takesGeneration,
  tokenInputsOf,
  tokenStateOf,
  withLeftovers,
  withPrevious,
} from "./token/rotating";
import { requireKnownFormat, withReadInputs } from "./token/state";
import type { ConnectionInputs } from "./types";

/** A rotating token, as a stack records it. */
export interface RecordedRotation {
  readonly id: string;
  readonly state: RotatingState;
}

/** A step failed after it changed something: what there is now is to be recorded all the same. */
export class PartialRotationError extends RecordedStepError {
  override readonly name = "PartialRotationError";
}

/** What has to happen for a rotating token to become what is declared. */
export interface RotatingChange extends Change {
  /** Why a new token is made; none: nothing rotates. */
  readonly reasons: readonly string[];
}

/**
 * The life of rotating tokens during one run: a newest token and the one before it, each with the {@link Lifecycle} of any
 * token. Clients that hold the one before go on working until the next rotation.
 */
export class RotatingLifecycle implements Life {
  /** @param isInterrupted whether nobody is left to record what is made now. */
  constructor(
    private readonly tokens: Lifecycle,
    private readonly isInterrupted: () => Promise<boolean>,
  ) {}

  /** Validates inputs and adds what follows from them, as for any token. */
  async check(
    olds: OldInputs,
    { generation, ...news }: Readonly<Record<string, unknown>>,
    isNew: boolean,
  ): Promise<Checked> {
    const checked = await this.tokens.check(olds, news, isNew);
    const isGiven = generation !== undefined && generation !== null;
    const failure = isGiven ? generationFailure(generation) : undefined;
    const inputs = isGiven ? { ...checked.inputs, generation } : checked.inputs;
    const failures = failure ? [...checked.failures, failure] : checked.failures;
    if (isNew || failures.length > 0 || !asksForRotation(olds, inputs)) return { inputs, failures };
    // The engine checks no second time, as it does before it replaces.
    return { inputs, failures: await this.tokens.preflightOfNext(nextTokenInputs(inputs)) };
  }

  /** What has to happen. Sends nothing, and never asks for a replacement: a rotation is a change in place. */
  diff(state: RotatingState, declared: RotatingInputs): RotatingChange {
    requireKnownFormat(state);
    const { changes, replaces } = this.tokens.diff(tokenStateOf(state), tokenInputsOf(declared, state));
    const reasons = [...replaces, ...(isAnotherGeneration(state, declared) ? ["generation"] : [])];
    const isPending =
      previousDiffers(state, declared) || leftoversOf(state).length > 0 || takesGeneration(state, declared);
    return { changes: changes || reasons.length > 0 || isPending, replaces: [], reasons };
  }

  /**
   * Refuses a change that would lose a token, so that a preview says it. Sends nothing.
   *
   * @param change what {@link diff} found.
   * @throws {OwnTokenError} where it would end the very token that this run authenticates with.
   * @throws {InfluxTokenError} where it would adopt another token.
   */
  assertPlan(
    _id: string,
    state: RotatingState,
    declared: RotatingInputs,
    { changes, reasons }: RotatingChange,
  ): void {
    const another = adoptsAnotherToken(state, declared);
    if (another !== undefined) throw adoptsAnotherThanFirst(state.__adopted, another);
    const inputs = tokenInputsOf(declared, state);
    const [newest, previous] = [newestOf(state), previousOf(state)];
    if (newest && takesGeneration(state, declared)) this.tokens.warn(firstTaken(newest.id, "generation"));
    // A rotation keeps the newest, and deletes the one before.
    if (newest) this.tokens.assertPlan(newest.id, newest.state, inputs, { changes, replaces: [] });
    if (previous) {
      const replaces = newest ? [...reasons] : [];
      this.tokens.assertPlan(previous.id, previous.state, inputs, { changes, replaces });
    }
  }

  /** @throws {PartialRotationError} where a token exists that is to be recorded all the same. */
  async create(inputs: RotatingInputs): Promise<RecordedRotation> {
    const asFirst = (made: Recorded): RecordedRotation => ({
      id: randomUUID(),
      state: firstState(made, inputs),
    });
    try {
      return asFirst(await this.tokens.create(tokenInputsOf(inputs, undefined)));
    } catch (error) {
      if (!(error instanceof UnwantedTokenError)) throw error;
      throw new PartialRotationError(error.message, asFirst(error.recorded));
    }
  }

  /**
   * A token that was made by other means, as the first of a rotating one: as {@link Lifecycle.importToken}. The id of the
   * rotating token is that of the authorization, and stays so.
   */
  async importToken(id: string): Promise<Imported<RotatingState> | undefined> {
    const imported = await this.tokens.importToken(id);
    return imported && { ...imported, state: importedFirst(imported, imported.state) };
  }

  /** Both tokens as the server has them; `undefined` where nothing is left of them. */
  async read(
    _id: string,
    state: RotatingState,
  ): Promise<{ state: RotatingState; inputs: RotatingInputs } | undefined> {
    requireKnownFormat(state);
    const newest = newestOf(state);
    const previous = previousOf(state);
    const [found, before] = await Promise.all([
      newest && this.tokens.read(newest.id, newest.state),
      previous && this.tokens.lookUp(previous.id, state.connection, state.host),
    ]);
    if (previous && newest === undefined && before?.kind === "gone")
      this.tokens.assertServerOf(previous.id, previous.state);
    const isPreviousThere = before !== undefined && before.kind !== "gone";
    if (found === undefined && !isPreviousThere && leftoversOf(state).length === 0) return undefined;
    const read = found ?? withReadInputs(tokenStateOf(goneState(state)));
    const now = found === undefined ? goneState(state) : changedState(state, read.state, state);
    // Whoever switched it off had a reason. That it works although it is to be switched off, is to be mended.
    const isOn = before?.kind === "found" && before.authorization.status === "active";
    const isToMend = isOn && state.__previous?.status === "inactive";
    return {
      state: isToMend ? withPrevious(now, { ...state.__previous, status: "active" }) : now,
      inputs: { ...read.inputs, ...saidBefore(state) },
    };
  }

  preview(state: RotatingState, declared: RotatingInputs): RotatingState {
    const inputs = tokenInputsOf(declared, state);
    const newest = newestOf(state);
    const next = newest ? this.tokens.preview(newest.state, inputs) : state;
    const isRotated = this.diff(state, declared).reasons.length > 0;
    return isRotated ? rotatedPreview(state, next, declared) : changedState(state, next, declared);
  }

  /**
   * Rotates, at most once, or changes in place: whatever is asked for.
   *
   * @throws {PartialRotationError} where a step failed after another had changed something.
   */
  async update(id: string, state: RotatingState, declared: RotatingInputs): Promise<RotatingState> {
    const inputs = tokenInputsOf(declared, state);
    const { reasons } = this.diff(state, declared);
    const steps = new Steps(id);
    if (reasons.length > 0) await this.rotate(steps, state, declared, inputs);
    else {
      const newest = newestOf(state);
      const token = newest ? await this.tokens.update(newest.id, newest.state, inputs) : state;
      steps.now = changedState(state, token, declared);
    }
    await steps.go(() => this.changePrevious(steps, inputs, declared));
    for (const { id: leftover } of leftoversOf(steps.now)) {
      await steps.go(() => this.deleteLeftover(steps, leftover, inputs.connection, state));
    }
    if (reasons.length > 0 && (await this.isInterrupted())) await this.undo(steps, inputs.connection);
    steps.end();
    return steps.now;
  }

  /** Deletes every token of it. One that is gone already is deleted. */
  async delete(_id: string, state: RotatingState, connection: ConnectionInputs | undefined): Promise<void> {
    requireKnownFormat(state);
    const all = [...leftoversOf(state), previousOf(state), newestOf(state)].filter(
      (token) => token !== undefined,
    );
    // All or none: a token that stays by itself would be of no use to its clients after the next rotation.
    for (const token of all) this.tokens.assertDeletable(token.id, token.state, connection);
    const results = await Promise.allSettled(
      all.map((token) => this.tokens.delete(token.id, token.state, connection)),
    );
    // What could not be deleted is tried again with all of them: the state has no other place for it.
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  /** Of a rotating token that no state holds, only the one token is known. */
  deleteUnrecorded(id: string): Promise<void> {
    return this.tokens.deleteUnrecorded(id);
  }

  /** Makes the new token. What is to be deleted after it is among the leftovers then. */
  private async rotate(
    steps: Steps,
    state: RotatingState,
    declared: RotatingInputs,
    inputs: InfluxTokenInputs,
  ): Promise<void> {
    const current = await this.beforeRotation(state, inputs);
    const { previousAuthorizationId, authorizationId, __leftovers = [] } = state;
    const others = [previousAuthorizationId, authorizationId, ...__leftovers];
    try {
      const made = await this.tokens.create(
        inputs,
        others.filter((other) => other !== undefined),
      );
      const { state: rotated, doomed } = rotatedState(current, made, declared);
      steps.now = withLeftovers(rotated, doomed);
    } catch (error) {
      if (!(error instanceof UnwantedTokenError)) throw error;
      // Clients have never seen it: what there was stays what there is.
      const left = withLeftovers(state, [...__leftovers, error.recorded.id]);
      throw new PartialRotationError(error.message, { id: steps.id, state: left });
    }
  }

  /**
   * What there is before a rotation. Clients cannot hold a newest token that somebody deleted: the one before it stays.
   *
   * @throws {InfluxTokenError} where the tokens are on another server: a token here and the one before there would be no
   *   overlap, and an address is changed by itself.
   * @throws {OwnTokenError} where the rotation would delete the token that this run authenticates with. Which one that is
   *   can be known only now, after a request.
   */
  private async beforeRotation(
    state: RotatingState,
    { host, connection }: InfluxTokenInputs,
  ): Promise<RotatingState> {
    const [newest, previous] = [newestOf(state), previousOf(state)];
    const known = newest ?? previous;
    if (known === undefined || (newest === undefined && host === state.host)) return state;
    const { kind } = await this.tokens.lookUp(known.id, connection, host);
    if (kind === "gone" && host !== state.host) throw notOnThisServer(known.id, host, state.host);
    if (kind === "gone") return goneState(state);
    if (newest && previous)
      this.tokens.assertOther(`delete the token ${previous.id}`, previous.state.token, connection, host);
    return state;
  }

  /** Says to the server of the token before what is said of the newest: that it is inactive, too. */
  private async changePrevious(
    steps: Steps,
    inputs: InfluxTokenInputs,
    declared: RotatingInputs,
  ): Promise<void> {
    const previous = previousOf(steps.now);
    if (previous === undefined || !previousDiffers(steps.now, declared)) return;
    const { kind } = await this.tokens.lookUp(previous.id, inputs.connection, steps.now.host);
    if (kind !== "gone") await this.tokens.update(previous.id, previous.state, inputs);
    steps.now = withPrevious(steps.now, declared);
  }

  private async deleteLeftover(
    steps: Steps,
    id: string,
    connection: ConnectionInputs | undefined,
    before: RotatingState,
  ): Promise<void> {
    const left = leftoversOf(steps.now);
    const token = left.find((each) => each.id === id);
    // Whether it is switched off in place of that counts from the state, as for any token.
    const deactivateOnDelete = before.deactivateOnDelete === true;
    if (token !== undefined) {
      await this.tokens.delete(id, { ...token.state, deactivateOnDelete }, connection);
    }
    steps.now = withLeftovers(
      steps.now,
      left.map((each) => each.id).filter((other) => other !== id),
    );
  }

  /** Nobody would record the new token: the state that stays is the one before, in which it does not exist. */
  private async undo(steps: Steps, connection: ConnectionInputs | undefined): Promise<never> {
    const { id, state } = newestOf(steps.now) as IdentifiedToken;
    try {
      // Nobody has seen it: to switch it off would leave it behind for nothing.
      await this.tokens.delete(id, { ...state, deactivateOnDelete: false }, connection);
    } catch (error) {
      throw steps.recorded(error);
    }
    throw rotationUndone(id, state.host);
  }
}

/** Steps of which each may fail, and what there is after them. */
class Steps {
  private current: RotatingState | undefined;
  private failure: unknown;

  constructor(readonly id: string) {}

  get now(): RotatingState {
    if (this.current === undefined) throw new Error("nothing was done yet");
    return this.current;
  }

  set now(state: RotatingState) {
    this.current = state;
  }

  /** A failure is told at the end: the steps after it do not depend on it. */
  async go(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.failure ??= error;
    }
  }

  /** @throws {PartialRotationError} where one failed. */
  end(): void {
    if (this.failure !== undefined) throw this.recorded(this.failure);
  }

  /** The error, with what there is after it. */
  recorded(error: unknown): PartialRotationError {
    const message = error instanceof Error ? error.message : String(error);
    return new PartialRotationError(message, { id: this.id, state: this.now });
  }
}
