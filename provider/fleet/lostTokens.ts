import type { Authorization } from "../types";
import { descriptionDigest, forMember } from "./memberNames";

/** The server's clock is known in whole seconds, and an answer takes its time. */
const SLACK_MS = 2_000;

/**
 * How long after its last word a killed run's last requests may have been served: milliseconds. Not longer: what a copy of
 * the stack makes of the same member later must not be taken for it. What a slow server makes later is named.
 */
const LAST_REQUEST_MS = 5_000;

/** What a run that was killed wrote down. */
interface Evidence {
  readonly since: number;
  readonly until: number;
  readonly made: ReadonlyMap<string, string>;
  readonly unanswered: ReadonlyMap<string, string>;
}

/** Tokens of a server that have the description of a member, and that no state knows. */
export interface LostTokens {
  /** Made for this very shard by a run that was killed: nobody else's. */
  readonly certain: readonly Authorization[];
  /** Perhaps another stack's with the same names. */
  readonly uncertain: readonly Authorization[];
}

/**
 * Finds what killed runs left. Pure.
 *
 * @param described members by the description of their token.
 * @param known ids of tokens that the state has.
 * @param evidence of a run that wrote it down; absent where there is none.
 * @param isOwn whether that run is over and began with this very state. What another one made is named only.
 * @param clockAheadMs how far the server's clock is ahead of this machine's.
 */
export function lostTokens(
  listed: readonly Authorization[],
  described: ReadonlyMap<string, string>,
  known: ReadonlySet<string>,
  evidence: Evidence | undefined,
  isOwn: boolean,
  clockAheadMs: number,
): LostTokens {
  // By what that run called them: the program may call them something else by now, or not at all.
  const asked = new Set(evidence?.unanswered.values());
  const isAsked = ({ description }: Authorization): boolean =>
    asked.size > 0 && asked.has(descriptionDigest(description));
  const isMade = ({ id }: Authorization): boolean => evidence?.made.has(id) === true;
  const unknown = listed.filter(
    (one) => !known.has(one.id) && (described.has(one.description) || isMade(one) || isAsked(one)),
  );
  const isInTime = ({ createdAt }: Authorization): boolean => {
    if (evidence === undefined) return false;
    const at = Date.parse(createdAt) - clockAheadMs;
    return at >= evidence.since - SLACK_MS && at <= evidence.until + LAST_REQUEST_MS;
  };
  const isCertain = (one: Authorization): boolean => {
    if (isMade(one)) return true;
    if (!isAsked(one) || !isInTime(one)) return false;
    // It asked once. Of two, one is somebody else's.
    return unknown.filter((other) => other.description === one.description && isInTime(other)).length === 1;
  };
  const certain = new Set(isOwn ? unknown.filter(isCertain) : []);
  return { certain: [...certain], uncertain: unknown.filter((one) => !certain.has(one)) };
}

/** Members by the description of their token. */
export function describedBy(templates: Iterable<readonly [string, string]>): Map<string, string> {
  return new Map([...templates].map(([name, template]) => [forMember(template, name), name]));
}
