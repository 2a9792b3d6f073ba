import { authorizationRoutes } from "./routes/authorizations";
import { bucketRoutes } from "./routes/buckets";
import { memberRoutes } from "./routes/members";
import { organizationRoutes } from "./routes/organizations";
import type { Handler, Request } from "./routes/route";
import { setupRoutes } from "./routes/setup";
import { publicSystemRoutes, systemRoutes } from "./routes/system";
import { userRoutes } from "./routes/users";
import { writeRoutes } from "./routes/write";

/** These answer without a token. */
export const publicRoutes = new Map<string, Handler<Request>>(
  Object.entries({ ...publicSystemRoutes, ...setupRoutes }),
);

export const routes = new Map<string, Handler>(
  Object.entries({
    ...systemRoutes,
    ...organizationRoutes,
    ...memberRoutes,
    ...userRoutes,
    ...bucketRoutes,
    ...authorizationRoutes,
    ...writeRoutes,
  }),
);

const paths: ReadonlySet<string> = new Set(
  [...publicRoutes.keys(), ...routes.keys()].map((endpoint) => endpoint.slice(endpoint.indexOf(" ") + 1)),
);

/** The path that was asked for, with its ids taken out. */
export interface Match {
  /** For example `/api/v2/orgs/{id}`; what was asked for where no route has such a path. */
  readonly pattern: string;
  /** Whether a route has this path. */
  readonly known: boolean;
  readonly id: string;
  readonly userID: string;
}

/** Where a path has its ids, counted in parts: `/api/v2/orgs/{id}/members/{userID}`. */
const ID_PART = 4;
const USER_ID_PART = 6;

/** Finds the path of a route: as it is written, or with ids in their places. */
export function matchPath(path: string): Match {
  const plain = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
  if (paths.has(plain)) return { pattern: plain, known: true, id: "", userID: "" };
  const parts = plain.split("/");
  const { [ID_PART]: id = "", [USER_ID_PART]: userID = "" } = parts;
  if (parts.length > ID_PART) parts[ID_PART] = "{id}";
  if (parts.length > USER_ID_PART) parts[USER_ID_PART] = "{userID}";
  const pattern = parts.join("/");
  const known = paths.has(pattern);
  return { pattern: known ? pattern : path, known, id, userID };
}

export function findHandler<R extends Request>(
  routes: ReadonlyMap<string, Handler<R>>,
  method: string,
  path: string,
): Handler<R> | undefined {
  return routes.get(`${method} ${path}`) ?? routes.get(`* ${path}`);
}

/** Whether a path lies below one that takes ids: the server's answer to such a path is another one. */
export function isBelowResource(path: string): boolean {
  return [...paths].some(
    (known) => known.endsWith("/{id}") && path.startsWith(known.slice(0, -"{id}".length)),
  );
}
