import { execFileSync } from "node:child_process";
import { join, relative } from "node:path";

const DIST = join(__dirname, "..", "..", "dist");

interface Loaded {
  /** Files of this package, below dist. */
  readonly own: string[];
  /** Other packages, by name. */
  readonly packages: string[];
}

/** What a fresh Node.js has loaded after some code that runs in the folder of what was built. */
function loadedBy(code: string): Loaded {
  const script = `
    (async () => {
      ${code}
      process.stdout.write(JSON.stringify(Object.keys(require.cache)));
    })();`;
  const options = { encoding: "utf8", cwd: DIST, env: { HOME: DIST, INFLUX_TOKEN: "t" } } as const;
  const files = JSON.parse(execFileSync(process.execPath, ["-e", script], options)) as string[];
  const packages = files.flatMap(
    (file) => /.*[\\/]node_modules[\\/]((?:@[^\\/]+.)?[^\\/]+)/.exec(file)?.[1] ?? [],
  );
  return {
    own: files
      .filter((file) => file.startsWith(DIST))
      .map((file) => relative(DIST, file))
      .sort(),
    packages: [...new Set(packages)].sort(),
  };
}

// Loading is most of what a short command takes of this package. A file that is added here needs a reason.
describe("what is loaded", () => {
  const PERMISSIONS = ["catalogue", "expand", "format", "id", "risks", "table"].map(
    (name) => `provider/permissions/${name}.js`,
  );
  const INPUTS = ["inputHints", "inputReaders", "inputs", "json"].map((name) => `provider/${name}.js`);
  const PROVIDER = [
    "provider/changes.js",
    "provider/computed.js",
    ...[
      "connectTo",
      "host",
      "makingToken",
      "organization",
      "pemFile",
      "profiles",
      "proxy",
      "resolve",
      "resolveHost",
      "settings",
      "smallFile",
      "sources",
    ].map((name) => `provider/connection/${name}.js`),
    "provider/dynamicProvider.js",
    "provider/errors.js",
    ...[
      "agents",
      "answer",
      "asked",
      "attempts",
      "authorizations",
      "client",
      "createSafely",
      "debugLog",
      "directory",
      "foreignAnswer",
      "http",
      "identify",
      "limiter",
      "lookForMade",
      "pending",
      "startup",
    ].map((name) => `provider/influxdb/${name}.js`),
    ...INPUTS,
    "provider/interrupts.js",
    "provider/names.js",
    "provider/nearest.js",
    "provider/newAuthorization.js",
    ...PERMISSIONS,
    "provider/printable.js",
    "provider/replacements.js",
    "provider/secondCopies.js",
    "provider/state.js",
    "provider/toldToken.js",
  ].sort();

  it("by a program: the resource and what it warns of, but neither the provider nor HTTP", () => {
    const { own, packages } = loadedBy(`require("./provider/index.js");`);
    // For `permissionsOf` the inputs are read.
    expect(own).toEqual([
      "provider/computed.js",
      "provider/configKeys.js",
      "provider/connection/settings.js",
      "provider/debugLines.js",
      "provider/index.js",
      "provider/influxToken.js",
      ...INPUTS,
      "provider/names.js",
      "provider/nearest.js",
      ...PERMISSIONS,
      "provider/printable.js",
      "provider/stackTraces.js",
      "provider/stubResolution.js",
    ]);
    const sdkAlone = loadedBy(`require("@pulumi/pulumi");`).packages;
    expect(packages.filter((name) => !sdkAlone.includes(name))).toEqual(["fastest-levenshtein"]);
    expect(packages).not.toContain("axios");
  });

  it("by the provider for a preview: its own files, and no HTTP client", () => {
    const loaded = loadedBy(`
      const provider = require("./provider/dynamicProvider.js");
      const { inputs, failures } = await provider.check({}, { org: "acme", readTasks: true });
      if (failures.length > 0) throw new Error(failures[0].reason);
      await provider.diff("00000000000000d1", { ...inputs, token: "t", __format: 1 }, inputs);`);
    expect(loaded).toEqual({ own: PROVIDER, packages: ["fastest-levenshtein"] });
  });

  it("by the provider's first request: the HTTP client as well, and nothing else of its own", () => {
    const { own, packages } = loadedBy(`
      const provider = require("./provider/dynamicProvider.js");
      const connection = { host: "http://127.0.0.1:1", retries: 0, timeoutMs: 1 };
      await provider.read("00000000000000d1", { org: "acme", connection, host: connection.host, __format: 1 }).catch(() => undefined);`);
    expect(own).toEqual(PROVIDER);
    expect(packages.filter((name) => name.startsWith("axios"))).toEqual(["axios", "axios-retry"]);
  });
});
