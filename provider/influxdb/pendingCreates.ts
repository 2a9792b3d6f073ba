import { mayHaveTakenEffect } from "../errors";
import { type Authorization, tokenValueIn } from "../types";
import type { RequestedToken } from "./requestedToken";

/**
 * The creates in flight at one server, and what is known of the tokens that they made. Whoever looks for the token of a
 * create whose answer was lost must not take another create's.
 */
export class PendingCreates {
  private readonly groups = new Map<string, CreateGroup>();
  private readonly unfinished = new Set<PendingCreate>();
  /** Ids of tokens that belong to a create: no later look may take them for its own. */
  private readonly claimed = new Set<string>();
  /** Ids of tokens that belong to nothing that is made here, as far as they are known by now. */
  recorded: ReadonlySet<string> = new Set();
  /** Values of tokens, by id, that came in the answer to another request. */
  private readonly misdirected = new Map<string, string>();

  /** Runs one create, from its first request to its end. */
  async run<T>(requested: RequestedToken, create: (pending: PendingCreate) => Promise<T>): Promise<T> {
    const pending = new PendingCreate(this, this.groupOf(requested), requested);
    this.unfinished.add(pending);
    try {
      return await create(pending);
    } finally {
      this.unfinished.delete(pending);
    }
  }

  isClaimed({ id }: Authorization): boolean {
    return this.claimed.has(id) || this.recorded.has(id);
  }

  claim({ id }: Pick<Authorization, "id">): void {
    this.claimed.add(id);
    this.misdirected.delete(id);
  }

  keepMisdirected(made: Authorization): void {
    const value = tokenValueIn(made);
    if (value !== undefined && !this.isClaimed(made)) this.misdirected.set(made.id, value);
  }

  /** With the token's value, where any answer held it. */
  withValue(made: Authorization): Authorization {
    const token = tokenValueIn(made) ?? this.misdirected.get(made.id);
    return token === undefined ? made : { ...made, token };
  }

  isRequestedByOther(than: PendingCreate, made: Authorization): boolean {
    return [...this.unfinished].some((other) => other !== than && other.requested.isExactly(made));
  }

  private groupOf({ body, rights }: RequestedToken): CreateGroup {
    const key = JSON.stringify([body.userID, rights]);
    const group = this.groups.get(key) ?? new CreateGroup();
    this.groups.set(key, group);
    return group;
  }
}

/**
 * Creates of tokens with the same organization, owner, permissions and status. While one of them recovers what a lost
 * request made, no other may be in flight, or it would take the other's: the race that this class is for.
 */
class CreateGroup {
  /** Requests in flight; each settles without an error. */
  readonly inFlight = new Set<Promise<void>>();
  /** Creates of which it is not known whether they made a token. */
  readonly uncertain = new Set<PendingCreate>();
  private recoveries: Promise<unknown> = Promise.resolve();

  /** Waits until no create of the group recovers. */
  async waitForRecovery(): Promise<void> {
    let seen: Promise<unknown> | undefined;
    while (seen !== this.recoveries) {
      seen = this.recoveries;
      await seen;
    }
  }

  /** Runs one recovery, after those that began before, with no request in flight. */
  runExclusive<T>(recover: () => Promise<T>): Promise<T> {
    const result = this.recoveries.then(() => Promise.all(this.inFlight)).then(recover);
    this.recoveries = result.catch(() => undefined);
    return result;
  }
}

/** One create, from its first request to its end. */
export class PendingCreate {
  constructor(
    private readonly all: PendingCreates,
    private readonly group: CreateGroup,
    readonly requested: RequestedToken,
  ) {}

  /** Sends the request, as soon as no create of the group recovers. */
  async send<T>(request: () => Promise<T>): Promise<T> {
    await this.group.waitForRecovery();
    const sent = request();
    const ended = sent.then(
      () => undefined,
      () => undefined,
    );
    this.group.inFlight.add(ended);
    try {
      return await sent;
    } catch (error) {
      if (mayHaveTakenEffect(error)) this.group.uncertain.add(this);
      throw error;
    } finally {
      this.group.inFlight.delete(ended);
    }
  }

  /** Finds out what the request made, while no such request is in flight. */
  recover<T>(look: () => Promise<T>): Promise<T> {
    return this.group.runExclusive(async () => {
      try {
        return await look();
      } finally {
        this.group.uncertain.delete(this);
      }
    });
  }

  /** Whether the token belongs to a create already. */
  isClaimed(made: Authorization): boolean {
    return this.all.isClaimed(made);
  }

  /** From now on no other create may take the token. */
  claim(made: Authorization): void {
    this.all.claim(made);
  }

  /** Keeps the value of another create's token that this one's answer held: no other answer may ever hold it. */
  keepMisdirected(made: Authorization): void {
    this.all.keepMisdirected(made);
  }

  /** With the token's value, where any answer held it. */
  withValue(made: Authorization): Authorization {
    return this.all.withValue(made);
  }

  /** Whether it is what another create that has not ended asks for. */
  isRequestedByOther(made: Authorization): boolean {
    return this.all.isRequestedByOther(this, made);
  }

  /** How many creates of the group do not know yet whether they made a token with this description. */
  countUncertain(description: string): number {
    return [...this.group.uncertain].filter(({ requested }) => requested.description === description).length;
  }
}
