import { Command, CommanderError } from "commander";
import { addImportCommand } from "../import/command";
import { runImport } from "../import/run";
import { InfluxTokenError } from "../provider/errors";
import { addReportCommand, UsageError } from "../report/command";
import { ReportInputError } from "../report/json";
import { type CommandEnvironment, runReport } from "../report/run";

/**
 * Runs a command of `influx-token`.
 *
 * @returns the exit code: 1 where the command failed; what else it is, each command says.
 */
export async function runCommand(args: readonly string[], environment: CommandEnvironment): Promise<number> {
  const { env, version, out, err } = environment;
  let job = (): Promise<number> => Promise.resolve(0);
  const program = new Command("influx-token")
    .description("InfluxDB API tokens as Pulumi resources.")
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: err });
  addReportCommand(program, env, (options) => {
    job = () => runReport(options, environment);
  });
  addImportCommand(program, (options) => {
    job = () => runImport(options, environment);
  });
  try {
    program.parse(args, { from: "user" });
    return await job();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    if (!isForUsers(error)) throw error;
    err(`influx-token: ${error.message}\n`);
    return 1;
  }
}

/** Whether the message says what to mend. */
function isForUsers(error: unknown): error is Error {
  return (
    error instanceof ReportInputError ||
    error instanceof UsageError ||
    error instanceof InfluxTokenError ||
    isIoError(error)
  );
}

function isIoError(error: unknown): error is NodeJS.ErrnoException {
  return typeof error === "object" && error !== null && "syscall" in error && "message" in error;
}
