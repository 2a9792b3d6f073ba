import { InfluxTokenError, isNotFound, ServerError } from "../errors";
import { quoted } from "../text";
import type { Bucket } from "../types";
import type { InfluxClient } from "./client";

/** How many buckets a page holds at most, by the server's rule, and how many pages are read. */
const PAGE = 100;
const MAX_PAGES = 10;

/** What became of a name. */
export type BucketNow =
  | { readonly kind: "same" }
  /** Another bucket has the name. */
  | { readonly kind: "remade"; readonly id: string }
  | { readonly kind: "renamed"; readonly name: string }
  | { readonly kind: "deleted" }
  /** The caller may not see it, so that nothing is known. */
  | { readonly kind: "hidden" };

/**
 * Names to ids. Each question is asked once for each connection, however many tokens need its answer at the
 * same time; one that failed or found nothing is not cached: the next one asks again.
 */
export class Directory {
  /** @param failed what found nothing; leave it out for that to be asked again. */
  constructor(
    private readonly client: InfluxClient,
    private readonly answers = new Map<string, Promise<unknown>>(),
    private readonly failed?: Map<string, Promise<unknown>>,
  ) {}

  /** The same, which asks nothing twice, whatever the answer was: for look-ups that change nothing. */
  rememberingFailures(): Directory {
    return new Directory(this.client, this.answers, new Map());
  }

  /** Id of the organization. */
  organizationId(name: string): Promise<string> {
    return this.findByName("organization", "orgs", "org", name, "org");
  }

  /** Id of the user. */
  userId(name: string): Promise<string> {
    return this.findByName("user", "users", "name", name, "user");
  }

  /** @throws {InfluxTokenError} where there is none with this id. One that the caller may not read may be there. */
  requireOrganization(id: string): Promise<void> {
    return this.requireId("organization", "orgs", id);
  }

  /** @throws {InfluxTokenError} as {@link requireOrganization}. */
  requireUser(id: string): Promise<void> {
    return this.requireId("user", "users", id);
  }

  /** Id of the user whose token makes the requests: `allAccess` includes the owner's own user. */
  callerId(): Promise<string> {
    // A token that takes the place of a stale one may be another user's.
    return this.once(`me by ${this.client.tokenFrom}`, async () => {
      const purpose = "tell whose token this is";
      const answer = await this.client.request({ method: "GET", path: "/api/v2/me", purpose });
      if (!isNamed(answer)) throw await this.client.foreignAnswer(purpose);
      return answer.id;
    });
  }

  /**
   * The same, also where the token may not read its own user: the server's refusal names it. `undefined` where it
   * accepts the token, and does not tell whose it is.
   */
  async ownerOfToken(): Promise<string | undefined> {
    try {
      return await this.callerId();
    } catch (error) {
      const refused = error instanceof ServerError && error.own && error.status === 401 ? error.said : "";
      if (!refused.endsWith(" is unauthorized")) throw error;
      return /^read:users\/([0-9a-f]{16}) /.exec(refused)?.[1];
    }
  }

  /** Types that the server lists; `undefined` where it has no such list, as before 2.4. */
  resourceTypes(): Promise<readonly string[] | undefined> {
    return this.once("resources", async () => {
      const purpose = "list the server's resource types";
      try {
        const answer = await this.client.request({ method: "GET", path: "/api/v2/resources", purpose });
        if (!Array.isArray(answer)) throw await this.client.foreignAnswer(purpose);
        return answer.filter((type) => typeof type === "string");
      } catch (error) {
        if (error instanceof ServerError && error.own && error.status === 404) return undefined;
        throw error;
      }
    });
  }

  /** The bucket, or `undefined` where there is none with this id that the caller may see. */
  async bucket(id: string): Promise<Bucket | undefined> {
    try {
      return await this.once(`bucket ${id}`, async () => {
        const purpose = `look up the bucket ${id}`;
        const path = `/api/v2/buckets/${encodeURIComponent(id)}`;
        const answer = await this.client.request({ method: "GET", path, purpose });
        const bucket = bucketIn(answer);
        if (bucket?.id !== id) throw await this.client.foreignAnswer(purpose);
        return bucket;
      });
    } catch (error) {
      if (isNotFound(error, "bucket")) return undefined;
      throw error;
    }
  }

