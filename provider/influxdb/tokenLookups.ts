import type { Authorization } from "../types";
import { listAuthorizations, type Lookup, readAuthorization } from "./authorizations";
import type { Session } from "./session";

/** From so many tokens on, one list is faster than a request for each. Measured: docs/performance.md. */
const MIN_FOR_LIST = 200;

/** Whose tokens are looked up: ids. */
export interface TokenScope {
  readonly orgID: string;
  readonly userID: string;
}

/**
 * Look-ups of many tokens, by one list where they are many. A list proves only what is in it: it leaves out orphans, and
 * something in between may cut it or answer in its place, so what is missing is asked for by itself.
 */
export class TokenLookups {
  private readonly lists = new Map<Session, Map<string, Promise<ReadonlyMap<string, Authorization>>>>();

  /** @param expected how many tokens of this scope are going to be looked up. */
  async find(session: Session, id: string, scope: TokenScope, expected: number): Promise<Lookup> {
    const listed = expected < MIN_FOR_LIST ? undefined : await this.listOf(session, scope);
    const authorization = listed?.get(id);
    return authorization === undefined
      ? readAuthorization(session.client, id)
      : { kind: "found", authorization };
  }

  /** By id; empty where no list can be had. What is wrong then, the requests that take its place say. */
  private listOf(
    session: Session,
    { orgID, userID }: TokenScope,
  ): Promise<ReadonlyMap<string, Authorization>> {
    const ofSession =
      this.lists.get(session) ?? new Map<string, Promise<ReadonlyMap<string, Authorization>>>();
    this.lists.set(session, ofSession);
    const key = `${orgID} ${userID}`;
    const known = ofSession.get(key);
    if (known !== undefined) return known;
    const listing = listAuthorizations(session.client, { orgID, userID }).then(
      (listed) => new Map(listed.map((each) => [each.id, each])),
      () => new Map<string, Authorization>(),
    );
    ofSession.set(key, listing);
    return listing;
  }
}
