// The "may import" column of the house plan in CONTRIBUTING.md, room by room.

/** Files of a room may import from nowhere else within the project. */
const room = (name, path, ...mayImport) => ({
  name,
  severity: "error",
  comment: `${path} may import from ${mayImport.join(", ") || "nowhere"} only`,
  from: { path },
  to: { dependencyTypes: ["local"], pathNot: [path, ...mayImport] },
});

const types = "^provider/types\\.ts$";
const errors = "^provider/errors\\.ts$";
const printable = "^provider/printable\\.ts$";
const names = "^provider/(names|nearest)\\.ts$";
const settings = "^provider/connection/settings\\.ts$";
const told = "^provider/toldToken\\.ts$";
const permissions = "^provider/permissions/";
const json = "^provider/json\\.ts$";
const inputs = "^provider/(inputs|inputReaders|inputHints|computed)\\.ts$";

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
    room("types-import-nothing", types),
    room("printable", printable),
    room("errors", errors, printable),
    room("names", names, printable),
    room("config-keys", "^provider/configKeys\\.ts$", names, printable, settings),
    room("interrupts", "^provider/interrupts\\.ts$"),
    room("permissions", permissions, types),
    room("json", "^provider/json\\.ts$"),
    room("computed", "^provider/computed\\.ts$"),
    room("inputs", inputs, json, names, settings, printable, permissions, types),
    room("state", "^provider/state\\.ts$", inputs, json, errors, told, permissions, types),
    room("changes", "^provider/changes\\.ts$", "^provider/state\\.ts$", inputs, json, permissions, types),
    room("replacements", "^provider/replacements\\.ts$", inputs, json, types),
    room(
      "connection",
      "^provider/connection/",
      printable,
      names,
      errors,
      "^provider/permissions/id\\.ts$",
      types,
    ),
    room("influxdb", "^provider/influxdb/", "^provider/connection/", told, printable, errors, types),
    room(
      "resource",
      "^provider/influxToken\\.ts$",
      "^provider/(stackTraces|stubResolution|debugLines|computed|configKeys)\\.ts$",
      permissions,
      types,
    ),
    room("stub-resolution", "^provider/stubResolution\\.ts$"),
    room("debug-lines", "^provider/debugLines\\.ts$"),
    room("second-copies", "^provider/secondCopies\\.ts$", errors),
    room(
      "public-exports",
      "^provider/index\\.ts$",
      "^provider/(influxToken|inputs)\\.ts$",
      permissions,
      types,
    ),
    room("emulator", "^emulator/", types),
    room("report", "^report/", inputs, permissions, types),
    room("policy", "^policy/", "^report/steps\\.ts$", permissions, types),
    room("program", "^program/", "^provider/index\\.ts$"),
    {
      name: "pulumi-at-run-time-in-the-resource-only",
      severity: "error",
      from: { path: "^provider/", pathNot: "^provider/influxToken\\.ts$" },
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
      from: { path: "^provider/", pathNot: "^provider/connection/smallFile\\.ts$" },
      to: { path: "^(node:)?fs(/promises)?$" },
    },
    {
      name: "pure",
      severity: "error",
      comment: "decisions do no I/O",
      from: {
        path: "^provider/(permissions/|inputs|inputReaders|inputHints|computed|json|replacements|stackTraces|debugLines|changes|state|toldToken|printable|types|errors|names|nearest|configKeys|connection/(resolve|host|settings|sources|makingToken|organization|connectTo))",
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
