import fc from "fast-check";
import { WIRE_UNKNOWN } from "../../../provider/pulumiHost/wireValues";
import { MARKDOWN_LIMIT, renderMarkdown } from "../../../report/markdown";
import { makeReport, type Report } from "../../../report/model";
import { renderPage } from "../../../report/page";
import { parsePreview } from "../../../report/parse";
import { renderTable } from "../../../report/table";
import { previewOf, SAMPLE, type SampleToken } from "../../../scripts/screenshots/sample";

const reportOf = (tokens: readonly SampleToken[]): Report => makeReport(parsePreview(previewOf(tokens)));
const sample = reportOf(SAMPLE);
const HOST = "https://influxdb.example.com:8086";
/** A stack without a token. */
const EMPTY = makeReport(
  parsePreview(JSON.stringify({ steps: [{ op: "same", urn: "urn:x" }], changeSummary: { same: 1 } })),
);
const ESCAPE = "\u001b";

/** Texts that would break out of a page, a table or a terminal, among any other. */
const nasty = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom(
    `<script>alert(1)</script>`,
    `"><img src=x onerror=alert(1)>`,
    "</style><b>",
    "| a | b |",
    "```\n# head",
    "</details>",
    "@everyone #1 https://example.com",
    `${ESCAPE}[2J${ESCAPE}]0;x\u0007`,
    "\u202egnp.exe",
    "&lt;",
  ),
);
const tokens = fc.array(
  fc.record({ name: nasty, org: nasty, user: nasty, description: nasty, reason: nasty }),
  { minLength: 1, maxLength: 6 },
);
const nastyReport = (
  given: { name: string; org: string; user: string; description: string; reason: string }[],
): Report =>
  reportOf(
    given.map(({ name, reason, ...inputs }, n) => ({
      name: `${n}${name}`,
      after: { ...inputs, operator: true, acknowledge: { "operator-token": reason } },
    })),
  );

/** A stack with all that an output may have to show beside the sample. */
const OTHER_HOST = "https://other.example.com";
const everything = reportOf([
  {
    name: "moving",
    before: { readTasks: true },
    after: { readTasks: true, host: OTHER_HOST, description: "moves to another server" },
  },
  {
    name: "later",
    after: { readSecrets: true, writeBucket: [WIRE_UNKNOWN], acknowledge: { "read-secrets": "backup" } },
  },
  { name: "unused", after: { readTasks: true, acknowledge: { "operator-token": "was one" } } },
  { name: "open", after: { readTasks: WIRE_UNKNOWN as never } },
  { name: "left", before: { readSecrets: true }, retainOnDelete: true },
]);

describe.each<[string, string]>([
  ["the table", renderTable(everything, { full: true })],
  [
    "the Markdown",
    renderMarkdown(everything).replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code))),
  ],
  ["the page", renderPage(everything)],
])("%s of everything", (_, text) => {
  it.each([
    "3 to create, 1 left behind, 1 to update in place",
    "Servers: ",
    `host from ${HOST} to ${OTHER_HOST}`,
    "1 bucket is not known before pulumi up",
    "backup",
    "operator-token",
    "is acknowledged, but not there",
    "readTasks is not known",
    "left behind",
    "2 open risks, 1 acknowledged",
  ])("has %j", (part) => {
    expect(text).toContain(part);
  });
});

