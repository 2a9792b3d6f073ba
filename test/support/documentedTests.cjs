const { readFileSync } = require("node:fs");
const { join, relative, sep } = require("node:path");

const ROOT = join(__dirname, "..", "..");
const PAGE = "docs/reliability.md";

/** Rows of the tables that name a test of a promise: what is promised, the test's file, and its name as the source has it. */
function documentedTests(text) {
  return text
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .filter(([, , file = ""]) => file.startsWith("`test/"))
    .map(([, promise = "", file = "", name = ""]) => ({ promise, file: file.replaceAll("`", ""), name }));
}

/** Matches the names that jest gives a test whose name in the source may hold placeholders: `%s`, `$name`. */
function titlePattern(name) {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replace(/%[a-z]|\\\$\w+/g, ".*")}$`, "s");
}

/**
 * What keeps promises from being tested: a test, or a group of tests, that did not run, was skipped, or failed.
 *
 * @param documented as {@link documentedTests} gives them.
 * @param results a run's, as jest hands them to its reporters.
 */
function untested(documented, results) {
  const byFile = new Map(
    results.map(({ testFilePath, testResults }) => [
      relative(ROOT, testFilePath).split(sep).join("/"),
      testResults,
    ]),
  );
  return documented.flatMap(({ file, name }) => {
    const pattern = titlePattern(name);
    const named = (byFile.get(file) ?? []).filter(({ title, ancestorTitles }) =>
      [title, ...ancestorTitles].some((each) => pattern.test(each)),
    );
    const others = [...new Set(named.map(({ status }) => status).filter((status) => status !== "passed"))];
    if (named.length > 0 && others.length === 0) return [];
    return [`${file}: "${name}" ${others.length > 0 ? others.join(" and ") : "did not run"}`];
  });
}

/** Whether a run leaves out no test. */
function isWhole({ testPathPatterns, testNamePattern, findRelatedTests, onlyChanged, onlyFailures, shard }) {
  const isNarrowed = (testPathPatterns?.patterns.length ?? 0) > 0 || Boolean(testNamePattern);
  return !isNarrowed && !findRelatedTests && !onlyChanged && !onlyFailures && !shard;
}

/** Fails a run of all tests in which a test that docs/reliability.md names did not run or did not pass. */
module.exports = class DocumentedTests {
  constructor(globalConfig) {
    this.isWhole = isWhole(globalConfig);
  }

  onRunComplete(_contexts, { testResults }) {
    if (!this.isWhole) return;
    const problems = untested(documentedTests(readFileSync(join(ROOT, PAGE), "utf8")), testResults);
    if (problems.length === 0) return;
    this.error = new Error(`${PAGE} names tests that do not hold its promises:\n${problems.join("\n")}`);
    console.error(this.error.message);
  }

  /** By this jest learns that the run failed. */
  getLastError() {
    return this.error;
  }
};
Object.assign(module.exports, { documentedTests, untested, isWhole });
