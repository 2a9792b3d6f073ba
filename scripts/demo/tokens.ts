import { expandPermissions, type PermissionFlags } from "../../provider/permissions/expand";
import { formatPermission } from "../../provider/permissions/format";
import { CALLER, type PermissionTable, permissionTable } from "../../provider/permissions/table";
import type { DemoServer } from "./server";

/** One entry of the stack config `influx-token:tokens`. */
export type DeclaredToken = PermissionFlags & { readonly description?: string };

/** Tokens by the name of their entry, in alphabetical order. */
export type DeclaredTokens = Readonly<
  Record<"dashboards" | "downsampler" | "everything" | "operator", DeclaredToken>
>;

/** What the demo declares at first: one token of each kind. */
export function firstTokens({ buckets }: DemoServer): DeclaredTokens {
  return {
    dashboards: { readBuckets: true, readDashboards: true, writeDashboards: true },
    downsampler: { readBucket: [buckets.raw.id], writeBucket: [buckets.daily.id] },
    everything: { allAccess: true, description: "all rights in the organization" },
    operator: { operator: true },
  };
}

/** The permissions of a token as a preview shows them: with the organization's name, and `me` for the owner. */
export function declaredTable(token: DeclaredToken, { org }: DemoServer): PermissionTable {
  return permissionTable(expandPermissions(token, { orgId: org.name, userId: CALLER }));
}

/** The permissions of a token as the server has to grant them: with ids in place of names. */
export function grantedTable(token: DeclaredToken, { org, userId }: DemoServer): PermissionTable {
  return permissionTable(expandPermissions(token, { orgId: org.id, userId }));
}

/** The same one by one, as the CLI prints them, sorted. */
export function grantedLines(token: DeclaredToken, { org, userId }: DemoServer): string[] {
  return expandPermissions(token, { orgId: org.id, userId }).map(formatPermission).sort();
}

/** How many permissions a table holds: each action of each line is one. */
export function countOf(table: PermissionTable | undefined): number {
  return Object.values(table ?? {}).flatMap((actions) => actions.split(", ")).length;
}

/** What to type after `pulumi config set` for each value of each token. */
export function configOf(tokens: DeclaredTokens): { key: string; value: string }[] {
  return Object.entries(tokens).flatMap(([name, inputs]) =>
    Object.entries(inputs).flatMap(([input, value]) => {
      const key = `influx-token:tokens.${name}.${input}`;
      return Array.isArray(value)
        ? value.map((id, index) => ({ key: `${key}[${index}]`, value: String(id) }))
        : [{ key, value: String(value) }];
    }),
  );
}

export function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  change: (value: T) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
