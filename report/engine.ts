import { spawn } from "node:child_process";
import { ReportInputError } from "./inputError";

/** Where to run the engine. */
export interface EngineRun {
  /** Folder of the program. */
  readonly cwd: string;
  /** Name of the stack. Default: the one that is selected. */
  readonly stack?: string | undefined;
  /** The environment; `PULUMI_CLI` names the program, which is otherwise `pulumi` on the PATH. */
  readonly env: NodeJS.ProcessEnv;
}

/** What the engine printed, and how it ended: a preview that failed says why in what it printed, or not at all. */
export interface EngineAnswer {
  readonly printed: string;
  /** The command, as one would type it. */
  readonly asked: string;
  /** Exit code; `null` where a signal ended it. */
  readonly code: number | null;
}

/**
 * Runs `pulumi preview --json`, with every step of it. What the engine writes to standard error goes to this process's
 * own.
 *
 * @throws {ReportInputError} when the engine cannot be run, or printed nothing.
 */
export function runPreview(run: EngineRun): Promise<EngineAnswer> {
  return runEngine(run, ["preview", "--json", "--show-sames", "--show-replacement-steps"]);
}

/**
 * Runs `pulumi stack export`, where secrets stay encrypted, and gives what it printed.
 *
 * @throws {ReportInputError} as {@link runPreview}.
 */
export function runExport(run: EngineRun): Promise<EngineAnswer> {
  return runEngine(run, ["stack", "export"]);
}

function runEngine({ cwd, stack, env }: EngineRun, args: string[]): Promise<EngineAnswer> {
  const program = env["PULUMI_CLI"] ?? "pulumi";
  const all = [...args, "--non-interactive", ...(stack === undefined ? [] : ["--stack", stack])];
  const asked = `pulumi ${args.join(" ")}`;
  return new Promise((resolve, reject) => {
    const child = spawn(program, all, { cwd, env, stdio: ["ignore", "pipe", "inherit"] });
    let printed = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
    child.on("error", (error: NodeJS.ErrnoException) => {
      const hint =
        error.code === "ENOENT"
          ? "there is no such program, or no such folder. Install Pulumi, name it in PULUMI_CLI, or give the file that it printed elsewhere"
          : error.message;
      reject(new ReportInputError(`cannot run \`${asked}\` (${program}, in ${cwd}): ${hint}`));
    });
    child.on("close", (code) => {
      if (printed.trim() !== "") resolve({ printed, asked, code });
      else reject(new ReportInputError(`\`${asked}\` printed nothing and ${endOf(code)}`));
    });
  });
}

/** How a command ended, in words. */
export function endOf(code: number | null): string {
  return code === null ? "was ended by a signal" : `ended with exit code ${code}`;
}
