import main from "./jest.config.mjs";

const { testEnvironment, moduleNameMapper, transform, testTimeout } = main;

/** Programs in other languages: what they need takes minutes to build once, so they come after everything else. */
/** @type {import("jest").Config} */
export default {
  testEnvironment,
  moduleNameMapper,
  transform,
  testTimeout,
  roots: ["<rootDir>/test/languages"],
  testMatch: ["**/*.test.ts"],
  maxWorkers: 1,
};
