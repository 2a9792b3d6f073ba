import type { Report as TokensReport } from "../../report/model";
import { runCommand } from "../../report/run";
import type { RunResult } from "../run";
import type { EngineRun, Session } from "./session";

/**
 * Runs `influx-token report` on what a command of the engine prints, and shows its table.
 *
 * @returns what the engine did, and the report as `--json` gives it.
 * @throws when either fails
 */
export async function tokenReport(
  session: Session,
  typed: string,
  command: () => Promise<RunResult>,
  flags: readonly string[] = [],
): Promise<{ run: EngineRun; tokens: Record<string, TokensReport["tokens"][number]> }> {
  const args = ["report", "-", ...flags];
  const run = await session.pulumi(`${typed} | influx-token ${args.join(" ")}`, command);
  const printed = async (...more: string[]): Promise<string> => {
    let out = "";
    let err = "";
    const code = await runCommand([...args, ...more], {
      env: {},
      cwd: session.engine.folder,
      isTerminal: false,
      version: "",
      readStdin: () => Promise.resolve(run.stdout),
      out: (text) => (out += text),
      err: (text) => (err += text),
    });
    if (code !== 0) throw new Error(`influx-token ${args.join(" ")} ended with exit code ${code}:\n${err}`);
    return out;
  };
  session.report.quote((await printed()).split("\n").filter((line) => line !== ""));
  session.report.line();
  const { tokens } = JSON.parse(await printed("--json")) as TokensReport;
  return { run, tokens: Object.fromEntries(tokens.map((token) => [token.name, token])) };
}
