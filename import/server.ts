import { isNotFound, ServerError } from "../provider/errors";
import { listAuthorizations } from "../provider/influxdb/authorizations";
import { type Session, Sessions } from "../provider/influxdb/session";
import { isRecord } from "../provider/json";
import type { Runtime } from "../provider/runtime";
import { quoted } from "../provider/text";
import { type Authorization, type Bucket, isId, tokenValueIn } from "../provider/types";
import { records } from "../report/json";
import type { Target } from "./connect";
import type { ExistingToken } from "./existingToken";

/** How many buckets a page holds: the most that a server gives. */
const PAGE = 100;

/** What a server has of an organization. */
export interface Found {
  /** URL. */
  readonly host: string;
  readonly orgId: string;
  /** Where the token came from that asked, as messages name it. */
  readonly tokenFrom: string;
  /** Id of its user. */
  readonly callerId: string;
  readonly tokens: readonly ExistingToken[];
  /** What `GET /api/v2/resources` lists; absent before 2.4. */
  readonly resourceTypes?: readonly string[];
  /** Names of the organization's buckets, by id. */
  readonly bucketNames: ReadonlyMap<string, string>;
  /** Why a bucket that a token names is not among them, by id. */
  readonly bucketProblems: ReadonlyMap<string, string>;
}

/**
 * Asks a server for the tokens of an organization: each question once, and for buckets only where a token names one.
 *
 * @param isNamingBuckets whether names of buckets are of any use.
 * @throws {InfluxTokenError} says what was asked, what was answered and what to do.
 */
export async function readServer(
  { connection, organization }: Target,
  runtime: Runtime,
  isNamingBuckets: boolean,
): Promise<Found> {
  const session = new Sessions(runtime).for(connection);
  const { client, directory } = session;
  const { org, orgId: givenId } = organization;
  const orgId = givenId ?? (await directory.organizationId(org ?? ""));
  const [callerId, resourceTypes, listed] = await Promise.all([
    directory.callerId(),
    directory.resourceTypes(),
    listAuthorizations(client, { orgID: orgId }),
  ]);
  // A server, or a proxy, that does not know the filter gives those of others, too.
  const ofOrganization = listed.filter(({ orgID }) => orgID === orgId);
  const byId = new Map(ofOrganization.map((each) => [each.id, existing(each, connection.token)]));
  const wanted = isNamingBuckets ? bucketIdsIn(ofOrganization, orgId) : new Set<string>();
  const bucketNames = wanted.size === 0 ? new Map<string, string>() : await listBuckets(session, orgId);
  const bucketProblems = new Map<string, string>();
  const unnamed = [...wanted].filter((id) => !bucketNames.has(id));
  await Promise.all(
    unnamed.map(async (id) => {
      const bucket = await lookUp(session, id);
      if (typeof bucket === "string") bucketProblems.set(id, bucket);
      else if (bucket.orgID === orgId) bucketNames.set(id, bucket.name);
      else bucketProblems.set(id, `is ${quoted(bucket.name)} of the organization ${bucket.orgID}`);
    }),
  );
  return {
    host: client.host,
    orgId,
    tokenFrom: client.tokenFrom,
    callerId,
    tokens: [...byId.values()],
    ...(resourceTypes && { resourceTypes }),
    bucketNames,
    bucketProblems,
  };
}

/** What of a token may be shown: its value goes no further. */
function existing(authorization: Authorization, callersToken: string): ExistingToken {
  const { id, permissions } = authorization;
  // Of an answer only these two are certain.
  const others: Partial<Authorization> = authorization;
  const value = tokenValueIn(authorization);
  return {
    id: id.toLowerCase(),
    isActive: others.status !== "inactive",
    description: others.description ?? "",
    userId: others.userID ?? "",
    user: others.user ?? "",
    createdAt: others.createdAt ?? "",
    permissions,
    hasValue: value !== undefined,
    isCallers: value === callersToken,
  };
}

function bucketIdsIn(tokens: readonly Authorization[], orgId: string): Set<string> {
  const resources = tokens.flatMap(({ permissions }) => permissions.map(({ resource }) => resource));
  return new Set(
    resources.flatMap(({ type, id, orgID }) =>
      type === "buckets" && id !== undefined && orgID === orgId && isId(id) ? [id.toLowerCase()] : [],
    ),
  );
}

/**
 * The buckets of the organization that the caller may see. A server leaves out of a page what the caller may not see, so
 * a short page need not be the last one: what is missing then is asked for by id.
 */
async function listBuckets({ client }: Session, orgID: string): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (let offset = 0; ; offset += PAGE) {
    const filter = new URLSearchParams({ orgID, limit: String(PAGE), offset: String(offset) });
    const path = `/api/v2/buckets?${filter.toString()}`;
    const known = names.size;
    let listed: unknown;
    try {
      listed = await client.request({ method: "GET", path, purpose: "list buckets" });
    } catch (error) {
      if (isRefusal(error)) return names;
      throw error;
    }
    if (!isRecord(listed) || !Array.isArray(listed["buckets"]))
      throw await client.foreignAnswer("list buckets");
    const page = records(listed["buckets"]);
    for (const { id, name, orgID: owner } of page) {
      if (typeof id === "string" && typeof name === "string" && owner === orgID) names.set(id, name);
    }
    // A server that does not know `offset` gives the same page for ever.
    if (page.length < PAGE || names.size === known) return names;
  }
}

/** The bucket, or why it is not known. */
async function lookUp({ directory }: Session, id: string): Promise<Bucket | string> {
  try {
    return (await directory.bucket(id)) ?? "is gone, or the caller's token may not see it";
  } catch (error) {
    if (isRefusal(error)) return "is not for the caller's token to see";
    throw error;
  }
}

function isRefusal(error: unknown): boolean {
  if (isNotFound(error, "organization")) return true;
  return error instanceof ServerError && error.own && (error.status === 401 || error.status === 403);
}
