import { readFile, writeFile } from "node:fs/promises";
import { readCommand, type ReportOptions, UsageError } from "./command";
import { endOf, type EngineRun, runExport, runPreview } from "./engine";
import { ReportInputError } from "./inputError";
import { renderMarkdown } from "./markdown";
import { failing, jsonOf, makeReport, type Report } from "./model";
import { renderPage } from "./page";
import { type Parsed, parsePreview, parseState } from "./parse";
import { renderTable } from "./table";
import { riskSummaryOf, summaryOf } from "./words";

/** The process around the command. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean;
  readonly version: string;
  readonly readStdin: () => Promise<string>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/**
 * Runs the command.
 *
 * @returns the exit code: 0; 1 where there is no report, or not a whole one and `--fail-on` asks; 2 where a token has a
 *   risk that `--fail-on` names.
 */
export async function runCommand(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { env, version, err } = surroundings;
  try {
    const options = readCommand(args, env, version, surroundings);
    if (typeof options === "number") return options;
    const parsed = await read(options, surroundings);
    if (parsed.errors.length > 0) {
      err(`influx-token: the preview failed:\n${parsed.errors.join("\n")}\n`);
      return 1;
    }
    const report = makeReport(parsed);
    await print(report, options, surroundings);
    const found = failing(report, options.failOn);
    for (const { token, risk } of found) err(`influx-token: ${token} has the risk ${risk}\n`);
    if (options.failOn.length > 0 && !report.complete) {
      err(
        "influx-token: not every resource of the stack is in this preview, so the risks of unchanged tokens are not known: give what `pulumi preview --json --show-sames` prints\n",
      );
      return 1;
    }
    return found.length > 0 ? 2 : 0;
  } catch (error) {
    if (!(error instanceof ReportInputError || error instanceof UsageError || isIoError(error))) throw error;
    err(`influx-token: ${error.message}\n`);
    return 1;
  }
}

async function read(options: ReportOptions, surroundings: Surroundings): Promise<Parsed> {
  const { file, state, stack, cwd } = options;
  const parse = state ? parseState : parsePreview;
  if (file !== undefined && (stack ?? cwd) !== undefined) {
    throw new UsageError("--stack and --cwd say what to run, and nothing is run where a file is given");
  }
  if (file === "-") return parse(await surroundings.readStdin());
  if (file !== undefined) return parse(await readFile(file, "utf8"));
  const run: EngineRun = { cwd: cwd ?? surroundings.cwd, stack, env: surroundings.env };
  const { printed, asked, code } = await (state ? runExport(run) : runPreview(run));
  if (code === 0) return parse(printed);
  const failed = [`\`${asked}\` ${endOf(code)}`];
  const errors = errorsIn(() => parse(printed));
  return { source: "preview", steps: [], complete: false, errors: errors.length > 0 ? errors : failed };
}

/** What was printed by a command that failed may be anything. */
function errorsIn(read: () => Parsed): readonly string[] {
  try {
    return read().errors;
  } catch (error) {
    if (error instanceof ReportInputError) return [];
    throw error;
  }
}

async function print(report: Report, options: ReportOptions, surroundings: Surroundings): Promise<void> {
  const { json, markdown, html, hideHeaders, full } = options;
  const { env, isTerminal, out, err } = surroundings;
  if (html !== undefined) {
    await writeFile(html, renderPage(report));
    const told = [summaryOf(report), riskSummaryOf(report)].filter((text) => text !== "").join(". ");
    err(`Wrote ${html}. ${told}.\n`);
  }
  if (json) out(`${jsonOf(report)}\n`);
  else if (markdown) out(renderMarkdown(report));
  else if (html === undefined) {
    const colour = isTerminal && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
    out(renderTable(report, { colour, hideHeaders, full }));
  }
}

function isIoError(error: unknown): error is NodeJS.ErrnoException {
  return typeof error === "object" && error !== null && "syscall" in error && "message" in error;
}
