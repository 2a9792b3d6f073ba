import { permission } from "../authorize";
import { parseId } from "../ids";
import { decodeBody, id, struct, text } from "../json/decode";
import { given, readPage, takePage } from "../paging";
import type { User } from "../store";
import { created, noContent, ok, type AuthenticatedRequest, type Route } from "./route";

const userBody = struct("influxdb.User", {
  id: id(),
  name: text(),
  oauthID: text(),
  status: text("influxdb.Status"),
});

export const userRoutes: readonly Route[] = [
  { path: "/api/v2/me", methods: { GET: (request) => readUser(request, request.caller.userID) } },
  {
    path: "/api/v2/users",
    methods: {
      GET: ({ store, caller, query }) => {
        const page = readPage(query);
        const userID = given(query, "id");
        const name = given(query, "name");
        let users: Iterable<User>;
        if (userID !== undefined) users = [store.user(parseId(userID))];
        else if (name !== undefined) users = [store.userByName(name)];
        else users = takePage(store.users.values(), page);
        return ok({
          links: { self: "/api/v2/users" },
          users: [...users]
            .filter((user) => caller.may(permission("read", "users", { id: user.id })))
            .map(showUser),
        });
      },
      POST: ({ store, caller, body }) => {
        const { name = "", status } = decodeBody(userBody, body);
        caller.require(permission("write", "users"));
        return created(
          showUser(
            store.createUser({ name, status: status === undefined || status === "" ? "active" : status }),
          ),
        );
      },
    },
  },
  {
    path: "/api/v2/users/{id}",
    methods: {
      GET: (request) => readUser(request, parseId(request.id)),
      DELETE: ({ store, caller, id }) => {
        const userID = parseId(id);
        caller.require(permission("write", "users", { id: userID }));
        store.deleteUser(userID);
        return noContent;
      },
    },
  },
];

function readUser({ store, caller }: AuthenticatedRequest, userID: string) {
  caller.require(permission("read", "users", { id: userID }));
  return ok(showUser(store.user(userID)));
}

export function showUser({ id, name, status }: User) {
  return { links: { self: `/api/v2/users/${id}` }, id, name, status };
}
