import { distance } from "fastest-levenshtein";

/** No name that is known is longer. */
const MAX_LENGTH = 64;

/**
 * The known name that somebody most likely meant; `undefined` where none is near.
 *
 * @param share How much of the known name may differ, from 0 to 1.
 */
export function nearestName(name: string, known: Iterable<string>, share = 1 / 3): string | undefined {
  return nearestNames(name, known, 1, share)[0];
}

/** The same, of several: the nearest first. */
export function nearestNames(name: string, known: Iterable<string>, max: number, share = 1 / 3): string[] {
  if (name.length > MAX_LENGTH) return [];
  const written = name.toLowerCase();
  return [...known]
    .map((candidate) => ({ candidate, apart: distance(written, candidate.toLowerCase()) }))
    .filter(({ candidate, apart }) => apart <= candidate.length * share)
    .sort((a, b) => a.apart - b.apart)
    .slice(0, max)
    .map(({ candidate }) => candidate);
}
