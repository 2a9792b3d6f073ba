import { noContent, ok, type Route } from "./route";

/** What the server tells about itself. */
export const systemRoutes: readonly Route[] = [
  {
    path: "/health",
    open: {
      "*": ({ settings }) =>
        ok({
          name: "influxdb",
          message: "ready for queries and writes",
          status: "pass",
          checks: [],
          version: settings.version,
          commit: "local",
        }),
    },
  },
  { path: "/ping", open: { GET: () => noContent, HEAD: () => noContent } },
  {
    path: "/api/v2/resources",
    methods: {
      "*": ({ settings }) => ({
        ...ok(settings.resourceTypes),
        headers: { "Content-Type": "application/json" },
      }),
    },
  },
];
