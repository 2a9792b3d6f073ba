import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { tableOf } from "../support/tables";

const ROOT = join(__dirname, "..", "..");
const page = readFileSync(join(ROOT, "docs/architecture.md"), "utf8");

interface Room {
  readonly name: string;
  readonly path: string;
  readonly mayImport: readonly string[];
}
const rooms = jest.requireActual<readonly Room[]>("../../rooms.cjs");

/** Edges of the diagram, such as `token --> basics & permissions`. */
function edgesOfDiagram(): string[] {
  const lines = page.split("\n").map((line) => /^ {2}(\w+) --> (.+)$/.exec(line) ?? []);
  return lines.flatMap(([, from = "", to = ""]) =>
    to === "" ? [] : to.split(" & ").map((each) => `${from} --> ${each}`),
  );
}

describe("docs/architecture.md", () => {
  it("draws exactly what the import rules allow", () => {
    const allowed = rooms.flatMap(({ name, mayImport }) => mayImport.map((each) => `${name} --> ${each}`));
    expect(edgesOfDiagram().sort()).toEqual(allowed.sort());
  });

  it("says of each room what it holds", () => {
    const { rows } = tableOf(page, "rooms");
    expect(rows.map(([name]) => name).sort()).toEqual(rooms.map(({ name }) => `\`${name}\``).sort());
  });

  it("names each file that is directly in provider/ with its room", () => {
    const { rows } = tableOf(page, "rooms");
    for (const file of readdirSync(join(ROOT, "provider")).filter((name) => name.endsWith(".ts"))) {
      const room = rooms.find(({ path }) => new RegExp(path).test(`provider/${file}`));
      const [, files = ""] = rows.find(([name]) => name === `\`${room?.name ?? ""}\``) ?? [];
      expect([file, files]).toEqual([file, expect.stringMatching(file.replace(".ts", "\\b")) as unknown]);
    }
  });

  it("lists every workaround, and each says in its first lines what it leans on and what sees it fail", () => {
    const folder = join(ROOT, "provider/pulumiHost");
    const listed = page.slice(page.indexOf("## Workarounds"));
    for (const file of readdirSync(folder)) {
      expect(listed).toContain(`\`${file}\``);
      const [head = ""] = readFileSync(join(folder, file), "utf8").split("*/");
      expect([file, head]).toEqual([
        file,
        expect.stringMatching(
          /^\/\*\*\n[^]*\* Leans on: [^]*\* When it changes: [^]*\* Seen by: /,
        ) as unknown,
      ]);
      const tests = [...head.matchAll(/\btest\/[\w/]+/g)].map(([path]) => path);
      const missing = tests.filter(
        (path) => !existsSync(join(ROOT, `${path}.test.ts`)) && !existsSync(join(ROOT, path)),
      );
      expect([file, missing]).toEqual([file, []]);
    }
  });

  it("names files that exist", () => {
    const named = [...page.matchAll(/`(provider\/[\w/]+\.ts)`/g)].map(([, path = ""]) => path);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});
