import type { EventEmitter } from "node:events";
import { parseArgs } from "node:util";
import { startEmulator, type EmulatorOptions } from "./index";

const USAGE = `Usage: npm run emulator -- [options]

Starts an InfluxDB 2.x token API in memory, prints its URL once it answers, and ends on SIGTERM or SIGINT.
It starts like a fresh InfluxDB: POST /api/v2/setup makes the first user, organization, bucket and token.

  --port PORT        port to listen on; 0 takes any free one (default 8086)
  --host HOST        address to listen on (default 127.0.0.1)
  --plain-tokens     show tokens in every answer, as InfluxDB before 2.9 does
  --version VERSION  version to claim (default v2.9.1, with --plain-tokens v2.7.12)
  --help             this text
`;

const EXIT = { ok: 0, failed: 1, badArguments: 2 } as const;

/** Where the command writes, and where the signals that end it come from. A process is one. */
export interface Terminal {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  readonly once: EventEmitter["once"];
}

/** Runs the command until it is signalled. Gives the exit code: 0, 1 if it could not start, 2 for bad arguments. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const options = readArguments(args);
    if (options === "help") {
      terminal.stdout.write(USAGE);
      return EXIT.ok;
    }
    const emulator = await startEmulator(options);
    const signalled = new Promise((resolve) => {
      for (const signal of ["SIGTERM", "SIGINT"]) terminal.once(signal, resolve);
    });
    terminal.stdout.write(`${emulator.url}\n`);
    await signalled;
    await emulator.close();
    return EXIT.ok;
  } catch (error) {
    const { name, message } = error as Error;
    terminal.stderr.write(`${message}\n`);
    // Node's argument parser and the check of options both throw a TypeError.
    if (name !== "TypeError") return EXIT.failed;
    terminal.stderr.write("Try --help.\n");
    return EXIT.badArguments;
  }
}

function readArguments(args: readonly string[]): EmulatorOptions | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: "string", default: "8086" },
      host: { type: "string" },
      "plain-tokens": { type: "boolean", default: false },
      version: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  return {
    // Number("") is 0, and an empty port is a mistake.
    port: values.port === "" ? NaN : Number(values.port),
    plainTokens: values["plain-tokens"],
    ...(values.host !== undefined && { host: values.host }),
    ...(values.version !== undefined && { version: values.version }),
  };
}

if (require.main === module) {
  void runCli(process.argv.slice(2), process).then((exitCode) => {
    process.exitCode = exitCode;
  });
}
