import { reportText, table } from "../../../bench/report";
import { compare, growthOf, panelsOf, summarise, type BenchResult } from "../../../bench/result";
import { runsThatTook } from "./support/lives";

const RUNS = runsThatTook([
  { floor: 10, naive: 40, ours: 11 },
  { floor: 20, naive: 50, ours: 21 },
  { floor: 10, naive: 40, ours: 13 },
]);
const MACHINE = { cores: 2, node: "v20", engine: "v3", system: "linux x64" };

describe("the result of the benchmark", () => {
  it("compares run by run, so that a slow moment of the machine is no difference", () => {
    const { ratios, ratioRanges, seconds } = compare(RUNS);
    expect(ratios.up).toBeCloseTo(1.1);
    expect(ratioRanges.up).toEqual([1.05, 1.3]);
    expect(seconds).toMatchObject({ floor: { up: 10 }, naive: { up: 40 }, ours: { up: 13 } });
  });

  it("holds everything that is asked for, for each operation", () => {
    const summary = summarise(RUNS, 7000);
    expect(summary).toMatchObject({
      ratiosToNaive: { destroy: 0.325 },
      bytesPerToken: { bucketScoped: 2010, allAccess: 7000, floor: 2000, naive: 9000 },
      requests: { ours: { refresh: { "GET /api/v2/authorizations/{id}": 3 } } },
      bytesOnTheWire: { ours: { up: 1048 } },
      peakMemoryMiB: 100,
      maxConnections: 8,
    });
    const operations = ["preview", "up", "upAgain", "refresh", "edit", "replace", "destroy"];
    expect(Object.keys(summary.ratios ?? {})).toEqual(operations);
    expect(Object.keys(summary.seconds?.naive ?? {})).toEqual(operations);
  });

  it("says that the memory is unknown where the system does not tell it", () => {
    const untold = RUNS.map(
      (run) =>
        new Map(
          [...run].map(([variant, life]) => [
            variant,
            {
              ...life,
              samples: new Map(
                [...life.samples].map(([key, sample]) => [key, { ...sample, peakMemoryMiB: undefined }]),
              ),
            },
          ]),
        ),
    );
    const summary = summarise(untold, 7000);
    expect(summary.peakMemoryMiB).toBeNull();
    expect(reportText({ machine: MACHINE, n: 3, runs: 3, ...summary })).toContain("ours unknown");
  });

  it("tells how the seconds above the floor grow with the number of tokens", () => {
    const byN = new Map([
      [100, runsThatTook([{ floor: 10, naive: 20, ours: 11 }])],
      [10, runsThatTook([{ floor: 1, naive: 2, ours: 1.1 }])],
    ]);
    expect(growthOf(byN).up).toEqual({
      secondsAboveFloor: { "10": expect.closeTo(0.1) as number, "100": expect.closeTo(1) as number },
      exponents: [expect.closeTo(1)],
    });
    expect(growthOf(new Map([[10, RUNS]]))).toEqual({});
  });

  it("gives the chart a panel for each operation that everybody waits for", () => {
    const seconds = { floor: { up: 1 }, ours: { up: 2 } };
    const up = panelsOf({ "10": seconds, "100": seconds }).find(({ operation }) => operation === "up");
    expect(up?.lines.map(({ variant, points }) => [variant, points.length])).toEqual([
      ["floor", 2],
      ["naive", 0],
      ["ours", 2],
    ]);
  });
});

describe("the report of the benchmark", () => {
  const result: BenchResult = {
    machine: MACHINE,
    n: 3,
    runs: 3,
    ...summarise(RUNS, 7000),
    withoutCheckpoints: compare(RUNS),
    emulatorRequestsPerSecond: 8000.4,
    parallel: { "8": { up: 12.34 } },
    simulation: {
      n: 10,
      peakMemoryMiB: 99.6,
      maxConnections: 16,
      phases: { up: { seconds: 1.5, requests: { a: 1, b: 2 }, bytesOnTheWire: 1 } },
    },
  };

  it("says what is met and what is missed, on which machine", () => {
    const text = reportText(result);
    expect(text).toContain("linux x64, 2 cores, Node.js v20, Pulumi v3");
    expect(text).toMatch(/^up .* 1\.100 .*1\.15 met/m);
    expect(text).toMatch(/^preview .*1\.10 met|^preview .*1\.10 missed/m);
    expect(text).toContain("ours refresh: 3 GET authorizations/{id} (1.0)");
    expect(text).toContain("Emulator: 8000 requests/s");
    expect(text).toContain("--parallel 8: up 12.3 s");
    expect(text).toMatch(/^up +1\.50 +3$/m);
  });

  it("says only what was measured", () => {
    expect(reportText({ machine: MACHINE, n: 3, runs: 1 }).split("\n")).toHaveLength(3);
  });

  it("aligns its columns", () => {
    expect(
      table([
        ["", "s"],
        ["up", "12"],
      ]),
    ).toEqual(["     s", "up  12"]);
  });
});
