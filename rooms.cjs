// The rooms of the house and what each may import. dependency-cruiser holds the code to it, and a test holds the diagram
// in docs/architecture.md to it. A room may import itself.

/** @type {readonly { readonly name: string, readonly path: string, readonly mayImport: readonly string[] }[]} */
module.exports = [
  {
    name: "basics",
    path: "^provider/(types|runtime|text|json|nearestName|organizationName|errors|tokenTypes)\\.ts$",
    mayImport: [],
  },
  { name: "permissions", path: "^provider/permissions/", mayImport: ["basics"] },
  { name: "settings", path: "^provider/connection/settings\\.ts$", mayImport: ["basics"] },
  { name: "connection", path: "^provider/connection/(?!settings\\.)", mayImport: ["basics", "settings"] },
  { name: "influxdb", path: "^provider/influxdb/", mayImport: ["basics", "connection"] },
  { name: "token", path: "^provider/token/", mayImport: ["basics", "permissions", "settings"] },
  { name: "fleet", path: "^provider/fleet/", mayImport: ["basics", "permissions", "token"] },
  {
    name: "lifecycle",
    path: "^provider/(lifecycle|rotatingLifecycle|shardLifecycle|shardUpdate|retirement|journal|connections|namedBuckets|adoption|importing|preflight)\\.ts$",
    mayImport: ["basics", "permissions", "connection", "influxdb", "token", "fleet"],
  },
  { name: "wire", path: "^provider/pulumiHost/(wireValues|stub)\\.ts$", mayImport: ["basics", "token"] },
  {
    name: "pulumiHost",
    path: "^provider/pulumiHost/(?!(wireValues|stub)\\.)",
    mayImport: ["basics", "token", "wire"],
  },
  {
    name: "engineCalls",
    path: "^provider/(engineCalls|providerProcess)\\.ts$",
    mayImport: ["basics", "token", "fleet", "lifecycle", "wire", "pulumiHost"],
  },
  {
    name: "dynamicProvider",
    path: "^provider/(createProvider|dynamicProvider|providers|(rotating|shard|retirement)Provider)\\.ts$",
    mayImport: ["token", "fleet", "lifecycle", "engineCalls"],
  },
  {
    name: "stackConfig",
    path: "^provider/(configKeys|descriptionTemplate)\\.ts$",
    mayImport: ["basics", "settings"],
  },
  {
    name: "influxToken",
    path: "^provider/(index|influxToken|rotatingInfluxToken|influxTokenFleet|fleetResource|tokenResource|programRun|riskWarnings|stackDefaults|permissionsOf)\\.ts$",
    mayImport: ["basics", "permissions", "settings", "stackConfig", "token", "fleet", "wire", "pulumiHost"],
  },
  {
    name: "plugin",
    path: "^native/(?!(index|providerArgs)\\.)",
    mayImport: [
      "basics",
      "permissions",
      "settings",
      "stackConfig",
      "token",
      "fleet",
      "lifecycle",
      "engineCalls",
      "wire",
      "pulumiHost",
    ],
  },
  { name: "native", path: "^native/(index|providerArgs)\\.ts$", mayImport: ["basics", "influxToken"] },
  { name: "emulator", path: "^emulator/", mayImport: ["basics"] },
  { name: "report", path: "^report/", mayImport: ["basics", "permissions", "token", "fleet", "wire"] },
  {
    name: "import",
    path: "^import/",
    mayImport: ["basics", "permissions", "connection", "influxdb", "token", "fleet", "wire", "report"],
  },
  { name: "cli", path: "^cli/", mayImport: ["basics", "report", "import"] },
  { name: "policy", path: "^policy/", mayImport: ["basics", "permissions", "fleet"] },
  {
    name: "program",
    path: "^program/",
    mayImport: ["basics", "token", "fleet", "connection", "influxToken"],
  },
];
