import { parseArgs } from "node:util";

/** The parts of the benchmark, in the order in which they run. */
export const PARTS = ["engine", "withoutCheckpoints", "emulator"] as const;
export type Part = (typeof PARTS)[number];

/** What the benchmark is to do. */
export interface BenchOptions {
  /** Tokens in each stack. */
  readonly n: number;
  /** How often everything is measured; the median counts. */
  readonly runs: number;
  readonly parts: readonly Part[];
  /** Where to write the result; nowhere by default. */
  readonly json?: string;
  /** Further numbers of tokens for the chart and the page; none of either by default. */
  readonly chartSizes: readonly number[];
  /** Values of `--parallel` to compare; none by default. */
  readonly parallel: readonly number[];
  /** Tokens to simulate without the engine; none by default. */
  readonly simulate?: number;
}

export const USAGE = `Usage: npm run bench -- [options]

Measures InfluxToken against the engine's own floor and a naive provider, with the real engine and an emulated
InfluxDB, and prints a table. Takes about an hour with its defaults.

  --n N               tokens in each stack (default 1000)
  --runs R            how often, for the median (default 3)
  --json FILE         write the result as JSON
  --only PARTS        some of ${PARTS.join(",")} (default all)
  --chart SIZES       measure these numbers of tokens too, such as 10,100,1000; draw
                      docs/performance/time-by-n.svg and put the figures into docs/performance.md
  --parallel VALUES   compare the engine's --parallel, such as 1,8,64
  --simulate N        drive the provider's functions for N tokens without the engine
  --help              this text
`;

/** Reads the arguments, or tells that help is wanted. Throws a `TypeError` that names a wrong one. */
export function readOptions(args: readonly string[]): BenchOptions | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      n: { type: "string", default: "1000" },
      runs: { type: "string", default: "3" },
      json: { type: "string" },
      only: { type: "string", default: PARTS.join(",") },
      chart: { type: "string", default: "" },
      parallel: { type: "string", default: "" },
      simulate: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  return {
    // Two tokens change, each in its own way.
    n: whole("n", values.n, 2),
    runs: whole("runs", values.runs, 1),
    parts: parts(values.only),
    chartSizes: wholes("chart", values.chart, 2),
    parallel: wholes("parallel", values.parallel, 1),
    ...(values.json !== undefined && { json: values.json }),
    ...(values.simulate !== undefined && { simulate: whole("simulate", values.simulate, 1) }),
  };
}

function parts(text: string): Part[] {
  return text.split(",").map((name) => {
    const part = PARTS.find((known) => known === name);
    if (part === undefined) throw new TypeError(`--only knows ${PARTS.join(", ")}, not "${name}"`);
    return part;
  });
}

function wholes(option: string, text: string, least: number): number[] {
  return text === "" ? [] : text.split(",").map((part) => whole(option, part, least));
}

function whole(option: string, text: string, least: number): number {
  const value = Number(text);
  if (text === "" || !Number.isInteger(value) || value < least) {
    throw new TypeError(`--${option} takes whole numbers from ${least}, not "${text}"`);
  }
  return value;
}
