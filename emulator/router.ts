import { authorizationRoutes } from "./routes/authorizations";
import { bucketRoutes } from "./routes/buckets";
import { memberRoutes } from "./routes/members";
import { organizationRoutes } from "./routes/organizations";
import type { Route } from "./routes/route";
import { setupRoutes } from "./routes/setup";
import { systemRoutes } from "./routes/system";
import { userRoutes } from "./routes/users";
import { writeRoutes } from "./routes/write";

const routes = new Map<string, Route>(
  [
    ...systemRoutes,
    ...setupRoutes,
    ...organizationRoutes,
    ...memberRoutes,
    ...userRoutes,
    ...bucketRoutes,
    ...authorizationRoutes,
    ...writeRoutes,
  ].map((route) => [route.path, route]),
);

export interface Match {
  /** Absent: no route has this path. */
  readonly route: Route | undefined;
  /** The route's path, or what was asked for when there is none. */
  readonly pattern: string;
  readonly id: string;
  readonly userID: string;
}

/** Where a path has its ids, counted in parts: `/api/v2/orgs/{id}/members/{userID}`. */
const ID_PART = 4;
const USER_ID_PART = 6;

/** Finds the route of a path: as it is written, or with ids in their places. */
export function matchRoute(path: string): Match {
  const plain = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
  const exact = routes.get(plain);
  if (exact !== undefined) return { route: exact, pattern: exact.path, id: "", userID: "" };
  const parts = plain.split("/");
  const { [ID_PART]: id = "", [USER_ID_PART]: userID = "" } = parts;
  if (parts.length > ID_PART) parts[ID_PART] = "{id}";
  if (parts.length > USER_ID_PART) parts[USER_ID_PART] = "{userID}";
  const pattern = parts.join("/");
  const route = routes.get(pattern);
  return { route, pattern: route === undefined ? path : pattern, id, userID };
}

/** Whether a path lies below one that takes ids: the server's answer to such a path is another one. */
export function isBelowResource(path: string): boolean {
  return [...routes.keys()].some(
    (known) => known.endsWith("/{id}") && path.startsWith(known.slice(0, -"{id}".length)),
  );
}
