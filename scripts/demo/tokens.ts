import { CALLER } from "../../provider/permissions/table";
import { expandPermissions, type PermissionFlags } from "../../provider/permissions/expand";
import { formatPermission } from "../../provider/permissions/format";
import type { Permission } from "../../provider/types";
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

/** The permissions of each token as a preview shows them: with the organization's name, and `me` for the owner. */
export function declaredPermissions(tokens: DeclaredTokens, { org }: DemoServer): Record<string, string[]> {
  const context = { orgId: org.name, userId: CALLER };
  return mapValues(tokens, (token) => expandPermissions(token, context).map(formatPermission));
}

/** What a preview showed, as the server has to put it: with ids in place of names. */
export function grantedFor(previewed: readonly string[], { org, userId }: DemoServer): string[] {
  return previewed
    .map((text) =>
      text
        .replace(`:orgs/${org.name}/`, `:orgs/${org.id}/`)
        .replace(new RegExp(`:/orgs/${org.name}$`), `:/orgs/${org.id}`)
        .replace(new RegExp(`:/users/${CALLER}$`), `:/users/${userId}`),
    )
    .sort();
}

/** An authorization's permissions as text, in the order of {@link grantedFor}. */
export function formatted(permissions: readonly Permission[]): string[] {
  return permissions.map(formatPermission).sort();
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
