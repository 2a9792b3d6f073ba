import { Command, InvalidArgumentError } from "commander";

/** What the benchmark is to do. */
export interface BenchOptions {
  /** Numbers of tokens, one after the other. */
  readonly n: readonly number[];
  /** Numbers of members. Where there are any, fleets are measured. */
  readonly fleetN: readonly number[];
  readonly runs: number;
  readonly env: Readonly<Record<string, string>>;
}

function whole(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text !== "" && Number.isInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`"${text}" is no whole number from ${least}.`);
  };
}

function addVariable(text: string, env: Readonly<Record<string, string>>): Record<string, string> {
  const [, name, value = ""] = /^(\w+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError(`"${text}" is not NAME=VALUE.`);
  return { ...env, [name]: value };
}

/** Reads the arguments. Prints help, or what is wrong with them, and ends the process. */
export function readOptions(args: readonly string[], command = new Command()): BenchOptions {
  return command
    .name("npm run bench --")
    .description(
      "Measures InfluxToken and the plugin's Token against the engine's own floors and a naive provider, or fleets, and prints Markdown.",
    )
    .option(
      "--n <numbers>",
      "tokens in each stack, such as 10,100,1000",
      (text) => text.split(",").map(whole(2)),
      [1000],
    )
    .option(
      "--fleet-n <numbers>",
      "measures fleets of so many members, such as 100,1000,10000; InfluxTokens beside those of a size in --n",
      (text) => text.split(",").map(whole(2)),
      [],
    )
    .option("--runs <number>", "how often each command is run, for the median", whole(1), 3)
    .option(
      "--env <NAME=VALUE>",
      "set for each command, such as PULUMI_PARALLEL=64; may be repeated",
      addVariable,
      {},
    )
    .parse(args, { from: "user" })
    .opts<BenchOptions>();
}
