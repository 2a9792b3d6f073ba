import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { ModuleKind, ScriptTarget, transpileModule } from "typescript";
import { GracefulExit, type HostProcess } from "../../../provider/pulumiHost/gracefulExit";
import { type Hold, startFaultProxy } from "../../support/faultProxy";
import { startServer } from "../../support/influxdb";
import { newProvider } from "../../support/providerHost";

/** A process that a provider runs in, and that records of what it dies. */
class TestProcess extends EventEmitter {
  readonly pid = 4711;
  readonly kill = jest.fn<true, [number, (string | number)?]>(() => true);

  constructor(readonly argv: string[] = ["node", "provider"]) {
    super();
  }

  get asHost(): HostProcess {
    return this;
  }
}

/** Stands for the engine, of which the provider only sees whether it listens. */
async function startEngine(): Promise<{ process: TestProcess; end: () => Promise<void> }> {
  const server = createServer((socket) => socket.on("error", () => undefined).resume());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    process: new TestProcess(["node", "provider", `127.0.0.1:${port}`]),
    end: () =>
      new Promise((resolve) =>
        server.close(() => {
          resolve();
        }),
      ),
  };
}

/** Longer than a process waits for its last answer to leave. */
const lastAnswer = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100));

describe("a step that changes the server", () => {
  it("is finished before the process exits by the signal that it got while the step was in flight", async () => {
    const process = new TestProcess();
    const exit = new GracefulExit(process.asHost);
    let end = (): void => undefined;
    const slow = exit.finishBeforeExit(() => new Promise<void>((resolve) => (end = resolve)));
    const quick = exit.finishBeforeExit(() => Promise.resolve("done"));
    process.emit("SIGTERM", "SIGTERM");
    process.emit("SIGINT", "SIGINT");
    expect(await quick).toBe("done");
    expect(await exit.isInterrupted()).toBe(true);
    await lastAnswer();
    expect(process.kill).not.toHaveBeenCalled();
    end();
    await slow;
    await lastAnswer();
    expect(process.listenerCount("SIGTERM")).toBe(0);
    expect(process.kill.mock.calls).toEqual([[process.pid, "SIGTERM"]]);
  });

  it("has its answer on the way before a signal ends the process, also one that comes right after it", async () => {
    const process = new TestProcess();
    const exit = new GracefulExit(process.asHost);
    await exit.finishBeforeExit(() => Promise.resolve());
    process.emit("SIGINT", "SIGINT");
    await exit.finishBeforeExit(() => Promise.resolve());
    expect(process.listenerCount("SIGINT")).toBe(1);
    expect(process.kill).not.toHaveBeenCalled();
    await lastAnswer();
    expect(process.listenerCount("SIGINT")).toBe(0);
    expect(process.kill.mock.calls).toEqual([[process.pid, "SIGINT"]]);
  });

  it("leaves signals alone before, is ended by one at once afterwards, and passes on how it failed", async () => {
    const process = new TestProcess();
    const exit = new GracefulExit(process.asHost);
    expect(process.listenerCount("SIGINT")).toBe(0);
    await expect(exit.finishBeforeExit(() => Promise.reject(new Error("refused")))).rejects.toThrow(
      "refused",
    );
    await lastAnswer();
    expect(process.kill).not.toHaveBeenCalled();
    process.emit("SIGINT", "SIGINT");
    await lastAnswer();
    expect(process.listenerCount("SIGINT")).toBe(0);
    expect(process.kill.mock.calls).toEqual([[process.pid, "SIGINT"]]);
  });

  it("is followed by what is to be done before the end, while the engine is there", async () => {
    const engine = createServer((socket) => socket.destroy());
    await once(engine.listen(0, "127.0.0.1"), "listening");
    const { port } = engine.address() as AddressInfo;
    const end = async (): Promise<string[]> => {
      const done: string[] = [];
      const process = new TestProcess(["node", "provider", `127.0.0.1:${port}`]);
      const exit = new GracefulExit(process.asHost, () => done.push("before the end"));
      await exit.finishBeforeExit(() => Promise.resolve());
      process.emit("SIGINT", "SIGINT");
      await lastAnswer();
      await lastAnswer();
      return [...done, ...process.kill.mock.calls.map(([, signal]) => String(signal))];
    };
    expect(await end()).toEqual(["before the end", "SIGINT"]);
    await new Promise((resolve) => engine.close(resolve));
    expect(await end()).toEqual(["SIGINT"]);
  });

  it("is guarded, too, where it begins after a signal that something else kept from ending the process", async () => {
    const process = new TestProcess();
    const exit = new GracefulExit(process.asHost);
    await exit.finishBeforeExit(() => Promise.resolve());
    await lastAnswer();
    process.emit("SIGINT", "SIGINT");
    process.kill.mockClear();
    await exit.finishBeforeExit(async () => {
      process.emit("SIGTERM", "SIGTERM");
      await lastAnswer();
      expect(process.kill).not.toHaveBeenCalled();
    });
    await lastAnswer();
    expect(process.kill.mock.calls).toEqual([[process.pid, "SIGINT"]]);
  });
});

