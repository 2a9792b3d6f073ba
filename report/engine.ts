import { spawn } from "node:child_process";
import { ReportInputError } from "./json";

/** What the engine is run for. */
const COMMANDS = {
  preview: ["preview", "--json", "--show-sames", "--show-replacement-steps"],
  // Secrets stay encrypted in it.
  state: ["stack", "export"],
} as const;

/** Where to run the engine. */
export interface EngineOptions {
  /** Folder of the program. */
  readonly cwd: string;
  /** Name of the stack. Default: the one that is selected. */
  readonly stack?: string | undefined;
  /** The environment; `PULUMI_CLI` names the program, which is otherwise `pulumi` on the PATH. */
  readonly env: NodeJS.ProcessEnv;
}

/** What the engine printed, and how it ended. A preview that failed may say why in what it printed. */
export interface EngineResult {
  readonly printed: string;
  /** How it failed, such as `` `pulumi stack export` ended with exit code 1 ``; `undefined` where it did not. */
  readonly failure: string | undefined;
}

/**
 * Runs `pulumi preview --json`, or `pulumi stack export`. What the engine writes to standard error goes to this
 * process's own.
 *
 * @throws {ReportInputError} when the engine cannot be run, or printed nothing.
 */
export function runEngine(
  source: keyof typeof COMMANDS,
  { cwd, stack, env }: EngineOptions,
): Promise<EngineResult> {
  const program = env["PULUMI_CLI"] ?? "pulumi";
  const args = COMMANDS[source];
  const command = `\`pulumi ${args.join(" ")}\``;
  const all = [...args, "--non-interactive", ...(stack === undefined ? [] : ["--stack", stack])];
  return new Promise((resolve, reject) => {
    const child = spawn(program, all, { cwd, env, stdio: ["ignore", "pipe", "inherit"] });
    let printed = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
    child.on("error", (error: NodeJS.ErrnoException) => {
      const hint =
        error.code === "ENOENT"
          ? "there is no such program, or no such folder. Install Pulumi, name it in PULUMI_CLI, or give the file that it printed elsewhere"
          : error.message;
      reject(new ReportInputError(`cannot run ${command} (${program}, in ${cwd}): ${hint}`));
    });
    child.on("close", (code) => {
      const end = code === null ? "was ended by a signal" : `ended with exit code ${code}`;
      if (printed.trim() === "") reject(new ReportInputError(`${command} printed nothing and ${end}`));
      else resolve({ printed, failure: code === 0 ? undefined : `${command} ${end}` });
    });
  });
}
