import { mkdir, rm, stat, utimes } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

/** Options of {@link withFolderLock}. */
export interface FolderLockOptions {
  /** Takes one line of progress while waiting. */
  log: (line: string) => void;
  signal?: AbortSignal | undefined;
}

const BEAT_EVERY_MS = 2_000;
const STALE_AFTER_MS = 20_000;
const REPORT_EVERY_MS = 10_000;

/**
 * Runs `action` while it holds a lock: the folder `lock`, whose time its holder renews every two seconds. The lock of a
 * process that was killed is taken over after 20 s without renewal. That is no proof (a process may be suspended), so
 * that the lock only spares work: `action` must be safe to run twice at once.
 */
export async function withFolderLock<T>(
  lock: string,
  { log, signal }: FolderLockOptions,
  action: () => Promise<T>,
): Promise<T> {
  let reported = 0;
  while (!(await tryToMake(lock))) {
    signal?.throwIfAborted();
    if ((await ageMs(lock)) > STALE_AFTER_MS) {
      await rm(lock, { recursive: true, force: true });
      continue;
    }
    if (Date.now() - reported >= REPORT_EVERY_MS) {
      reported = Date.now();
      log(
        `another process holds ${lock}: waiting until it is done, or silent for ${STALE_AFTER_MS / 1000} s`,
      );
    }
    await delay(500);
  }
  const beat = setInterval(() => {
    const now = new Date();
    // Gone only when another process took it over; the action is safe then.
    utimes(lock, now, now).catch(() => undefined);
  }, BEAT_EVERY_MS);
  try {
    return await action();
  } finally {
    clearInterval(beat);
    await rm(lock, { recursive: true, force: true });
  }
}

async function tryToMake(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function ageMs(lock: string): Promise<number> {
  try {
    return Date.now() - (await stat(lock)).mtimeMs;
  } catch {
    return 0;
  }
}
