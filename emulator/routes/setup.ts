import { integer, object, readBody, text } from "../body";
import { ApiError, conflict } from "../errors";
import type { Onboarding, Settings } from "../options";
import { permission } from "../authorize";
import type { Store } from "../store";
import { authorizationLinks } from "./authorizations";
import { defaultShardGroupSeconds, showBucket } from "./buckets";
import { showOrganization } from "./organizations";
import { created, ok, type Request, type Routes } from "./route";
import { requirePassword, showUser } from "./users";

const onboardingRequest = object({
  username: text,
  password: text,
  org: text,
  bucket: text,
  retentionPeriodSeconds: integer,
  token: text,
});

export const setupRoutes: Routes<Request> = {
  "GET /api/v2/setup": ({ store }) => ok({ allowed: mayOnboard(store) }),
  "POST /api/v2/setup": ({ store, settings, body }) => {
    const { username = "", org = "", bucket = "", ...rest } = readBody(onboardingRequest, body);
    const onboarded = onboard(store, settings, { username, org, bucket, ...rest });
    return created({
      user: showUser(onboarded.user),
      bucket: showBucket(onboarded.bucket),
      org: showOrganization(onboarded.org),
      auth: { ...onboarded.auth, links: authorizationLinks(onboarded.auth) },
    });
  },
};

const mayOnboard = (store: Store): boolean => store.users.size === 0 && store.organizations.size === 0;

/**
 * Makes the first user, organization and bucket, and the operator token.
 * @throws ApiError `conflict` the second time, `empty value` where a name is missing, `invalid` for a bad
 * password or bucket name
 */
export function onboard(store: Store, settings: Settings, wanted: Onboarding) {
  if (!mayOnboard(store)) throw conflict("onboarding has already been completed");
  const { username, password = "", org, bucket, token = "" } = wanted;
  const retentionSeconds = Math.max(0, wanted.retentionPeriodSeconds ?? 0);
  if (username === "") throw new ApiError("empty value", "username is empty");
  if (org === "") throw new ApiError("empty value", "org name is empty");
  if (bucket === "") throw new ApiError("empty value", "bucket name is empty");
  if (password !== "") requirePassword(password);
  const user = store.createUser({ name: username, status: "active" });
  const organization = store.createOrganization({ name: org, description: "" }, user.id);
  const firstBucket = store.createBucket({
    orgID: organization.id,
    type: "user",
    name: bucket,
    description: "",
    retentionSeconds,
    shardGroupSeconds: defaultShardGroupSeconds(retentionSeconds),
  });
  const auth = store.createAuthorization({
    status: "active",
    description: `${username}'s Token`,
    orgID: organization.id,
    userID: user.id,
    permissions: settings.resourceTypes
      // Listed by the server, and granted to no token.
      .filter((type) => type !== "instance")
      .flatMap((type) => [permission("read", type), permission("write", type)]),
    ...(token !== "" && { token }),
  });
  return { user, org: organization, bucket: firstBucket, auth };
}
