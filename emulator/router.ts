import { authorizationRoutes } from "./routes/authorizations";
import { bucketRoutes } from "./routes/buckets";
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
}

/** Finds the route of a path: the whole path, or all but its last part in front of `{id}`. */
export function matchRoute(path: string): Match {
  const plain = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
  const exact = routes.get(plain);
  if (exact !== undefined) return { route: exact, pattern: exact.path, id: "" };
  const lastSlash = plain.lastIndexOf("/");
  const pattern = `${plain.slice(0, lastSlash)}/{id}`;
  const route = routes.get(pattern);
  return { route, pattern: route === undefined ? path : pattern, id: plain.slice(lastSlash + 1) };
}

/** Whether a path lies below one that takes ids: the server's answer to such a path is another one. */
export function isBelowResource(path: string): boolean {
  return [...routes.keys()].some(
    (known) => known.endsWith("/{id}") && path.startsWith(known.slice(0, -"{id}".length)),
  );
}
