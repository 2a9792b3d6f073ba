import { setTimeout as pause } from "node:timers/promises";
import {
  ForeignAnswerError,
  InfluxTokenError,
  isTransient,
  mayHaveTakenEffect,
  ServerError,
} from "../errors";
import { type Authorization, type NewAuthorization, tokenValueIn } from "../types";
import { createAuthorization, deleteAuthorization, described } from "./authorizations";
import type { InfluxClient } from "./client";
import type { PendingCreate } from "./pendingCreates";
import { createdSince, recoverLostCreate } from "./recoverLostCreate";
import { type Format, RequestedToken } from "./requestedToken";
import type { Session } from "./session";

/** A token that was made, and what is to be said of it. */
export interface Created {
  readonly authorization: Authorization;
  /** How it differs from what was asked for, where that does no harm. */
  readonly warnings: readonly string[];
}

/** A token was made whose value is lost, or that nobody would record, and it could not be deleted again. */
export class UndeletedTokenError extends InfluxTokenError {
  override readonly name = "UndeletedTokenError";

  constructor(
    message: string,
    readonly authorization: Authorization,
  ) {
    super(message);
  }
}

/** A success with another token than was asked for: this one changed on the way, or somebody else's. */
class DifferentTokenError extends ForeignAnswerError {
  constructor(readonly answered: Authorization) {
    super("cannot create the token: the answer tells of another token: does a proxy mix up answers?");
  }
}

/** Before the first retry: milliseconds. Doubled for each further one. */
const FIRST_DELAY_MS = 200;

/**
 * Makes a token exactly once, also where the answer is lost: POST is not idempotent, so it is never retried blindly.
 * What the request may have made is looked for first; a token found is taken where its value is still known, and is
 * deleted and made anew where it is not. A token that differs from what was asked for is taken only where its rights
 * do not.
 *
 * @param format writes a permission, for comparing.
 * @param isInterrupted whether nobody is left to record the token: then it is deleted again.
 * @throws {InfluxTokenError} when the outcome stays unknown; the message says what to look for.
 * @throws {UndeletedTokenError} when a token was made that can be neither used nor deleted.
 */
export async function createSafely(
  session: Session,
  body: NewAuthorization,
  format: Format,
  isInterrupted: () => Promise<boolean>,
): Promise<Created> {
  const { client, creates } = session;
  if (await isInterrupted()) {
    throw new InfluxTokenError(`did not create the token${described(body)}: the run was interrupted`);
  }
  const requested = new RequestedToken(body, format);
  const made = await creates.run(requested, (pending) => createOnce(session, pending));
  if (!(await isInterrupted())) return made;
  const why = `the run was interrupted after ${client.host} made the token ${made.authorization.id}`;
  await discard(client, made.authorization, why);
  throw new InfluxTokenError(`${why}: it was deleted again, for nobody would have recorded it`);
}

async function createOnce(session: Session, pending: PendingCreate): Promise<Created> {
  const { client, now } = session;
  for (let attempt = 0; ; attempt += 1) {
    const since = now();
    try {
      return await pending.send(() => create(client, pending, since));
    } catch (error) {
      if (!mayHaveTakenEffect(error)) throw error;
      const answered = error instanceof DifferentTokenError ? error.answered : undefined;
      if (answered !== undefined) pending.keepMisdirected(answered);
      const found = await pending.recover(async () => {
        const made = await recoverLostCreate(session, pending, { since, answered, reason: error });
        return made && (await take(client, pending, made));
      });
      if (found !== undefined) return found;
      if (attempt >= client.retries) throw error;
      await waitBeforeRetry(client, attempt, error);
    }
  }
}

async function create(client: InfluxClient, pending: PendingCreate, since: number): Promise<Created> {
  const { requested } = pending;
  const made = await createAuthorization(client, requested.body);
  // A proxy that answers twice gives one request's answer to the next one as well.
  if (pending.isClaimed(made)) throw new DifferentTokenError(made);
  if (!requested.isExactly(made)) {
    const isOurs =
      requested.hasRightsOf(made) &&
      requested.isTrimmedIn(made) &&
      createdSince(client, made, since) === "yes" &&
      !pending.isRequestedByOther(made);
    if (!isOurs) throw new DifferentTokenError(made);
  }
  const created = await take(client, pending, made);
  if (created !== undefined) return created;
  throw new InfluxTokenError(
    `${client.host} made the token ${made.id} but did not tell it, and it was deleted again: does a proxy change the server's answers?`,
  );
}

/** Takes what a create made. `undefined`: its value is lost, so it was deleted, to be made anew. */
async function take(
  client: InfluxClient,
  pending: PendingCreate,
  made: Authorization,
): Promise<Created | undefined> {
  const { host } = client;
  const { requested } = pending;
  pending.claim(made);
  if (!requested.hasRightsOf(made)) {
    const why = `${host} made the token ${made.id} ${requested.differenceOf(made)}`;
    await discard(client, { ...made, token: "" }, why);
    throw new InfluxTokenError(
      `${why}: it was deleted again: does something between here and there change requests?`,
    );
  }
  if (tokenValueIn(made) === undefined) {
    await discard(client, made, `${host} made the token ${made.id} but did not tell it`);
    return undefined;
  }
  const warnings = requested.isExactly(made)
    ? []
    : [
        `${host} made the token ${made.id} ${requested.differenceOf(made)}: does something between here and there change requests?`,
      ];
  return { authorization: made, warnings };
}

/** Backs off, and for at least as long as the server asks for. */
async function waitBeforeRetry({ timeoutMs }: InfluxClient, attempt: number, error: unknown): Promise<void> {
  const askedMs = error instanceof ServerError ? error.retryAfterMs : 0;
  if (askedMs > timeoutMs) throw error;
  await pause(Math.max(askedMs, backoffMs(attempt)));
}

function backoffMs(attempt: number): number {
  return FIRST_DELAY_MS * 2 ** attempt * (1 + Math.random() / 5);
}

/** Deletes a token that nobody can use. */
async function discard(client: InfluxClient, made: Authorization, why: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await deleteAuthorization(client, made.id);
      return;
    } catch (error) {
      if (isTransient(error) && attempt < client.retries) {
        await pause(backoffMs(attempt));
        continue;
      }
      const message = error instanceof Error ? error.message : String(error);
      throw new UndeletedTokenError(`${why}, and it could not be deleted: ${message}`, made);
    }
  }
}
