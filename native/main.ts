#!/usr/bin/env node
import { finished } from "node:stream";
import { enginePort } from "../provider/pulumiHost/gracefulExit";
import { serve } from "./server";

/** The text of schema.json, which the bundler puts here. */
declare const SCHEMA: string;
const schema = SCHEMA;

/** Ends this process as its engine would: after the steps under way. */
function end(): void {
  process.kill(process.pid, "SIGTERM");
}

/** What nobody foresaw must not cut off a step, which would leave a token that nobody knows. */
process.on("uncaughtException", (error) => {
  process.stderr.write(`influx-token: ${error.stack ?? error.message}\n`);
  end();
});
// Nobody knows where it listens.
process.stdout.on("error", end);
// Nobody reads what else it says.
process.stderr.on("error", () => undefined);

async function main(): Promise<void> {
  const { version } = JSON.parse(schema) as { version: string };
  const { port } = await serve({ version, schema: () => schema });
  // The engine holds the other end as long as it runs, also where it is killed. Without an engine, somebody attaches one.
  if (enginePort(process.argv) !== undefined) finished(process.stdin.resume(), end);
  process.stdout.write(`${port}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`influx-token: the plugin cannot listen on 127.0.0.1: ${(error as Error).message}\n`);
  process.exitCode = 1;
});
