import { mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, isAbsolute, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { lock } from "proper-lockfile";

/** What an installation needs beside its folder. */
export interface InstallOptions {
  /** Takes one line of progress. */
  log: (line: string) => void;
  signal?: AbortSignal | undefined;
}

const STALE_AFTER_MS = 20_000;
const REPORT_EVERY_MS = 10_000;
const LEFTOVER_AFTER_MS = 24 * 60 * 60 * 1000;

/** Where programs that are installed or built here are kept. */
export function defaultCacheFolder(env: NodeJS.ProcessEnv): string {
  const configured = env["XDG_CACHE_HOME"] ?? "";
  return join(isAbsolute(configured) ? configured : join(homedir(), ".cache"), "pulumi-influx-token");
}

/**
 * Runs `install` while no other process installs into `folder`. The lock of a process that was killed is taken over
 * after 20 s. That is no proof (a process may be suspended), so the lock only spares work: `install` must be safe to run
 * twice at once.
 */
export async function withInstallLock<T>(
  folder: string,
  { log, signal }: InstallOptions,
  install: () => Promise<T>,
): Promise<T> {
  await mkdir(dirname(folder), { recursive: true });
  // A lock that another process took over is no failure: `install` may run twice.
  const options = { realpath: false, stale: STALE_AFTER_MS, update: 2_000, onCompromised: () => undefined };
  let reported = 0;
  for (;;) {
    signal?.throwIfAborted();
    const release = await lock(folder, options).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== "ELOCKED") throw error;
    });
    if (release !== undefined) {
      try {
        await removeLeftovers(folder);
        return await install();
      } finally {
        // Released already where another process took it over.
        await release().catch(() => undefined);
      }
    }
    if (Date.now() - reported >= REPORT_EVERY_MS) {
      reported = Date.now();
      log(`another process holds ${folder}.lock: waiting until it is done, or silent for 20 s`);
    }
    await delay(500);
  }
}

/** Runs `fill` with an empty folder beside `folder`, to be renamed once it is complete; what is left of it is removed. */
export async function withWorkFolder<T>(folder: string, fill: (work: string) => Promise<T>): Promise<T> {
  const work = await mkdtemp(`${folder}.tmp-`);
  try {
    return await fill(work);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** A process that was killed could not remove its work folder. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(dirname(folder))) {
    if (!name.startsWith(`${basename(folder)}.tmp-`)) continue;
    const path = join(dirname(folder), name);
    if (Date.now() - (await stat(path)).mtimeMs > LEFTOVER_AFTER_MS)
      await rm(path, { recursive: true, force: true });
  }
}
