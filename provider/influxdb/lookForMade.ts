import { setTimeout as pause } from "node:timers/promises";
import { InfluxTokenError, mayPass } from "../errors";
import { toldToken } from "../toldToken";
import type { Authorization } from "../types";
import { described, listAuthorizations, readAuthorization } from "./authorizations";
import type { InfluxClient } from "./client";
import { directoryOf } from "./directory";
import type { Pending } from "./pending";

/** How the server's clock is told: by the second, in each answer. One more for the way of the answer. */
const CLOCK_SLACK_MS = 2_000;

/** Between two looks for a token whose answer was lost. */
const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 3_000;

/** A request that makes a token, and of which nobody knows whether it did. */
interface Open {
  /** When it began, by this machine's clock. */
  readonly since: number;
  /** The token of which the answer told, where that is another one than was asked for. */
  readonly told: Authorization | undefined;
  /** Why nobody knows. */
  readonly reason: unknown;
}

/**
 * Whether a token is what a request may have made that began then. Which clock the server goes by is only told by the
 * date of its answers, and what stands in front of it may write that: `perhaps` is what one clock says and not the other.
 */
export function isMadeSince(
  { clockAheadMs }: InfluxClient,
  { createdAt }: Authorization,
  since: number,
): "yes" | "perhaps" | "no" {
  const made = Date.parse(createdAt) - since + CLOCK_SLACK_MS;
  if (made >= Math.max(0, clockAheadMs)) return "yes";
  return made >= Math.min(0, clockAheadMs) ? "perhaps" : "no";
}

/**
 * Finds the token that such a request made, while no other request of its kind is under way. Nothing: it made none.
 *
 * @throws {InfluxTokenError} where that cannot be told; the message says what to look for.
 */
export async function lookForMade(
  client: InfluxClient,
  pending: Pending,
  open: Open,
): Promise<Authorization | undefined> {
  const { asked } = pending;
  const { since, told, reason } = open;
  const isCandidate = (one: Authorization): boolean =>
    !pending.isSettled(one) && isMadeSince(client, one, since) === "yes";
  const patiently = <T>(look: () => Promise<T>): Promise<T> => insist(client, pending, reason, look);

  const listed = await patiently(() => listTokens(client, pending));
  const doubtful = listed.filter(
    (one) => !pending.isSettled(one) && isMadeSince(client, one, since) === "perhaps" && asked.isExactly(one),
  );
  if (doubtful.length > 0) throw ambiguous(reason, doubtful);
  const alike = listed.filter((one) => isCandidate(one) && asked.hasRightsOf(one));
  const exact = alike
    .filter(({ description }) => description === asked.description)
    .map((one) => pending.withToken(one));
  // As many as there are unsettled creates: each of them is one's own. One more, and somebody else made one.
  if (exact.length > pending.uncertainOf(asked.description)) throw ambiguous(reason, exact);
  const ours = exact.find(({ id }) => id === told?.id) ?? exact.find(toldToken) ?? exact[0];
  if (ours !== undefined) return ours;

  // What differs in its description only is a create's that asked for that, or one that was changed on the way.
  const isSurplus = ({ description }: Authorization): boolean =>
    alike.filter((one) => one.description === description).length > pending.uncertainOf(description);
  if (told === undefined) {
    const isAnothers = (one: Authorization): boolean =>
      asked.hasRightsOf(one) ? !isSurplus(one) : pending.isAnothers(one);
    const perhaps = listed.filter((one) => isCandidate(one) && asked.mayBecome(one) && !isAnothers(one));
    if (perhaps.length > 0) throw ambiguous(reason, perhaps);
    if (listed.length === 0) await patiently(() => expectSight(client));
    return undefined;
  }

  const record = await patiently(() => readAuthorization(client, told.id));
  if (record.kind === "gone") return undefined;
  const made = pending.withToken(record.kind === "found" ? record.authorization : told);
  if (!pending.isSettled(made) && isMadeSince(client, made, since) === "perhaps") {
    throw ambiguous(reason, [made]);
  }
  if (!isCandidate(made)) return undefined;
  if (alike.some(({ id }) => id === made.id)) return isSurplus(made) ? made : undefined;
  // It may be what another create is about to settle, and is not to be deleted in its place.
  if (pending.isAnothers(made)) throw ambiguous(reason, [made]);
  return made;
}

async function listTokens(client: InfluxClient, { asked }: Pending): Promise<Authorization[]> {
  const { orgID, userID = await callerOf(client) } = asked.body;
  return listAuthorizations(client, { orgID, ...(userID !== undefined && { userID }) });
}

/** Whoever may not read tokens gets empty lists: one that proves anything shows at least the caller's own elsewhere. */
async function expectSight(client: InfluxClient): Promise<void> {
  const userID = await callerOf(client);
  const own = userID === undefined ? [] : await listAuthorizations(client, { userID });
  if (own.length === 0) {
    throw new InfluxTokenError(`the token from ${client.tokenFrom} may not read tokens`);
  }
}

/**
 * The look decides whether a token is lost, so it is not given up as other requests are: it goes on, however often it
 * fails, for as long as one request may take.
 */
async function insist<T>(
  client: InfluxClient,
  { asked }: Pending,
  reason: unknown,
  look: () => Promise<T>,
): Promise<T> {
  const deadline = Date.now() + client.timeoutMs;
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(2 * delayMs, LONGEST_DELAY_MS)) {
    try {
      return await look();
    } catch (error) {
      if (mayPass(error) && Date.now() + delayMs < deadline) {
        // Half of it by chance, so that those who fail together do not come again together.
        await pause(delayMs * (0.5 + Math.random() / 2));
        continue;
      }
      throw new InfluxTokenError(
        `${messageOf(reason)}; it may have been made all the same, and looking for it failed (${messageOf(error)}): look for a token${described(asked.body)} made just now with \`influx auth list\` and delete it, before you run again`,
      );
    }
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
