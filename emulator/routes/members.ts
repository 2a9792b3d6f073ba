import { permission } from "../authorize";
import { readBody } from "../body";
import { invalid, notFound, type ApiError } from "../errors";
import { parseId } from "../ids";
import type { Role } from "../memberships";
import type { Organization, User } from "../store";
import { created, noContent, ok, type AuthenticatedRequest, type Route } from "./route";
import { showUser, userBody } from "./users";

export const memberRoutes: readonly Route[] = [...routesOf("member"), ...routesOf("owner")];

/** Both lists have the same routes. Removal is by user, whatever the role, as on the server. */
function routesOf(role: Role): Route[] {
  const path = `/api/v2/orgs/{id}/${role}s`;
  return [
    {
      path,
      methods: {
        GET: (request) => {
          const { id } = findOrganization(request);
          const users = request.store.memberships.usersOf(id, role);
          return ok({
            links: { self: path.replace("{id}", id) },
            users: users.map((userID) => showMember(request.store.user(userID), role)),
          });
        },
        POST: (request) => {
          const { store, caller, body } = request;
          const { id: orgID } = findOrganization(request);
          const { id: userID } = readBody(userBody, body);
          if (userID === undefined) throw invalid("user id missing or invalid");
          const user = store.user(userID);
          caller.require(permission("write", "orgs", { id: orgID, orgID }));
          store.memberships.add(orgID, userID, role);
          return created(showMember(user, role));
        },
      },
    },
    {
      path: `${path}/{userID}`,
      methods: {
        DELETE: (request) => {
          const { store, caller } = request;
          const { id: orgID } = findOrganization(request);
          const userID = parseId(request.userID);
          if (store.memberships.has(orgID, userID)) {
            caller.require(permission("write", "orgs", { id: orgID, orgID }));
            store.memberships.remove(orgID, userID);
          }
          return noContent;
        },
      },
    },
  ];
}

/** The server tells nobody here whether an organization is unknown or not to be seen. */
function findOrganization({ store, caller, id }: AuthenticatedRequest): Organization {
  let orgID: string;
  try {
    orgID = parseId(id);
  } catch (error) {
    throw invalid(`corrupt ID provided: ${(error as ApiError).message}`);
  }
  const organization = store.organizations.get(orgID);
  if (organization === undefined || !caller.may(permission("read", "orgs", { id: orgID }))) {
    throw notFound("404 page not found");
  }
  return organization;
}

function showMember(user: User, role: Role) {
  return { role, ...showUser(user) };
}
