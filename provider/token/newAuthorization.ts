import { InfluxTokenError } from "../errors";
import type { InfluxTokenInputs } from "./inputs";
import { nearestNames } from "../nearestName";
import { canonicalReference, nameIn, referenceTo } from "../permissions/bucketReference";
import {
  BUCKET_FLAGS,
  expandPermissions,
  needsResourceTypes,
  PermissionFlagsError,
} from "../permissions/expand";
import { readsOrganization } from "../permissions/format";
import type { BucketIds } from "./state";
import { quoted } from "../text";
import type { Bucket, NewAuthorization, Permission } from "../types";

/** Names to ids, as a server has them. */
export interface Directory {
  organizationId(name: string): Promise<string>;
  userId(name: string): Promise<string>;
  /** Id of the user whose token makes the requests. */
  callerId(): Promise<string>;
  /** Types that the server lists; `undefined` where it has no such list. */
  resourceTypes(): Promise<readonly string[] | undefined>;
  /** `undefined` where there is none with this id that the caller may see. */
  bucket(id: string): Promise<Bucket | undefined>;
  /** `absent`: there is none. `hidden`: the caller may not see whether there is. */
  bucketByName(orgId: string, name: string): Promise<Bucket | "absent" | "hidden">;
  /** Names of the organization's buckets that the caller may see. */
  bucketNames(orgId: string): Promise<readonly string[]>;
}

/** What to send for a new token, and what its buckets are called. */
export interface RequestedToken {
  readonly body: NewAuthorization;
  readonly buckets: BucketIds;
}

/**
 * What to send for a new token: ids for names, permissions for flags. Asks the server only what this token needs,
 * and refuses what the server would take without a word but what could never work.
 *
 * @throws {InfluxTokenError} for an organization, user or bucket that does not exist or that the caller may not
 *   see, a bucket of another organization, or a resource type that the server does not know.
 */
export async function newAuthorization(
  inputs: InfluxTokenInputs,
  directory: Directory,
): Promise<RequestedToken> {
  const [orgID, userID, resourceTypes] = await Promise.all([
    organizationId(inputs, directory),
    ownerId(inputs, directory),
    needsResourceTypes(inputs) ? directory.resourceTypes() : undefined,
  ]);
  const found = await findBuckets(inputs, orgID, directory);
  const bucketIds = new Map(found.map(({ reference, bucket }) => [reference, bucket.id]));
  const context = { orgId: orgID, bucketIds, ...(resourceTypes && { resourceTypes }) };
  const permissions = expand(inputs, { ...context, ...(userID !== undefined && { userId: userID }) });
  const mayReadOrganization = readsOrganization(permissions, orgID);
  for (const { flag, bucket } of found) refuseUselessBucket(flag, flag, bucket, orgID, mayReadOrganization);
  return {
    body: {
      orgID,
      ...(isOwnerDeclared(inputs) && userID !== undefined && { userID }),
      ...(inputs.description !== undefined && { description: inputs.description }),
      ...(inputs.status !== undefined && { status: inputs.status }),
      permissions,
    },
    buckets: Object.fromEntries(found.map(({ bucket }) => [referenceTo(bucket.name), bucket.id])),
  };
}

async function organizationId({ org, orgId }: InfluxTokenInputs, directory: Directory): Promise<string> {
  if (orgId !== undefined) return orgId;
  if (org !== undefined) return directory.organizationId(org);
  throw new InfluxTokenError("cannot create a token: no organization is known: give org or orgId");
}

function isOwnerDeclared({ user, userId }: InfluxTokenInputs): boolean {
  return user !== undefined || userId !== undefined;
}

/** The server makes the caller the owner by itself; only `allAccess` has to know who that is. */
async function ownerId(
  { user, userId, allAccess }: InfluxTokenInputs,
  directory: Directory,
): Promise<string | undefined> {
  if (userId !== undefined) return userId;
  if (user !== undefined) return directory.userId(user);
  return allAccess === true ? directory.callerId() : undefined;
}

/** A bucket that an input names. */
interface FoundBucket {
  readonly flag: keyof typeof BUCKET_FLAGS;
  /** As the input names it, in its canonical form. */
  readonly reference: string;
  readonly bucket: Bucket;
}

/**
 * The permissions that the inputs ask for, as a token of this organization and owner has them: for a token that exists.
 * Only buckets by name are looked up: what it was granted, it has.
 */
