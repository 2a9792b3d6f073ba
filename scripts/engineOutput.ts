import type { PermissionTable } from "../provider/permissions/table";
import { TOKEN_KINDS } from "../provider/tokenTypes";

const TYPES = TOKEN_KINDS.map(({ type }) => type);

/** The permissions that `pulumi preview --diff` shows, by the name of the token. */
export function previewedPermissions(stdout: string): Map<string, PermissionTable> {
  const previewed = new Map<string, PermissionTable>();
  let name: string | undefined;
  let table: Record<string, string> | undefined;
  for (const line of stdout.split("\n")) {
    if (line.includes("[urn=")) name = new RegExp(`::(?:${TYPES.join("|")})::(.*)\\]$`).exec(line)?.[1];
    if (name !== undefined && /^[\s+~-]*permissions\s*: \{$/.test(line)) {
      table = {};
      previewed.set(name, table);
    } else if (/^[\s+~-]*\}$/.test(line)) {
      table = undefined;
    } else if (table !== undefined) {
      const [, key = "", actions = ""] = /^[\s+~-]*(\S+)\s*: "(.*)"$/.exec(line) ?? [];
      table[key] = actions;
    }
  }
  return previewed;
}

/** How many permissions a table holds: each action of each line is one. */
export function permissionCount(table: PermissionTable | undefined): number {
  return Object.values(table ?? {}).flatMap((actions) => actions.split(", ")).length;
}

/** The counts below `Resources:`, such as `{ "to create": 5 }` or `{ updated: 1, unchanged: 4 }`. */
export function resourceCounts(stdout: string): Record<string, number> {
  const [, lines = ""] = /^Resources:\n((?: {4}.*\n)+)/m.exec(stdout) ?? [];
  const counts = [...lines.matchAll(/(\d+) ([a-z]+(?: [a-z]+)*)/g)]
    .map(([, count, what = ""]): [string, number] => [what, Number(count)])
    // Where there are several kinds of change the engine adds their sum.
    .filter(([what]) => what !== "changes");
  return Object.fromEntries(counts);
}

/** What was done to tokens, line by line, with the class in place of the type, and without the time that it took and warnings. */
export function doneLines(stdout: string): string[] {
  return stdout.split("\n").flatMap((line) => {
    const type = TYPES.find((each) => line.includes(`${each} `));
    if (type === undefined || !/ (created|updated|deleted)\b/.test(line) || line.includes("warning: "))
      return [];
    const shown = line.trim().replace(type, type.slice(type.lastIndexOf(":") + 1));
    return [shown.replace(/ *\([\d.]+s\)/, "").trimEnd()];
  });
}
