/**
 * Keeps back the host's own copy of errors that the engine prints beside the resource.
 *
 * Leans on: `cmd/dynamic-provider` prints `${error}: ${error.stack}` by `console.error`, one argument, before the next
 * turn of the event loop, where check, diff, read or delete fails. The same in 3.150 to 3.270.
 * When it changes: users read each failure twice. No token depends on it.
 * Seen by: test/e2e/sdkRange, test/unit/pulumiHost/duplicateErrors.
 */
import { InfluxTokenError } from "../errors";

export class DuplicateErrors {
  /** What the host is about to print. */
  private readonly expected: string[] = [];

  constructor(private readonly console: Pick<Console, "error">) {}

  /** Runs a step whose failure the host prints. Faults of this package keep the host's copy: it has the stack trace. */
  async suppressDuplicateError<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      if (error instanceof InfluxTokenError) this.suppress(`${error.toString()}: ${error.stack ?? ""}`);
      throw error;
    }
  }

  private suppress(text: string): void {
    const { expected, console } = this;
    expected.push(text);
    if (expected.length > 1) return;
    const print = console.error;
    const printOthers = (...args: unknown[]): void => {
      const at = args.length === 1 ? expected.indexOf(String(args[0])) : -1;
      if (at === -1) print(...args);
      else expected[at] = "";
    };
    console.error = printOthers;
    // The host prints as soon as the step has failed: whatever is printed after that is none of its copies.
    setImmediate(() => {
      expected.length = 0;
      if (console.error === printOthers) console.error = print;
    });
  }
}
