import { readFileSync, statSync } from "node:fs";
import { ConnectionError } from "../errors";
import { printable } from "../text";

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

/**
 * Gives a PEM file's text. What it holds is checked by TLS itself; here only that it is one, so that a wrong path is
 * reported as such and no other file's content gets any further.
 *
 * @throws {ConnectionError} when the file cannot be read or holds no PEM block.
 */
export function readPem(path: string, from: string, property: string): string {
  const shown = printable(path, MAX_PATH);
  let text: string;
  try {
    text = readSmallFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unreadable";
    throw new ConnectionError(property, `cannot read ${shown}, from ${from} (${code})`);
  }
  if (!/-----BEGIN [A-Z0-9 ]+-----/.test(text)) {
    throw new ConnectionError(property, `${shown}, from ${from}, is not a PEM file`);
  }
  return text;
}
