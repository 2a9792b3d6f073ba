import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { CATALOGUE, type ResourceType } from "../../provider/permissions/catalogue";
import { resolveConnection } from "../../provider/connection/resolve";
import { INPUT_NAMES } from "../../provider/token/inputs";
import { NATIVE_FLEET } from "../../provider/tokenTypes";
import type { PackageSpec } from "../../scripts/schema";
import { PAGES, readPage } from "../support/docs";
import { tableOf } from "../support/tables";
import { cases } from "../recordings/cli-create.json";

/** A test that a promise names. */
interface DocumentedTest {
  readonly promise: string;
  readonly file: string;
  readonly name: string;
}

/** As much of a test's result as jest's reporters get. */
interface TestFile {
  readonly testFilePath: string;
  readonly testResults: { title: string; ancestorTitles: string[]; status: string }[];
}

// jest loads its reporters as they are: so they are plain JavaScript.
const { documentedTests, untested, isWhole } = jest.requireActual<{
  documentedTests: (text: string) => DocumentedTest[];
  untested: (documented: DocumentedTest[], results: TestFile[]) => string[];
  isWhole: (config: object) => boolean;
}>("../support/documentedTests.cjs");

const ROOT = join(__dirname, "..", "..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const page = read("docs/inputs.md");
const schema = JSON.parse(read("plugin/schema.json")) as PackageSpec;

function pair(noun: string): string {
  const capitalised = noun.charAt(0).toUpperCase() + noun.slice(1);
  return `\`read${capitalised}\`, \`write${capitalised}\``;
}

describe("docs/inputs.md", () => {
  it("has the catalogue's table of types", () => {
    const { header, rows } = tableOf(page, "types");
    expect(header).toEqual(["type", "inputs", "reach", "OSS since", "Cloud"]);
    expect(rows).toEqual(
      CATALOGUE.map(({ type, scope, editions, since, alias }: ResourceType) => [
        `\`${type}\``,
        pair(type) + (alias === undefined ? "" : ` (alias ${pair(alias)})`),
        scope === "server" ? "**the whole server**" : "the token's organization",
        editions.includes("oss") ? (since ?? "2.0") : "no",
        editions.includes("cloud") ? "yes" : "no",
      ]),
    );
  });

  it("has the inputs of a fleet", () => {
    const { inputProperties } = schema.resources[NATIVE_FLEET.component] ?? {};
    const inputs = tableOf(page, "fleet").rows.map(([name = ""]) => name.replaceAll("`", ""));
    expect(inputs.sort()).toEqual([...Object.keys(inputProperties ?? {}), "connection"].sort());
  });

  it("names every input", () => {
    expect(
      INPUT_NAMES.filter((name) => !page.includes(`\`${name}\``) && !page.includes(`\`${name}.`)),
    ).toEqual([]);
  });
});

describe("docs/tasks/from-the-cli.md", () => {
  const cli = read("docs/tasks/from-the-cli.md");
  const flagsIn = (cell = ""): string[] =>
    [...cell.matchAll(/`(--?[A-Za-z-]+)`/g)].map(([, flag = ""]) => flag);

  it("has an input for each type's flags", () => {
    const inputs = CATALOGUE.map(({ type }) => [`\`--read-${type}\`, \`--write-${type}\``, pair(type)]);
    expect(tableOf(cli, "type-flags").rows).toEqual(inputs);
  });

  it("has the flags that docs/inputs.md mirrors, each with the same input", () => {
    const byFlag = new Map(
      [...page.matchAll(/^\| `([\w.]+)` +\| (`--[^|]*)\|/gm)].flatMap(([, input = "", flags]) =>
        flagsIn(flags).map((flag) => [flag, input] as const),
      ),
    );
    expect(byFlag.size).toBeGreaterThan(15);
    const rows = tableOf(cli, "flags").rows.flatMap(([flags, input = ""]) =>
      flagsIn(flags).map((flag) => [flag, /[\w.]+/.exec(input)?.[0]] as const),
    );
    expect(Object.fromEntries(rows)).toMatchObject(Object.fromEntries(byFlag));
  });

  it("has every flag that the CLI was recorded with", () => {
    const recorded = cases.flatMap(({ argv }) => argv).filter((word) => /^--?[a-z]/i.test(word));
    const known = new Set(flagsIn(cli));
    expect(recorded.length).toBeGreaterThan(100);
    expect(
      [...new Set(recorded.map((word) => word.split("=")[0] ?? ""))].filter((flag) => !known.has(flag)),
    ).toEqual([]);
  });
});

describe("docs/troubleshooting.md", () => {
  /** What Node.js, the system or Pulumi print, and what test/e2e/stub.test.ts compares. */
  const NOT_OURS =
    /^(Cannot find module|Cannot read properties of undefined|argument list too long|property … value|pulumi-influx-token is not among)/;
  const headings = [...read("docs/troubleshooting.md").matchAll(/^## `(.*)`$/gm)].map(
    ([, text = ""]) => text,
  );
  const sources = ["provider", "program"]
    .flatMap((room) =>
      readdirSync(join(ROOT, room), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".ts"))
        .map((name) => read(join(room, name))),
    )
    .join("\n")
    .replaceAll("\\`", "`");

  it("has headings that are messages of the sources, with … in place of what varies", () => {
    const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const isPrinted = (heading: string): boolean =>
      new RegExp(heading.split("…").map(escaped).join("\\$\\{[^\n]+\\}"), "u").test(sources);
    expect(headings.length).toBeGreaterThan(20);
    expect(headings.filter((heading) => !NOT_OURS.test(heading) && !isPrinted(heading))).toEqual([]);
  });

  it("has a heading for each thing that keeps a token from being adopted", () => {
    const refusals = [...sources.matchAll(/`cannot adopt the token \$\{id\}: ([^`:$.(]+)/g)].map(
      ([, text = ""]) => text,
    );
    expect(refusals.length).toBeGreaterThan(6);
    const text = read("docs/troubleshooting.md");
    expect(refusals.filter((refusal) => !text.includes(refusal.trim()))).toEqual([]);
  });
});

describe("the pages' links", () => {
  /** As GitHub makes them. */
  const anchorsOf = (text: string): string[] =>
    [...text.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, "").matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\p{M}_\- ]/gu, "")
        .replaceAll(" ", "-"),
    );
  const links = PAGES.flatMap((from) =>
    [...readPage(from).matchAll(/\]\((?!https?:)([^)\s]*)\)/g)].map(([, target = ""]) => ({ from, target })),
  );

  it("lead to a page, and to a heading of it", () => {
    expect(links.length).toBeGreaterThan(100);
    const dead = links.filter(({ from, target }) => {
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? from : normalize(join(dirname(from), path));
      if (!existsSync(join(ROOT, file))) return true;
      return anchor !== undefined && !anchorsOf(read(file)).includes(anchor);
    });
    expect(dead).toEqual([]);
  });

  it("reach every page from the README or the entry of the docs", () => {
    const entries = ["README.md", "docs/README.md", "docs/decisions/README.md"];
    const linked = new Set(
      links
        .filter(({ from }) => entries.includes(from))
        .map(({ from, target }) => normalize(join(dirname(from), target.split("#")[0] ?? ""))),
    );
    expect(PAGES.filter((name) => !linked.has(name) && name !== "README.md")).toEqual([]);
  });
});

describe("docs/reliability.md", () => {
  const reliability = read("docs/reliability.md");
  const documented = documentedTests(reliability);

  it("names a test for every promise, and every test that it names exists", () => {
    expect(documented.length).toBeGreaterThan(50);
    const missing = documented.filter(
      ({ promise, file, name }) => promise === "" || !read(file).includes(`"${name.replaceAll('"', '\\"')}"`),
    );
    expect(missing).toEqual([]);
  });

  it("names no file with a test that is skipped, left to be written or the only one to run", () => {
    const notRun =
      /\b(?:it|test|describe)(?:\.\w+)*\.(?:skip|only|todo|failing)\b|\b[xf](?:it|test|describe)\b/;
    expect(documented.filter(({ file }) => notRun.test(read(file)))).toEqual([]);
  });

  it("has the defaults of the connection", () => {
    const { timeoutMs, retries, maxConcurrent } = resolveConnection({
      stored: { token: "t" },
      config: () => undefined,
      env: {},
      readProfile: () => undefined,
      readPem: () => "",
    });
    for (const [name, value] of Object.entries({ timeoutMs, retries, maxConcurrent })) {
      const shown = value.toLocaleString("en");
      for (const text of [reliability, page])
        expect(text).toMatch(new RegExp(`\\| \`connection\\.${name}\` .*\\| ${shown} `));
    }
  });
});

describe("npm run test:soak", () => {
  it("runs each suite that has more to run than in npm test", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const suites = readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".test.ts") && !name.endsWith("docs.test.ts"))
      .map((name) => `test/${name}`)
      .filter((path) => /support\/(soak|seededRuns)"/.test(read(path)))
      .map((path) => path.replace(".test.ts", ""));
    expect(scripts["test:soak"]).toBe(`SOAK=1 jest ${suites.sort().join(" ")}`);
  });
});

describe("the end of a run of all tests", () => {
  const resultsOf = (
    status: string,
    title = "is retried: GET",
    ancestorTitles: string[] = [],
  ): TestFile[] => [
    {
      testFilePath: join(ROOT, "test", "unit", "a.test.ts"),
      testResults: [
        { title: "another one", ancestorTitles: [], status: "passed" },
        { title, ancestorTitles, status },
      ],
    },
  ];
  const named = (name: string, file = "test/unit/a.test.ts"): DocumentedTest[] => [
    { promise: "p", file, name },
  ];

  it.each([
    ["a test", named("is retried: GET")],
    ["a test with a placeholder", named("is retried: %s")],
    ["a test with a named placeholder", named("is $verb: GET")],
  ])("passes where %s that the docs name passed", (_, documented) => {
    expect(untested(documented, resultsOf("passed"))).toEqual([]);
  });

  it("passes where a whole group that the docs name passed", () => {
    expect(untested(named("a group"), resultsOf("passed", "a test", ["a group"]))).toEqual([]);
  });

  it.each(["failed", "pending", "todo", "disabled"])("fails where one is %s", (status) => {
    for (const results of [resultsOf(status), resultsOf(status, "a test", ["is retried: GET"])]) {
      expect(untested(named("is retried: %s"), results)).toEqual([
        `test/unit/a.test.ts: "is retried: %s" ${status}`,
      ]);
    }
  });

  it.each([
    ["its file did not run", named("is retried: %s", "test/unit/b.test.ts")],
    ["it has another name", named("is retried: POST")],
    ["it has a longer name", named("is retried")],
  ])("fails where %s", (_, documented) => {
    expect(untested(documented, resultsOf("passed"))).toEqual([expect.stringContaining("did not run")]);
  });

  it.each([
    { testPathPatterns: { patterns: ["unit"] } },
    { testNamePattern: "repeated" },
    { onlyChanged: true },
    { findRelatedTests: true },
    { shard: { shardIndex: 1, shardCount: 2 } },
  ])("says nothing of a run that leaves tests out: %j", (narrowed) => {
    expect(isWhole({ testPathPatterns: { patterns: [] }, ...narrowed })).toBe(false);
    expect(isWhole({ testPathPatterns: { patterns: [] } })).toBe(true);
  });
});
