import { InfluxTokenError } from "../errors";
import type { InfluxTokenInputs } from "./inputs";
import { isUniversal } from "../permissions/catalogue";
import {
  BUCKET_FLAGS,
  expandPermissions,
  PermissionFlagsError,
  raisedTypeFlags,
  readsOwnOrganization,
} from "../permissions/expand";
import { quoted } from "../text";
import type { Bucket, NewAuthorization } from "../types";

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
): Promise<NewAuthorization> {
  const preset = inputs.operator === true || inputs.allAccess === true;
  const needsTypes = preset || raisedTypeFlags(inputs).some(([, { resource }]) => !isUniversal(resource));
  const [orgID, userID, resourceTypes] = await Promise.all([
    organizationId(inputs, directory),
    ownerId(inputs, directory),
    needsTypes ? directory.resourceTypes() : undefined,
  ]);
  await refuseUselessBuckets(inputs, orgID, directory);
  const permissions = expand(inputs, orgID, userID, resourceTypes);
  return {
    orgID,
    ...(inputs.user !== undefined && userID !== undefined && { userID }),
    ...(inputs.description !== undefined && { description: inputs.description }),
    ...(inputs.status !== undefined && { status: inputs.status }),
    permissions,
  };
}

async function organizationId({ org, orgId }: InfluxTokenInputs, directory: Directory): Promise<string> {
  if (orgId !== undefined) return orgId;
  if (org !== undefined) return directory.organizationId(org);
  throw new InfluxTokenError("cannot create a token: no organization is known: give org or orgId");
}

/** The server makes the caller the owner by itself; only `allAccess` has to know who that is. */
async function ownerId(
  { user, allAccess }: InfluxTokenInputs,
  directory: Directory,
): Promise<string | undefined> {
  if (user !== undefined) return directory.userId(user);
  return allAccess === true ? directory.callerId() : undefined;
}

/**
 * The server grants a bucket that does not exist, or is another organization's, all the same: such a token opens nothing.
 * Nor does one that reads a system bucket without its organization.
 */
async function refuseUselessBuckets(
  inputs: InfluxTokenInputs,
  orgID: string,
  directory: Directory,
): Promise<void> {
  const names = Object.keys(BUCKET_FLAGS) as (keyof typeof BUCKET_FLAGS)[];
  const wanted = names.flatMap((name) => (inputs[name] ?? []).map((id) => ({ name, id })));
  await Promise.all(
    wanted.map(async ({ name, id }) => {
      const bucket = await directory.bucket(id);
      if (bucket === undefined) {
        throw new InfluxTokenError(
          `${name}: no bucket has the id ${id}, or the caller's token may not see it: \`influx bucket list\` shows the ids`,
        );
      }
      if (bucket.type === "system" && BUCKET_FLAGS[name] === "read" && !readsOwnOrganization(inputs)) {
        throw new InfluxTokenError(
          `${name}: ${quoted(bucket.name)} (${id}) is a system bucket, which opens only to a token that may read its organization, too: add readOwnOrg: true`,
        );
      }
      if (bucket.orgID !== orgID) {
        throw new InfluxTokenError(
          `${name}: the bucket ${id} (${quoted(bucket.name)}) belongs to the organization ${bucket.orgID}, not to the token's, ${orgID}: a token reaches only buckets of its own organization`,
        );
      }
    }),
  );
}

function expand(
  inputs: InfluxTokenInputs,
  orgId: string,
  userId: string | undefined,
  resourceTypes: readonly string[] | undefined,
): NewAuthorization["permissions"] {
  try {
    return expandPermissions(inputs, {
      orgId,
      ...(userId !== undefined && { userId }),
      ...(resourceTypes && { resourceTypes }),
    });
  } catch (error) {
    if (!(error instanceof PermissionFlagsError)) throw error;
    throw new InfluxTokenError(`${error.property}: ${error.message}`);
  }
}
