import { readOptions, USAGE } from "../../../bench/options";

describe("the options of the benchmark", () => {
  it("measures 1,000 tokens three times by default", () => {
    expect(readOptions([])).toEqual({
      n: 1000,
      runs: 3,
      parts: ["engine", "withoutCheckpoints", "emulator"],
      chartSizes: [],
      parallel: [],
    });
  });

  it("takes sizes, parts and files", () => {
    const args = "--n 20 --runs 1 --only engine --chart 10,20 --parallel 1,8 --simulate 50 --json out.json";
    expect(readOptions(args.split(" "))).toEqual({
      n: 20,
      runs: 1,
      parts: ["engine"],
      chartSizes: [10, 20],
      parallel: [1, 8],
      simulate: 50,
      json: "out.json",
    });
  });

  it.each([
    [["--n", "1"], "--n takes whole numbers from 2"],
    [["--n", ""], "--n takes whole numbers"],
    [["--runs", "2.5"], "--runs takes whole numbers from 1"],
    [["--chart", "10,x"], '--chart takes whole numbers from 2, not "x"'],
    [["--only", "engines"], "--only knows engine, withoutCheckpoints, emulator"],
    [["--fast"], "--fast"],
  ])("refuses %j with its reason", (args, reason) => {
    expect(() => readOptions(args)).toThrow(reason);
  });

  it("explains each of them", () => {
    expect(readOptions(["--help"])).toBe("help");
    for (const option of ["n", "runs", "json", "only", "chart", "parallel", "simulate"]) {
      expect(USAGE).toContain(`--${option} `);
    }
  });
});
