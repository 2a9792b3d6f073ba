import { setTimeout as pause } from "node:timers/promises";

/** Between two looks whether anybody listens: milliseconds. */
const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 1_000;

/**
 * The wait for a server at whose address nobody listens yet, such as one that the same program starts. One wait for
 * all requests to it: one of them looks, and when it was in vain the others fail at once.
 */
class Wait {
  private readonly since = Date.now();
  /** Until when anybody waits. */
  private until = 0;
  private looking: Promise<boolean> | undefined;

  async join(timeoutMs: number, isListening: () => Promise<boolean>): Promise<boolean> {
    const left = this.since + timeoutMs - Date.now();
    if (left <= 0) return false;
    this.until = Math.max(this.until, this.since + timeoutMs);
    this.looking ??= this.look(isListening);
    return Promise.race([this.looking, pause(left, false, { ref: false })]);
  }

  private async look(isListening: () => Promise<boolean>): Promise<boolean> {
    for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(2 * delayMs, LONGEST_DELAY_MS)) {
      const left = this.until - Date.now();
      if (left <= 0) break;
      await pause(Math.min(delayMs, left));
      if (await isListening()) return true;
    }
    this.looking = undefined;
    return false;
  }
}

const waits = new Map<string, Wait>();

/**
 * Waits until somebody listens at the server's address, for as long as `timeoutMs` since the first request was refused,
 * and tells whether somebody does.
 */
export async function untilListening(
  host: string,
  timeoutMs: number,
  isListening: () => Promise<boolean>,
): Promise<boolean> {
  let wait = waits.get(host);
  if (wait === undefined) {
    wait = new Wait();
    waits.set(host, wait);
  }
  const is = await wait.join(timeoutMs, isListening);
  // By now another one may have begun.
  if (is && waits.get(host) === wait) waits.delete(host);
  return is;
}

/** Whoever answers is there: should it ever be refused again, it is waited for again. */
export function wasHeard(host: string): void {
  waits.delete(host);
}

/** What each run begins with. */
export function forgetWaits(): void {
  waits.clear();
}
