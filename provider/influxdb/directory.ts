import { InfluxTokenError, isNotFound, ServerError } from "../errors";
import { quoted } from "../printable";
import { foreignAnswer } from "./authorizations";
import type { InfluxClient } from "./client";

/** What the directory tells of a bucket. */
export interface Bucket {
  readonly id: string;
  readonly orgID: string;
  readonly name: string;
  /** `system`: the server made it, and it opens only to who may read its organization. */
  readonly type: "user" | "system";
}

/**
 * Names to ids. Each question is asked once for each connection, however many tokens need its answer at the
 * same time; a failed one is asked again by whoever needs it next.
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
    return this.once("me", async () => {
      const purpose = "tell whose token this is";
      const answer = await this.client.request({ method: "GET", path: "/api/v2/me", purpose });
      if (!isNamed(answer)) throw await foreignAnswer(this.client, purpose);
      return answer.id;
    });
  }

  /** Types that the server lists, or `undefined` where it does not tell: servers before 2.4 cannot. */
  resourceTypes(): Promise<readonly string[] | undefined> {
    return this.once("resources", async () => {
      const purpose = "list the server's resource types";
      try {
        const answer = await this.client.request({ method: "GET", path: "/api/v2/resources", purpose });
        if (!Array.isArray(answer)) throw await foreignAnswer(this.client, purpose);
        return answer.filter((type) => typeof type === "string");
      } catch (error) {
        if (error instanceof ServerError && error.status === 404) return undefined;
        throw error;
      }
    });
  }

  /** The bucket, or `undefined` where there is none with this id that the caller may see. */
  bucket(id: string): Promise<Bucket | undefined> {
    return this.once(`bucket ${id}`, async () => {
      const purpose = `look up the bucket ${id}`;
      try {
        const path = `/api/v2/buckets/${encodeURIComponent(id)}`;
        const answer = await this.client.request({ method: "GET", path, purpose });
        if (!isNamed(answer) || answer.id !== id || !("orgID" in answer)) {
          throw await foreignAnswer(this.client, purpose);
        }
        const isSystem = "type" in answer && answer.type === "system";
        return { id, name: answer.name, orgID: String(answer.orgID), type: isSystem ? "system" : "user" };
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    });
  }

  private findByName(
    noun: string,
    collection: "orgs" | "users",
    parameter: string,
    name: string,
    input: string,
  ): Promise<string> {
    return this.once(`${collection} ${name}`, async () => {
      const purpose = `look up the ${noun} ${quoted(name)} from ${input}`;
      const path = `/api/v2/${collection}?${parameter}=${encodeURIComponent(name)}`;
      const answer = (await this.client.request({ method: "GET", path, purpose })) as Partial<
        Record<typeof collection, unknown>
      > | null;
      const listed = answer?.[collection];
      if (!Array.isArray(listed)) throw await foreignAnswer(this.client, purpose);
      const found = listed.filter(isNamed).find((entry) => entry.name === name);
      if (found === undefined) {
        // A caller that is switched off gets empty lists, too; asked for itself, the server says so.
        await this.callerId().catch((error: unknown) => {
          if (error instanceof ServerError && error.message.includes('"token is inactive"')) throw error;
        });
        throw new InfluxTokenError(
          `cannot ${purpose}: ${this.client.host} answered with an empty list: the caller's token may not see it: use one with read on this ${noun}, such as an operator token`,
        );
      }
      return found.id;
    });
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

function isNamed(answer: unknown): answer is { id: string; name: string } {
  const { id, name } = (answer ?? {}) as { id?: unknown; name?: unknown };
  return typeof id === "string" && id !== "" && typeof name === "string";
}

const directories = new WeakMap<InfluxClient, Directory>();

/** The directory of a client's server: one for each client. */
export function directoryOf(client: InfluxClient): Directory {
  let directory = directories.get(client);
  if (directory === undefined) {
    directory = new Directory(client);
    directories.set(client, directory);
  }
  return directory;
}