export async function permissionsFor(
  inputs: InfluxTokenInputs,
  { orgID, userID }: { readonly orgID: string; readonly userID: string },
  directory: Directory,
): Promise<{ permissions: readonly Permission[]; buckets: BucketIds }> {
  const byName = Object.keys(BUCKET_FLAGS).map((flag) => [
    flag,
    (inputs[flag as keyof typeof BUCKET_FLAGS] ?? []).filter((text) => nameIn(text) !== undefined),
  ]);
  const [resourceTypes, found] = await Promise.all([
    needsResourceTypes(inputs) ? directory.resourceTypes() : undefined,
    findBuckets(Object.fromEntries(byName) as BucketInputs, orgID, directory),
  ]);
  const bucketIds = new Map(found.map(({ reference, bucket }) => [reference, bucket.id]));
  const context = { orgId: orgID, userId: userID, bucketIds, ...(resourceTypes && { resourceTypes }) };
  return { permissions: expand(inputs, context), buckets: Object.fromEntries(bucketIds) };
}

type BucketInputs = Pick<InfluxTokenInputs, keyof typeof BUCKET_FLAGS>;

function findBuckets(inputs: BucketInputs, orgId: string, directory: Directory): Promise<FoundBucket[]> {
  const flags = Object.keys(BUCKET_FLAGS) as (keyof typeof BUCKET_FLAGS)[];
  const wanted = flags.flatMap((flag) => (inputs[flag] ?? []).map((text) => ({ flag, text })));
  return Promise.all(
    wanted.map(async ({ flag, text }) => {
      const reference = canonicalReference(text);
      return { flag, reference, bucket: await findBucket(flag, reference, orgId, directory) };
    }),
  );
}

/**
 * The bucket that a reference names.
 *
 * @param input as the message names it where there is none.
 */
export async function findBucket(
  input: string,
  reference: string,
  orgId: string,
  directory: Directory,
): Promise<Bucket> {
  const name = nameIn(reference);
  if (name === undefined) {
    const bucket = await directory.bucket(reference);
    if (bucket !== undefined) return bucket;
    throw new InfluxTokenError(
      `${input}: no bucket has the id ${reference}, or the caller's token may not see it: \`influx bucket list\` shows the ids; for a bucket of that name write ${quoted(referenceTo(reference))}`,
    );
  }
  const bucket = await directory.bucketByName(orgId, name);
  if (bucket === "hidden") {
    throw new InfluxTokenError(
      `${input}: cannot look up the bucket ${quoted(name)}: the server answered with an empty list: the caller's token may not see it: use one with read on this bucket, or give its id`,
    );
  }
  if (bucket !== "absent") return bucket;
  const nearest = nearestNames(name, await directory.bucketNames(orgId), MAX_NEAREST, 1 / 2);
  const hint =
    nearest.length === 0
      ? "`influx bucket list` shows those that there are"
      : `did you mean ${nearest.map((near) => quoted(near)).join(", ")}?`;
  throw new InfluxTokenError(`${input}: the token's organization has no bucket ${quoted(name)}: ${hint}`);
}

/** How many names a message proposes. */
const MAX_NEAREST = 3;

/**
 * The server grants a bucket that does not exist, or is another organization's, all the same: such a token opens nothing.
 * Nor does one that reads a system bucket without its organization.
 *
 * @param input as the message names it.
 */
export function refuseUselessBucket(
  input: string,
  flag: keyof typeof BUCKET_FLAGS,
  { id, name, orgID, type }: Bucket,
  orgId: string,
  mayReadOrganization: boolean,
): void {
  if (type === "system" && BUCKET_FLAGS[flag] === "read" && !mayReadOrganization) {
    throw new InfluxTokenError(
      `${input}: ${quoted(name)} (${id}) is a system bucket, which opens only to a token that may read its organization, too: add readOwnOrg: true`,
    );
  }
  if (orgID !== orgId) {
    throw new InfluxTokenError(
      `${input}: the bucket ${id} (${quoted(name)}) belongs to the organization ${orgID}, not to the token's, ${orgId}: a token reaches only buckets of its own organization`,
    );
  }
}

function expand(
  inputs: InfluxTokenInputs,
  context: Parameters<typeof expandPermissions>[1],
): NewAuthorization["permissions"] {
  try {
    return expandPermissions(inputs, context);
  } catch (error) {
    if (!(error instanceof PermissionFlagsError)) throw error;
    throw new InfluxTokenError(`${error.property}: ${error.message}`);
  }
}
