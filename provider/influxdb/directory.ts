import { InfluxTokenError, isNotFound, ServerError } from "../errors";
import { quoted } from "../text";
import type { Bucket } from "../types";
import type { InfluxClient } from "./client";

/**
 * Names to ids. Each question is asked once for each connection, however many tokens need its answer at the
 * same time; one that failed or found nothing is not cached: the next one asks again.
 */
export class Directory {
  private readonly answers = new Map<string, Promise<unknown>>();

  constructor(private readonly client: InfluxClient) {}

  /** Id of the organization. */
  organizationId(name: string): Promise<string> {
    return this.findByName("organization", "orgs", "org", name, "org");
  }

  /** Id of the user. */
  userId(name: string): Promise<string> {
    return this.findByName("user", "users", "name", name, "user");
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
        if (!isNamed(answer) || answer.id !== id || !("orgID" in answer)) {
          throw await this.client.foreignAnswer(purpose);
        }
        const type = "type" in answer && answer.type === "system" ? "system" : "user";
        return { id, name: answer.name, orgID: String(answer.orgID), type };
      });
    } catch (error) {
      if (isNotFound(error, "bucket")) return undefined;
      throw error;
    }
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
    const asked = this.answers.get(question) as Promise<T> | undefined;
    if (asked !== undefined) return asked;
    const answer = ask();
    this.answers.set(question, answer);
    answer.catch(() => this.answers.delete(question));
    return answer;
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
