import { setTimeout as pause } from "node:timers/promises";
import type { Authorization } from "../types";
import { listAuthorizations, type Lookup, readAuthorization } from "./authorizations";
import type { Session } from "./session";

/** From so many tokens on, one list is faster than a request for each. Measured: docs/performance.md. */
const MIN_FOR_LIST = 200;

/** How long a look-up waits for others, which the engine asks for at the same time: milliseconds. */
const GATHER_MS = 20;

/** Whose tokens are looked up: ids. */
export interface TokenScope {
  readonly orgID: string;
  readonly userID: string;
}

interface Waiting extends TokenScope {
  readonly id: string;
  readonly resolve: (found: Lookup | Promise<Lookup>) => void;
}

/**
 * Look-ups of many tokens, by one list where they are many: for all shards of a fleet together. A list proves only what is
 * in it: it leaves out orphans, and something in between may cut it, so what is missing is asked for by itself.
 */
export class TokenLookups {
  private readonly waiting = new Map<Session, Waiting[]>();

  find(session: Session, id: string, scope: TokenScope): Promise<Lookup> {
    return new Promise((resolve, reject) => {
      const known = this.waiting.get(session);
      if (known !== undefined) {
        known.push({ id, resolve, ...scope });
        return;
      }
      const waiting = [{ id, resolve, ...scope }];
      this.waiting.set(session, waiting);
      this.gather(session, waiting).catch(reject);
    });
  }

  private async gather(session: Session, waiting: readonly Waiting[]): Promise<void> {
    for (let count = 0; count < waiting.length;) {
      count = waiting.length;
      await pause(GATHER_MS);
    }
    this.waiting.delete(session);
    const listed =
      waiting.length < MIN_FOR_LIST ? new Map<string, Authorization>() : await listOf(session, waiting);
    for (const { id, resolve } of waiting) {
      const authorization = listed.get(id);
      resolve(
        authorization === undefined
          ? readAuthorization(session.client, id)
          : { kind: "found", authorization },
      );
    }
  }
}

/** By id; empty where no list can be had. What is wrong then, the requests that take its place say. */
async function listOf(session: Session, scopes: readonly TokenScope[]): Promise<Map<string, Authorization>> {
  const organizations = new Set(scopes.map(({ orgID }) => orgID));
  const lists = [...organizations].map(async (orgID) => {
    const owners = new Set(scopes.flatMap((scope) => (scope.orgID === orgID ? [scope.userID] : [])));
    const [userID] = owners;
    const filter = owners.size === 1 && userID !== undefined ? { orgID, userID } : { orgID };
    try {
      return await listAuthorizations(session.client, filter);
    } catch {
      return [];
    }
  });
  return new Map((await Promise.all(lists)).flat().map((each) => [each.id, each]));
}
