import jestConfig from "./jest.config.mjs";

/** @type {import("@stryker-mutator/api/core").PartialStrykerOptions} */
export default {
  mutate: ["provider/**/*.ts"],
  testRunner: "jest",
  // Each mutant is tried by the tests that reach it.
  coverageAnalysis: "perTest",
  jest: {
    config: {
      ...jestConfig,
      testMatch: ["<rootDir>/test/unit/**/*.test.ts", "<rootDir>/test/contract/**/*.test.ts"],
      testPathIgnorePatterns: [
        // They look at dist, which is compiled without mutants.
        "/test/unit/(loading|policy/pack|pulumiHost/stubResolution)\\.test\\.ts$",
        // They import nothing of provider/, or read its text.
        "/test/unit/(bench|emulator|scripts)/|/test/unit/(architecture|docs)\\.test\\.ts$",
      ],
      runner: "<rootDir>/test/mutation/runner.cjs",
      testEnvironment: "./test/mutation/environment.cjs",
    },
    // Nearly every test is related to every file: the runner above chooses by the tests that reach the mutant.
    enableFindRelatedTests: false,
  },
  // The wording of messages is for people to judge: tests that pin it would only repeat it. Texts that decide something
  // are told by the comparisons around them, which are changed as well.
  mutator: { excludedMutations: ["StringLiteral"] },
  // What runs only while a file is loaded, such as the tables, would need every test for every mutant.
  ignoreStatic: true,
  ignorePatterns: ["dist", "coverage", "docs/**/*.svg"],
  reporters: ["progress-append-only", "clear-text", "html", "json"],
  clearTextReporter: { reportTests: false },
  htmlReporter: { fileName: "coverage/mutation/index.html" },
  jsonReporter: { fileName: "coverage/mutation/result.json" },
  // The first run is that of all tests, on a machine that may be busy.
  dryRunTimeoutMinutes: 30,
  incrementalFile: "coverage/mutation/incremental.json",
  tempDirName: ".stryker-tmp",
};
