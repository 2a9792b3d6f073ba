import { type Command, InvalidArgumentError, Option } from "commander";
import {
  isRiskId,
  notARisk,
  RISK_IDS,
  type RiskId,
  risksFrom,
  SEVERITIES,
  type Severity,
} from "../provider/permissions/risks";

/** What the command line and the environment ask for. */
export interface ReportOptions {
  /** File to read, `-` for standard input. Default: run the engine. */
  readonly file?: string;
  readonly state: boolean;
  readonly stack?: string;
  readonly cwd?: string;
  readonly json: boolean;
  readonly markdown: boolean;
  readonly hideHeaders: boolean;
  readonly full: boolean;
  readonly html?: string;
  readonly failOn: readonly RiskId[];
}

const EXAMPLES = `
Examples:
  influx-token report                          preview the stack in this folder, and show its tokens
  influx-token report --stack prod --markdown  a comment for a pull request
  influx-token report --html report.html       a page to look at
  influx-token report --state                  what the tokens of the stack may do now
  pulumi preview --json --show-sames | influx-token report -
  influx-token report --fail-on high,system-bucket

Environment:
  INFLUX_OUTPUT_JSON, INFLUX_HIDE_HEADERS   true or false: the same as --json and --hide-headers
  PULUMI_CLI                                the Pulumi program; otherwise pulumi on the PATH
  NO_COLOR                                  no colours

Exit codes:
  0  the report was made
  1  it was not: wrong options, a file that cannot be read, a preview that failed or did not end;
     or --fail-on is given, and unchanged resources are not in the preview
  2  it was made, and a token has a risk that --fail-on names

Tokens themselves are never shown.`;

/**
 * Adds `report` to the commands.
 *
 * @param run is called with what the command line asks for.
 */
export function addReportCommand(
  program: Command,
  env: NodeJS.ProcessEnv,
  run: (options: ReportOptions) => void,
): void {
  program
    .command("report")
    .summary("show what the tokens of a stack may do, and what a change makes of it")
    .description(
      "Shows what each InfluxDB token of a stack may do, what a change adds and takes away, and what is risky.\nWithout FILE it runs `pulumi preview`, which changes nothing and asks no InfluxDB.",
    )
    .argument(
      "[file]",
      "what `pulumi preview --json` printed, or with --state `pulumi stack export`; - for standard input",
    )
    .option("--state", "show the tokens as they are now, from the stack's state")
    .option("-s, --stack <name>", "stack to preview or export (default: the selected one)")
    .option("-C, --cwd <folder>", "folder of the Pulumi program (default: this one)")
    .addOption(new Option("--json", "print JSON").conflicts("markdown"))
    .option("--markdown", "print Markdown, cut to fit a comment on a pull request")
    .option("--html <file>", "write a page into the file, instead of printing a table")
    .option("--hide-headers", "leave out the headers and the summary of the table")
    .option("--full", "list every permission in the table, also the many that do not change")
    .option(
      "--fail-on <risks>",
      `end with exit code 2 where a token has one of these risks, unless acknowledged: any; ${SEVERITIES.join(", ")}, each with all above it; or ${RISK_IDS.join(", ")}. What is not known counts for all`,
      riskIds,
    )
    .addHelpText("after", EXAMPLES)
    .action((file: string | undefined, given: Partial<ReportOptions>) => {
      const { state = false, markdown = false, full = false, failOn = [] } = given;
      run({
        ...given,
        ...(file !== undefined && { file }),
        state,
        markdown,
        full,
        failOn,
        json: given.json ?? (!markdown && isOn(env, "INFLUX_OUTPUT_JSON")),
        hideHeaders: given.hideHeaders ?? isOn(env, "INFLUX_HIDE_HEADERS"),
      });
    });
}

function riskIds(text: string): RiskId[] {
  const ids = text.split(",").map((id) => id.trim());
  return ids.flatMap((id) => {
    if (id === "any") return RISK_IDS;
    if (isSeverity(id)) return risksFrom(id);
    if (!isRiskId(id)) throw new InvalidArgumentError(`"${id}" ${notARisk(id)}.`);
    return [id];
  });
}

function isSeverity(text: string): text is Severity {
  return (SEVERITIES as readonly string[]).includes(text);
}

/** Reads a switch as the influx CLI does. */
function isOn(env: NodeJS.ProcessEnv, name: string): boolean {
  const value = (env[name] ?? "").toLowerCase();
  if (["true", "t", "1"].includes(value)) return true;
  if (["", "false", "f", "0"].includes(value)) return false;
  throw new UsageError(`${name} must be true or false, not ${JSON.stringify(env[name])}`);
}

/** A wrong setting in the environment. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
