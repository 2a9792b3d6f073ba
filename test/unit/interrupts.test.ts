import { createServer, type Server } from "node:net";
import type { AddressInfo } from "node:net";
import type ProviderModule from "../../provider/dynamicProvider";
import type * as Interrupts from "../../provider/interrupts";
import { type Hold, startFaultProxy } from "../support/faultProxy";
import { startServer } from "../support/influxdb";

const [node = "", script = "", ...rest] = process.argv;

/** Stands for the engine, of which the provider only sees whether it listens. */
async function startEngine(): Promise<{ server: Server; end: () => Promise<void> }> {
  const server = createServer((socket) => socket.on("error", () => undefined).resume());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  process.argv = [node, script, `127.0.0.1:${(server.address() as AddressInfo).port}`];
  return {
    server,
    end: () =>
      new Promise((resolve) =>
        server.close(() => {
          resolve();
        }),
      ),
  };
}

// A process is interrupted once: each test has modules of its own, and nobody ends the process of the tests.
let kill: jest.SpyInstance;
beforeEach(() => {
  jest.resetModules();
  kill = jest.spyOn(process, "kill").mockReturnValue(true);
});
afterEach(async () => {
  await farewell();
  kill.mockRestore();
  process.argv = [node, script, ...rest];
});

const load = (): typeof Interrupts => jest.requireActual("../../provider/interrupts");

/** Longer than a process waits for its last answer to leave. */
const farewell = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100));

describe("a step that changes the server", () => {
  it("is taken to its end when the process is told to end, which then dies of the same signal", async () => {
    const { toTheEnd, isAbandoned } = load();
    const listeners = process.listenerCount("SIGTERM");
    let end = (): void => undefined;
    const slow = toTheEnd(() => new Promise<void>((resolve) => (end = resolve)));
    const quick = toTheEnd(() => Promise.resolve("done"));
    process.emit("SIGTERM", "SIGTERM");
    process.emit("SIGINT", "SIGINT");
    expect(await quick).toBe("done");
    expect(await isAbandoned()).toBe(true);
    await farewell();
    expect(kill).not.toHaveBeenCalled();
    end();
    await slow;
    await farewell();
    expect(process.listenerCount("SIGTERM")).toBe(listeners);
    expect(kill.mock.calls).toEqual([[process.pid, "SIGTERM"]]);
  });

  it("has its answer on the way before a signal ends the process, also one that comes right after it", async () => {
    const { toTheEnd } = load();
    const listeners = process.listenerCount("SIGINT");
    await toTheEnd(() => Promise.resolve());
    process.emit("SIGINT", "SIGINT");
    await toTheEnd(() => Promise.resolve());
    expect(process.listenerCount("SIGINT")).toBe(listeners + 1);
    expect(kill).not.toHaveBeenCalled();
    await farewell();
    expect(process.listenerCount("SIGINT")).toBe(listeners);
    expect(kill.mock.calls).toEqual([[process.pid, "SIGINT"]]);
  });

  it("leaves signals alone before and after, and passes on how it failed", async () => {
    const { toTheEnd } = load();
    const listeners = process.listenerCount("SIGINT");
    await expect(toTheEnd(() => Promise.reject(new Error("refused")))).rejects.toThrow("refused");
    await farewell();
    expect(process.listenerCount("SIGINT")).toBe(listeners);
    expect(kill).not.toHaveBeenCalled();
  });
});

describe("the engine", () => {
  it("is there as long as it listens, and gone when it refuses", async () => {
    const { isAbandoned } = load();
    const engine = await startEngine();
    expect(await isAbandoned()).toBe(false);
    await engine.end();
    expect(await isAbandoned()).toBe(true);
  });

  it("is looked for after every step, so that no process stays behind when it was killed", async () => {
    const { toTheEnd } = load();
    const engine = await startEngine();
    await toTheEnd(() => Promise.resolve());
    await farewell();
    expect(kill).not.toHaveBeenCalled();
    await toTheEnd(engine.end);
    await farewell();
    expect(kill.mock.calls).toEqual([[process.pid, "SIGTERM"]]);
  });

  it("is not missed where the process was started by something else", async () => {
    process.argv = [node, script];
    expect(await load().isAbandoned()).toBe(false);
    process.argv = [node, script, "--help"];
    expect(await load().isAbandoned()).toBe(false);
  });
});

