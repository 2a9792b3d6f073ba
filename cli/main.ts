#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { runCommand } from "./run";

/** Compiled, this file is two folders below the package. */
const { version } = JSON.parse(readFileSync(join(__dirname, "..", "..", "package.json"), "utf8")) as {
  version: string;
};

void runCommand(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  isTerminal: process.stdout.isTTY,
  version,
  readStdin: () => text(process.stdin),
  out: (printed) => process.stdout.write(printed),
  err: (printed) => process.stderr.write(printed),
}).then((code) => {
  process.exitCode = code;
});
