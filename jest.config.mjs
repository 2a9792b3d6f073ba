const enforced = { lines: 95, branches: 95 };
/** Where much is said to answers, requests and files that no tool writes. */
const lenient = { lines: 95, branches: 90 };
/** Folders whose coverage is counted, each by itself. */
const counted = ["provider", "native", "emulator", "report", "import", "cli", "policy", "program"];

/** @type {import("jest").Config} */
export default {
  testEnvironment: "node",
  roots: ["<rootDir>/test"],
  testMatch: ["**/*.test.ts"],
  modulePathIgnorePatterns: ["<rootDir>/dist/"],
  // Examples import the package by its name: here that is the source, not what was built from it.
  moduleNameMapper: { "^pulumi-influx-token$": "<rootDir>/provider/index.ts" },
  // tsc checks the types of everything beforehand (`npm run check:types`), so that here each file is only transpiled.
  transform: { "\\.ts$": ["ts-jest", { diagnostics: false }] },
  // An engine that runs leaves time to another one: jest itself would leave one of two cores idle.
  maxWorkers: "100%",
  // The engine takes seconds for what a unit test does in milliseconds, and CI's machine may be slow.
  testTimeout: 120_000,
  reporters: [
    "default",
    "<rootDir>/test/support/documentedTests.cjs",
    "<rootDir>/test/support/plainLine.cjs",
  ],
  collectCoverageFrom: counted.map((folder) => `${folder}/**/*.ts`),
  coverageReporters: ["text-summary", "json-summary", "lcovonly"],
  coverageThreshold: Object.fromEntries([
    ["global", enforced],
    ...counted.map((folder) => [
      `./${folder}/`,
      ["import", "native", "program"].includes(folder) ? lenient : enforced,
    ]),
  ]),
};
