import { permission } from "../authorize";
import { readBody } from "../body";
import { ApiError, invalid, notFound } from "../errors";
import { parseId } from "../ids";
import type { Organization, Role, User } from "../store";
import { created, noContent, ok, type AuthenticatedRequest, type Routes } from "./route";
import { showUser, userBody } from "./users";

export const memberRoutes: Routes = { ...routesOf("member"), ...routesOf("owner") };

/** Both lists have the same routes. Removal is by user, whatever the role, as on the server. */
function routesOf(role: Role): Routes {
  const path = `/api/v2/orgs/{id}/${role}s`;
  return {
    [`GET ${path}`]: (request) => {
      const { id, roles } = findOrganization(request);
      const userIDs = [...roles.keys()].filter((userID) => roles.get(userID) === role).sort();
      return ok({
        links: { self: path.replace("{id}", id) },
        users: userIDs.map((userID) => showMember(request.store.user(userID), role)),
      });
    },
    [`POST ${path}`]: (request) => {
      const { store, caller, body } = request;
      const { id: orgID, roles } = findOrganization(request);
      const { id: userID } = readBody(userBody, body);
      if (userID === undefined) throw invalid("user id missing or invalid");
      const user = store.user(userID);
      caller.require(permission("write", "orgs", { id: orgID, orgID }));
      // Also for one who has the other role.
      if (roles.has(userID)) {
        const problem = `mapping for user ${userID} already exists`;
        throw new ApiError(
          "internal error",
          `Unexpected error when assigning user to a resource: ${problem}`,
        );
      }
      roles.set(userID, role);
      return created(showMember(user, role));
    },
    [`DELETE ${path}/{userID}`]: (request) => {
      const { id: orgID, roles } = findOrganization(request);
      const userID = parseId(request.userID);
      if (roles.has(userID)) {
        request.caller.require(permission("write", "orgs", { id: orgID, orgID }));
        roles.delete(userID);
      }
      return noContent;
    },
  };
}

/** The server answers alike here for an organization that is unknown and one that the caller may not read. */
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
