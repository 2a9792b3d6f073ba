import { isNotFound } from "../errors";
import { quoted } from "../text";
import type { Authorization, NewAuthorization, TokenStatus } from "../types";
import type { InfluxClient, Request } from "./client";

const PATH = "/api/v2/authorizations";

const one = (id: string): string => `${PATH}/${encodeURIComponent(id)}`;

/** Makes a token. Where the server stores tokens hashed, this answer is the only one that ever holds the value. */
export function createAuthorization(client: InfluxClient, body: NewAuthorization): Promise<Authorization> {
  const purpose = `create the token${described(body)}`;
  return exchange(client, { method: "POST", path: PATH, body, purpose });
}

/** What the server has of a token that is asked for by id. */
export type Lookup =
  | { readonly kind: "found"; readonly authorization: Authorization }
  /** The token exists, and its organization or owner does not: the server answers no more of it. */
  | { readonly kind: "orphaned"; readonly missing: "organization" | "owner" }
  | { readonly kind: "gone" };

/** Reads a token's record by id, never by listing: a server's list has no pages. */
export function readAuthorization(client: InfluxClient, id: string): Promise<Lookup> {
  return lookUp(client, { method: "GET", path: one(id), purpose: `read the token ${id}` }, id);
}

/**
 * Changes what a server lets one change of a token: anything else in a PATCH is ignored with 200. It is also done where
 * the token turns out to be orphaned.
 *
 * @param value the token's, where it is known: it does not switch itself off.
 */
export function updateAuthorization(
  client: InfluxClient,
  id: string,
  body: { description?: string; status?: TokenStatus },
  value?: string,
): Promise<Lookup> {
  const ends = body.status === "inactive" ? value : undefined;
  return lookUp(
    client,
    { method: "PATCH", path: one(id), body, purpose: `update the token ${id}`, ends },
    id,
  );
}

/**
 * Switches a token off, also an orphaned one. Afterwards nobody looks at it again: so only InfluxDB's own word counts.
 *
 * @param value the token's, where it is known: it does not switch itself off.
 */
export function deactivateAuthorization(client: InfluxClient, id: string, value?: string): Promise<Lookup> {
  const body = { status: "inactive" };
  const purpose = `switch off the token ${id}`;
  return lookUp(client, { method: "PATCH", path: one(id), body, purpose, ownOnly: true, ends: value }, id);
}

/**
 * Deletes a token, and returns whether there was one.
 *
 * @param value the token's, where it is known: it does not delete itself.
 */
export async function deleteAuthorization(
  client: InfluxClient,
  id: string,
  value?: string,
): Promise<boolean> {
  const purpose = `delete the token ${id}`;
  const request: Request = { method: "DELETE", path: one(id), purpose, ownOnly: true, ends: value };
  try {
    const answer = await client.request(request);
    // InfluxDB has nothing to say of a success. A page that somebody else answers with deletes nothing.
    if (answer !== undefined && answer !== "") throw await client.foreignAnswer(purpose);
    return true;
  } catch (error) {
    if (isNotFound(error, "authorization")) return false;
    throw error;
  }
}

/**
 * Lists the tokens of an organization, an owner or both, without pages: only where nothing else can decide, such as
 * whether a request without an answer made one.
 */
export async function listAuthorizations(
  client: InfluxClient,
  by: { readonly orgID?: string; readonly userID?: string },
): Promise<Authorization[]> {
  const filter = new URLSearchParams(by);
  const purpose = "list tokens";
  const path = `${PATH}?${filter.toString()}`;
  // That a token is not there is only InfluxDB's to say, and no cache's.
  const answer = await client.request({ method: "GET", path, purpose, ownOnly: true });
  const listed = (answer as { authorizations?: unknown } | null)?.authorizations;
  if (!Array.isArray(listed) || !listed.every(isAuthorization)) throw await client.foreignAnswer(purpose);
  return listed;
}

/** The tokens of an organization that the caller may read, each once. */
export async function authorizationsOf(client: InfluxClient, orgID: string): Promise<Authorization[]> {
  const listed = await listAuthorizations(client, { orgID });
  // A server, or a proxy, that does not know the filter gives those of others, too.
  const own = listed.filter((each) => each.orgID === orgID);
  return [...new Map(own.map((each) => [each.id.toLowerCase(), each])).values()];
}

/** How messages tell one token from another before it has an id. */
export function described({ description }: NewAuthorization): string {
  return description === undefined ? "" : ` ${quoted(description)}`;
}

async function lookUp(client: InfluxClient, request: Request, id: string): Promise<Lookup> {
  try {
    return { kind: "found", authorization: await exchange(client, request, id) };
  } catch (error) {
    if (isNotFound(error, "authorization")) return { kind: "gone" };
    if (isNotFound(error, "organization")) return { kind: "orphaned", missing: "organization" };
    if (isNotFound(error, "user")) return { kind: "orphaned", missing: "owner" };
    throw error;
  }
}

async function exchange(client: InfluxClient, request: Request, asked?: string): Promise<Authorization> {
  const answer = await client.request(request);
  // A proxy that answers twice gives one request's answer to the next one as well.
  if (!isAuthorization(answer) || (asked !== undefined && answer.id !== asked)) {
    throw await client.foreignAnswer(request.purpose);
  }
  return answer;
}

/** Whether an answer has what is read of it. */
function isAuthorization(answer: unknown): answer is Authorization {
  const { id, permissions, token = "" } = (answer ?? {}) as { [key in keyof Authorization]?: unknown };
  return (
    typeof id === "string" &&
    id !== "" &&
    typeof token === "string" &&
    Array.isArray(permissions) &&
    permissions.every(isPermission)
  );
}

function isPermission(value: unknown): boolean {
  const { action, resource } = (value ?? {}) as { action?: unknown; resource?: { type?: unknown } | null };
  return typeof action === "string" && typeof resource?.type === "string";
}
