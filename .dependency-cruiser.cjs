// The "may import" column of the house plan in CONTRIBUTING.md, room by room.

/** Files of a room may import from nowhere else within the project. */
const room = (name, path, ...mayImport) => ({
  name,
  severity: "error",
  comment: `${path} may import from ${mayImport.join(", ") || "nowhere"} only`,
  from: { path },
  to: { dependencyTypes: ["local"], pathNot: [path, ...mayImport] },
});

const at = (...paths) => `^provider/(${paths.join("|")})`;
const types = at("types\\.ts$");
const text = at("text\\.ts$", "nearestName\\.ts$", "organizationName\\.ts$", "json\\.ts$");
const errors = at("errors\\.ts$");
const runtime = at("runtime\\.ts$");
const settings = at("connection/settings\\.ts$");
const permissions = at("permissions/");
const token = at("token/");
const connection = at("connection/");
const influxdb = at("influxdb/");
const pulumiHost = at("pulumiHost/");
const wire = at("pulumiHost/(wireValues|stub)\\.ts$");

module.exports = {
  forbidden: [
    {
      name: "no-circle",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "no-orphan",
      severity: "error",
      from: { orphan: true, pathNot: ["^scripts/", "^emulator/main"] },
      to: {},
    },
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    room("types", types),
    room("runtime", runtime),
    room("text", text),
    room("errors", errors, text),
    room("permissions", permissions, types),
    room("token", token, errors, text, permissions, types, settings, at("influxdb/directory\\.ts$")),
    room("connection", connection, errors, text, types),
    room("influxdb", influxdb, connection, errors, text, types, runtime),
    room(
      "lifecycle",
      at("(lifecycle|connections)\\.ts$"),
      influxdb,
      connection,
      token,
      permissions,
      errors,
      types,
      runtime,
    ),
    room("pulumi-host", pulumiHost, token, errors, text, types),
    room(
      "dynamic-provider",
      at("(createProvider|dynamicProvider)\\.ts$"),
      at("(lifecycle|connections)\\.ts$"),
      pulumiHost,
      token,
      runtime,
    ),
    room("config-keys", at("configKeys\\.ts$"), text, settings),
    room(
      "resource",
      at("(influxToken|riskWarnings)\\.ts$"),
      at("configKeys\\.ts$", "token/inputs\\.ts$"),
      pulumiHost,
      permissions,
      types,
    ),
    room(
      "public-exports",
      at("(index|permissionsOf)\\.ts$"),
      at("influxToken\\.ts$"),
      token,
      wire,
      permissions,
      types,
    ),
    room("emulator", "^emulator/", types),
    room("report", "^report/", wire, token, text, permissions, types),
    room("policy", "^policy/", wire, permissions, types),
    room("program", "^program/", "^provider/index\\.ts$"),
    {
      name: "pulumi-at-run-time-in-the-resource-only",
      severity: "error",
      from: { path: "^provider/", pathNot: "^provider/(influxToken|riskWarnings)\\.ts$" },
      to: { path: "@pulumi/pulumi", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "axios-in-one-place-only",
      severity: "error",
      from: { pathNot: "^provider/influxdb/http\\.ts$" },
      to: { path: "node_modules/axios" },
    },
    {
      name: "files-are-read-by-the-connection-only",
      severity: "error",
      from: { path: "^provider/", pathNot: "^provider/connection/files\\.ts$" },
      to: { path: "^(node:)?fs(/promises)?$" },
    },
    {
      name: "pure",
      severity: "error",
      comment: "decisions do no I/O",
      from: {
        path: "^provider/(permissions/|token/|text|json|errors|types|nearestName|organizationName|configKeys|pulumiHost/(replacements|wireValues|stub\\.|stackTraces|sdkDebugLog)|connection/(resolve|host|settings|sources|makingToken|organization|connectTo))",
      },
      to: { dependencyTypes: ["core"] },
    },
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["require", "node", "default", "types"],
    },
  },
};
