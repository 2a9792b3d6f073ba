import { Command } from "commander";
import { readOptions } from "../../../bench/options";

/** As the command line is read, but with an error in place of the process's end. */
const read = (...args: string[]) => {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  return readOptions(args, command);
};

describe("the options of the benchmark", () => {
  it("measures 1,000 tokens three times by default", () => {
    expect(read()).toEqual({ n: [1000], fleetN: [], runs: 3, env: {} });
  });

  it("takes several numbers of tokens and several settings of the engine", () => {
    const args = "--n 10,20 --runs 1 --env PULUMI_PARALLEL=64 --env PULUMI_EXPERIMENTAL=a=b";
    expect(read(...args.split(" "))).toEqual({
      n: [10, 20],
      fleetN: [],
      runs: 1,
      env: { PULUMI_PARALLEL: "64", PULUMI_EXPERIMENTAL: "a=b" },
    });
  });

  it("measures fleets where it is given numbers of members", () => {
    expect(read("--fleet-n", "1000,10000")).toMatchObject({ n: [1000], fleetN: [1000, 10_000] });
  });

  it.each([
    [["--fleet-n", "1,10"], '"1" is no whole number from 2'],
    [["--n", "1"], '"1" is no whole number from 2'],
    [["--n", ""], '"" is no whole number'],
    [["--n", "10,x"], '"x" is no whole number from 2'],
    [["--runs", "2.5"], '"2.5" is no whole number from 1'],
    [["--env", "FAST"], '"FAST" is not NAME=VALUE'],
    [["--fast"], "--fast"],
  ])("refuses %j with its reason", (args, reason) => {
    expect(() => read(...args)).toThrow(reason);
  });
});
