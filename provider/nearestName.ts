import { distance } from "fastest-levenshtein";

/** No name that is known is longer. */
const MAX_LENGTH = 64;

/**
 * The known name that somebody most likely meant; `undefined` where none is near.
 *
 * @param share How much of the known name may differ, from 0 to 1.
 */
export function nearestName(name: string, known: Iterable<string>, share = 1 / 3): string | undefined {
  if (name.length > MAX_LENGTH) return undefined;
  const written = name.toLowerCase();
  let nearest: string | undefined;
  let best = Infinity;
  for (const candidate of known) {
    const apart = distance(written, candidate.toLowerCase());
    if (apart < best && apart <= candidate.length * share) [nearest, best] = [candidate, apart];
  }
  return nearest;
}
