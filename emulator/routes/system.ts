import { noContent, ok, type Request, type Routes } from "./route";

/** What the server says of itself to everyone. */
export const publicSystemRoutes: Routes<Request> = {
  "* /health": ({ settings }) =>
    ok({
      name: "influxdb",
      message: "ready for queries and writes",
      status: "pass",
      checks: [],
      version: settings.version,
      commit: "local",
    }),
  "GET /ping": () => noContent,
  "HEAD /ping": () => noContent,
};

export const systemRoutes: Routes = {
  "* /api/v2/resources": ({ settings }) => ({
    ...ok(settings.resourceTypes),
    headers: { "Content-Type": "application/json" },
  }),
};
