import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { arch, availableParallelism, cpus, platform, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { format, resolveConfig } from "prettier";
import { findOrInstallPulumiCli } from "../scripts/pulumiCli";
import { drawChart } from "./chart";
import { measureEngine } from "./measure";
import { type BenchOptions, readOptions, USAGE } from "./options";
import { withFigures } from "./page";
import { endDescendants } from "./processes";
import { reportText } from "./report";
import { panelsOf, type BenchResult } from "./result";
import { startServer } from "./server";
import { simulate } from "./simulation";
import { roundedAll } from "./statistics";
import { measureEmulator } from "./throughput";

const EXIT = { ok: 0, failed: 1, badArguments: 2, interrupted: 130 } as const;
const DOCS = join(__dirname, "..", "..", "docs");
const CHART = join(DOCS, "performance", "time-by-n.svg");
const PAGE = join(DOCS, "performance.md");

type Cleanup = () => Promise<void>;

const progress = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

async function main(args: readonly string[]): Promise<number> {
  let options: BenchOptions | "help";
  try {
    options = readOptions(args);
  } catch (error) {
    progress(`${(error as Error).message}\nTry --help.`);
    return EXIT.badArguments;
  }
  if (options === "help") {
    process.stdout.write(USAGE);
    return EXIT.ok;
  }
  const cleanups: Cleanup[] = [];
  const interruption = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      interruption.abort(new Error("interrupted"));
      void endDescendants();
    });
  }
  let code: number = EXIT.ok;
  try {
    const result = await bench(options, interruption.signal, cleanups);
    process.stdout.write(reportText(result));
    await write(options, result);
  } catch (error) {
    code = interruption.signal.aborted ? EXIT.interrupted : EXIT.failed;
    progress(`bench: ${interruption.signal.aborted ? "interrupted" : messageOf(error)}`);
    // What a command began runs on without it.
    await endDescendants();
  }
  for (const cleanup of cleanups.reverse()) {
    try {
      await cleanup();
    } catch (error) {
      progress(`bench: cannot clean up: ${messageOf(error)}`);
      code ||= EXIT.failed;
    }
  }
  return code;
}

async function bench(options: BenchOptions, signal: AbortSignal, cleanups: Cleanup[]): Promise<BenchResult> {
  const { path, version } = await findOrInstallPulumiCli({ log: progress, signal });
  let result: BenchResult = {
    machine: {
      cores: availableParallelism(),
      node: process.version,
      engine: version,
      system: `${platform()} ${arch()}, ${cpus()[0]?.model ?? "unknown processor"}`,
    },
    n: options.n,
    runs: options.runs,
  };
  const closeLater = (closing: { close(): Promise<void> }): void => void cleanups.push(() => closing.close());

  // The quick ones first: what is wrong with them is known before the long ones begin.
  if (options.parts.includes("emulator")) {
    progress("emulator under load");
    result = { ...result, emulatorRequestsPerSecond: await measureEmulator(closeLater) };
  }
  signal.throwIfAborted();
  if (options.simulate !== undefined) {
    progress("simulation");
    result = { ...result, simulation: await simulate(options.simulate, closeLater, progress) };
  }
  signal.throwIfAborted();
  const withEngine = options.parts.some((part) => part !== "emulator") || options.parallel.length > 0;
  if (!withEngine) return result;
  const temporaryFolder = await mkdtemp(join(tmpdir(), "influx-token-bench-"));
  cleanups.push(() => rm(temporaryFolder, { recursive: true, force: true }));
  const server = await startServer();
  closeLater(server);
  const setting = {
    server,
    pulumiCli: path,
    temporaryFolder,
    signal,
    progress,
    removeLater: (engine: { dispose(): Promise<void> }): void => void cleanups.push(() => engine.dispose()),
  };
  return { ...result, ...(await measureEngine(setting, options)) };
}

async function write({ json, chartSizes }: BenchOptions, result: BenchResult): Promise<void> {
  if (json !== undefined) await writeFile(json, `${JSON.stringify(roundedAll(result), null, 2)}\n`);
  const { secondsByN, machine, runs } = result;
  if (chartSizes.length === 0 || secondsByN === undefined) return;
  const caption = `Median of ${runs} runs on ${machine.cores} cores with Pulumi ${machine.engine} and its file backend.`;
  await mkdir(dirname(CHART), { recursive: true });
  await writeFile(CHART, drawChart(panelsOf(secondsByN), caption));
  const page = withFigures(await readFile(PAGE, "utf8"), result);
  await writeFile(PAGE, await format(page, { ...(await resolveConfig(PAGE)), filepath: PAGE }));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

void main(process.argv.slice(2)).then((code) => (process.exitCode = code));
