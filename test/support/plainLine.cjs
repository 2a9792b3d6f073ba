const { writeSync } = require("node:fs");

/** Closes a run with one line that any reader of logs can count by. */
module.exports = class PlainLine {
  onRunComplete(_contexts, { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, numPendingTests }) {
    // A file that could not be run holds tests that did not pass.
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : "";
    // jest's own summary comes after its reporters: only the end of the process is later.
    process.once("exit", () => writeSync(1, `\n${numPassedTests} passed, ${failed} failed${skipped}\n`));
  }
};
