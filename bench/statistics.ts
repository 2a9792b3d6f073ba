/** The middle value; of an even number of values the mean of the two in the middle. `NaN` of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? NaN;
  return (lower + upper) / 2;
}

/** Each value divided by its partner, measured next to it: what slows the machine for a while slows both. */
export function pairedRatios(values: readonly number[], partners: readonly number[]): number[] {
  return values.map((value, index) => value / (partners[index] ?? NaN));
}

/**
 * The power of n by which a cost grows from one size to the next: 1 is linear, 2 quadratic. `null` where a cost
 * is not above nothing, for then the noise is larger than the cost.
 */
export function growthExponents(points: readonly { n: number; cost: number }[]): (number | null)[] {
  return points.slice(1).map((to, index) => {
    const from = points[index];
    if (from === undefined || from.cost <= 0 || to.cost <= 0) return null;
    return Math.log(to.cost / from.cost) / Math.log(to.n / from.n);
  });
}

/** Rounded for people: three digits are more than a measurement of time is good for. */
export function rounded(value: number, digits = 3): number {
  return Number(value.toFixed(digits));
}

/** Rounds every number within a value. */
export function roundedAll(value: unknown): unknown {
  if (typeof value === "number") return rounded(value);
  if (Array.isArray(value)) return value.map(roundedAll);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, roundedAll(inner)]));
}
