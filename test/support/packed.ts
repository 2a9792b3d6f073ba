import { homedir } from "node:os";
import { join } from "node:path";
import { run } from "../../scripts/run";

const ROOT = join(__dirname, "..", "..");

/** The registry's settings and cache, also for a command whose home is another one. */
export const NPM = {
  npm_config_userconfig: process.env["npm_config_userconfig"] ?? join(homedir(), ".npmrc"),
  npm_config_cache: process.env["npm_config_cache"] ?? join(homedir(), ".npm"),
  npm_config_update_notifier: "false",
  npm_config_fund: "false",
  npm_config_audit: "false",
};

/**
 * Packs the package as it would be published, and gives the tarball's path. What was built is taken as it is: to build
 * it anew would pull it away from under the tests that run beside this one.
 */
export async function pack(folder: string): Promise<string> {
  const printed = await npm(ROOT, ["pack", "--json", "--ignore-scripts", "--pack-destination", folder]);
  const [, filename] = /"filename": "([^"]+)"/.exec(printed) ?? [];
  if (filename === undefined) throw new Error(printed);
  return join(folder, filename);
}

/** Installs packages in a folder. */
export async function install(folder: string, args: readonly string[]): Promise<void> {
  await npm(folder, ["install", "--ignore-scripts", ...args]);
}

async function npm(cwd: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, ...NPM };
  const { code, stdout, stderr } = await run("npm", [...args], { cwd, env, timeoutMs: 180_000 });
  if (code !== 0) throw new Error(`npm ${args.join(" ")}\n${stdout}${stderr}`);
  return stdout;
}
