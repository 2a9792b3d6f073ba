import { permission } from "../authorize";
import { id, object, readBody, text } from "../body";
import { ApiError, forbidden, invalid } from "../errors";
import { parseId, parseIdIfValid } from "../ids";
import { queryId, queryValue, readPage, takePage } from "../query";
import type { User } from "../store";
import { created, noContent, ok, type AuthenticatedRequest, type Reply, type Routes } from "./route";

/** A user as requests describe one. */
export const userBody = object({ id, name: text, status: text });
const userUpdate = object({ name: text, status: text });
const newPassword = object({ password: text });

const PASSWORD_BYTES = { min: 8, max: 72 };

export const userRoutes: Routes = {
  "GET /api/v2/me": (request) => readUser(request, request.caller.userID),
  "GET /api/v2/users": ({ store, caller, query }) => {
    const page = readPage(query);
    const userID = queryId(query, "id");
    const name = queryValue(query, "name");
    let users: User[];
    if (userID !== undefined) users = [store.user(userID)];
    else if (name !== undefined) users = [store.userByName(name)];
    else users = takePage(store.users.values(), page);
    return ok({
      links: { self: "/api/v2/users" },
      users: users.filter(({ id }) => caller.may(permission("read", "users", { id }))).map(showUser),
    });
  },
  "POST /api/v2/users": ({ store, caller, body }) => {
    const { name = "", status = "" } = readBody(userBody, body);
    caller.require(permission("write", "users"));
    return created(showUser(store.createUser({ name, status: status === "" ? "active" : status })));
  },
  "GET /api/v2/users/{id}": (request) => readUser(request, parseId(request.id)),
  "PATCH /api/v2/users/{id}": ({ store, caller, id, body }) => {
    const userID = parseId(id);
    const changes = readBody(userUpdate, body);
    if (changes.status !== undefined && !["active", "inactive"].includes(changes.status)) {
      throw invalid("invalid status: must be active or inactive");
    }
    caller.require(permission("write", "users", { id: userID }));
    return ok(showUser(store.updateUser(userID, changes)));
  },
  "DELETE /api/v2/users/{id}": ({ store, caller, id }) => {
    const userID = parseId(id);
    caller.require(permission("write", "users", { id: userID }));
    store.deleteUser(userID);
    return noContent;
  },
  "POST /api/v2/users/{id}/password": setPassword,
  // A change wants the old password as basic authentication, and there is one header for that and the token.
  "PUT /api/v2/users/{id}/password": () => {
    throw new ApiError("internal error", "error decoding password reset request: invalid basic auth");
  },
};

/** Checks a password and forgets it: there is no sign-in. */
function setPassword({ store, caller, id, body }: AuthenticatedRequest): Reply {
  const { password = "" } = readBody(newPassword, body, "");
  const userID = parseIdIfValid(id);
  if (userID === undefined) throw new ApiError("internal error", "invalid user ID provided in route");
  caller.require(permission("write", "users", { id: userID }));
  requirePassword(password);
  if (!store.users.has(userID)) throw forbidden("your userID is incorrect");
  return noContent;
}

/** @throws ApiError `invalid` for a password of a length that the server refuses */
export function requirePassword(password: string): void {
  const bytes = Buffer.byteLength(password);
  if (bytes < PASSWORD_BYTES.min || bytes > PASSWORD_BYTES.max) {
    throw invalid(
      `passwords must be between ${PASSWORD_BYTES.min} and ${PASSWORD_BYTES.max} characters long`,
    );
  }
}

function readUser({ store, caller }: AuthenticatedRequest, userID: string) {
  caller.require(permission("read", "users", { id: userID }));
  return ok(showUser(store.user(userID)));
}

export function showUser({ id, name, status }: User) {
  return { links: { self: `/api/v2/users/${id}` }, id, name, status };
}
