import { setTimeout as pause } from "node:timers/promises";
import { ForeignAnswerError, InfluxTokenError, isUncertain, mayPass } from "../errors";
import { toldToken } from "../toldToken";
import type { Authorization, NewAuthorization, Permission } from "../types";
import { createAuthorization, deleteAuthorization, described, listAuthorizations } from "./authorizations";
import type { InfluxClient } from "./client";
import { directoryOf } from "./directory";

/** The server made a token that was never told, or that nobody wants any more, and that could not be deleted either. */
export class UntoldTokenError extends InfluxTokenError {
  override readonly name = "UntoldTokenError";

  constructor(
    message: string,
    readonly authorization: Authorization,
  ) {
    super(message);
  }
}

/** How the server's clock is told: by the second, in each answer. One more for the way of the answer. */
const CLOCK_SLACK_MS = 2_000;

/** Between two looks for a token whose answer was lost. */
const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 3_000;

/**
 * Creates of tokens that nobody could tell apart on the server: same organization, owner, permissions, description
 * and status. While one of them looks for what it made, no other may be under way, or it would take the other's.
 */
class Group {
  /** Requests under way; each settles without an error. */
  readonly sent = new Set<Promise<void>>();
  /** Creates whose outcome is not known yet. */
  uncertain = 0;
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

/** Tokens whose making is settled, by server and id: no later look may take them for its own. */
const settled = new Set<string>();

const keyOf = ({ host }: InfluxClient, { id }: Authorization): string => `${host} ${id}`;

/**
 * Makes a token exactly once, also where the answer never comes: POST is never repeated blindly. What the request may
 * have made is looked for first; a token found is taken where the server still tells it, and is deleted and made anew
 * where it does not.
 *
 * @param format writes a permission, for comparing.
 * @param isAbandoned tells whether nobody is left to record the token: then it is deleted again.
 * @throws {InfluxTokenError} when the outcome stays unknown; the message says what to look for.
 * @throws {UntoldTokenError} when a token was made that is neither told nor can be deleted.
 */
export async function createSafely(
  client: InfluxClient,
  body: NewAuthorization,
  format: (permission: Permission) => string,
  isAbandoned: () => Promise<boolean>,
): Promise<Authorization> {
  if (await isAbandoned()) {
    throw new InfluxTokenError(`did not create the token${described(body)}: the run was interrupted`);
  }
  const made = await createOnce(client, body, format);
  if (!(await isAbandoned())) return made;
  const why = `the run was interrupted after ${client.host} made the token ${made.id}`;
  await discard(client, made, why);
  throw new InfluxTokenError(`${why}: it was deleted again, for nobody would have recorded it`);
}

async function createOnce(
  client: InfluxClient,
  body: NewAuthorization,
  format: (permission: Permission) => string,
): Promise<Authorization> {
  const fingerprint = fingerprintOf(body, format);
  const key = JSON.stringify([client.host, body.userID, fingerprint]);
  let group = groups.get(key);
  if (group === undefined) {
    group = new Group();
    groups.set(key, group);
  }
  for (let attempt = 0; ; attempt += 1) {
    await group.open();
    const since = Date.now();
    const sent = create(client, body, (one) => sameToken(one, fingerprint, format));
    const ended = sent.then(
      () => undefined,
      () => undefined,
    );
    group.sent.add(ended);
    try {
      return await sent;
    } catch (error) {
      if (!isUncertain(error)) throw error;
      group.uncertain += 1;
      group.sent.delete(ended);
      const found = await lookFor(
        client,
        body,
        group,
        (one) => sameToken(one, fingerprint, format),
        since,
        error,
      );
      if (found !== undefined) return found;
      if (attempt >= client.retries) throw error;
    } finally {
      group.sent.delete(ended);
    }
  }
}

async function create(
  client: InfluxClient,
  body: NewAuthorization,
  isSame: (authorization: Authorization) => boolean,
): Promise<Authorization> {
  const made = await createAuthorization(client, body);
  // A proxy that answers twice gives one request's answer to the next one as well.
  if (settled.has(keyOf(client, made)) || !isSame(made)) {
    throw new ForeignAnswerError(
      "cannot create the token: the answer tells of another token: does a proxy mix up answers?",
    );
  }
  settled.add(keyOf(client, made));
  if (toldToken(made) !== undefined) return made;
  await discard(client, made, `${client.host} made the token ${made.id} but did not tell it`);
  throw new InfluxTokenError(
    `${client.host} made the token ${made.id} but did not tell it, and it was deleted again: does a proxy change the server's answers?`,
  );
}

/** Settles a create whose answer never came: gives its token, or nothing where there is none any more. */
async function lookFor(
  client: InfluxClient,
  body: NewAuthorization,
  group: Group,
  isSame: (authorization: Authorization) => boolean,
  since: number,
  reason: unknown,
): Promise<Authorization | undefined> {
  return group.alone(async () => {
    try {
      const begin = (): number => since + client.clockAheadMs - CLOCK_SLACK_MS;
      const listed = await listPatiently(client, body, reason);
      const candidates = listed.filter(
        (one) => !settled.has(keyOf(client, one)) && Date.parse(one.createdAt) >= begin() && isSame(one),
      );
      // As many as there are unsettled creates: each of them is one's own. One more, and somebody else made one.
      if (candidates.length > group.uncertain) {
        const ids = candidates.map(({ id }) => id).join(", ");
        throw new InfluxTokenError(
          `${messageOf(reason)}; it may have been made all the same, and ${candidates.length} tokens could be it: ${ids}: delete those that nobody uses, and run again`,
        );
      }
      const [found] = candidates;
      if (found === undefined) return undefined;
      settled.add(keyOf(client, found));
      if (toldToken(found) !== undefined) return found;
      await discard(
        client,
        found,
        `${client.host} made the token ${found.id}, but its answer that told it was lost`,
      );
      return undefined;
    } finally {
      group.uncertain -= 1;
    }
  });
}

/**
 * The look decides whether a token is lost, so it is not given up as other requests are: it goes on, however often it
 * fails, for as long as one request may take.
 */
async function listPatiently(
  client: InfluxClient,
  body: NewAuthorization,
  reason: unknown,
): Promise<Authorization[]> {
  const deadline = Date.now() + client.timeoutMs;
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(2 * delayMs, LONGEST_DELAY_MS)) {
    try {
      return await listAuthorizations(client, body.orgID, body.userID ?? (await callerOf(client)));
    } catch (error) {
      if (mayPass(error) && Date.now() + delayMs < deadline) {
        // Half of it by chance, so that those who fail together do not come again together.
        await pause(delayMs * (0.5 + Math.random() / 2));
        continue;
      }
      throw new InfluxTokenError(
        `${messageOf(reason)}; it may have been made all the same, and looking for it failed (${messageOf(error)}): look for a token${described(body)} made just now with \`influx auth list\` and delete it, before you run again`,
      );
    }
  }
}

/** Deletes a token that nobody will ever know. */
async function discard(client: InfluxClient, made: Authorization, why: string): Promise<void> {
  try {
    await deleteAuthorization(client, made.id);
  } catch (error) {
    throw new UntoldTokenError(`${why}, and it could not be deleted: ${messageOf(error)}`, made);
  }
}

async function callerOf(client: InfluxClient): Promise<string | undefined> {
  try {
    return await directoryOf(client).callerId();
  } catch {
    // Whoever may not read its own user sees the organization's tokens all the same.
    return undefined;
  }
}

function fingerprintOf(
  { orgID, description = "", status = "active", permissions }: Omit<NewAuthorization, "userID">,
  format: (permission: Permission) => string,
): string {
  return JSON.stringify([orgID, description, status, [...new Set(permissions.map(format))].sort()]);
}

function sameToken(
  authorization: Authorization,
  fingerprint: string,
  format: (permission: Permission) => string,
): boolean {
  return fingerprintOf(authorization, format) === fingerprint;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
