import type { Permission } from "../../provider/types";
import { permission, type Caller } from "../authorize";
import { id, integer, list, object, readBody, text, type Fields } from "../body";
import { ApiError, invalid, unprocessable } from "../errors";
import { parseId } from "../ids";
import { pageLinks, queryId, queryValue, readPage, takePage, type Page } from "../query";
import type { Bucket, Store } from "../store";
import { created, noContent, ok, type AuthenticatedRequest, type Routes } from "./route";

const PATH = "/api/v2/buckets";
const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 24 * HOUR_SECONDS;

const retentionRule = { everySeconds: integer, shardGroupDurationSeconds: integer };
const newBucket = object({
  orgID: id,
  name: text,
  description: text,
  retentionRules: list(object(retentionRule)),
});
const bucketUpdate = object({
  name: text,
  description: text,
  retentionRules: list(object(retentionRule)),
});

export const bucketRoutes: Routes = {
  "GET /api/v2/buckets": ({ store, caller, query }) => {
    const page = readPage(query);
    const filter = readFilter(query);
    const buckets = findBuckets(store, filter, page).filter((bucket) => caller.may(readPermission(bucket)));
    const filters = { bucket: filter.name, bucketID: filter.id, org: filter.org, orgID: filter.orgID };
    return ok({
      links: pageLinks(PATH, page, filters, buckets.length),
      buckets: buckets.map(showBucket),
    });
  },
  "POST /api/v2/buckets": ({ store, caller, body }) => created(showBucket(createBucket(store, caller, body))),
  "GET /api/v2/buckets/{id}": ({ store, caller, id }) => {
    const bucket = store.bucket(parseId(id));
    caller.require(readPermission(bucket));
    return ok(showBucket(bucket));
  },
  "PATCH /api/v2/buckets/{id}": (request) => ok(showBucket(updateBucket(request))),
  "DELETE /api/v2/buckets/{id}": ({ store, caller, id }) => {
    const bucket = store.bucket(parseId(id));
    caller.require(writePermission(bucket));
    store.deleteBucket(bucket.id);
    return noContent;
  },
};

function createBucket(store: Store, caller: Caller, body: Buffer): Bucket {
  const {
    orgID,
    name = "",
    description = "",
    retentionRules = [],
  } = readBody(newBucket, body, "failed to unmarshal json: ");
  if (orgID === undefined) throw invalid("organization id must be provided");
  const { everySeconds: retentionSeconds = 0, shardGroupDurationSeconds = 0 } = singleRule(retentionRules);
  caller.require(permission("write", "buckets", { orgID }));
  const retention = {
    retentionSeconds,
    shardGroupSeconds: normalShardGroupSeconds(shardGroupDurationSeconds, retentionSeconds),
  };
  requireRetention(
    retention,
    new ApiError("internal error", "retention policy duration must be greater than the shard duration"),
  );
  return store.createBucket({ orgID, type: "user", name, description, ...retention });
}

function updateBucket({ store, caller, id, body }: AuthenticatedRequest): Bucket {
  const bucketID = parseId(id);
  const { retentionRules = [], ...changes } = readBody(bucketUpdate, body, "failed to unmarshal json: ");
  const { everySeconds: retentionSeconds, shardGroupDurationSeconds: shardGroupSeconds } =
    singleRule(retentionRules);
  const bucket = store.bucket(bucketID);
  // The server looks at a bucket before it renames it.
  if (changes.name !== undefined) caller.require(readPermission(bucket));
  caller.require(writePermission(bucket));
  const retention = {
    retentionSeconds: retentionSeconds ?? bucket.retentionSeconds,
    shardGroupSeconds: shardGroupSeconds ?? bucket.shardGroupSeconds,
  };
  requireRetention(
    retention,
    unprocessable("shard-group duration must also be updated to be smaller than new retention duration"),
  );
  return store.updateBucket(bucketID, { ...changes, ...retention });
}

