import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { secret } from "../../../native/wire";
import { type FaultProxy, startFaultProxy } from "../../support/faultProxy";
import { startServer, type TestServer } from "../../support/influxdb";
import { PluginUnderTest } from "../../support/plugin";

/** As the build leaves it. */
const PLUGIN = join(__dirname, "..", "..", "..", "plugin", "pulumi-resource-influx-token");

/** Throws where no code of its own would catch it, when it is told to. */
const BREAKS = `process.on("SIGUSR2", () => { throw new Error("unforeseen"); });`;

/** A machine on which nobody can listen. */
const DEAF = `require("node:net").Server.prototype.listen = function () {
  process.nextTick(() => this.emit("error", new Error("listen EADDRNOTAVAIL")));
  return this;
};`;

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

describe("the plugin's process", () => {
  let folder: string;
  let server: TestServer;
  let engine: Server;
  let address: string;
  let proxy: FaultProxy;
  /** A request that makes a token: settles when the server did it, and its answer waits. */
  let reached: Promise<void>;
  let release: () => void;
  const children: Child[] = [];
  const plugins: PluginUnderTest[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "influx-token-process-"));
    server = await startServer();
    engine = createServer((socket) => socket.on("error", () => undefined).resume());
    await new Promise<void>((resolve) => engine.listen(0, "127.0.0.1", resolve));
    address = `127.0.0.1:${(engine.address() as AddressInfo).port}`;
  });
  beforeEach(async () => {
    const { promise: released, resolve } = defer();
    release = resolve;
    const hold = defer();
    reached = hold.promise;
    proxy = await startFaultProxy(server.url, ({ method, url }) =>
      method === "POST" && url === "/api/v2/authorizations"
        ? { at: "after", reached: hold.resolve, released }
        : undefined,
    );
  });
  afterEach(async () => {
    release();
    for (const plugin of plugins.splice(0)) plugin.close();
    for (const child of children.splice(0)) child.kill("SIGKILL");
    await proxy.close();
  });
  afterAll(async () => {
    engine.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** @param preload code that runs before the plugin's own. */
  async function start(args: readonly string[], preload = BREAKS, path = PLUGIN): Promise<Child> {
    const file = join(folder, "preload.cjs");
    await writeFile(file, preload);
    const env = { PATH: process.env["PATH"], NODE_OPTIONS: `--require=${file}`, HOME: folder };
    const child = spawn(path, args, { env, stdio: ["pipe", "pipe", "pipe"] });
    children.push(child);
    return child;
  }

  async function portOf(child: Child): Promise<number> {
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    return Number(line.toString());
  }

  /** Of what it ended. */
  async function endOf(child: Child): Promise<unknown> {
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    return child.signalCode ?? child.exitCode;
  }

  async function attach(child: Child): Promise<PluginUnderTest> {
    const config = { host: proxy.url, token: secret(server.operatorToken), retries: "0" };
    const plugin = await PluginUnderTest.attach(await portOf(child), { config });
    plugins.push(plugin);
    return plugin;
  }

  /** A create whose token is on the server, and whose answer is not here yet. */
  async function creating(plugin: PluginUnderTest): Promise<{ created: Promise<unknown> }> {
    const { inputs } = await plugin.check({ org: "acme", readTasks: true, description: "held" });
    const created = plugin.create(inputs).catch((error: unknown) => error);
    await Promise.race([reached, created]);
    expect(held()).toHaveLength(1);
    return { created };
  }

  const held = (): unknown[] => server.authorizations().filter(({ description }) => description === "held");

  it("says on standard output where it listens, and nothing else", async () => {
    const child = await start([address]);
    const printed = text(child.stdout);
    child.stdin.end();
    expect([await endOf(child), await printed]).toEqual(["SIGTERM", expect.stringMatching(/^\d+\n$/)]);
  });

  it.each([[[]], [["--logtostderr", "-v=9"]], [["--tracing", "http://127.0.0.1:9411"]]])(
    "ends with its engine where nothing is under way, whatever the engine says before its address: %j",
    async (flags) => {
      const child = await start([...flags, address]);
      await attach(child);
      child.stdin.destroy();
      expect(await endOf(child)).toBe("SIGTERM");
    },
  );

  it("goes with a step under way to its end before it ends with its engine, and leaves no token that nobody records", async () => {
    const child = await start(["--logtostderr", address]);
    const plugin = await attach(child);
    const { created } = await creating(plugin);
    child.stdin.destroy();
    // It answers as long as the step is under way.
    expect((await plugin.check({ org: "acme", readTasks: true })).failures).toEqual([]);
    release();
    expect(await endOf(child)).toBe("SIGTERM");
    expect(await created).toBeInstanceOf(Error);
    expect(held()).toEqual([]);
  });

  it.each(["printed", "with nobody left who could read it"])(
    "cuts off no step for an error that nobody foresaw, %s",
    async (how) => {
      const child = await start([address]);
      const plugin = await attach(child);
      const { created } = await creating(plugin);
      const printed = how === "printed" ? text(child.stderr) : undefined;
      if (printed === undefined) {
        child.stderr.destroy();
        child.stdout.destroy();
      }
      child.kill("SIGUSR2");
      expect((await plugin.check({ org: "acme", readTasks: true })).failures).toEqual([]);
      release();
      expect(await endOf(child)).toBe("SIGTERM");
      expect(await created).toBeInstanceOf(Error);
      expect(held()).toEqual([]);
      if (printed !== undefined) expect(await printed).toMatch(/^influx-token: Error: unforeseen\n +at /);
    },
  );

  it("stays where no engine started it, for one that attaches, also when its standard input ends", async () => {
    const child = await start([]);
    const plugin = await attach(child);
    child.stdin.end();
    await once(child.stdin, "close");
    release();
    const { inputs } = await plugin.check({ org: "acme", readTasks: true, description: "attached" });
    const made = await plugin.create(inputs);
    await plugin.delete(made);
    expect(child.exitCode ?? child.signalCode).toBeNull();
    child.kill("SIGTERM");
    expect(await endOf(child)).toBe("SIGTERM");
  });

  it("runs wherever its folder is copied to, also below a package of ES modules", async () => {
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
    await cp(dirname(PLUGIN), join(folder, "copy"), { recursive: true });
    const child = await start([address], BREAKS, join(folder, "copy", basename(PLUGIN)));
    expect(await portOf(child)).toBeGreaterThan(0);
  });

  it("ends where nobody can be told where it listens", async () => {
    const child = await start([]);
    child.stdout.destroy();
    expect(await endOf(child)).toBe("SIGTERM");
  });

  it("says why it cannot start", async () => {
    const child = await start([address], DEAF);
    const said = text(child.stderr);
    expect(await endOf(child)).toBe(1);
    expect(await said).toMatch(
      /^influx-token: the plugin cannot listen on 127\.0\.0\.1: .*EADDRNOTAVAIL.*\n$/m,
    );
  });
});

function defer(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