describe("the table", () => {
  it("has a line a permission, as the influx CLI prints lists", () => {
    const text = renderTable(reportOf(SAMPLE.filter(({ name }) => ["ci", "auditor"].includes(name))));
    expect(text).toBe(
      `Server: https://influxdb.example.com:8086

Name     Organization  Owner    Change                  Permissions                      Severity  Risks
ci       acme          ci       ± replace: permissions  + read:orgs/acme/dashboards
                                                        + write:orgs/acme/tasks
                                                          read:orgs/acme/buckets
                                                          read:orgs/acme/tasks
auditor  acme          auditor  + create                + read:/orgs                     high      ! read-authorizations
                                                        + read:/users                    high      ! server-wide-orgs
                                                        + read:orgs/acme/authorizations  high      ! server-wide-users

InfluxDB tokens: 1 to replace, 1 to create. 3 open risks.
`,
    );
  });

  it("has the same columns where a name is written in other letters, which takes a closer look", () => {
    const lines = (name: string) =>
      renderTable(reportOf([...SAMPLE, { name, after: { readTasks: true } }])).split("\n");
    const wide = lines("日本");
    const row = wide.findIndex((line) => line.startsWith("日本"));
    // Two letters, as wide as four.
    expect(wide[row]).toMatch(/^日本 {10}acme/);
    const others = (all: string[]) => all.filter((line) => !/^(日本|aaaa)/.test(line));
    expect(others(wide)).toEqual(others(lines("aaaa")));
  });

  it("can go without headers and summary, and with every permission", () => {
    expect(renderTable(sample, { hideHeaders: true })).not.toMatch(/Organization|open risk/);
    expect(renderTable(sample)).toContain("… and 38 more (--full)");
    expect(renderTable(sample, { full: true })).not.toContain("--full");
  });

  it("has colours only where they are asked for", () => {
    expect(renderTable(sample)).not.toContain(ESCAPE);
    const coloured = renderTable(sample, { colour: true });
    expect(coloured.replaceAll(new RegExp(`${ESCAPE}\\[\\d+m`, "g"), "").replace(/ +$/gm, "")).toBe(
      renderTable(sample),
    );
  });

  it("says so where there is nothing", () => {
    expect(renderTable(EMPTY)).toBe("No InfluxDB tokens.\n");
    expect(renderTable(EMPTY, { hideHeaders: true })).toBe("");
  });

  it("says what is not known, and which acknowledgements are of no risk", () => {
    const text = renderTable(
      reportOf([
        {
          name: "a",
          after: {
            readTasks: true,
            writeBucket: [WIRE_UNKNOWN, WIRE_UNKNOWN],
            acknowledge: { "read-secrets": "x" },
          },
        },
        { name: "b", after: { readBucket: WIRE_UNKNOWN as never } },
        { name: "c", after: { readTasks: true, org: WIRE_UNKNOWN } },
      ]),
    );
    expect(text).toContain("? 2 buckets are not known before pulumi up");
    expect(text).toContain("? the buckets of readBucket are not known before pulumi up");
    expect(text).toContain("? the organization is not known before pulumi up");
    expect(text).toContain("critical  ! unknown: readBucket is not known");
    expect(text).toContain("read-secrets is acknowledged, but not there");
  });

  it("cannot act on a terminal, whatever the names are", () => {
    fc.assert(
      fc.property(tokens, (given) => {
        expect(/\p{Cc}|[\u202a-\u202e]/u.test(renderTable(nastyReport(given)).replaceAll("\n", ""))).toBe(
          false,
        );
      }),
    );
  });
});

describe("the Markdown", () => {
  it("has a row a token, and folds the rest", () => {
    const text = renderMarkdown(sample);
    expect(text).toContain("| ± | <code>ci</code> | <code>acme</code> | <code>ci</code> |");
    expect(text).toContain(
      "```diff\n+ read:orgs/acme/dashboards\n+ write:orgs/acme/tasks\n  read:orgs/acme/buckets\n",
    );
    expect(text).toContain("⚠️ **all-access-token** (high)");
    expect(text).toContain(
      "✅ operator-token: <code>break&#45;glass, see runbook</code> (critical)".replace("&#45;", "-"),
    );
    expect(text).not.toContain("Cut to fit");
    expect(renderMarkdown(EMPTY)).toBe("### No InfluxDB tokens\n");
  });

  it("names 20 servers above the table, and cuts a long name", () => {
    const many = Array.from({ length: 22 }, (_, n) => ({
      name: `${n}-${"x".repeat(300)}`,
      after: { readTasks: true, host: `https://influxdb-${n}` },
    }));
    const text = renderMarkdown(reportOf(many));
    expect(text).toMatch(/^Servers: .* and 2 more$/m);
    expect(text).toContain(`<code>21-${"x".repeat(197)}…</code>`);
    expect(text).not.toContain("x".repeat(199));
  });

  it("fits, says what it leaves out, and closes what it opens, however much there is", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 400 }),
        nasty,
        fc.integer({ min: 1500, max: MARKDOWN_LIMIT }),
        (count, name, limit) => {
          const many = Array.from({ length: count }, (_, n) => ({
            name: `${n}${name}`,
            after: { allAccess: true },
          }));
          const text = renderMarkdown(many.length === 0 ? EMPTY : reportOf(many), limit);
          expect(text.length).toBeLessThanOrEqual(limit);
          expect(text.split("<details>").length).toBe(text.split("</details>").length);
          const rows = text.split("\n").filter((line) => line.startsWith("| + |")).length;
          // One for each token, and one for what their risks mean.
          const details = text.split("<details>").length - 1;
          const whole = rows === count && details === (count === 0 ? 0 : count + 1);
          expect(text.includes("Cut to fit")).toBe(!whole);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("holds names as they are: no markup, no mention, no row of its own", () => {
    fc.assert(
      fc.property(tokens, (given) => {
        const text = renderMarkdown(nastyReport(given));
        const outside = text.replace(/^(`{3,})diff\n[\s\S]*?\n\1$/gm, "");
        expect(outside.replace(/<\/?(code|details|summary|br)>/g, "").replace(/&#\d+;/g, "")).not.toMatch(
          /[<@`]/,
        );
        expect(outside.split("\n").filter((line) => line.startsWith("| + |"))).toHaveLength(given.length);
      }),
    );
  });
});

