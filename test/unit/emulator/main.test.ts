import { spawn, type ChildProcess } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ModuleKind, ScriptTarget, transpileModule } from "typescript";
import { startEmulator } from "../../../emulator";
import { runCli } from "../../../emulator/main";
import { call } from "../../contract/support/http";

/** A terminal that remembers what was written, and whose signals a test sends. */
class TestTerminal extends EventEmitter {
  out = "";
  err = "";
  readonly stdout = { write: (text: string) => (this.out += text) };
  readonly stderr = { write: (text: string) => (this.err += text) };
}

const run = async (...args: string[]): Promise<[number, string, string]> => {
  const terminal = new TestTerminal();
  return [await runCli(args, terminal), terminal.out, terminal.err];
};

describe("the command", () => {
  it("prints its URL once it answers, and ends with 0 on a signal", async () => {
    for (const signal of ["SIGTERM", "SIGINT"]) {
      const terminal = new TestTerminal();
      const printed = new Promise<void>((resolve) => {
        terminal.stdout.write = (text) => {
          resolve();
          return (terminal.out += text);
        };
      });
      const ended = runCli(["--port", "0", "--host", "127.0.0.1", "--version", "v2.8.0"], terminal);
      await printed;
      expect(terminal.out).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/);
      const { body } = await call(terminal.out.trim(), { method: "GET", path: "/health" });
      expect(body).toMatchObject({ version: "v2.8.0" });
      terminal.emit(signal);
      expect(await ended).toBe(0);
      await expect(call(terminal.out.trim(), { method: "GET", path: "/health" })).rejects.toThrow();
    }
  });

  it("explains itself", async () => {
    const [code, out, err] = await run("--help");
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain("--plain-tokens");
  });

  it.each([
    [["--port", "x"], 'option "port" must be a whole number from 0 to 65535'],
    [["--port", ""], 'option "port" must be a whole number from 0 to 65535'],
    [["--prot", "1"], "Unknown option '--prot'"],
    [["8086"], "Unexpected argument '8086'"],
    [["--version", "2"], 'option "version" must be a version like "v2.9.1"'],
  ])("refuses %j", async (args, message) => {
    const [code, out, err] = await run(...args);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(message);
    expect(err).toContain("Try --help.");
  });

  it("says when its port is in use", async () => {
    const emulator = await startEmulator();
    const port = String(emulator.port);
    expect(await run("--port", port)).toEqual([
      1,
      "",
      `emulator: cannot listen on 127.0.0.1:${port}: the port is in use\n`,
    ]);
    await emulator.close();
  });
});

describe("the process", () => {
  const source = join(__dirname, "../../../emulator");
  let folder: string;

  // Node runs no TypeScript. Types do not matter here, so each file is only rewritten.
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "emulator-"));
    for (const file of readdirSync(source, { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".ts")) continue;
      const { outputText } = transpileModule(readFileSync(join(source, file), "utf8"), {
        compilerOptions: { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022 },
      });
      const target = join(folder, file.replace(/\.ts$/, ".js"));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, outputText);
    }
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const start = (...args: string[]): ChildProcess =>
    spawn(process.execPath, [join(folder, "main.js"), ...args]);

  it.each<NodeJS.Signals>(["SIGTERM", "SIGINT"])(
    "ends with 0 on %s, also with a client still connected",
    async (signal) => {
      const child = start("--port", "0", "--plain-tokens");
      let out = "";
      child.stdout?.on("data", (chunk: Buffer) => (out += chunk.toString()));
      await once(child.stdout ?? child, "data");
      const { body } = await call(out.trim(), {
        method: "GET",
        path: "/api/v2/setup",
        headers: { Connection: "keep-alive" },
      });
      expect(body).toEqual({ allowed: true });
      child.kill(signal);
      expect(await once(child, "exit")).toEqual([0, null]);
      expect(out).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/);
    },
  );

  it("ends with the code of the command", async () => {
    expect(await once(start("--port", "x"), "exit")).toEqual([2, null]);
  });
});