describe("a process without anything to do", () => {
  const WATCH_MS = 10_000;

  it("ends when its engine was killed between two steps, and not before", async () => {
    const engine = await startEngine();
    // A real one would end the process of the tests a while later.
    const timer = setTimeout(() => undefined, 0);
    const every = jest.spyOn(globalThis, "setInterval").mockReturnValue(timer);
    const { watchEngine } = load();
    watchEngine();
    watchEngine();
    const [[look, ms] = [], ...others] = every.mock.calls;
    for (const { value } of every.mock.results) clearInterval(value as NodeJS.Timeout);
    every.mockRestore();
    expect([ms, others]).toEqual([WATCH_MS, []]);
    look?.();
    await farewell();
    expect(kill).not.toHaveBeenCalled();
    await engine.end();
    look?.();
    await farewell();
    expect(kill.mock.calls).toEqual([[process.pid, "SIGTERM"]]);
  });

  it("looks for no engine where none started it", () => {
    for (const argument of [undefined, "--help", "test/unit"]) {
      process.argv = [node, script, ...(argument === undefined ? [] : [argument])];
      jest.useFakeTimers();
      load().watchEngine();
      expect(jest.getTimerCount()).toBe(0);
      jest.useRealTimers();
    }
  });
});

describe("a create whose engine ends", () => {
  /** What it does when the engine is gone before the request, or at the moment when the server made the token. */
  async function createWhile(
    next: (method: string, endEngine: () => Promise<void>) => Hold | "429" | undefined,
    endFirst = false,
  ) {
    const server = await startServer();
    const engine = await startEngine();
    if (endFirst) await engine.end();
    const proxy = await startFaultProxy(server.url, ({ method = "" }) => next(method, engine.end));
    const provider: typeof ProviderModule = jest.requireActual("../../provider/dynamicProvider");
    const connection = { host: proxy.url, token: server.operatorToken, retries: 0 };
    const inputs = { org: "acme", readTasks: true, permissions: {}, host: proxy.url, connection };
    try {
      const error = await provider.create(inputs as never).then(
        () => undefined,
        (reason: unknown) => reason as Error & { id?: string; properties?: { token?: string } },
      );
      return { error, left: server.authorizations().slice(1), counts: server.countRequests() };
    } finally {
      await proxy.close();
      await server.close();
    }
  }

  const endAtPost = (method: string, endEngine: () => Promise<void>): Hold | undefined =>
    method === "POST" ? { at: "after", reached: () => undefined, released: endEngine() } : undefined;

  it("sends nothing that makes a token when the engine is gone already", async () => {
    const { error, left, counts } = await createWhile(() => undefined, true);
    expect(error?.message).toBe("did not create the token: the run was interrupted");
    expect(left).toEqual([]);
    expect(counts).not.toHaveProperty("POST /api/v2/authorizations");
  });

  it("deletes the token that nobody would record, and ends the process", async () => {
    const { error, left } = await createWhile(endAtPost);
    expect(error?.message).toMatch(
      /made the token [0-9a-f]{16}: it was deleted again, for nobody would have/,
    );
    expect(left).toEqual([]);
    await farewell();
    expect(kill.mock.calls).toEqual([[process.pid, "SIGTERM"]]);
  });

  it("gives the token to whoever may listen after all when it cannot be deleted", async () => {
    const { error, left } = await createWhile((method, endEngine) =>
      method === "DELETE" ? "429" : endAtPost(method, endEngine),
    );
    expect(error?.message).toContain("and it could not be deleted");
    expect(error).toMatchObject({ id: left[0]?.id, properties: { token: left[0]?.token } });
    expect(left).toHaveLength(1);
  });
});
