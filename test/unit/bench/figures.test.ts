import { figures, median } from "../../../bench/figures";
import { type Life, OPERATIONS, type Run, VARIANTS } from "../../../bench/lifecycle";
import type { Sample } from "../../../bench/measuredStack";

const REQUESTS = { "GET /api/v2/authorizations/{id}": 1000, "GET /api/v2/orgs": 1 };

function life(seconds: number, bytesPerToken: number, provider: number): Life {
  const sample: Sample = { seconds, peakMemoryMiB: { provider }, requests: REQUESTS };
  const samples = Object.fromEntries(OPERATIONS.map((operation) => [operation, sample]));
  return { samples: samples as Life["samples"], bytesPerToken, stackTraceBytes: 250 };
}

/** A run that took the given seconds for every operation. */
function runThatTook(floor: number, naive: number, ours: number, peakMemoryMiB = 99.6): Run {
  return {
    floor: life(floor, 2000, peakMemoryMiB),
    naive: life(naive, 9000, peakMemoryMiB),
    ours: life(ours, 2010, peakMemoryMiB),
    nativeFloor: life(floor / 2, 1500, peakMemoryMiB),
    native: life(ours / 2, 1500, peakMemoryMiB),
    yamlFloor: life(floor / 4, 3000, peakMemoryMiB),
    yaml: life(ours / 5, 3000, peakMemoryMiB),
  };
}

const RUNS = [runThatTook(10, 40, 11), runThatTook(20, 50, 21), runThatTook(10, 40, 13)];

describe("the median", () => {
  it("is the middle, and the mean of two middles", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([7])).toBe(7);
    expect(median([])).toBeNaN();
  });
});

describe("the figures of the benchmark", () => {
  it("compare run by run with the floor and with naive, so that a slow moment of the machine is no difference", () => {
    const text = figures(1000, RUNS);
    const ratios = "1.10 (1.05 to 1.30) | 40.0 s | 0.33 (0.28 to 0.42)";
    expect(text).toContain("n = 1,000, medians of 3 runs");
    expect(text).toContain(`| \`pulumi refresh\` | 10.0 s | 13.0 s | ${ratios} |`);
    expect(text.match(/ 0\.33 /g)).toHaveLength(OPERATIONS.length);
    expect(text).toContain(
      "| `pulumi refresh` | 5.0 s | 6.5 s | 1.10 (1.05 to 1.30) | 13.0 s | 0.50 (0.50 to 0.50) |",
    );
    expect(text).toContain(
      "| `pulumi refresh` | 2.5 s | 2.6 s | 0.88 (0.84 to 1.04) | 13.0 s | 0.20 (0.20 to 0.20) |",
    );
  });

  it("have no range after a single run", () => {
    const text = figures(10, RUNS.slice(0, 1));
    expect(text).toContain("n = 10, each command once");
    expect(text).toContain("| `pulumi destroy` | 10.0 s | 11.0 s | 1.10 | 40.0 s | 0.28 |");
  });

  it("say what each command asked of the server, and what a token takes", () => {
    const text = figures(1000, RUNS);
    const asked = "1,000 GET authorizations/{id}, 1 GET orgs";
    expect(text).toContain(`| \`pulumi refresh\` | ${asked} | ${asked} | ${asked} | ${asked} |`);
    expect(text).toContain("| naive | 9,000 | 8,750 | 100 |");
    expect(text).toContain("| TypeScript: Token | 1,500 | 1,250 | 100 |");
  });

  it("say that the memory is unknown where the system does not show it", () => {
    const run = runThatTook(1, 1, 1);
    const unseen = (of: Life): Life => {
      const samples = Object.entries(of.samples).map(([operation, sample]) => [
        operation,
        { ...sample, peakMemoryMiB: {} },
      ]);
      return { ...of, samples: Object.fromEntries(samples) as Life["samples"] };
    };
    const unseenRun = Object.fromEntries(VARIANTS.map((variant) => [variant, unseen(run[variant])])) as Run;
    expect(figures(10, [unseenRun])).toContain("| InfluxToken | 2,010 | 1,760 | unknown |");
  });

  it("are refused where the floor's tokens are of another size", () => {
    const [run] = RUNS;
    if (run === undefined) throw new Error("no run");
    for (const [variant, bytes] of Object.entries({ floor: 2100, native: 1520, yamlFloor: 2900 })) {
      const other = { ...run, [variant]: { ...run.floor, bytesPerToken: bytes } };
      expect(() => figures(10, [other])).toThrow("they must be alike");
    }
  });

  it("are tables of one width each", () => {
    for (const table of figures(1000, RUNS).match(/(\|.*\|\n?)+/g) ?? []) {
      const widths = table
        .trim()
        .split("\n")
        .map((row) => row.split("|").length);
      expect(new Set(widths).size).toBe(1);
    }
  });
});
