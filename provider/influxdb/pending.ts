import { isUncertain } from "../errors";
import { toldToken } from "../toldToken";
import type { Authorization } from "../types";
import type { Asked } from "./asked";

/**
 * Creates of tokens with the same organization, owner, permissions and status. While one of them looks for what it
 * made, no other may be under way, or it would take the other's.
 */
class Group {
  /** Requests under way; each settles without an error. */
  readonly sent = new Set<Promise<void>>();
  /** Creates whose outcome is not known yet. */
  readonly uncertain = new Set<Pending>();
  private turn: Promise<unknown> = Promise.resolve();

  /** Waits until nobody looks for what was made. */
  async open(): Promise<void> {
    let turn: Promise<unknown> | undefined;
    while (turn !== this.turn) {
      turn = this.turn;
      await turn;
    }
  }

  /** Looks for what was made, after everybody who looks already, with no request under way. */
  alone<T>(look: () => Promise<T>): Promise<T> {
    const result = this.turn.then(() => Promise.all(this.sent)).then(look);
    this.turn = result.catch(() => undefined);
    return result;
  }
}

const groups = new Map<string, Group>();

/** Creates that have not ended, of all servers. */
const pending = new Set<Pending>();

/** Tokens whose making is settled, by server and id: no later look may take them for its own. */
const settled = new Set<string>();

/** Tokens of which answers told that were given to another request, by the same. */
const toldToOthers = new Map<string, string>();

const keyOf = (host: string, { id }: Authorization): string => `${host} ${id}`;

/** One create, from its begin to its end. */
export class Pending {
  private readonly group: Group;

  constructor(
    private readonly host: string,
    readonly asked: Asked,
  ) {
    const key = JSON.stringify([host, asked.body.userID, asked.rights]);
    this.group = groups.get(key) ?? new Group();
    groups.set(key, this.group);
  }

  async run<T>(create: () => Promise<T>): Promise<T> {
    pending.add(this);
    try {
      return await create();
    } finally {
      pending.delete(this);
    }
  }

  /** Sends the request, as soon as nobody looks for what such a request made. */
  async send<T>(request: () => Promise<T>): Promise<T> {
    await this.group.open();
    const sent = request();
    const ended = sent.then(
      () => undefined,
      () => undefined,
    );
    this.group.sent.add(ended);
    try {
      return await sent;
    } catch (error) {
      if (isUncertain(error)) this.group.uncertain.add(this);
      throw error;
    } finally {
      this.group.sent.delete(ended);
    }
  }

  /** Finds out what the request made, while no such request is under way. */
  settle<T>(look: () => Promise<T>): Promise<T> {
    return this.group.alone(async () => {
      try {
        return await look();
      } finally {
        this.group.uncertain.delete(this);
      }
    });
  }

  isSettled(made: Authorization): boolean {
    return settled.has(keyOf(this.host, made));
  }

  /** Nobody else may take it from now on. */
  take(made: Authorization): void {
    settled.add(keyOf(this.host, made));
    toldToOthers.delete(keyOf(this.host, made));
  }

  /** Keeps what the answer to this create told of another's token: nobody else may ever hear of it. */
  keepForOthers(made: Authorization): void {
    const token = toldToken(made);
    if (token !== undefined && !this.isSettled(made)) toldToOthers.set(keyOf(this.host, made), token);
  }

  /** The token, where any answer told it. */
  withToken(made: Authorization): Authorization {
    const token = toldToken(made) ?? toldToOthers.get(keyOf(this.host, made));
    return token === undefined ? made : { ...made, token };
  }

  /** Whether it is what another create that has not ended asks for. */
  isAnothers(made: Authorization): boolean {
    return [...pending].some(
      (other) => other !== this && other.host === this.host && other.asked.isExactly(made),
    );
  }

  /** How many creates of the group do not know yet whether they made a token with this description. */
  uncertainOf(description: string): number {
    return [...this.group.uncertain].filter(({ asked }) => asked.description === description).length;
  }
}