  /** The bucket of this name, which the organization's id and the name must match exactly. */
  async bucketByName(orgId: string, name: string): Promise<Bucket | "absent" | "hidden"> {
    const purpose = `look up the bucket ${quoted(name)}`;
    try {
      return await this.once(`bucket ${orgId} ${name}`, async () => {
        const listed = await this.buckets(new URLSearchParams({ orgID: orgId, name }), purpose);
        const found = listed.find((bucket) => bucket.name === name && bucket.orgID === orgId);
        if (found !== undefined) return found;
        throw listed.length > 0 ? await this.client.foreignAnswer(purpose) : new HiddenError();
      });
    } catch (error) {
      if (isNoSuchBucket(error)) return "absent";
      if (error instanceof HiddenError) return "hidden";
      throw error;
    }
  }

  /**
   * What a name stands for by now that stood for the bucket with this id. Unlike a name that is to be found, one that
   * was lost is remembered: every token of a refresh asks for the same.
   */
  bucketNow(orgId: string, name: string, id: string): Promise<BucketNow> {
    return this.once(`bucket now ${orgId} ${id} ${name}`, async () => {
      const byName = await orHidden(this.bucketByName(orgId, name));
      if (byName === "hidden") return { kind: "hidden" };
      if (byName !== "absent") return byName.id === id ? { kind: "same" } : { kind: "remade", id: byName.id };
      const byId = await orHidden(this.bucket(id));
      if (byId === "hidden") return { kind: "hidden" };
      return byId === undefined ? { kind: "deleted" } : { kind: "renamed", name: byId.name };
    });
  }

  /** Names of the organization's buckets that the caller may see, the first thousand. */
  bucketNames(orgId: string): Promise<readonly string[]> {
    return this.once(`bucket names ${orgId}`, async () => {
      const names: string[] = [];
      for (let page = 0; page < MAX_PAGES; page += 1) {
        const filter = { orgID: orgId, limit: String(PAGE), offset: String(page * PAGE) };
        const listed = await this.buckets(new URLSearchParams(filter), "list buckets");
        names.push(...listed.map(({ name }) => name));
        if (listed.length < PAGE) break;
      }
      return names;
    });
  }

  private async buckets(filter: URLSearchParams, purpose: string): Promise<Bucket[]> {
    // A blank is `%20`, as in every other path.
    const path = `/api/v2/buckets?${filter.toString().replaceAll("+", "%20")}`;
    const answer = await this.client.request({ method: "GET", path, purpose });
    const listed = (answer as { buckets?: unknown } | null)?.buckets;
    const buckets = Array.isArray(listed) ? listed.map(bucketIn) : undefined;
    if (!buckets?.every((bucket) => bucket !== undefined)) throw await this.client.foreignAnswer(purpose);
    return buckets;
  }

  private requireId(noun: string, collection: "orgs" | "users", id: string): Promise<void> {
    return this.once(`${collection} with the id ${id}`, async () => {
      const purpose = `look up the ${noun} ${id}`;
      const path = `/api/v2/${collection}/${encodeURIComponent(id)}`;
      const answer = await orHidden(this.client.request({ method: "GET", path, purpose }));
      if (answer === "hidden") return;
      if (!isNamed(answer) || answer.id !== id) throw await this.client.foreignAnswer(purpose);
    });
  }

