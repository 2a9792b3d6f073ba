/** What a terminal acts on, what cannot be seen, and what is half a character. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}]/gu;

/**
 * A text as messages show it, whoever gave it: on one line, with an escape in place of whatever cannot be seen, and
 * cut where it is longer than `max` characters.
 */
export function printable(text: string, max = 64): string {
  const cut = text.length > max ? `${text.slice(0, max)}…` : text;
  return cut.replace(UNPRINTABLE, (character) => {
    const hex = (character.codePointAt(0) ?? 0).toString(16);
    return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex.padStart(4, "0")}`;
  });
}

/** The same in quotes. */
export function quoted(text: string, max?: number): string {
  return `"${printable(text, max)}"`;
}

/**
 * A text as reports show it: whole and on one line, with a blank in place of each line break and tab, and U+FFFD in
 * place of whatever cannot be seen.
 */
export function singleLine(text: string): string {
  return text.replace(/\r?\n|\t/g, " ").replace(UNPRINTABLE, "\ufffd");
}
