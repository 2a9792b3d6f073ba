import { setTimeout as pause } from "node:timers/promises";

/** Between two looks whether the server listens: milliseconds. */
const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 1_000;

/**
 * The wait for a server that does not listen yet, such as one that the same program starts. One wait for all requests
 * to it: one of them looks, and when it was in vain the others fail at once.
 */
export class Startup {
  private wait: Wait | undefined;

  constructor(private readonly now: () => number) {}

  /**
   * Waits until the server listens, for as long as `timeoutMs` since the first request was refused, and returns
   * whether it does.
   */
  async waitUntilListening(timeoutMs: number, isListening: () => Promise<boolean>): Promise<boolean> {
    const wait = (this.wait ??= new Wait(this.now));
    const isUp = await wait.join(timeoutMs, isListening);
    // By now another wait may have begun.
    if (isUp && this.wait === wait) this.wait = undefined;
    return isUp;
  }

  /** A server that answers is up: should it ever refuse again, it is waited for again. */
  answered(): void {
    this.wait = undefined;
  }
}

class Wait {
  private readonly since: number;
  /** Until when the most patient request waits. */
  private until = 0;
  private looking: Promise<boolean> | undefined;

  constructor(private readonly now: () => number) {
    this.since = now();
  }

  async join(timeoutMs: number, isListening: () => Promise<boolean>): Promise<boolean> {
    const leftMs = this.since + timeoutMs - this.now();
    if (leftMs <= 0) return false;
    this.until = Math.max(this.until, this.since + timeoutMs);
    this.looking ??= this.look(isListening);
    return Promise.race([this.looking, pause(leftMs, false, { ref: false })]);
  }

  private async look(isListening: () => Promise<boolean>): Promise<boolean> {
    for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(2 * delayMs, LONGEST_DELAY_MS)) {
      const leftMs = this.until - this.now();
      if (leftMs <= 0) break;
      await pause(Math.min(delayMs, leftMs));
      if (await isListening()) return true;
    }
    this.looking = undefined;
    return false;
  }
}
