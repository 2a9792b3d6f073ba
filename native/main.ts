#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { serve } from "./server";

/** The engine puts its own flags before its address. */
const address = process.argv
  .slice(2)
  .filter((argument) => !argument.startsWith("-"))
  .at(-1);

async function main(): Promise<void> {
  const { version } = JSON.parse(readFileSync(join(__dirname, "schema.json"), "utf8")) as { version: string };
  const { port } = await serve({
    version,
    schema: () => readFileSync(join(__dirname, "schema.json"), "utf8"),
    process: Object.assign(Object.create(process) as NodeJS.Process, { argv: ["", "", address ?? ""] }),
  });
  if (address !== undefined) {
    // The engine holds the other end as long as it runs, also where it is killed: after the step under way, this ends too.
    process.stdin.resume().on("end", () => process.kill(process.pid, "SIGTERM"));
  }
  process.stdout.write(`${port}\n`);
}

void main();
