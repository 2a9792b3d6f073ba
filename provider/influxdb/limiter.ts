/** How many requests are in flight at one server, for all tokens of a run. */
export class Limiter {
  private inFlight = 0;
  private readonly waiting: (() => void)[] = [];

  /** Runs a task as soon as fewer than `limit` are in flight, in the order of the calls. */
  async run<T>(limit: number, task: () => Promise<T>): Promise<T> {
    if (this.inFlight >= limit) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.inFlight += 1;
    try {
      return await task();
    } finally {
      // Whoever waits takes over this place; else it is given up.
      const next = this.waiting.shift();
      if (next === undefined) this.inFlight -= 1;
      else next();
    }
  }
}
