import { ConnectionError } from "../errors";
import { printable } from "../printable";
import { MAX_PATH, readSmallFile } from "./smallFile";

/**
 * Gives a PEM file's text. What it holds is checked by TLS itself; here only that it is one, so that a wrong path is
 * told as such and no other file's content gets any further.
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
