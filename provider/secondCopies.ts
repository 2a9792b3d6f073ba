import { InfluxTokenError } from "./errors";

/** What Pulumi's host is about to print of failures that the engine prints as well. */
const expected: string[] = [];

/**
 * Runs a step whose failure Pulumi's host prints itself, in these words, before it hands it to the engine, which prints
 * it beside the resource: the host's copy is kept back. Faults of this package keep theirs, which has the stack trace.
 */
export async function toldOnce<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof InfluxTokenError) keepBack(`${error.toString()}: ${error.stack ?? ""}`);
    throw error;
  }
}

/** The host prints as soon as the step has failed: whatever anybody prints after that is none of its copies. */
function keepBack(text: string): void {
  expected.push(text);
  if (expected.length > 1) return;
  const print = console.error;
  const printOthers = (...args: unknown[]): void => {
    const at = args.length === 1 ? expected.indexOf(String(args[0])) : -1;
    if (at === -1) print(...args);
    else expected[at] = "";
  };
  console.error = printOthers;
  setImmediate(() => {
    expected.length = 0;
    if (console.error === printOthers) console.error = print;
  });
}