describe("the page", () => {
  const withoutOwn = (html: string): string =>
    html.replace(/<style>[\s\S]*?<\/style>/, "").replace(/<script>[\s\S]*?<\/script>/, "");

  it("holds names as text only, and runs nothing but its own", () => {
    fc.assert(
      fc.property(tokens, (given) => {
        const html = renderPage(nastyReport(given));
        // Tags by themselves, without what is in quotes: no name must have made one, or an attribute.
        const tags = (withoutOwn(html).match(/<[^>]*>/g) ?? []).map((tag) => tag.replace(/"[^"]*"/g, '""'));
        expect([html.split("<script").length, html.split("<style").length]).toEqual([2, 2]);
        expect(
          tags.filter((tag) => /^<(img|iframe|link|b>.)|\s(on[a-z]+|src|href|style)=/.test(tag)),
        ).toEqual([]);
        expect(tags.filter((tag) => tag.startsWith("<tr "))).toHaveLength(given.length);
        expect(/[\u202a-\u202e]|\p{Cc}/u.test(html.replaceAll("\n", ""))).toBe(false);
      }),
    );
  });

  it("allows nothing from elsewhere", () => {
    expect(renderPage(sample)).toMatch(
      /content="default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'"/,
    );
    expect(
      /https?:|\/\//.test(
        withoutOwn(renderPage(sample))
          .replace(/sha256-[^']+/g, "")
          .replaceAll(HOST, ""),
      ),
    ).toBe(false);
  });

  it("can be empty, and can be of a state", () => {
    expect(renderPage(EMPTY)).toContain("No InfluxDB tokens");
    const { tokens: kept } = sample;
    const state: Report = {
      ...sample,
      source: "state",
      permissionsFrom: "effectivePermissions",
      tokens: kept,
    };
    expect(renderPage(state)).toContain("as the server granted them");
    expect(renderPage(state)).not.toContain("changes only");
    expect(renderTable(state)).toMatch(/^platform +acme +admin +read:/m);
  });

  it("marks what reaches the whole server, and how many single ones there are", () => {
    const buckets = ["00000000000000c1", "00000000000000c2"];
    const html = renderPage(reportOf([{ name: "a", after: { readBucket: buckets, readOrgs: true } }]));
    expect(html).toContain('<span class="mark r one add">+R2</span>');
    expect(html).toContain('<span class="mark r server add">+R*</span>');
  });

  it("says of a token that is left behind whether it is switched off", () => {
    const [token] = sample.tokens;
    if (token === undefined) throw new Error("there is no token");
    const shown = (status: string, action: "leave" | "update" = "leave"): string =>
      renderTable({ ...sample, tokens: [{ ...token, action, reasons: ["deactivateOnDelete"], status }] });
    expect(shown("inactive")).toContain("* left behind, inactive: deactivateOnDelete");
    expect(shown("active")).toContain("* left behind: deactivateOnDelete");
    expect(shown("inactive", "update")).toContain("~ update: deactivateOnDelete");
  });

  it("says that a token is inactive, and what it is for", () => {
    const [token] = sample.tokens;
    if (token === undefined) throw new Error("there is no token");
    const html = renderPage({
      ...sample,
      project: "",
      stack: "",
      tokens: [{ ...token, status: "inactive", description: 'for "tasks"' }],
    });
    expect(html).toContain(" · inactive</small>");
    expect(html).toContain('data-p="  for &#34;tasks&#34;"');
    expect(html).toContain("<title>InfluxDB tokens</title>");
  });
});
