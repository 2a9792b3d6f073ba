import { permission } from "../authorize";
import { object, readBody, text } from "../body";
import { parseId, parseIdIfValid } from "../ids";
import { queryValue, readPage, takePage } from "../query";
import type { Organization } from "../store";
import { created, noContent, ok, type AuthenticatedRequest, type Routes } from "./route";

const organizationFields = object({ name: text, description: text });

export const organizationRoutes: Routes = {
  "GET /api/v2/orgs": (request) =>
    ok({
      links: { self: "/api/v2/orgs" },
      orgs: findOrganizations(request)
        .filter(({ id }) => request.caller.may(permission("read", "orgs", { id })))
        .map(showOrganization),
    }),
  "POST /api/v2/orgs": ({ store, caller, body }) => {
    const { name = "", description = "" } = readBody(organizationFields, body, "failed to unmarshal json: ");
    caller.require(permission("write", "orgs"));
    return created(showOrganization(store.createOrganization({ name, description }, caller.userID)));
  },
  "GET /api/v2/orgs/{id}": ({ store, caller, id }) => {
    const orgID = parseId(id);
    caller.require(permission("read", "orgs", { id: orgID }));
    return ok(showOrganization(store.organization(orgID)));
  },
  "PATCH /api/v2/orgs/{id}": ({ store, caller, id, body }) => {
    const orgID = parseId(id);
    const changes = readBody(organizationFields, body, "failed to unmarshal json: ");
    caller.require(permission("write", "orgs", { id: orgID }));
    return ok(showOrganization(store.updateOrganization(orgID, changes)));
  },
  "DELETE /api/v2/orgs/{id}": ({ store, caller, id }) => {
    const orgID = parseId(id);
    caller.require(permission("write", "orgs", { id: orgID }));
    store.deleteOrganization(orgID);
    return noContent;
  },
};

/** A caller who may not read every organization is shown, without a filter, those that its user belongs to. */
function findOrganizations({ store, caller, query }: AuthenticatedRequest): Organization[] {
  const page = readPage(query);
  // Unlike the other lists this one takes a malformed id for none.
  const orgID = parseIdIfValid(query.get("orgID") ?? "");
  const name = queryValue(query, "org");
  if (orgID !== undefined) return [store.organization(orgID)];
  if (name !== undefined) return [store.organizationByName(name)];
  let userID = parseIdIfValid(query.get("userID") ?? "");
  if (!caller.may(permission("read", "orgs"))) userID ??= caller.userID;
  const all = [...store.organizations.values()];
  return takePage(userID === undefined ? all : all.filter(({ roles }) => roles.has(userID)), page);
}

export function showOrganization({ id, name, description, createdAt, updatedAt }: Organization) {
  const self = `/api/v2/orgs/${id}`;
  return {
    links: {
      buckets: `/api/v2/buckets?org=${name}`,
      dashboards: `/api/v2/dashboards?org=${name}`,
      labels: `${self}/labels`,
      logs: `${self}/logs`,
      members: `${self}/members`,
      owners: `${self}/owners`,
      secrets: `${self}/secrets`,
      self,
      tasks: `/api/v2/tasks?org=${name}`,
    },
    id,
    name,
    description,
    createdAt,
    updatedAt,
  };
}
