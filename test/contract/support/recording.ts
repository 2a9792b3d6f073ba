import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One request that a real server was sent, and what it answered. `{{name}}` stands for what differs every time. */
export interface Exchange {
  name: string;
  /** Whose token: null for none, `operator`, or a name whose token an earlier answer gave as `{{name.token}}`. */
  as: string | null;
  request: {
    method: string;
    path: string;
    headers?: Record<string, string>;
    body?: unknown;
    rawBody?: string;
  };
  response: { status: number; headers: Record<string, string>; body: unknown };
}

export interface Recording {
  /** The server's version, for example `2.7.12`. */
  server: string;
  exchanges: Exchange[];
}

export const AUTHORIZATIONS = "/api/v2/authorizations";

const FOLDER = join(__dirname, "../../recordings");

/** Every HTTP recording in `test/recordings`: another file there is replayed like these. */
export function readRecordings(): { file: string; recording: Recording }[] {
  return readdirSync(FOLDER)
    .filter((file) => /^http-.*\.json$/.test(file))
    .map((file) => ({ file, recording: JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as Recording }));
}

/**
 * The names that the exchanges give to organizations and users, which are one of a kind on a server. Those of
 * buckets are so only within an organization.
 */
export function serverWideNames({ exchanges }: Recording): string[] {
  return exchanges
    .filter(({ request: { method, path } }) => method !== "GET" && /^\/api\/v2\/(?:orgs|users)\b/.test(path))
    .map(({ request: { body } }) => (body as { name?: unknown } | undefined)?.name)
    .filter((name) => typeof name === "string");
}

/** The ids of authorizations in the order of the recording's longest list, as placeholder names. */
export function listedAuthorizations({ exchanges }: Recording): ListedAuthorization[] {
  const lists = exchanges.map(({ response }) => authorizationsOf(response.body));
  return lists.reduce((longest, list) => (list.length > longest.length ? list : longest), []);
}

export interface ListedAuthorization {
  id: string;
  orgID: string;
  userID: string;
  status: string;
  description: string;
  permissions: { action: string; resource: Record<string, string> }[];
}

/** The authorizations in the body of a list answer; none in any other body. */
export function authorizationsOf(body: unknown): ListedAuthorization[] {
  const { authorizations = [] } = (body ?? {}) as { authorizations?: ListedAuthorization[] };
  return authorizations;
}

/** The placeholder name of the authorization that this exchange creates, if it does. */
export function createdAuthorization({ request, response }: Exchange): string | undefined {
  const creates = request.method === "POST" && request.path === AUTHORIZATIONS && response.status === 201;
  return creates ? placeholderName((response.body as { id: string }).id) : undefined;
}

/** `scoped` of `{{scoped}}`. */
export function placeholderName(text: string): string {
  return text.replace(/^\{\{(.*)\}\}$/, "$1");
}
