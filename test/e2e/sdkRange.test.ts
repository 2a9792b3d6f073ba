import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { StoredAuthorization } from "../../emulator";
import { peerDependencies } from "../../package.json";
import { nameOf, type StackResource, succeeded } from "../../scripts/engine";
import type { RunResult } from "../../scripts/run";
import { type Fault, type FaultProxy, type Hold, startFaultProxy } from "../support/faultProxy";
import { endsByItself, processesOf, signal } from "../support/pausedStack";
import { makeMaker } from "../support/influxdb";
import { install, pack } from "../support/packed";
import { SOAK } from "../support/soak";
import { SecretSearch } from "../support/secretSearch";
import { openStack, type TestStack } from "../support/stack";

/** What `npm install` makes of it is the newest release whose `engines` allow this Node.js. */
const RANGE = peerDependencies["@pulumi/pulumi"];
const OLDEST = RANGE.slice(1);

/** A signal's way through the system, on a busy machine. */
const HEARD_MS = 200;

interface Recorded extends StackResource {
  readonly stackTrace?: readonly object[];
}

let base = "";
let tarball = "";

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), "influx-token-sdk-"));
  tarball = await pack(base);
});
afterAll(() => rm(base, { recursive: true, force: true }));

describe("the ranges of peer dependencies", () => {
  it("end below the next major version", () => {
    for (const range of Object.values(peerDependencies)) expect(range).toMatch(/^\^[1-9]\d*\.\d+\.\d+$/);
  });
});

/** On Node.js 20 the newest is the one that every other test runs with: later ones need 22. */
const IS_NEWEST_EVERYWHERE = /^20\./.test(process.versions.node);