/** @throws ApiError `unprocessable entity` */
function singleRule(rules: readonly Fields<typeof retentionRule>[]): Fields<typeof retentionRule> {
  if (rules.length > 1) {
    throw unprocessable("buckets cannot have more than one retention rule at this time");
  }
  const [rule = {}] = rules;
  const { everySeconds = 0, shardGroupDurationSeconds = 0 } = rule;
  if (everySeconds < 0) throw unprocessable("expiration seconds cannot be negative");
  if (shardGroupDurationSeconds < 0) throw unprocessable("shard-group duration seconds cannot be negative");
  return rule;
}

type Retention = Pick<Bucket, "retentionSeconds" | "shardGroupSeconds">;

/** @throws the given error for data that is to be kept for less than a shard spans */
function requireRetention({ retentionSeconds, shardGroupSeconds }: Retention, otherwise: ApiError): void {
  if (retentionSeconds === 0) return;
  if (retentionSeconds < HOUR_SECONDS) {
    throw new ApiError("internal error", "retention policy duration must be at least 1h0m0s");
  }
  if (retentionSeconds < normalShardGroupSeconds(shardGroupSeconds, retentionSeconds)) throw otherwise;
}

/** What a shard spans in truth; 0 leaves it to the server. */
function normalShardGroupSeconds(shardGroupSeconds: number, retentionSeconds: number): number {
  if (shardGroupSeconds === 0) return defaultShardGroupSeconds(retentionSeconds);
  return Math.max(HOUR_SECONDS, shardGroupSeconds);
}

/** How much time a shard spans when nobody says: the longer the data is kept, the more. */
export function defaultShardGroupSeconds(retentionSeconds: number): number {
  if (retentionSeconds === 0 || retentionSeconds >= 180 * DAY_SECONDS) return 7 * DAY_SECONDS;
  return retentionSeconds >= 2 * DAY_SECONDS ? DAY_SECONDS : HOUR_SECONDS;
}

function readFilter(query: URLSearchParams) {
  return {
    orgID: queryId(query, "orgID"),
    org: queryValue(query, "org"),
    name: queryValue(query, "name"),
    id: queryId(query, "id"),
  };
}

function findBuckets(store: Store, filter: ReturnType<typeof readFilter>, page: Page): Bucket[] {
  if (filter.id !== undefined) return [store.bucket(filter.id)];
  const orgID =
    filter.orgID ?? (filter.org === undefined ? undefined : store.organizationByName(filter.org).id);
  if (orgID !== undefined && filter.name !== undefined) return [store.bucketByName(orgID, filter.name)];
  let buckets = orgID === undefined ? [...store.buckets.values()] : store.bucketsOf(orgID);
  if (page.descending) buckets.reverse();
  if (page.after !== undefined) {
    const last = buckets.findIndex(({ id }) => id === page.after);
    buckets = last === -1 ? [] : buckets.slice(last + 1);
  }
  if (filter.name !== undefined) buckets = buckets.filter(({ name }) => name === filter.name);
  return takePage(buckets, page);
}

/** System buckets may be read by whoever may read their organization. */
function readPermission({ type, id, orgID }: Bucket): Permission {
  return type === "system"
    ? permission("read", "orgs", { id: orgID })
    : permission("read", "buckets", { id, orgID });
}

function writePermission({ id, orgID }: Bucket): Permission {
  return permission("write", "buckets", { id, orgID });
}

export function showBucket(bucket: Bucket) {
  const { id, orgID, type, name, description, createdAt, updatedAt } = bucket;
  const { retentionSeconds: everySeconds, shardGroupSeconds: shardGroupDurationSeconds } = bucket;
  const self = `${PATH}/${id}`;
  return {
    id,
    orgID,
    type,
    ...(description !== "" && { description }),
    name,
    // Only a change can leave both at 0.
    retentionRules:
      everySeconds > 0 || shardGroupDurationSeconds > 0
        ? [{ type: "expire", everySeconds, shardGroupDurationSeconds }]
        : [],
    createdAt,
    updatedAt,
    links: {
      labels: `${self}/labels`,
      members: `${self}/members`,
      org: `/api/v2/orgs/${orgID}`,
      owners: `${self}/owners`,
      self,
      write: `/api/v2/write?org=${orgID}&bucket=${id}`,
    },
    labels: [],
  };
}
