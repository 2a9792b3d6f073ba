/** What of a pool's work failed, and what was not begun. */
export interface PoolResult<T> {
  readonly failures: readonly { readonly item: T; readonly error: unknown }[];
  /** Not begun: too much had failed before, or nobody wants it any more. */
  readonly left: readonly T[];
}

/** So many failures of one shard, and the server is not asked for the rest of it. */
const MAX_FAILURES = 16;

/**
 * Works on all items, so many at once.
 *
 * @param mayBegin whether another one may begin.
 */
export async function runPool<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
  mayBegin: () => Promise<boolean> = () => Promise.resolve(true),
): Promise<PoolResult<T>> {
  const failures: { item: T; error: unknown }[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length && failures.length < MAX_FAILURES) {
      if (!(await mayBegin())) return;
      const item = items[next];
      if (item === undefined) return;
      next += 1;
      try {
        await work(item);
      } catch (error) {
        failures.push({ item, error });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return { failures, left: items.slice(next) };
}

/** Tasks of which one at a time runs for each name, in the order of the calls. */
export class Lanes {
  private readonly last = new Map<string, Promise<unknown>>();

  run<T>(name: string, task: () => Promise<T>): Promise<T> {
    const before = this.last.get(name) ?? Promise.resolve();
    const result = before.then(task);
    this.last.set(
      name,
      result.catch(() => undefined),
    );
    return result;
  }
}
