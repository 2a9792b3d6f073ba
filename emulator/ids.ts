import { invalid } from "./errors";

const ID_BYTES = 16;

/**
 * Reads an id as the server does: 16 hex digits of either case, not all zero.
 * @throws ApiError `invalid`, worded by what is wrong.
 */
export function parseId(text: string): string {
  if (Buffer.byteLength(text) !== ID_BYTES) throw invalid("id must have a length of 16 bytes");
  if (!/^[0-9a-fA-F]+$/.test(text) || /^0+$/.test(text)) throw invalid("invalid ID");
  return text.toLowerCase();
}

/** Reads an id where the server treats a malformed one as absent. */
export function parseIdIfValid(text: string): string | undefined {
  try {
    return parseId(text);
  } catch {
    return undefined;
  }
}

/**
 * Gives ids that only grow, so that the order of creation is the order of ids, as on the server. They start at
 * the time of day: two emulators of one test run do not hand out the same ids.
 */
export function idSequence(startMs = Date.now()): () => string {
  const bitsPerMs = 20n;
  let next = BigInt(startMs) << bitsPerMs;
  return () => {
    next += 1n;
    return next.toString(16).padStart(ID_BYTES, "0");
  };
}
