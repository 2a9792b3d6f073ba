import type { Authorization, NamedPermission, Permission, TokenStatus } from "../../provider/types";
import { formatPermission, permission, type Caller } from "../authorize";
import { id, list, object, readBody, text, type Fields } from "../body";
import { forbidden, invalid } from "../errors";
import { parseId } from "../ids";
import type { Settings } from "../options";
import { queryId, queryValue } from "../query";
import type { Store, StoredAuthorization } from "../store";
import { created, noContent, ok, type Routes } from "./route";

const PATH = "/api/v2/authorizations";

const permissionFields = { action: text, resource: object({ type: text, id, orgID: id }) };
const newAuthorization = object({
  status: text,
  orgID: id,
  userID: id,
  description: text,
  permissions: list(object(permissionFields)),
});
const authorizationUpdate = object({ status: text, description: text });

export const authorizationRoutes: Routes = {
  "GET /api/v2/authorizations": ({ store, settings, caller, query }) => {
    const authorizations = findAuthorizations(store, query)
      .filter((authorization) => mayRead(caller, authorization))
      // Neither an organization nor a user takes its authorizations along when it is deleted.
      .filter(({ orgID, userID }) => store.organizations.has(orgID) && store.users.has(userID));
    return ok({
      links: { self: PATH },
      authorizations: authorizations.map((each) => showAuthorization(store, settings, each)),
    });
  },
  "POST /api/v2/authorizations": ({ store, settings, caller, body }) => {
    const authorization = createAuthorization(store, settings, caller, body);
    // The one answer that holds the token, however tokens are stored.
    return created({ ...showAuthorization(store, settings, authorization), token: authorization.token });
  },
  "GET /api/v2/authorizations/{id}": ({ store, settings, caller, id }) => {
    const authorization = store.authorization(parseId(id));
    requireAccess(caller, "read", authorization);
    return ok(showAuthorization(store, settings, authorization));
  },
  "PATCH /api/v2/authorizations/{id}": ({ store, settings, caller, id, body }) => {
    const authorizationID = parseId(id);
    const changes = readBody(authorizationUpdate, body);
    const authorization = store.authorization(authorizationID);
    requireAccess(caller, "read", authorization);
    requireAccess(caller, "write", authorization);
    const updated = store.updateAuthorization(authorizationID, checkedUpdate(settings, changes));
    return ok(showAuthorization(store, settings, updated));
  },
  "DELETE /api/v2/authorizations/{id}": ({ store, caller, id }) => {
    const authorization = store.authorization(parseId(id));
    requireAccess(caller, "write", authorization);
    store.deleteAuthorization(authorization.id);
    return noContent;
  },
};

/** The filters that the server knows. It has none for tokens: `token=` is ignored. */
function findAuthorizations(store: Store, query: URLSearchParams): StoredAuthorization[] {
  const [userID, orgID, authorizationID] = ["userID", "orgID", "id"].map((name) => queryId(query, name));
  const user = queryValue(query, "user");
  const org = queryValue(query, "org");
  const ownerID = userID ?? (user === undefined ? undefined : store.userByName(user).id);
  const organizationID = orgID ?? (org === undefined ? undefined : store.organizationByName(org).id);
  if (authorizationID !== undefined) return [store.authorization(authorizationID)];
  return [...store.authorizations.values()].filter(
    (authorization) =>
      (ownerID === undefined || authorization.userID === ownerID) &&
      (organizationID === undefined || authorization.orgID === organizationID),
  );
}

