// One failed test kills a mutant: the others of its file are left out. jest itself ends a run after a file, at the earliest.
const { TestEnvironment } = require("jest-environment-node");

module.exports = class extends TestEnvironment {
  hasFailed = false;

  handleTestEvent({ name, test }) {
    if (name === "test_done" && test.errors.length > 0) this.hasFailed = true;
    const isMutantRun = process.env.__STRYKER_ACTIVE_MUTANT__ !== undefined;
    if (name === "test_start" && this.hasFailed && isMutantRun) test.mode = "skip";
  }
};
