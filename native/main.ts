#!/usr/bin/env node
import { serve } from "./server";

/** The text of schema.json, which the bundler puts here. */
declare const SCHEMA: string;
const schema = SCHEMA;

/** The engine puts its own flags before its address. */
const address = process.argv
  .slice(2)
  .filter((argument) => !argument.startsWith("-"))
  .at(-1);

async function main(): Promise<void> {
  const { version } = JSON.parse(schema) as { version: string };
  const { port } = await serve({
    version,
    schema: () => schema,
    process: Object.assign(Object.create(process) as NodeJS.Process, { argv: ["", "", address ?? ""] }),
  });
  if (address !== undefined) {
    // The engine holds the other end as long as it runs, also where it is killed: after the step under way, this ends too.
    process.stdin.resume().on("end", () => process.kill(process.pid, "SIGTERM"));
  }
  process.stdout.write(`${port}\n`);
}

void main();
