import { setTimeout as sleep } from "node:timers/promises";

/**
 * Waits until what is read equals what is expected: a browser does soon what it is asked for, and not at once. What
 * `read` throws counts as not yet.
 *
 * @throws the last difference, or what `read` last threw, once `timeoutMs` are over.
 */
export async function becomes(
  read: () => Promise<unknown>,
  expected: unknown,
  timeoutMs = 15_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      expect(await read()).toEqual(expected);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await sleep(50);
  }
}
