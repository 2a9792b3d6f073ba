/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Answers the arguments of a script that takes none but `--help`, with its exit code. */
export function answerArguments(help: string, args: readonly string[]): number | undefined {
  if (args.length === 0) return undefined;
  const isKnown = args.includes("--help") || args.includes("-h");
  if (isKnown) process.stdout.write(help);
  else process.stderr.write(`Unknown argument ${args.join(" ")}.\n${help}`);
  return isKnown ? 0 : 1;
}

/**
 * Runs a script's main function and exits with its exit code: 130 where it was interrupted, else 1 where it rejects.
 * SIGINT and SIGTERM abort its signal, so that it can clean up; the second one ends the process at once.
 */
export async function runMain(name: string, main: (signal: AbortSignal) => Promise<number>): Promise<void> {
  const interruption = new AbortController();
  // Not `once`: proper-lockfile ends the process at a signal for which nobody else listens.
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (interruption.signal.aborted) process.exit(130);
      interruption.abort(new Error(`Interrupted by ${signal}`));
    });
  }
  try {
    process.exitCode = await main(interruption.signal);
  } catch (error) {
    process.stderr.write(`${name}: ${messageOf(error)}\n`);
    process.exitCode = interruption.signal.aborted ? 130 : 1;
  }
}
