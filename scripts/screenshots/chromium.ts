import { type Browser, chromium } from "playwright-core";
import which from "which";
import { messageOf } from "../command";
import { run } from "../run";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

/** Nothing of it may reach for the network, or ask a question. */
const ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Starts a Chromium without a window: the program named by `CHROMIUM`, else the one on the PATH, else Debian's, which
 * is installed where this process may do that.
 *
 * @throws Error that says how to get one, where none is there and none can be installed.
 */
export async function openChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: await findOrInstall(), args: ARGS });
}

async function findOrInstall(): Promise<string> {
  const named = process.env["CHROMIUM"] ?? "";
  if (named !== "") return named;
  return (await find()) ?? (await install());
}

async function find(): Promise<string | null> {
  for (const name of NAMES) {
    const path = await which(name, { nothrow: true });
    if (path !== null) return path;
  }
  return null;
}

async function install(): Promise<string> {
  const wanted = "a Chromium is needed: install Debian's `chromium`, or name one in the variable CHROMIUM";
  if (process.getuid?.() !== 0) throw new Error(`${wanted}; only root can install it from here`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  // The first download of a fresh machine is slow, and another process may be at it at this moment.
  const options = { env, timeoutMs: 900_000 };
  const lock = ["-o", "DPkg::Lock::Timeout=600"];
  try {
    await run("apt-get", ["update"], options);
    const { code, stderr } = await run(
      "apt-get",
      ["install", "-y", "--no-install-recommends", ...lock, "chromium"],
      options,
    );
    if (code !== 0) throw new Error(`apt-get ended with exit code ${code}: ${stderr.trim()}`);
  } catch (error) {
    throw new Error(`${wanted}; apt-get could not: ${messageOf(error)}`, { cause: error });
  }
  const path = await find();
  if (path === null) throw new Error(`${wanted}; apt-get installed none that is on the PATH`);
  return path;
}
