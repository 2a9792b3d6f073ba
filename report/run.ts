import { readFile, writeFile } from "node:fs/promises";
import { type ReportOptions, UsageError } from "./command";
import { runEngine } from "./engine";
import { ReportInputError } from "./json";
import { renderMarkdown } from "./markdown";
import { failing, jsonOf, makeReport, type Report } from "./model";
import { renderPage } from "./page";
import { type Parsed, parsePreview, parseState } from "./parse";
import { summaryOf } from "./summary";
import { renderTable } from "./table";

/** What the command uses of its process. */
export interface CommandEnvironment {
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
 * Makes a report.
 *
 * @returns the exit code: 0; 1 where there is no report, or not a whole one and `--fail-on` asks; 2 where a token has a
 *   risk that `--fail-on` names.
 */
export async function runReport(options: ReportOptions, environment: CommandEnvironment): Promise<number> {
  const { err } = environment;
  const parsed = await read(options, environment);
  if (parsed.errors.length > 0) {
    err(`influx-token: the preview failed:\n${parsed.errors.join("\n")}\n`);
    return 1;
  }
  const report = makeReport(parsed);
  await print(report, options, environment);
  const found = failing(report, options.failOn);
  for (const { token, risk } of found) err(`influx-token: ${token} has the risk ${risk}\n`);
  if (options.failOn.length > 0 && !report.complete) {
    err(
      "influx-token: not every resource of the stack is in this preview, so the risks of unchanged tokens are not known: give what `pulumi preview --json --show-sames` prints\n",
    );
    return 1;
  }
  return found.length > 0 ? 2 : 0;
}

async function read(options: ReportOptions, environment: CommandEnvironment): Promise<Parsed> {
  const { file, state, stack, cwd = environment.cwd } = options;
  const parse = state ? parseState : parsePreview;
  if (file !== undefined && (stack ?? options.cwd) !== undefined) {
    throw new UsageError("--stack and --cwd say what to run, and nothing is run where a file is given");
  }
  if (file === "-") return parse(await environment.readStdin());
  if (file !== undefined) return parse(await readFile(file, "utf8"));
  const source = state ? "state" : "preview";
  const { printed, failure } = await runEngine(source, { cwd, stack, env: environment.env });
  if (failure === undefined) return parse(printed);
  const errors = errorsIn(() => parse(printed));
  return { source, steps: [], complete: false, errors: errors.length > 0 ? errors : [failure] };
}

/** What a command that failed printed may be anything. */
function errorsIn(parse: () => Parsed): readonly string[] {
  try {
    return parse().errors;
  } catch (error) {
    if (!(error instanceof ReportInputError)) throw error;
    return [];
  }
}

async function print(report: Report, options: ReportOptions, environment: CommandEnvironment): Promise<void> {
  const { json, markdown, html, hideHeaders, full } = options;
  const { env, isTerminal, out, err } = environment;
  if (html !== undefined) {
    await writeFile(html, renderPage(report));
    err(`Wrote ${html}. ${summaryOf(report)}.\n`);
  }
  if (json) out(`${jsonOf(report)}\n`);
  else if (markdown) out(renderMarkdown(report));
  else if (html === undefined) {
    const colour = isTerminal && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
    out(renderTable(report, { colour, hideHeaders, full }));
  }
}
