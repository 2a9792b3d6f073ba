import { mkdtemp, rm } from "node:fs/promises";
import { arch, availableParallelism, cpus, platform, tmpdir } from "node:os";
import { join } from "node:path";
import { format } from "prettier";
import { startEmulator } from "../emulator";
import { runMain } from "../scripts/command";
import { bundle } from "../scripts/plugin";
import { findOrInstallPulumiCli } from "../scripts/pulumiCli";
import { figures } from "./figures";
import { fleetFigures, type FleetRuns, growthFigures } from "./fleetFigures";
import { FLEET_VARIANTS, type FleetRun, learnFleet, liveFleetsSideBySide } from "./fleets";
import type { Bench } from "./measuredStack";
import { type BenchOptions, readOptions } from "./options";
import { learnTokens, liveSideBySide, type Run } from "./lifecycle";

const progress = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(options: BenchOptions, signal: AbortSignal): Promise<number> {
  const cli = await findOrInstallPulumiCli({ log: progress, signal });
  const server = await startEmulator({ onboard: { username: "admin", org: "acme", bucket: "metrics" } });
  const floorPlugin = await mkdtemp(join(tmpdir(), "influx-token-floor-"));
  const setting = { server, pulumiCli: cli.path, floorPlugin, signal, env: options.env };
  try {
    const processor = cpus()[0]?.model ?? "unknown processor";
    const machine = `${availableParallelism()} cores of ${platform()} ${arch()}, ${processor}`;
    process.stdout.write(`On ${machine}, with Node.js ${process.version} and Pulumi ${cli.version}.\n`);
    if (options.fleetN.length > 0) {
      await measureFleets(setting, options);
      return 0;
    }
    await bundle("bench/floorPlugin.ts", floorPlugin);
    const learned = await learnTokens({ ...setting, n: 2 });
    for (const n of options.n) {
      const runs: Run[] = [];
      for (let run = 0; run < options.runs; run += 1)
        runs.push(await liveSideBySide({ ...setting, n }, learned, run, progress));
      process.stdout.write(`\n${await format(figures(n, runs), { parser: "markdown" })}`);
    }
    return 0;
  } finally {
    await server.close();
    await rm(floorPlugin, { recursive: true, force: true });
  }
}

/** Of as many InfluxTokens only where they are asked for: the time of those grows with the square of their number. */
async function measureFleets(bench: Bench, { n: tokens, fleetN, runs: count }: BenchOptions): Promise<void> {
  const all: FleetRuns[] = [];
  for (const n of fleetN) {
    const setting = { ...bench, n, plugin: join(__dirname, "..", "..", "plugin") };
    const variants = FLEET_VARIANTS.filter((variant) => variant !== "tokens" || tokens.includes(n));
    const learned = await learnFleet(setting);
    const runs: FleetRun[] = [];
    for (let run = 0; run < count; run += 1)
      runs.push(await liveFleetsSideBySide(setting, learned, variants, run, progress));
    all.push({ n, runs });
    process.stdout.write(`\n${await format(fleetFigures({ n, runs }), { parser: "markdown" })}`);
  }
  if (all.length > 1) process.stdout.write(`\n${await format(growthFigures(all), { parser: "markdown" })}`);
}

const options = readOptions(process.argv.slice(2));
void runMain("bench", (signal) => main(options, signal));
