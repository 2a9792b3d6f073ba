import { execFile } from "node:child_process";
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

/** Between SIGTERM and SIGKILL: the engine uses it to stop its plugins. */
const KILL_DELAY_MS = 5_000;

/**
 * Runs a command and keeps what it prints; any exit code is an answer.
 * Rejects when the command cannot be started or takes longer than `timeoutMs`, and with the signal's reason when it is
 * aborted. The message names the command without its arguments, because an argument may be a secret.
 */
export function run(command: string, args: string[], options: RunOptions = {}): Promise<RunResult> {
  const { cwd, env, input = "", timeoutMs, signal, onStderrLine } = options;
  return new Promise((resolve, reject) => {
    let hasTimedOut = false;
    const timers: NodeJS.Timeout[] = [];
    const child = execFile(command, args, { cwd, env, maxBuffer: Infinity }, (error, stdout, stderr) => {
      timers.forEach(clearTimeout);
      signal?.removeEventListener("abort", stop);
      if (signal?.aborted) {
        reject(signal.reason as Error);
      } else if (hasTimedOut) {
        const printed = `${stdout}${stderr}`.trim();
        const what = `${command} did not end within ${(timeoutMs ?? 0) / 1000} s and was stopped`;
        reject(new Error(`${what}. It printed${printed ? `:\n${printed}` : " nothing."}`));
      } else if (typeof error?.code === "string") {
        reject(new Error(error.message));
      } else {
        const endedBy = error?.signal ? 128 + constants.signals[error.signal] : 0;
        resolve({ code: error?.code ?? endedBy, stdout, stderr });
      }
    });
    const stop = (): void => {
      child.kill("SIGTERM");
      timers.push(setTimeout(() => child.kill("SIGKILL"), KILL_DELAY_MS));
    };
    const timeOut = (): void => {
      hasTimedOut = true;
      stop();
    };
    if (timeoutMs !== undefined) timers.push(setTimeout(timeOut, timeoutMs));
    signal?.addEventListener("abort", stop);
    if (signal?.aborted) stop();
    if (onStderrLine && child.stderr) createInterface({ input: child.stderr }).on("line", onStderrLine);
    // A command that ends without reading its input closes the pipe; its exit code says enough.
    child.stdin?.on("error", () => undefined).end(input);
  });
}