describe("a real process", () => {
  let folder: string;

  // Node runs no TypeScript. Types do not matter here.
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "graceful-exit-"));
    const source = await readFile(require.resolve("../../../provider/pulumiHost/gracefulExit"), "utf8");
    const { outputText } = transpileModule(source, {
      compilerOptions: { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022 },
    });
    await writeFile(join(folder, "gracefulExit.js"), outputText);
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** Runs a script that has an `exit`, in a process that stays for ever unless a signal ends it. Gives what it printed. */
  async function dies(script: string): Promise<{ signal: unknown; printed: string }> {
    const before = `const { GracefulExit } = require(${JSON.stringify(join(folder, "gracefulExit.js"))});
      const exit = new GracefulExit(process);
      const told = (signal) => process.kill(process.pid, signal);
      const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
      /** Keeps the event loop from everything else, as much work does. */
      const work = (ms) => { for (const end = Date.now() + ms; Date.now() < end; ); };
      setInterval(() => undefined, 1000);
      setTimeout(() => told("SIGKILL"), 5000);`;
    const child = spawn(process.execPath, ["-e", `${before}\n(async () => {${script}})();`]);
    const printed = text(child.stdout);
    const [, signal] = (await once(child, "exit")) as [unknown, unknown];
    return { signal, printed: await printed };
  }

  it("ends by a signal that comes in the moment at which its last answer has left", async () => {
    for (const signal of ["SIGINT", "SIGTERM"]) {
      // Both are due when the event loop gets its turn: first the end of the wait for the answer, then the signal.
      const script = `await exit.finishBeforeExit(() => sleep(1));
        await new Promise(setImmediate);
        told("${signal}");
        work(60);`;
      expect(await dies(script)).toEqual({ signal, printed: "" });
    }
  });

  it.each([
    ["between two steps", `await exit.finishBeforeExit(() => sleep(1)); await sleep(60); told("SIGINT");`],
    ["before the first step", `told("SIGINT"); await sleep(1000); console.log("not ended");`],
    ["right after a step", `await exit.finishBeforeExit(() => sleep(1)); told("SIGINT");`],
  ])("ends by a signal that comes %s", async (_when, script) => {
    expect(await dies(script)).toEqual({ signal: "SIGINT", printed: "" });
  });

  it("takes each step to its end that is under way when a signal comes, and answers", async () => {
    const script = `void exit.finishBeforeExit(() => sleep(200)).then(() => console.log("long"));
      await exit.finishBeforeExit(() => sleep(1));
      told("SIGINT");
      await sleep(60);
      await exit.finishBeforeExit(() => sleep(1));
      console.log("short");`;
    expect(await dies(script)).toEqual({ signal: "SIGINT", printed: "short\nlong\n" });
  });
});

