import { printable } from "../provider/text";

/** A member as a file declares it. */
export interface FileMember {
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Where its name stands, from 1. */
  readonly line: number;
}

/** What a file of members holds, and what is wrong with it. Where something is, the members may be incomplete. */
export interface MemberFile {
  readonly members: readonly FileMember[];
  readonly problems: readonly { readonly line?: number; readonly text: string }[];
}

/** One line of a file for each kind of line ending. */
export function withOneLineEnding(text: string): string {
  return text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
}

/**
 * Reads a text of members: a name each line. Blanks around it, empty lines and lines that begin with `#` do not count.
 * Pure.
 */
export function readMemberList(text: string): MemberFile {
  const lines = withOneLineEnding(text).split("\n");
  const problems: { line: number; text: string }[] = [];
  const members = lines.flatMap((each, index): FileMember[] => {
    const name = each.trim();
    const line = index + 1;
    if (name === "" || name.startsWith("#")) return [];
    if (/\s#/.test(name))
      problems.push({ line, text: `${printable(name)}: a comment (#) needs a line of its own` });
    return [{ name, inputs: {}, line }];
  });
  const [first] = members;
  if (first !== undefined && /^"?(?:member|name)"?\s*[,;\t]/.test(first.name))
    problems.unshift({ line: first.line, text: "it looks like CSV: let the file's name end in .csv" });
  return { members, problems };
}
