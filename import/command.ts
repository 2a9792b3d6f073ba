import { type Command, InvalidArgumentError, Option } from "commander";
import { UsageError } from "../report/command";

/** What the command line asks for. */
export interface ImportOptions {
  readonly org?: string;
  readonly orgId?: string;
  readonly host?: string;
  readonly activeConfig?: string;
  readonly configsPath?: string;
  readonly skipVerify?: boolean;
  readonly caFile?: string;
  readonly description?: RegExp;
  readonly excludeState: readonly string[];
  /** A Terraform state, `-` for standard input. */
  readonly fromTerraform?: string;
  readonly yaml: boolean;
  readonly list: boolean;
  readonly json: boolean;
  /** Whether values come as secrets of the stack's config, where the server does not tell them. */
  readonly adoptToken: boolean;
}

const EXAMPLES = `
Examples:
  influx-token import --org acme > index.ts              a program that adopts the tokens of acme
  influx-token import --org acme --yaml > tokens.yaml    the same for the program without code
  influx-token import --org acme --description '^ci'     those whose description matches
  pulumi stack export | influx-token import --org acme --exclude-state - other.json
  influx-token import --org acme --list                  what no stack manages
  influx-token import --from-terraform terraform.tfstate

Environment, as the influx CLI has it:
  INFLUX_HOST, INFLUX_TOKEN, INFLUX_ORG, INFLUX_ORG_ID, INFLUX_SKIP_VERIFY,
  INFLUX_ACTIVE_CONFIG, INFLUX_CONFIGS_PATH; otherwise its profile

The token comes from INFLUX_TOKEN or a profile: on a command line every user of the machine could read it.
It sees the tokens that it may read: an operator token sees all of them, an all-access token those of its owner.

Exit codes:
  0  printed, also where there is no token
  1  not printed: the message says why

Only reads: nothing is changed on the server. Tokens themselves are never printed.`;

const PURPOSE = `Prints a program that adopts the tokens of an organization, which keep their ids and values: as the inputs that they
mean. What cannot be adopted is in it as a comment, with the reason.`;

/**
 * Adds `import` to the commands.
 *
 * @param run is called with what the command line asks for.
 */
export function addImportCommand(program: Command, run: (options: ImportOptions) => void): void {
  program
    .command("import")
    .summary("print a program that adopts the tokens that a server has")
    .description(PURPOSE)
    .option("-o, --org <name>", "organization, by name")
    .addOption(new Option("--org-id <id>", "organization, by id").conflicts("org"))
    .option("--host <url>", "URL of the server (default: INFLUX_HOST, a profile's, http://localhost:8086)")
    .option("-c, --active-config <name>", "profile of the influx CLI")
    .option("--configs-path <file>", "the influx CLI's profiles (default: ~/.influxdbv2/configs)")
    .option("--skip-verify", "accept any TLS certificate")
    .option("--ca-file <file>", "PEM file of the authorities to trust")
    .option(
      "--description <regex>",
      "only tokens whose description matches, such as '^telegraf'",
      regularExpression,
    )
    .option(
      "--exclude-state <file...>",
      "leave out what these stacks manage: files that `pulumi stack export` printed; - for standard input",
    )
    .addOption(
      new Option(
        "--from-terraform <file>",
        "read the influxdb_authorization resources of a Terraform state (terraform.tfstate, or what `terraform show -json` prints; - for standard input) in place of a server",
      ).conflicts([
        ...["org", "orgId", "host", "activeConfig", "configsPath", "skipVerify", "caFile"],
        ...["excludeState", "list", "adoptToken"],
      ]),
    )
    .option("--yaml", "print the tokens of the program without code, in place of TypeScript")
    .option(
      "--adopt-token",
      "where the server does not tell a token's value, ask the stack's config for it, in place of adoptWithoutToken",
    )
    .addOption(
      new Option("--list", "print a table of what no stack manages, and its risks").conflicts([
        "yaml",
        "adoptToken",
      ]),
    )
    .option("--json", "with --list: print JSON")
    .addOption(new Option("-t, --token <token>").hideHelp())
    .addHelpText("after", EXAMPLES)
    .action(({ token, ...given }: Partial<ImportOptions> & { token?: string }) => {
      if (token !== undefined) {
        throw new UsageError(
          "there is no --token: every user of the machine can read a command line: set INFLUX_TOKEN, or make a profile with `influx config create`",
        );
      }
      const { excludeState = [], yaml = false, list = false, json = false, adoptToken = false } = given;
      if (json && !list)
        throw new UsageError("--json is for --list: a program is TypeScript, or with --yaml YAML");
      run({ ...given, excludeState, yaml, list, json, adoptToken });
    });
}

function regularExpression(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? `${error.message}.` : "");
  }
}
