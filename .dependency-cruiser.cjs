const rooms = require("./rooms.cjs");

const pathOf = (name) => rooms.find((room) => room.name === name).path;

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
    {
      name: "every-file-has-a-room",
      severity: "error",
      from: {
        path: "^(provider|emulator|report|import|cli|policy|program)/",
        pathNot: rooms.map(({ path }) => path),
      },
      to: {},
    },
    ...rooms.map(({ name, path, mayImport }) => ({
      name: `room-${name}`,
      severity: "error",
      comment: `${name} may import from ${mayImport.join(", ") || "nowhere"} only`,
      from: { path },
      to: { dependencyTypes: ["local"], pathNot: [path, ...mayImport.map(pathOf)] },
    })),
    {
      name: "types-import-nothing",
      severity: "error",
      from: { path: "^provider/(types|runtime)\\.ts$" },
      to: { dependencyTypes: ["local"] },
    },
    {
      name: "pulumi-at-run-time-in-the-resource-only",
      severity: "error",
      from: {
        path: "^provider/",
        pathNot:
          "^provider/(influxToken|rotatingInfluxToken|tokenResource|programRun|riskWarnings|stackDefaults|fleetResource|influxTokenFleet)\\.ts$",
      },
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
      from: {
        path: "^provider/",
        pathNot: "^provider/(connection/files|journal|pulumiHost/runRecords)\\.ts$",
      },
      to: { path: "^(node:)?fs(/promises)?$" },
    },
    {
      name: "pure",
      severity: "error",
      comment: "decisions do no I/O",
      from: {
        path: "^provider/(permissions/|token/|fleet/(?!memberNames)|(text|json|errors|types|runtime|nearestName|organizationName|configKeys|descriptionTemplate|permissionsOf)\\.|pulumiHost/(replacements|plannedDiffs|wireValues|stub|stackTraces|sdkDebugLog)\\.|connection/(resolve|resolveHost|host|settings|sources|makingToken|organization|connectTo)\\.)",
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
