import { arch, availableParallelism, cpus, platform } from "node:os";
import { format } from "prettier";
import { startEmulator } from "../emulator";
import { runMain } from "../scripts/command";
import { findOrInstallPulumiCli } from "../scripts/pulumiCli";
import { figures } from "./figures";
import { type BenchOptions, readOptions } from "./options";
import { learnToken, liveSideBySide, type Run } from "./lifecycle";

const progress = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(options: BenchOptions, signal: AbortSignal): Promise<number> {
  const cli = await findOrInstallPulumiCli({ log: progress, signal });
  const server = await startEmulator({ onboard: { username: "admin", org: "acme", bucket: "metrics" } });
  const setting = { server, pulumiCli: cli.path, signal, env: options.env };
  try {
    const canned = await learnToken({ ...setting, n: 2 });
    const processor = cpus()[0]?.model ?? "unknown processor";
    const machine = `${availableParallelism()} cores of ${platform()} ${arch()}, ${processor}`;
    process.stdout.write(`On ${machine}, with Node.js ${process.version} and Pulumi ${cli.version}.\n`);
    for (const n of options.n) {
      const runs: Run[] = [];
      for (let run = 0; run < options.runs; run += 1)
        runs.push(await liveSideBySide({ ...setting, n }, canned, run, progress));
      process.stdout.write(`\n${await format(figures(n, runs), { parser: "markdown" })}`);
    }
    return 0;
  } finally {
    await server.close();
  }
}

const options = readOptions(process.argv.slice(2));
void runMain("bench", (signal) => main(options, signal));
