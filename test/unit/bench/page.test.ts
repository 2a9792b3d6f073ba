import { figures, withFigures } from "../../../bench/page";
import { compare, growthOf, summarise, type BenchResult } from "../../../bench/result";
import { runsThatTook } from "./support/lives";

const RUNS = runsThatTook([{ floor: 10, naive: 40, ours: 11 }]);
const RESULT: BenchResult = {
  machine: { cores: 2, node: "v20", engine: "v3", system: "linux x64" },
  n: 1000,
  runs: 3,
  ...summarise(RUNS, 7000),
  withoutCheckpoints: compare(RUNS),
  growth: growthOf(
    new Map([
      [10, runsThatTook([{ floor: 1, naive: 2, ours: 1.1 }])],
      [1000, RUNS],
    ]),
  ),
  parallel: { "8": { up: 12.34 } },
  emulatorRequestsPerSecond: 8000.4,
  simulation: {
    n: 10_000,
    peakMemoryMiB: 99.6,
    maxConnections: 16,
    phases: { up: { seconds: 1.5, requests: { a: 9_000, b: 1_000 }, bytesOnTheWire: 1 } },
  },
};

describe("the figures on the page", () => {
  it("take the place of those of the run before, and nothing else's", () => {
    const page = "before\n<!-- figures: begin -->\nold\n<!-- figures: end -->\nafter\n";
    const once = withFigures(page, RESULT);
    expect(once).not.toContain("old");
    expect(once).toMatch(/^before\n<!-- figures: begin -->\n\nOne run /);
    expect(once).toMatch(/\n\n<!-- figures: end -->\nafter\n$/);
    expect(withFigures(once, RESULT)).toBe(once);
  });

  it("need their place", () => {
    expect(() => withFigures("no place", RESULT)).toThrow("the page lacks");
  });

  it("say what was measured, on what, in tables of one width", () => {
    const text = figures(RESULT);
    expect(text).toContain("n = 1,000, each command 3 times, on 2 cores of linux x64");
    expect(text).toContain("| `pulumi refresh` | 10.0 s | 11.0 s | 1.10 (1.10 to 1.10) | 40.0 s | 0.28 |");
    expect(figures({ ...RESULT, runs: 1 })).toContain(
      "| `pulumi refresh` | 10.0 s | 11.0 s | 1.10 | 40.0 s |",
    );
    expect(text).toContain("| up | 1.5 s | 10,000 |");
    expect(text).toContain("8,000 requests a second");
    expect(text).not.toMatch(/NaN|undefined/);
    for (const table of text.match(/(\|.*\|\n?)+/g) ?? []) {
      expect(
        new Set(
          table
            .trim()
            .split("\n")
            .map((row) => row.split("|").length),
        ).size,
      ).toBe(1);
    }
  });

  it("leave out what was not measured", () => {
    const { machine, n, runs } = RESULT;
    expect(figures({ machine, n, runs })).not.toContain("###  ");
    expect(figures({ machine, n, runs })).not.toContain("With checkpoints");
  });
});
