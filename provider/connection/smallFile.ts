import { readFileSync, statSync } from "node:fs";

/** As much as a message shows of a path. */
export const MAX_PATH = 300;

/** Longer than any file of these kinds. */
const MAX_BYTES = 16_777_216;

/**
 * Gives a file's text. What is no file, such as a pipe or a device, could take for ever to read, and is not read.
 *
 * @throws {Error} with a `code`: the system's, `not a file`, or `too long`.
 */
export function readSmallFile(path: string): string {
  const stats = statSync(path);
  if (!stats.isFile() && !stats.isDirectory()) throw withCode("not a file");
  if (stats.size > MAX_BYTES) throw withCode("too long");
  return readFileSync(path, "utf8");
}

function withCode(code: string): Error {
  return Object.assign(new Error(code), { code });
}
