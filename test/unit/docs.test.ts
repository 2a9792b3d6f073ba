import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CATALOGUE, type ResourceType } from "../../provider/permissions/catalogue";
import { INPUT_NAMES } from "../../provider/inputs";

const page = readFileSync(join(__dirname, "..", "..", "docs", "inputs.md"), "utf8");

function pair(noun: string): string {
  const capitalised = noun.charAt(0).toUpperCase() + noun.slice(1);
  return `\`read${capitalised}\`, \`write${capitalised}\``;
}

describe("docs/inputs.md", () => {
  it("has the catalogue's table of types", () => {
    const [, table = ""] = /<!-- types: begin -->\n([\s\S]*)<!-- types: end -->/.exec(page) ?? [];
    const [header, , ...rows] = table
      .trim()
      .split("\n")
      .map((row) =>
        row
          .split("|")
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
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
