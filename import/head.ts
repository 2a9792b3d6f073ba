import { printable } from "../provider/text";
import type { ImportOptions } from "./command";
import { configKeyFor, type Declaration } from "./declaration";
import type { Found } from "./server";
import type { TerraformToken } from "./terraform";

/** Longer than any path or address that is typed. */
const MAX_LENGTH = 400;

/** How many tokens were left out, and why. */
export interface Counts {
  /** By the stacks that were given. */
  readonly managed: number;
  /** Whether the token that asked is among them. */
  readonly callers: boolean;
  /** By `--description`. */
  readonly unmatched: number;
}

/** What a program says of itself whose tokens a server has. */
export function headOfServer(about: {
  /** As it is written within a sentence. */
  readonly organization: string;
  readonly found: Found;
  readonly options: ImportOptions;
  readonly declarations: readonly Declaration[];
  readonly counts: Counts;
  /** How many tokens have no value on the server. */
  readonly valueless: number;
}): string[] {
  const { organization, found, options, declarations, counts, valueless } = about;
  return [
    `Tokens of ${organization} on ${found.host}: ${countsOf(declarations)}.`,
    ...leftOut(counts),
    `Others may exist: the token from ${found.tokenFrom} lists those that it may read, and no server lists`,
    "tokens whose organization or owner was deleted.",
    ...valuesOnServer(valueless, options),
    "",
    ...how(options, options.adoptToken && valueless > 0),
    "To adopt them:",
    `pulumi config set influx-token:host ${found.host}`,
    "INFLUX_PREFLIGHT=1 pulumi preview     compares each with the server, and changes nothing",
  ];
}

/** What a program says of itself whose tokens Terraform manages. */
export function headOfTerraform(about: {
  readonly file: string;
  readonly options: ImportOptions;
  readonly declarations: readonly Declaration[];
  /** Tokens by the names of their resources. */
  readonly sources: ReadonlyMap<string, TerraformToken>;
}): string[] {
  const { file, options, declarations, sources } = about;
  const adopted = declarations.filter(({ obstacles }) => obstacles.length === 0);
  const tokens = adopted.flatMap(({ name }) => {
    const token = sources.get(name);
    return token === undefined ? [] : [{ name, token }];
  });
  const state = file === "-" ? "terraform state pull" : `cat ${inShell(file)}`;
  const secrets = tokens
    .filter(({ token }) => token.hasValue)
    .map(({ name, token }) => `${state} | jq -r '${valueFilter(token.id)}' | ${setCommand(name, options)}`);
  return [
    `Tokens of a Terraform state: ${countsOf(declarations)}.`,
    "",
    ...how(options, secrets.length > 0),
    "To adopt them, with influx-token:host and influx-token:token set:",
    "INFLUX_PREFLIGHT=1 pulumi preview     compares each with the server, and changes nothing",
    ...(secrets.length === 0
      ? []
      : [
          "",
          "Before that: the state has their values. They become secrets of the stack's config:",
          ...secrets,
        ]),
    ...(tokens.length === 0
      ? []
      : [
          "",
          "After pulumi up has adopted them, before Terraform runs again, which else deletes them: take them out of",
          "its configuration, and out of its state:",
          ...tokens.map(({ token }) => `terraform state rm ${inShell(token.address)}`),
        ]),
  ].map((line) => printable(line, 2 * MAX_LENGTH));
}

function countsOf(declarations: readonly Declaration[]): string {
  const obstructed = declarations.filter(({ obstacles }) => obstacles.length > 0).length;
  const adopted = declarations.length - obstructed;
  return `${adopted} to adopt${obstructed === 0 ? "" : `, ${obstructed} that cannot be`}`;
}

/** What is not shown, in one line; none where nothing is. */
export function leftOut({ managed, callers, unmatched }: Counts): string[] {
  const parts = [
    ...(managed > 0 ? [`${managed} that given stacks manage`] : []),
    ...(callers ? ["the token that asked"] : []),
    ...(unmatched > 0 ? [`${unmatched} whose description does not match`] : []),
  ];
  return parts.length === 0 ? [] : [`Left out: ${parts.join(", ")}.`];
}

function valuesOnServer(valueless: number, options: ImportOptions): string[] {
  if (valueless === 0) return [];
  if (!options.adoptToken) {
    return [
      `The server does not tell the values of ${valueless}: adopted so, they have no output token. Who has the values`,
      "gives them as adoptToken in place of adoptWithoutToken; --adopt-token prints that.",
    ];
  }
  return [
    `The server does not tell the values of ${valueless}. Each is asked of the stack's config:`,
    setCommand("NAME", options),
  ];
}

/** Sets the value of a token, which is typed or piped in: on a command line others could read it. */
function setCommand(name: string, { yaml }: ImportOptions): string {
  return yaml
    ? `pulumi config set --secret --path 'influx-token:tokens.${name}.adoptToken'`
    : `pulumi config set --secret ${configKeyFor(name)}`;
}

function how({ yaml }: ImportOptions, hasSecrets: boolean): string[] {
  if (!yaml) return [];
  const inConfig = "under influx-token:tokens in Pulumi.STACK.yaml";
  return hasSecrets
    ? [
        `Indented, this stands ${inConfig}, where secrets can be: a file for influx-token:tokensFrom holds none.`,
      ]
    : [`A file for influx-token:tokensFrom; indented, it may also stand ${inConfig}.`];
}

/** Finds the value in both forms of a state. */
function valueFilter(id: string): string {
  return `[.. | objects | select(.id? == "${id}" and has("permissions"))][0].token`;
}

function inShell(text: string): string {
  const shown = printable(text, MAX_LENGTH);
  return /^[\w./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`;
}