describe("the engine", () => {
  it("is there as long as it listens, and gone when it refuses", async () => {
    const engine = await startEngine();
    const exit = new GracefulExit(engine.process.asHost);
    expect(await exit.isInterrupted()).toBe(false);
    await engine.end();
    expect(await exit.isInterrupted()).toBe(true);
  });

  it("is told apart from a signal, for it may still record what a step gives that was told to end", async () => {
    const engine = await startEngine();
    const exit = new GracefulExit(engine.process.asHost);
    const answers = async () => [exit.isToldToEnd(), await exit.engineIsGone(), await exit.isInterrupted()];
    const seen: boolean[][] = [];
    await exit.finishBeforeExit(async () => {
      seen.push(await answers());
      engine.process.emit("SIGINT", "SIGINT");
      seen.push(await answers());
    });
    expect(seen).toEqual([
      [false, false, false],
      [true, false, true],
    ]);
    const ended = await startEngine();
    await ended.end();
    const orphan = new GracefulExit(ended.process.asHost);
    expect([orphan.isToldToEnd(), await orphan.engineIsGone(), orphan.isToldToEnd()]).toEqual([
      false,
      true,
      false,
    ]);
    await engine.end();
  });

  it("counts for nothing where a signal comes while it is looked for", async () => {
    const engine = await startEngine();
    const exit = new GracefulExit(engine.process.asHost);
    await exit.finishBeforeExit(async () => {
      const isInterrupted = exit.isInterrupted();
      engine.process.emit("SIGINT", "SIGINT");
      expect(await isInterrupted).toBe(true);
    });
    await engine.end();
  });

  it("stays gone, also when another process listens in its place", async () => {
    const engine = await startEngine();
    const exit = new GracefulExit(engine.process.asHost);
    await engine.end();
    expect(await exit.engineIsGone()).toBe(true);
    const other = createServer();
    const port = Number(engine.process.argv.at(-1)?.split(":")[1]);
    await new Promise<void>((resolve) => other.listen(port, "127.0.0.1", resolve));
    expect(await exit.engineIsGone()).toBe(true);
    await new Promise((resolve) => other.close(resolve));
  });

  it("is looked for after every step, so that no process stays behind when it was killed", async () => {
    const engine = await startEngine();
    const exit = new GracefulExit(engine.process.asHost);
    await exit.finishBeforeExit(() => Promise.resolve());
    await lastAnswer();
    expect(engine.process.kill).not.toHaveBeenCalled();
    await exit.finishBeforeExit(engine.end);
    await lastAnswer();
    expect(engine.process.kill.mock.calls).toEqual([[engine.process.pid, "SIGTERM"]]);
  });

  it("is not missed where the process was started by something else", async () => {
    for (const process of [new TestProcess(), new TestProcess(["node", "provider", "--help"])]) {
      expect(await new GracefulExit(process.asHost).isInterrupted()).toBe(false);
    }
  });
});

describe("a process without anything to do", () => {
  const WATCH_MS = 10_000;

  it("ends when its engine was killed between two steps, and not before", async () => {
    const engine = await startEngine();
    // A real one would end the process of the tests a while later.
    const timer = setTimeout(() => undefined, 0);
    const every = jest.spyOn(globalThis, "setInterval").mockReturnValue(timer);
    const exit = new GracefulExit(engine.process.asHost);
    exit.watchEngine();
    exit.watchEngine();
    const [[look, ms] = [], ...others] = every.mock.calls;
    for (const { value } of every.mock.results) clearInterval(value as NodeJS.Timeout);
    every.mockRestore();
    expect([ms, others]).toEqual([WATCH_MS, []]);
    look?.();
    await lastAnswer();
    expect(engine.process.kill).not.toHaveBeenCalled();
    await engine.end();
    look?.();
    await lastAnswer();
    expect(engine.process.kill.mock.calls).toEqual([[engine.process.pid, "SIGTERM"]]);
  });

  it("looks for no engine where none started it", () => {
    for (const argument of [undefined, "--help", "test/unit"]) {
      const argv = ["node", "provider", ...(argument === undefined ? [] : [argument])];
      jest.useFakeTimers();
      new GracefulExit(new TestProcess(argv).asHost).watchEngine();
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
    const provider = newProvider({ process: engine.process.asHost });
    const connection = { host: proxy.url, token: server.operatorToken, retries: 0 };
    const inputs = { org: "acme", readTasks: true, permissions: {}, host: proxy.url, connection };
    try {
      const error = await provider.create(inputs).then(
        () => undefined,
        (reason: unknown) => reason as Error & { id?: string; properties?: { token?: string } },
      );
      return {
        error,
        left: server.authorizations().slice(1),
        counts: server.countRequests(),
        process: engine.process,
      };
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
    const { error, left, process } = await createWhile(endAtPost);
    expect(error?.message).toMatch(
      /made the token [0-9a-f]{16}: it was deleted again, for nobody would have/,
    );
    expect(left).toEqual([]);
    await lastAnswer();
    expect(process.kill.mock.calls).toEqual([[process.pid, "SIGTERM"]]);
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
