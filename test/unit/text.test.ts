import { printable, quoted, singleLine } from "../../provider/text";

/** A line break, a tab, an escape, half a character, a mark of direction, a private and an unassigned character. */
const UNSAFE = ["\n", "\t", "\u001b", "\u009b", "\ud800", "\u202e", "\u2028", "\ue000", "\u0378"];

describe("a text that somebody else gave", () => {
  it("has escapes in messages in place of what cannot be seen", () => {
    expect(printable("a\r\nb\u200b\u{e0041}")).toBe("a\\u000d\\u000ab\\u200b\\u{e0041}");
    expect(quoted("a\tb")).toBe('"a\\u0009b"');
    expect(printable("x".repeat(65))).toBe(`${"x".repeat(64)}…`);
  });

  it("is whole and on one line in reports, without anything that cannot be seen", () => {
    expect(singleLine("a\r\nb\tc\u0000\ud800\u200b")).toBe("a b c\ufffd\ufffd\ufffd");
    expect(singleLine("x".repeat(1000))).toBe("x".repeat(1000));
  });

  it("never acts on a terminal", () => {
    for (const character of UNSAFE) {
      expect(printable(character)).toMatch(/^\\u[0-9a-f]{4}$/);
      expect(singleLine(character)).toMatch(/^[ \ufffd]$/);
    }
  });

  it("stays as it is where every character can be seen", () => {
    for (const write of [printable, singleLine]) expect(write("Ünïcode 日本 😀")).toBe("Ünïcode 日本 😀");
  });
});
