import { authorizationsOf } from "../provider/influxdb/authorizations";
import { bucketIdsIn, bucketNames } from "../provider/influxdb/bucketNames";
import { unlessRefused } from "../provider/influxdb/directory";
import { type Session, Sessions } from "../provider/influxdb/session";
import { isRecord } from "../provider/json";
import type { Runtime } from "../provider/runtime";
import { factsOf } from "../provider/token/inputsOf";
import { type Authorization, tokenValueIn } from "../provider/types";
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
  /** Id of its user, where the token may know it. */
  readonly callerId: string | undefined;
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
  const [callerId, resourceTypes, ofOrganization] = await Promise.all([
    unlessRefused(directory.ownerOfToken()),
    unlessRefused(directory.resourceTypes()),
    authorizationsOf(client, orgId),
  ]);
  const permissions = ofOrganization.flatMap((each) => each.permissions);
  const wanted = isNamingBuckets ? bucketIdsIn(permissions, orgId) : new Set<string>();
  const listed = wanted.size === 0 ? new Map<string, string>() : await listBuckets(session, orgId);
  const { names, problems } = await bucketNames(wanted, orgId, directory, listed);
  return {
    host: client.host,
    orgId,
    tokenFrom: client.tokenFrom,
    callerId,
    tokens: ofOrganization.map((each) => existing(each, connection.token)),
    ...(resourceTypes && { resourceTypes }),
    bucketNames: names,
    bucketProblems: problems,
  };
}

/** What of a token may be shown: its value goes no further. */
function existing(authorization: Authorization, callersToken: string): ExistingToken {
  // Of an answer only id and permissions are certain.
  const others: Partial<Authorization> = authorization;
  const value = tokenValueIn(authorization);
  return {
    ...factsOf(authorization),
    id: authorization.id.toLowerCase(),
    createdAt: others.createdAt ?? "",
    hasValue: value !== undefined,
    isCallers: value === callersToken,
  };
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
    const listed = await unlessRefused(client.request({ method: "GET", path, purpose: "list buckets" }));
    if (listed === undefined) return names;
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