describe.each([
  { which: "oldest", version: OLDEST },
  ...(IS_NEWEST_EVERYWHERE && !SOAK ? [] : [{ which: "newest", version: RANGE }]),
])("with the $which @pulumi/pulumi of its range, the package", ({ which, version }) => {
  let folder = "";
  let stack: TestStack;
  let proxy: FaultProxy;
  let search: SecretSearch;
  let fault: (method: string) => Fault | Hold | undefined = () => undefined;
  /** The token that `own` is made with. */
  let maker: StoredAuthorization;
  let refused: RunResult;
  let tokens: string[];

  const sdkFile = (path: string): string =>
    readFileSync(join(folder, "node_modules", "@pulumi", "pulumi", path), "utf8");

  function declare(...names: ("configured" | "own" | "lost" | "late")[]): void {
    const token = (name: string): object => ({
      org: "acme",
      readTasks: true,
      description: name,
      connection: { retries: 0, ...(name === "own" && { token: maker.token }) },
    });
    const tokens = Object.fromEntries(names.map((name) => [name, token(name)]));
    writeFileSync(join(folder, "declared.json"), JSON.stringify(tokens));
  }

  const onServer = (name: string): StoredAuthorization | undefined =>
    stack.server.authorizations().find(({ description }) => description === name);

  async function recorded(name: string): Promise<Recorded | undefined> {
    const { checkpoint } = JSON.parse(await stack.engine.stateText()) as {
      checkpoint: { latest: { resources: Recorded[] } };
    };
    return checkpoint.latest.resources.find((resource) => nameOf(resource) === name);
  }

  function expectNothingLeft(): void {
    const left = stack.server.authorizations().map(({ description }) => description);
    expect(left).toEqual(["admin's Token", "maker"]);
  }

  beforeAll(async () => {
    folder = join(base, which);
    cpSync(join(__dirname, "programs", "declared"), folder, { recursive: true });
    // What a registry offered once it offers again. Which one is the newest it has to be asked.
    const flags = which === "oldest" ? ["--prefer-offline"] : [];
    await install(folder, [...flags, tarball, `@pulumi/pulumi@${version}`]);
    stack = await openStack(folder, { configure: false, env: { DECLARED: join(folder, "declared.json") } });
    proxy = await startFaultProxy(stack.server.url, ({ method = "" }) => fault(method));
    search = new SecretSearch(stack.engine);
    maker = await makeMaker(stack.server);
    await stack.engine.configSet("influx-token:host", proxy.url);
    await stack.engine.configSet("influx-token:token", stack.server.operatorToken, { secret: true });
  });
  afterAll(async () => {
    await stack.dispose();
    await proxy.close();
  });

  it("is installed with that, in a folder of its own", () => {
    const { version: installed } = JSON.parse(sdkFile("package.json")) as { version: string };
    expect(installed === OLDEST).toBe(which === "oldest");
  });

  it("still finds the names in it that it goes by: of the leak detector, and of two variables", () => {
    // Without the first a program only takes longer, and without the others nobody says why a stub is not found.
    expect(sdkFile("runtime/debuggable.js")).toContain("function debuggablePromise(");
    expect(sdkFile("cmd/run/index.js")).toContain('"PULUMI_NODEJS_ENGINE"');
    expect(sdkFile("cmd/run/index.js")).toContain('"PULUMI_NODEJS_ROOT_DIRECTORY"');
  });

  it("makes tokens, and finds nothing to do at a refresh and at the next `up`", async () => {
    declare("configured", "own");
    succeeded(await search.run("up", ["up"]));
    tokens = ["configured", "own"].map((name) => onServer(name)?.token ?? "none");
    expect(tokens).not.toContain("none");
    expect(succeeded(await search.run("refresh", ["refresh"])).stdout).toMatch(/^ {4}3 unchanged$/m);
    expect(succeeded(await search.run("again", ["up"])).stdout).toMatch(/^ {4}3 unchanged$/m);
  });

  it("has the program's own stack frames in the state, and none of the SDK's", async () => {
    const { stackTrace } = (await recorded("own")) ?? {};
    expect(JSON.stringify(stackTrace)).toContain("index.cjs");
    expect(JSON.stringify(stackTrace)).not.toContain("node_modules");
  });

  it("has a token recorded that it could neither use nor delete", async () => {
    const posts: Fault[] = ["drop after"];
    fault = (method) => (method === "POST" ? posts.shift() : method === "DELETE" ? "401 before" : undefined);
    declare("configured", "own", "lost");
    expect(await stack.engine.up()).not.toMatchObject({ code: 0 });
    const token = await recorded("lost");
    expect(token?.id).toBe(onServer("lost")?.id);
    expect(token?.outputs).not.toHaveProperty("token");
  });

  it("has what a refresh finds in the state's inputs, too", async () => {
    const { id = "" } = onServer("own") ?? {};
    await stack.server.call("PATCH", `/api/v2/authorizations/${id}`, { description: "changed" });
    fault = (method) => (method === "DELETE" ? "401 before" : undefined);
    refused = await stack.engine.destroy(["--refresh"]);
    const description = "changed";
    expect(await recorded("own")).toMatchObject({ inputs: { description }, outputs: { description } });
  });

  it("says once for each token why it cannot be deleted, and without a stack", () => {
    const [, printed = ""] = (refused.stdout + refused.stderr).split("\nDiagnostics:\n");
    const told = [...printed.matchAll(/(\S+): cannot delete the token (\S+):/g)];
    const ids = ["configured", "changed", "lost"].map((name) => onServer(name)?.id);
    expect(told.map(([, who, id]) => `${who} ${id}`).sort()).toEqual(ids.map((id) => `error ${id}`).sort());
    expect(printed).not.toMatch(/^\s+at /m);
  });

  it("deletes all that it made", async () => {
    fault = () => undefined;
    succeeded(await search.run("destroy", ["destroy"]));
    expectNothingLeft();
  });

  it("has shown the tokens nowhere but in the engine's own log of what it sends and gets", () => {
    expect(search.whereabouts([stack.server.operatorToken])).toEqual([]);
    expect(search.whereaboutsBeyondEngineLog([maker.token, ...tokens])).toEqual([]);
    // Else nothing was looked for in the right place.
    expect(search.whereabouts(tokens)).toContain("up: stderr");
    expect(search.text("up: up.events")).toContain("resp: (not shown, for it holds a token)");
  });

  it("deletes the token that its engine did not live to record, and ends", async () => {
    declare("late");
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const reached = new Promise<void>((resolve) => {
      fault = (method) => (method === "POST" ? { at: "after", reached: resolve, released } : undefined);
    });
    const run = stack.engine.up();
    await reached;
    expect(onServer("late")).toBeDefined();
    const {
      engine,
      providers: [provider = 0],
    } = processesOf(stack.engine);
    signal(engine, "SIGKILL");
    try {
      await sleep(HEARD_MS);
      release();
      await run;
      expect(await endsByItself(provider)).toBe(true);
      expectNothingLeft();
    } finally {
      signal(provider, "SIGKILL");
    }
  });
});
