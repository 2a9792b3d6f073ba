import { permission, type Caller } from "../authorize";
import { invalid, unprocessable } from "../errors";
import { parseId } from "../ids";
import { decodeBodyAs, id, integer, list, struct, text } from "../json/decode";
import { given, pageLinks, readPage, takePage, type Page } from "../paging";
import type { Bucket, Store } from "../store";
import { created, noContent, ok, type Route } from "./route";

const PATH = "/api/v2/buckets";
const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 24 * HOUR_SECONDS;

const newBucket = struct("tenant.postBucketRequest", {
  orgID: id(),
  name: text(),
  description: text(),
  rp: text(),
  retentionRules: list(
    struct("tenant.retentionRule", {
      type: text(),
      everySeconds: integer(),
      shardGroupDurationSeconds: integer(),
    }),
  ),
});

interface BucketFilter {
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly orgID: string | undefined;
  readonly org: string | undefined;
}

export const bucketRoutes: readonly Route[] = [
  {
    path: PATH,
    methods: {
      GET: ({ store, caller, query }) => {
        const page = readPage(query);
        const filter = readFilter(query);
        const buckets = findBuckets(store, filter, page).filter((bucket) => caller.may(reading(bucket)));
        const filters = { bucket: filter.name, bucketID: filter.id, org: filter.org, orgID: filter.orgID };
        return ok({
          links: pageLinks(PATH, page, filters, buckets.length),
          buckets: buckets.map(showBucket),
        });
      },
      POST: ({ store, caller, body }) => created(showBucket(createBucket(store, caller, body))),
    },
  },
  {
    path: `${PATH}/{id}`,
    methods: {
      GET: ({ store, caller, id }) => {
        const bucket = store.bucket(parseId(id));
        caller.require(reading(bucket));
        return ok(showBucket(bucket));
      },
      DELETE: ({ store, caller, id }) => {
        const bucket = store.bucket(parseId(id));
        caller.require(permission("write", "buckets", { id: bucket.id, orgID: bucket.orgID }));
        store.deleteBucket(bucket.id);
        return noContent;
      },
    },
  },
];

function createBucket(store: Store, caller: Caller, body: Buffer): Bucket {
  const {
    orgID,
    name = "",
    description = "",
    retentionRules = [],
  } = decodeBodyAs(newBucket, body, "failed to unmarshal json");
  if (orgID === undefined) throw invalid("organization id must be provided");
  if (retentionRules.length > 1) {
    throw unprocessable("buckets cannot have more than one retention rule at this time");
  }
  const { everySeconds: retentionSeconds = 0, shardGroupDurationSeconds = 0 } = retentionRules[0] ?? {};
  if (retentionSeconds < 0) throw unprocessable("expiration seconds cannot be negative");
  if (shardGroupDurationSeconds < 0) throw unprocessable("shard-group duration seconds cannot be negative");
  caller.require(permission("write", "buckets", { orgID }));
  return store.createBucket({
    orgID,
    type: "user",
    name,
    description,
    retentionSeconds,
    shardGroupSeconds:
      shardGroupDurationSeconds === 0
        ? defaultShardGroupSeconds(retentionSeconds)
        : Math.max(HOUR_SECONDS, shardGroupDurationSeconds),
  });
}

/** How much time a shard spans when nobody says: the longer the data is kept, the more. */
export function defaultShardGroupSeconds(retentionSeconds: number): number {
  if (retentionSeconds === 0 || retentionSeconds >= 180 * DAY_SECONDS) return 7 * DAY_SECONDS;
  return retentionSeconds >= 2 * DAY_SECONDS ? DAY_SECONDS : HOUR_SECONDS;
}

function readFilter(query: URLSearchParams): BucketFilter {
  const orgID = given(query, "orgID");
  const bucketID = given(query, "id");
  return {
    orgID: orgID === undefined ? undefined : parseId(orgID),
    org: given(query, "org"),
    name: given(query, "name"),
    id: bucketID === undefined ? undefined : parseId(bucketID),
  };
}

function findBuckets(store: Store, filter: BucketFilter, page: Page): Bucket[] {
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
function reading({ type, id, orgID }: Bucket) {
  return type === "system"
    ? permission("read", "orgs", { id: orgID })
    : permission("read", "buckets", { id, orgID });
}

export function showBucket(bucket: Bucket) {
  const { id, orgID, type, name, description, createdAt, updatedAt } = bucket;
  const self = `${PATH}/${id}`;
  return {
    id,
    orgID,
    type,
    ...(description !== "" && { description }),
    name,
    retentionRules: [
      {
        type: "expire",
        everySeconds: bucket.retentionSeconds,
        shardGroupDurationSeconds: bucket.shardGroupSeconds,
      },
    ],
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
