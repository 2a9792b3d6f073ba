import { OPERATIONS, type Life, type Sample, type Variant } from "../../../../bench/lifecycle";
import type { Runs } from "../../../../bench/result";

const REQUESTS = { "GET /api/v2/authorizations/{id}": 3 };

function life(seconds: number, bytesPerToken: number, peakMemoryMiB: number | undefined): Life {
  const sample: Sample = {
    seconds,
    peakMemoryMiB,
    processorSeconds: 0.5,
    requests: REQUESTS,
    bytesReceived: 1000,
    bytesSent: 48,
    maxConnections: 8,
  };
  return { samples: new Map(OPERATIONS.map((operation) => [operation, sample])), bytesPerToken };
}

/** Runs that took the given seconds for every operation. */
export function runsThatTook(
  seconds: readonly { floor: number; naive: number; ours: number }[],
  peakMemoryMiB: number | undefined = 100,
): Runs {
  return seconds.map(
    ({ floor, naive, ours }) =>
      new Map<Variant, Life>([
        ["floor", life(floor, 2000, peakMemoryMiB)],
        ["naive", life(naive, 9000, peakMemoryMiB)],
        ["ours", life(ours, 2010, peakMemoryMiB)],
      ]),
  );
}
