import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CATALOGUE, type ResourceType } from "../../provider/permissions/catalogue";
import { resolveConnection } from "../../provider/connection/resolve";
import { INPUT_NAMES } from "../../provider/token/inputs";
import { tableOf } from "../support/tables";

const ROOT = join(__dirname, "..", "..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const page = read("docs/inputs.md");

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

  it("names every input", () => {
    expect(
      INPUT_NAMES.filter((name) => !page.includes(`\`${name}\``) && !page.includes(`\`${name}.`)),
    ).toEqual([]);
  });
});

describe("docs/reliability.md", () => {
  const reliability = read("docs/reliability.md");
  /** Rows of the tables that name a test: promise, file, name. */
  const rows = reliability
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .filter(([, , file = ""]) => file.startsWith("`test/"));

  it("names a test for every promise, and every test that it names exists", () => {
    expect(rows.length).toBeGreaterThan(50);
    const missing = rows.filter(([, promise = "", file = "", name = ""]) => {
      const source = read(file.replaceAll("`", ""));
      return promise === "" || !source.includes(`"${name.replaceAll('"', '\\"')}"`);
    });
    expect(missing).toEqual([]);
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
