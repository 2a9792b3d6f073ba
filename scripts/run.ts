import { spawn } from "node:child_process";
import { constants } from "node:os";
import { createInterface } from "node:readline";

/** Options of {@link run}. */
export interface RunOptions {
  /** Working folder; default the one of this process. */
  cwd?: string;
  /** The whole environment of the command; default the one of this process. */
  env?: NodeJS.ProcessEnv;
  /** Text for the command's standard input, which is empty by default. */
  input?: string;
  /** Milliseconds after which the command is stopped; no limit by default. */
  timeoutMs?: number;
  /** Stops the command when it is aborted. */
  signal?: AbortSignal | undefined;
  /** Called for each line of standard error while the command runs. */
  onStderrLine?: (line: string) => void;
}

/** What a command answered. */
export interface RunResult {
  /** Exit code; 128 and the number of the signal when a signal ended the command, as in a shell. */
  code: number;
  stdout: string;
  stderr: string;
}

/** Between the polite signal and the last one: the engine uses it to stop its plugins. */
const KILL_DELAY_MS = 5_000;

/**
 * Runs a command and keeps what it prints; any exit code is an answer.
 * Rejects when the command cannot be started, takes longer than `timeoutMs`, or is aborted. The message names the
 * command without its arguments, because an argument may be a secret.
 */
export function run(command: string, args: string[], options: RunOptions = {}): Promise<RunResult> {
  const { cwd, env, input = "", timeoutMs, signal, onStderrLine } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: "pipe" });
    let stdout = "";
    let stderr = "";
    let stopped: string | undefined;
    let kill: NodeJS.Timeout | undefined;
    const stop = (why: string): void => {
      stopped = why;
      child.kill("SIGTERM");
      kill = setTimeout(() => child.kill("SIGKILL"), KILL_DELAY_MS);
    };
    const abort = (): void => {
      stop("was stopped on request");
    };
    const timeout =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            stop(`did not end within ${timeoutMs / 1000} s and was stopped`);
          }, timeoutMs);
    signal?.addEventListener("abort", abort);
    const settle = (): void => {
      clearTimeout(timeout);
      clearTimeout(kill);
      signal?.removeEventListener("abort", abort);
    };

    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    if (onStderrLine) createInterface({ input: child.stderr }).on("line", onStderrLine);
    // A command that ends without reading its input closes the pipe; its exit code tells what there is to tell.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);

    child.on("error", (error) => {
      settle();
      reject(error);
    });
    child.on("close", (code, endedBy) => {
      settle();
      if (stopped !== undefined) {
        const printed = `${stdout}${stderr}`.trim();
        reject(new Error(`${command} ${stopped}. It printed${printed ? `:\n${printed}` : " nothing."}`));
        return;
      }
      resolve({ code: code ?? 128 + (endedBy ? constants.signals[endedBy] : 0), stdout, stderr });
    });
    if (signal?.aborted) abort();
  });
}