/** The checks come in the server's order: it decides which of two mistakes is named. */
function createAuthorization(
  store: Store,
  settings: Settings,
  caller: Caller,
  body: Buffer,
): StoredAuthorization {
  const request = readBody(newAuthorization, body, "invalid json structure: ");
  const permissions = (request.permissions ?? []).map((each) => checkedPermission(settings, each));
  if (permissions.length === 0) throw invalid("authorization must include permissions");
  const { orgID, description = "", status = "" } = request;
  if (orgID === undefined) throw invalid("org id required: invalid ID");
  const initialStatus = status === "" ? "active" : status;
  if (!isTokenStatus(initialStatus)) throw invalid("invalid status: must be active or inactive");

  const userID = request.userID ?? caller.userID;
  caller.require(permission("write", "authorizations", { orgID }));
  caller.require(permission("write", "users", { id: userID }));
  for (const each of permissions) requireGrantable(caller, each);
  const foreign = permissions.find(
    (each) => each.resource.orgID !== undefined && each.resource.orgID !== orgID,
  );
  if (foreign !== undefined) {
    throw invalid(`permission ${formatPermission(foreign)} is not for org id ${orgID}`);
  }
  if (!store.users.has(userID) || !store.organizations.has(orgID)) throw invalid("unable to create token");
  return store.createAuthorization({ status: initialStatus, description, orgID, userID, permissions });
}

function checkedPermission(
  settings: Settings,
  { action = "", resource: { type = "", ...scope } = {} }: Fields<typeof permissionFields>,
): Permission {
  if (!settings.resourceTypes.includes(type)) {
    throw invalid("invalid resource type for permission: unknown resource type for permission");
  }
  if (action !== "read" && action !== "write") {
    throw invalid("invalid action type for permission: unknown action for permission");
  }
  return permission(action, type, scope);
}

/** Nobody gives away what they do not have. */
function requireGrantable(caller: Caller, wanted: Permission): void {
  if (caller.may(wanted)) return;
  const named = formatPermission(wanted);
  throw forbidden(`permission ${named} is not allowed: ${named} is unauthorized`);
}

function checkedUpdate(
  settings: Settings,
  { status, ...changes }: { status?: string; description?: string },
): { status?: TokenStatus; description?: string } {
  if (status === undefined) return changes;
  const newStatus = status === "" ? "active" : status;
  if (!isTokenStatus(newStatus)) throw invalid(settings.unknownStatusMessage);
  return { ...changes, status: newStatus };
}

const isTokenStatus = (status: string): status is TokenStatus => status === "active" || status === "inactive";

/** Reaching an authorization takes a permission on it and one on its owner. */
function accessTo(action: "read" | "write", { id, orgID, userID }: StoredAuthorization): Permission[] {
  return [permission(action, "authorizations", { id, orgID }), permission(action, "users", { id: userID })];
}

function mayRead(caller: Caller, authorization: StoredAuthorization): boolean {
  return accessTo("read", authorization).every((wanted) => caller.may(wanted));
}

function requireAccess(caller: Caller, action: "read" | "write", authorization: StoredAuthorization): void {
  for (const wanted of accessTo(action, authorization)) caller.require(wanted);
}

function showAuthorization(
  store: Store,
  settings: Settings,
  authorization: StoredAuthorization,
): Authorization {
  const { id, status, description, orgID, userID, createdAt, updatedAt } = authorization;
  return {
    id,
    token: settings.plainTokens ? authorization.token : "",
    status,
    description,
    orgID,
    org: store.organization(orgID).name,
    userID,
    user: store.user(userID).name,
    permissions: authorization.permissions.map((each) => nameResources(store, each)),
    links: authorizationLinks(authorization),
    createdAt,
    updatedAt,
  };
}

export function authorizationLinks({ id, userID }: StoredAuthorization): Record<string, string> {
  return { self: `${PATH}/${id}`, user: `/api/v2/users/${userID}` };
}

/** Puts names next to ids. For an id that does not exist the server names nothing, not even the organization. */
function nameResources(store: Store, { action, resource }: Permission): NamedPermission {
  const { type, id, orgID } = resource;
  const directory = { buckets: store.buckets, orgs: store.organizations, users: store.users }[type];
  const named = id === undefined ? undefined : directory?.get(id);
  if (id !== undefined && directory !== undefined && named === undefined) return { action, resource };
  const org = orgID === undefined ? undefined : store.organizations.get(orgID);
  return {
    action,
    resource: {
      ...resource,
      ...(named !== undefined && { name: named.name }),
      ...(org !== undefined && { org: org.name }),
    },
  };
}
