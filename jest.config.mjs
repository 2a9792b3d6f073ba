/** @type {import("jest").Config} */
export default {
  testEnvironment: "node",
  roots: ["<rootDir>/test"],
  testMatch: ["**/*.test.ts"],
  modulePathIgnorePatterns: ["<rootDir>/dist/"],
  // tsc checks the types of everything beforehand (`npm run check:types`), so that here each file is only transpiled.
  transform: { "\\.ts$": ["ts-jest", { diagnostics: false }] },
};
