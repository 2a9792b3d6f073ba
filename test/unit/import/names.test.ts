import * as fc from "fast-check";
import { namesFor } from "../../../import/names";

const names = (texts: readonly string[], taken: string[] = []): string[] => {
  const named = texts.map((text, n) => ({ id: `00000000000000d${n}`, text }));
  return [...namesFor(named, new Set(taken)).values()];
};

describe("names of resources", () => {
  it.each([
    ["telegraf on web-1", "telegraf-on-web-1"],
    ["Müller's Token (läuft)", "muller-s-token-lauft"],
    ["  --x--  ", "x"],
    ["2026", "token-2026"],
    ["true", "token-true"],
    ["漢字", "token-00000000000000d0"],
    ["", "token-00000000000000d0"],
    ["a description that is far too long to be a name", "a-description-that-is-far-too-long-to-be"],
    ["x".repeat(300), "x".repeat(40)],
  ])("of %j is %s", (text, name) => {
    expect(names([text])).toEqual([name]);
  });

  it("that several would share, or others have, end in the id, whatever the order", () => {
    expect(names(["ci", "CI", "cd"])).toEqual(["ci-00000000000000d0", "ci-00000000000000d1", "cd"]);
    expect(names(["ci"], ["ci"])).toEqual(["ci-00000000000000d0"]);
    expect(names(["ci"], ["ci", "ci-00000000000000d0"])).toEqual(["ci-00000000000000d0-2"]);
  });

  it("are unique and can stand in a program, YAML and config keys, for any texts", () => {
    const text = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom("ci", "no", "ci-00000000000000d0", "CI"),
    );
    fc.assert(
      fc.property(fc.array(text, { maxLength: 10 }), fc.array(text), (texts, taken) => {
        const given = names(texts, taken);
        expect(new Set(given).size).toBe(texts.length);
        for (const name of given) {
          expect(name).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
          expect(taken).not.toContain(name);
        }
        const reversed = namesFor(
          texts.map((each, n) => ({ id: `00000000000000d${n}`, text: each })).reverse(),
          new Set(taken),
        );
        expect(new Set(reversed.values())).toEqual(new Set(given));
      }),
    );
  });
});