  private findByName(
    noun: "organization" | "user",
    collection: "orgs" | "users",
    parameter: string,
    name: string,
    input: string,
  ): Promise<string> {
    return this.once(`${collection} ${name}`, async () => {
      const purpose = `look up the ${noun} ${quoted(name)} from ${input}`;
      for (;;) {
        const { tokenFrom } = this.client;
        const listed = await this.list(collection, parameter, name, purpose);
        const found = listed.find((entry) => entry.name === name);
        if (found !== undefined) return found.id;
        if (listed.length > 0) throw this.otherName(purpose, name, listed);
        // A caller that is switched off gets empty lists, too; asked for itself, the server says so.
        await this.callerId().catch((error: unknown) => {
          if (error instanceof ServerError && error.said === "token is inactive") throw error;
        });
        // By then another token may have taken its place, and sees more.
        if (this.client.tokenFrom !== tokenFrom) continue;
        throw new InfluxTokenError(
          `cannot ${purpose}: ${this.client.host} answered with an empty list: the caller's token may not see it: use one with read on this ${noun}, such as an operator token`,
        );
      }
    });
  }

  private async list(
    collection: "orgs" | "users",
    parameter: string,
    name: string,
    purpose: string,
  ): Promise<readonly Named[]> {
    const path = `/api/v2/${collection}?${parameter}=${encodeURIComponent(name)}`;
    try {
      const answer = await this.client.request({ method: "GET", path, purpose });
      const listed = (answer as Partial<Record<typeof collection, unknown>> | null)?.[collection];
      if (!Array.isArray(listed) || !listed.every(isNamed)) throw await this.client.foreignAnswer(purpose);
      return listed;
    } catch (error) {
      if (name.trim() === name || !isNotFound(error, "user")) throw error;
      throw new InfluxTokenError(
        `${error.message}: there are blanks around the name, and in names of users they count`,
      );
    }
  }

  /** The server finds an organization also by its name with blanks around it. */
  private otherName(purpose: string, name: string, listed: readonly Named[]): InfluxTokenError {
    const names = listed.map((entry) => quoted(entry.name)).join(", ");
    const isTrimmed = listed.some((entry) => entry.name === name.trim());
    const advice = isTrimmed ? "write it without the blanks around it" : "is this the one? Then write it so";
    return new InfluxTokenError(`cannot ${purpose}: ${this.client.host} answered with ${names}: ${advice}`);
  }

  private once<T>(question: string, ask: () => Promise<T>): Promise<T> {
    const asked = (this.answers.get(question) ?? this.failed?.get(question)) as Promise<T> | undefined;
    if (asked !== undefined) return asked;
    const answer = ask();
    this.answers.set(question, answer);
    answer.catch(() => {
      this.answers.delete(question);
      this.failed?.set(question, answer);
    });
    return answer;
  }
}

function bucketIn(answer: unknown): Bucket | undefined {
  if (!isNamed(answer) || !("orgID" in answer)) return undefined;
  const type = "type" in answer && answer.type === "system" ? "system" : "user";
  return { id: answer.id, name: answer.name, orgID: String(answer.orgID), type };
}

/** An empty list: the caller may not see whether there is such a thing. Like a failure, it is asked for again. */
class HiddenError extends Error {}

/** Go quotes the name in a way of its own. */
function isNoSuchBucket(error: unknown): boolean {
  return (
    error instanceof ServerError &&
    error.own &&
    error.status === 404 &&
    /^bucket .*not found$/s.test(error.said)
  );
}

/** A caller that may not read buckets is told so, or gets an empty list. */
async function orHidden<T>(lookUp: Promise<T>): Promise<T | "hidden"> {
  try {
    return await lookUp;
  } catch (error) {
    if (error instanceof ServerError && error.own && (error.status === 401 || error.status === 403))
      return "hidden";
    throw error;
  }
}

/**
 * What only makes an answer better, and is not needed: `undefined` where the caller, or whatever is in front of the
 * server, does not let it through.
 */
export async function unlessRefused<T>(lookUp: Promise<T>): Promise<T | undefined> {
  try {
    return await lookUp;
  } catch (error) {
    if (error instanceof ServerError && [401, 403, 404].includes(error.status)) return undefined;
    throw error;
  }
}

interface Named {
  readonly id: string;
  readonly name: string;
}

function isNamed(answer: unknown): answer is Named {
  const { id, name } = (answer ?? {}) as { id?: unknown; name?: unknown };
  return typeof id === "string" && id !== "" && typeof name === "string";
}
