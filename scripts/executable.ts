import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { runMain } from "./command";
import { run } from "./run";
import { withWorkFolder } from "./cacheFolder";

const PLUGIN = join(__dirname, "..", "..", "plugin");
const NAME = "pulumi-resource-influx-token";

/** By it Node.js finds out that it holds a program: https://nodejs.org/api/single-executable-applications.html */
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

const HELP = `Usage: npm run plugin:executable -- FOLDER

Writes the plugin with the Node.js that runs this, as one executable that needs no Node.js, and the licences of what is
inside, to FOLDER. It is for this machine's system and processor. Made on Linux only: others want it signed.
Prints the path of the executable.
`;

/** Runs a step; its output is shown where it fails. */
async function step(command: string, args: string[], signal: AbortSignal): Promise<void> {
  const { code, stdout, stderr } = await run(command, args, { signal });
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}${stderr}`);
}

/** Writes the executable to a folder, and gives its path. */
async function makeExecutable(folder: string, signal: AbortSignal): Promise<string> {
  const path = join(folder, NAME);
  await mkdir(folder, { recursive: true });
  await withWorkFolder(path, async (work) => {
    const [config, blob, made] = [join(work, "sea.json"), join(work, "sea.blob"), join(work, NAME)] as const;
    const main = join(PLUGIN, NAME);
    await writeFile(config, JSON.stringify({ main, output: blob, disableExperimentalSEAWarning: true }));
    await step(process.execPath, ["--experimental-sea-config", config], signal);
    await copyFile(process.execPath, made);
    const postject = require.resolve("postject/dist/cli.js");
    const inject = [postject, made, "NODE_SEA_BLOB", blob, "--sentinel-fuse", FUSE];
    await step(process.execPath, inject, signal);
    await rm(path, { force: true });
    await copyFile(made, path);
  });
  const ofNode = `Node.js ${process.version}: https://github.com/nodejs/node/blob/${process.version}/LICENSE\n`;
  const licences = await readFile(join(PLUGIN, "LICENSES.txt"), "utf8");
  await writeFile(join(folder, "LICENSES.txt"), `${ofNode}\n${"-".repeat(80)}\n\n${licences}`);
  return path;
}

async function main([folder, ...others]: readonly string[], signal: AbortSignal): Promise<number> {
  if (folder === undefined || folder.startsWith("-") || others.length > 0) {
    const isAsked = folder === "--help" || folder === "-h";
    (isAsked ? process.stdout : process.stderr).write(HELP);
    return isAsked ? 0 : 1;
  }
  if (process.platform !== "linux") throw new Error("it can be made on Linux only");
  process.stdout.write(`${await makeExecutable(resolve(folder), signal)}\n`);
  return 0;
}

if (require.main === module)
  void runMain("plugin:executable", (signal) => main(process.argv.slice(2), signal));
