import { growthExponents, median, pairedRatios, roundedAll } from "../../../bench/statistics";

describe("statistics of the benchmark", () => {
  it("takes the middle, and the mean of two middles", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([7])).toBe(7);
    expect(median([])).toBeNaN();
  });

  it("divides each value by the one that was measured next to it", () => {
    expect(pairedRatios([2, 30], [1, 10])).toEqual([2, 3]);
  });

  it("tells linear growth from quadratic, and either from noise", () => {
    expect(growthExponents([10, 100, 1000].map((n) => ({ n, cost: 3 * n })))).toEqual([
      expect.closeTo(1),
      expect.closeTo(1),
    ]);
    expect(growthExponents([10, 100].map((n) => ({ n, cost: n * n })))).toEqual([expect.closeTo(2)]);
    expect(growthExponents([10, 100].map((n) => ({ n, cost: n - 50 })))).toEqual([null]);
    expect(growthExponents([])).toEqual([]);
  });

  it("rounds numbers wherever they are, and nothing else", () => {
    expect(roundedAll({ a: 1.23456, b: [0.00049, null, "1.23456"], c: { d: 12 } })).toEqual({
      a: 1.235,
      b: [0, null, "1.23456"],
      c: { d: 12 },
    });
  });
});
