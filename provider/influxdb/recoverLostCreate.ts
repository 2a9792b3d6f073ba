import { setTimeout as pause } from "node:timers/promises";
import { InfluxTokenError, isTransient } from "../errors";
import { type Authorization, tokenValueIn } from "../types";
import { described, listAuthorizations, readAuthorization } from "./authorizations";
import type { InfluxClient } from "./client";
import type { PendingCreate } from "./pendingCreates";
import type { Session } from "./session";

/** The server's clock is known from the date of its answers, in whole seconds. One more for the way of the answer. */
const CLOCK_SLACK_MS = 2_000;

/** Between two looks for a token whose answer was lost. */
const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 3_000;

/** A request that may have made a token: its answer was lost, or cannot be its own. */
interface LostCreate {
  /** When it began, by this machine's clock. */
  readonly since: number;
  /** The token in the answer, where that is another one than was asked for. */
  readonly answered: Authorization | undefined;
  /** Why it is not known whether it did. */
  readonly reason: unknown;
}

/**
 * Whether a token is what a request may have made that began then. The server's clock is only known from the
 * date of its answers, and a proxy in front of it may write that: `perhaps` is what one clock says and not the other.
 */
export function createdSince(
  { clockAheadMs }: InfluxClient,
  { createdAt }: Authorization,
  since: number,
): "yes" | "perhaps" | "no" {
  const made = Date.parse(createdAt) - since + CLOCK_SLACK_MS;
  if (made >= Math.max(0, clockAheadMs)) return "yes";
  return made >= Math.min(0, clockAheadMs) ? "perhaps" : "no";
}

/**
 * Finds the token that such a request made, while no other request of its kind is in flight. Nothing: it made none.
 *
 * @throws {InfluxTokenError} where that cannot be decided; the message says what to look for.
 */
export async function recoverLostCreate(
  session: Session,
  pending: PendingCreate,
  { since, answered, reason }: LostCreate,
): Promise<Authorization | undefined> {
  const { client } = session;
  const { requested } = pending;
  const isCandidate = (one: Authorization): boolean =>
    !pending.isClaimed(one) && createdSince(client, one, since) === "yes";
  const isDoubtful = (one: Authorization): boolean =>
    !pending.isClaimed(one) && createdSince(client, one, since) === "perhaps";
  const withBackoff = <T>(look: () => Promise<T>): Promise<T> =>
    retryUntilDeadline(session, pending, reason, look);

  const listed = await withBackoff(() => listTokens(session, pending));
  const alike = listed.filter((one) => isCandidate(one) && requested.hasRightsOf(one));
  // What differs in its description only is a create's that asked for that, or one that was changed on the way.
  const isSurplus = ({ description }: Authorization): boolean =>
    alike.filter((one) => one.description === description).length > pending.countUncertain(description);
  const isOthers = (one: Authorization): boolean =>
    requested.hasRightsOf(one) ? !isSurplus(one) : pending.isRequestedByOther(one);
  const isChanged = (one: Authorization): boolean =>
    isCandidate(one) && !requested.isExactly(one) && requested.mayBecome(one) && !isOthers(one);
  const changed = listed.filter(isChanged);

  const doubtful = listed.filter((one) => isDoubtful(one) && requested.isExactly(one));
  if (doubtful.length > 0) throw ambiguous(reason, [...doubtful, ...changed]);
  const exact = alike.filter((one) => requested.isExactly(one)).map((one) => pending.withValue(one));
  // As many as there are uncertain creates: each of them is one's own. One more, and somebody else made one.
  if (exact.length > pending.countUncertain(requested.description))
    throw ambiguous(reason, [...exact, ...changed]);
  const ours = exact.find(({ id }) => id === answered?.id) ?? exact.find(tokenValueIn) ?? exact[0];
  if (ours !== undefined) return ours;

  if (answered === undefined) {
    if (changed.length > 0) throw ambiguous(reason, changed);
    if (listed.length === 0) await withBackoff(() => assertCanListTokens(session));
    return undefined;
  }

  const record = await withBackoff(() => readAuthorization(client, answered.id));
  if (record.kind === "gone") return undefined;
  const made = pending.withValue(record.kind === "found" ? record.authorization : answered);
  if (isDoubtful(made)) throw ambiguous(reason, [made]);
  if (!isCandidate(made)) return undefined;
  if (alike.some(({ id }) => id === made.id)) return isSurplus(made) ? made : undefined;
  // It may be what another create is about to recover, and is not to be deleted in its place.
  if (pending.isRequestedByOther(made)) throw ambiguous(reason, [made]);
  return made;
}

async function listTokens(session: Session, { requested }: PendingCreate): Promise<Authorization[]> {
  const { orgID, userID = await callerOf(session) } = requested.body;
  return listAuthorizations(session.client, { orgID, ...(userID !== undefined && { userID }) });
}

/** Whoever may not read tokens gets empty lists: one that proves anything shows at least the caller's own elsewhere. */
async function assertCanListTokens(session: Session): Promise<void> {
  const { client } = session;
  const userID = await callerOf(session);
  const own = userID === undefined ? [] : await listAuthorizations(client, { userID });
  if (own.length === 0) {
    throw new InfluxTokenError(`the token from ${client.tokenFrom} may not read tokens`);
  }
}

/**
 * The look decides whether a token is lost, so it is not given up as other requests are: it is retried, however often
 * it fails, for as long as one request may take.
 */
async function retryUntilDeadline<T>(
  { client, now }: Session,
  { requested }: PendingCreate,
  reason: unknown,
  look: () => Promise<T>,
): Promise<T> {
  const deadline = now() + client.timeoutMs;
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(2 * delayMs, LONGEST_DELAY_MS)) {
    try {
      return await look();
    } catch (error) {
      if (isTransient(error) && now() + delayMs < deadline) {
        // Half of it is jitter, so that those who fail together do not come again together.
        await pause(delayMs * (0.5 + Math.random() / 2));
        continue;
      }
      throw new InfluxTokenError(
        `${messageOf(reason)}; it may have been made all the same, and looking for it failed (${messageOf(error)}): look for a token${described(requested.body)} made just now with \`influx auth list\` and delete it, before you run again`,
      );
    }
  }
}

async function callerOf({ directory }: Session): Promise<string | undefined> {
  try {
    return await directory.callerId();
  } catch {
    // Whoever may not read its own user sees the organization's tokens all the same.
    return undefined;
  }
}

function ambiguous(reason: unknown, candidates: readonly Authorization[]): InfluxTokenError {
  const ids = candidates.map(({ id }) => id).join(", ");
  const could = candidates.length === 1 ? "one token" : `${candidates.length} tokens`;
  return new InfluxTokenError(
    `${messageOf(reason)}; it may have been made all the same, and ${could} could be it: ${ids}: delete those that nobody uses, and run again`,
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
