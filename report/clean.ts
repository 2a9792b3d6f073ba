/** Control characters could move a terminal's cursor; marks of direction could show a name backwards. */
const UNSAFE = /\p{Cc}|\p{Cf}|\p{Cs}|\p{Zl}|\p{Zp}/gu;

/** A text without characters that would make it look like another one, or act on a terminal. On one line. */
export function clean(text: string): string {
  return text.replace(/\r?\n|\t/g, " ").replace(UNSAFE, "\ufffd");
}
