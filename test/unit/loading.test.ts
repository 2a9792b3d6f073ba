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

// Loading is most of what a short command takes of this package: whoever adds a room or a package here needs a reason.
describe("what is loaded", () => {
  const roomsOf = (files: string[]): string[] => [
    ...new Set(files.map((file) => file.replace(/^provider\//, "").replace(/\/[^/]+$/, "/"))),
  ];

  it("by a program: the resource and what it warns of, but neither the provider nor HTTP", () => {
    const { own, packages } = loadedBy(`require("./provider/index.js");`);
    // For `permissionsOf` the inputs are read.
    expect(own.filter((file) => file.includes("/connection/"))).toEqual(["provider/connection/settings.js"]);
    expect(roomsOf(own).filter((room) => room.endsWith("/"))).toEqual([
      "connection/",
      "fleet/",
      "permissions/",
      "pulumiHost/",
      "token/",
    ]);
    expect(own).not.toContain("provider/lifecycle.js");
    expect(own).not.toContain("provider/token/state.js");
    const sdkAlone = loadedBy(`require("@pulumi/pulumi");`).packages;
    expect(packages.filter((name) => !sdkAlone.includes(name))).toEqual(["fastest-levenshtein"]);
    expect(packages).not.toContain("axios");
  });

  it("by the program without code: nothing of files, YAML and CSV, where the stack config holds the tokens", () => {
    const run = (config: object): Loaded =>
      loadedBy(`
        const pulumi = require("@pulumi/pulumi");
        pulumi.log.warn = () => Promise.resolve();
        await pulumi.runtime.setMocks({ newResource: () => ({ id: "1", state: {} }), call: () => ({}) });
        pulumi.runtime.setAllConfig(${JSON.stringify(config)});
        require("./program/index.js");`);
    const inConfig = run({ "influx-token:tokens": '{"ci":{"org":"acme","readTasks":true}}' });
    expect(inConfig.own.filter((file) => file.startsWith("program/"))).toEqual(["program/index.js"]);
    expect(inConfig.packages).not.toContain("yaml");
    const fleetOf = (declared: object): Loaded =>
      run({
        "influx-token:fleets": JSON.stringify({ f: { each: { org: "acme", readTasks: true }, ...declared } }),
      });
    const list = fleetOf({ membersFrom: join(DIST, "..", "test", "fixtures", "devices.txt") });
    expect(list.own).not.toContain("program/tokenDocument.js");
    expect(list.packages).not.toContain("yaml");
    expect(list.packages).not.toContain("csv-parse");
    const table = fleetOf({ membersFrom: join(DIST, "..", "test", "fixtures", "devices.csv") });
    expect(table.packages).toContain("csv-parse");
    expect(table.packages).not.toContain("yaml");
    const fromFiles = run({ "influx-token:tokensFrom": join(DIST, "..", "examples", "gitops", "tokens") });
    expect(fromFiles.packages).toContain("yaml");
    expect(fromFiles.packages).not.toContain("csv-parse");
    expect(fromFiles.packages).not.toContain("axios");
  });

  it("by the provider for a preview: its own files, but neither Pulumi's SDK nor an HTTP client", () => {
    const { own, packages } = loadedBy(`
      const provider = require("./provider/dynamicProvider.js");
      const { inputs, failures } = await provider.check({}, { org: "acme", readTasks: true });
      if (failures.length > 0) throw new Error(failures[0].reason);
      await provider.diff("00000000000000d1", { ...inputs, token: "made", __format: 1 }, inputs);`);
    expect(own).not.toContain("provider/influxToken.js");
    expect(own.every((file) => file.startsWith("provider/"))).toBe(true);
    expect(packages).toEqual(["fastest-levenshtein"]);
  });

  it("by the provider's first request: the HTTP client as well", () => {
    const { packages } = loadedBy(`
      const provider = require("./provider/dynamicProvider.js");
      const connection = { host: "http://127.0.0.1:1", retries: 0, timeoutMs: 1 };
      await provider.read("00000000000000d1", { org: "acme", connection, host: connection.host, __format: 1 }).catch(() => undefined);`);
    expect(packages.filter((name) => name.startsWith("axios"))).toEqual(["axios", "axios-retry"]);
  });
});
