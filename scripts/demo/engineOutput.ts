import type { PermissionTable } from "../../provider/permissions/table";

const INFLUX_TOKEN = "pulumi-nodejs:dynamic/influxdb:InfluxToken";

/** The permissions that `pulumi preview --diff` shows, by the name of the token. */
export function previewedPermissions(stdout: string): Map<string, PermissionTable> {
  const previewed = new Map<string, PermissionTable>();
  let name: string | undefined;
  let table: Record<string, string> | undefined;
  for (const line of stdout.split("\n")) {
    if (line.includes("[urn=")) name = new RegExp(`::${INFLUX_TOKEN}::(.*)\\]$`).exec(line)?.[1];
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

/** The counts below `Resources:`, such as `{ created: 5 }` or `{ updated: 1, unchanged: 4 }`. */
export function resourceCounts(stdout: string): Record<string, number> {
  const [, block = ""] = stdout.split(/^Resources:\n/m);
  const [lines = ""] = block.split("\n\n");
  const found = [...lines.matchAll(/(\d+) ([a-z]+(?: [a-z]+)*)/g)];
  return Object.fromEntries(found.map(([, count = "", what = ""]) => [what, Number(count)]));
}

/** One thing that the engine did to a token, such as `created` or `deleted original`. */
export interface Row {
  /** As the engine prints it, without the type's long name. */
  readonly text: string;
  readonly name: string;
  readonly what: string;
}

const ROW = new RegExp(
  `^ ([-+~ ]{2}) ${INFLUX_TOKEN} (\\S+) +([a-z ]*[a-z])? *(?:\\([\\d.]+s\\))? *(\\[.*\\])?$`,
);

/** What the engine did to tokens, in its order, with what it was only about to do. */
export function rows(stdout: string): Row[] {
  return stdout.split("\n").flatMap((line) => {
    const [, sign = "", name = "", what = "", diff = ""] = ROW.exec(line) ?? [];
    if (name === "" || what === "") return [];
    return [{ text: `${sign} InfluxToken ${name.padEnd(11)} ${what} ${diff}`.trimEnd(), name, what }];
  });
}

/** The rows of what was done. */
export function doneRows(stdout: string): string[] {
  return rows(stdout)
    .filter(({ what }) => /^(created|updated|deleted)\b/.test(what))
    .map(({ text }) => text);
}

/** Properties that `--diff` shows as changed, without those that change with every update. */
export function changedProperties(stdout: string): string[] {
  return stdout
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => /^[-+~] [a-z]\w* *: "/.test(line) && !line.includes("updatedAt"))
    .map((line) => line.replace(/ +:/, ":"));
}

/** Names of the stack output `tokens`, as far as their values are shown as a secret. */
export function secretOutputs(stdout: string): string[] {
  return [...stdout.matchAll(/^ {8}(\S+) *: \[secret\]$/gm)].map(([, name = ""]) => name).sort();
}
