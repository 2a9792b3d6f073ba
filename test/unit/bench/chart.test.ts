import { decades, drawChart } from "../../../bench/chart";

const points = [10, 100, 1000].map((n) => ({ n, seconds: n / 10 }));
const svg = drawChart(
  [
    { operation: "up", lines: [{ variant: "ours", points }] },
    { operation: "refresh", lines: [{ variant: "floor", points: points.slice(1) }] },
  ],
  "2 cores & <3 runs",
);

describe("the chart of time by number of tokens", () => {
  it("reaches from one power of ten to another", () => {
    expect(decades([3, 40])).toEqual([0, 2]);
    expect(decades([0.5, 0.9])).toEqual([-1, 0]);
    expect(decades([10, 10])).toEqual([1, 2]);
  });

  it("puts equal factors at equal distances", () => {
    const [first, second, third] = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map(
      ([, x, y]) => [Number(x), Number(y)] as const,
    );
    const steps = [first, second, third].map((at) => at ?? [NaN, NaN]);
    expect((steps[1]?.[0] ?? 0) - (steps[0]?.[0] ?? 0)).toBeCloseTo(
      (steps[2]?.[0] ?? 0) - (steps[1]?.[0] ?? 0),
      0,
    );
    expect((steps[1]?.[1] ?? 0) - (steps[0]?.[1] ?? 0)).toBeCloseTo(
      (steps[2]?.[1] ?? 0) - (steps[1]?.[1] ?? 0),
      0,
    );
  });

  it("is well-formed, keeps its words as text, and knows dark pages", () => {
    const opened = [...svg.matchAll(/<([a-z]+)(?:\s[^>]*[^/])?>/g)].map(([, name]) => name).sort();
    const closed = [...svg.matchAll(/<\/([a-z]+)>/g)].map(([, name]) => name).sort();
    expect(opened).toEqual(closed);
    expect(svg).toContain(">1,000</text>");
    expect(svg).toContain(">refresh</text>");
    expect(svg).toContain("2 cores &amp; &lt;3 runs");
    expect(svg).toContain("prefers-color-scheme:dark");
    expect(svg).not.toContain("NaN");
  });

  it("names each point for who hovers over it", () => {
    expect(svg).toContain("<title>ours, up, 1000 tokens: 100.0 s</title>");
  });
});
