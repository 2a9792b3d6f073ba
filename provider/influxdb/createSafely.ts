import { setTimeout as pause } from "node:timers/promises";
import { ForeignAnswerError, InfluxTokenError, isUncertain, mayPass, ServerError } from "../errors";
import { toldToken } from "../toldToken";
import type { Authorization, NewAuthorization } from "../types";
import { Asked, type Format } from "./asked";
import { createAuthorization, deleteAuthorization, described } from "./authorizations";
import type { InfluxClient } from "./client";
import { isMadeSince, lookForMade } from "./lookForMade";
import { Pending } from "./pending";

/** A token that was made, and what is to be said of it. */
export interface Created {
  readonly authorization: Authorization;
  /** How it differs from what was asked for, where that does no harm. */
  readonly warnings: readonly string[];
}

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

/** A success that tells of another token than was asked for: this one changed on the way, or somebody else's. */
class OtherTokenError extends ForeignAnswerError {
  constructor(readonly told: Authorization) {
    super("cannot create the token: the answer tells of another token: does a proxy mix up answers?");
  }
}

/** Before the first repetition: milliseconds. Doubled for each further one. */
const FIRST_DELAY_MS = 200;

/**
 * Makes a token exactly once, also where the answer never comes: POST is never repeated blindly. What the request may
 * have made is looked for first; a token found is taken where the server still tells it, and is deleted and made anew
 * where it does not. A token that differs from what was asked for is taken only where its rights do not.
 *
 * @param format writes a permission, for comparing.
 * @param isAbandoned tells whether nobody is left to record the token: then it is deleted again.
 * @throws {InfluxTokenError} when the outcome stays unknown; the message says what to look for.
 * @throws {UntoldTokenError} when a token was made that is neither told nor can be deleted.
 */
export async function createSafely(
  client: InfluxClient,
  body: NewAuthorization,
  format: Format,
  isAbandoned: () => Promise<boolean>,
): Promise<Created> {
  if (await isAbandoned()) {
    throw new InfluxTokenError(`did not create the token${described(body)}: the run was interrupted`);
  }
  const pending = new Pending(client.host, new Asked(body, format));
  const made = await pending.run(() => createOnce(client, pending));
  if (!(await isAbandoned())) return made;
  const why = `the run was interrupted after ${client.host} made the token ${made.authorization.id}`;
  await discard(client, made.authorization, why);
  throw new InfluxTokenError(`${why}: it was deleted again, for nobody would have recorded it`);
}

async function createOnce(client: InfluxClient, pending: Pending): Promise<Created> {
  for (let attempt = 0; ; attempt += 1) {
    const since = Date.now();
    try {
      return await pending.send(() => create(client, pending, since));
    } catch (error) {
      if (!isUncertain(error)) throw error;
      const told = error instanceof OtherTokenError ? error.told : undefined;
      if (told !== undefined) pending.keepForOthers(told);
      const found = await pending.settle(async () => {
        const made = await lookForMade(client, pending, { since, told, reason: error });
        return made && (await take(client, pending, made));
      });
      if (found !== undefined) return found;
      if (attempt >= client.retries) throw error;
      await wait(client, attempt, error);
    }
  }
}

async function create(client: InfluxClient, pending: Pending, since: number): Promise<Created> {
  const made = await createAuthorization(client, pending.asked.body);
  // A proxy that answers twice gives one request's answer to the next one as well.
  if (pending.isSettled(made)) throw new OtherTokenError(made);
  const { asked } = pending;
  if (!asked.isExactly(made)) {
    const isOurs =
      asked.hasRightsOf(made) &&
      asked.isTrimmedIn(made) &&
      isMadeSince(client, made, since) === "yes" &&
      !pending.isAnothers(made);
    if (!isOurs) throw new OtherTokenError(made);
  }
  const created = await take(client, pending, made);
  if (created !== undefined) return created;
  throw new InfluxTokenError(
    `${client.host} made the token ${made.id} but did not tell it, and it was deleted again: does a proxy change the server's answers?`,
  );
}

/** Settles what a create made: gives it where it can be recorded, or nothing where it was deleted to be made anew. */
async function take(
  client: InfluxClient,
  pending: Pending,
  made: Authorization,
): Promise<Created | undefined> {
  const { host } = client;
  const { asked } = pending;
  pending.take(made);
  if (!asked.hasRightsOf(made)) {
    const why = `${host} made the token ${made.id} ${asked.differenceOf(made)}`;
    await discard(client, { ...made, token: "" }, why);
    throw new InfluxTokenError(
      `${why}: it was deleted again: does something between here and there change requests?`,
    );
  }
  if (toldToken(made) === undefined) {
    await discard(client, made, `${host} made the token ${made.id} but did not tell it`);
    return undefined;
  }
  const warnings = asked.isExactly(made)
    ? []
    : [
        `${host} made the token ${made.id} ${asked.differenceOf(made)}: does something between here and there change requests?`,
      ];
  return { authorization: made, warnings };
}

/** Gives way to what is busy, and for at least as long as it asks for. */
async function wait({ timeoutMs }: InfluxClient, attempt: number, error: unknown): Promise<void> {
  const asked = error instanceof ServerError ? error.retryAfterMs : 0;
  if (asked > timeoutMs) throw error;
  await pause(Math.max(asked, delayOf(attempt)));
}

function delayOf(attempt: number): number {
  return FIRST_DELAY_MS * 2 ** attempt * (1 + Math.random() / 5);
}

/** Deletes a token that nobody will ever know. */
async function discard(client: InfluxClient, made: Authorization, why: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await deleteAuthorization(client, made.id);
      return;
    } catch (error) {
      if (mayPass(error) && attempt < client.retries) {
        await pause(delayOf(attempt));
        continue;
      }
      const message = error instanceof Error ? error.message : String(error);
      throw new UntoldTokenError(`${why}, and it could not be deleted: ${message}`, made);
    }
  }
}
