import type { Permission } from "../types";

/**
 * Writes a permission as the influx CLI prints it: `read:orgs/<orgID>/buckets`,
 * `write:orgs/<orgID>/buckets/<id>`, `read:/buckets` for every organization, `read:/orgs/<id>`.
 */
export function formatPermission({ action, resource }: Permission): string {
  const scope = resource.orgID === undefined ? "" : `orgs/${resource.orgID}`;
  const id = resource.id === undefined ? "" : `/${resource.id}`;
  return `${action}:${scope}/${resource.type}${id}`;
}

/** Sorts by what {@link formatPermission} writes, and keeps one of each. */
export function sortedUnique(permissions: readonly Permission[]): Permission[] {
  const byText = new Map(permissions.map((permission) => [formatPermission(permission), permission]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, permission]) => permission);
}

/**
 * Whether holding `held` is enough for whoever needs `needed`. As the server matches them, but for an id, where the
 * server does not look at the organization: here a bucket of another organization counts as a difference.
 */
export function covers(held: Permission, needed: Permission): boolean {
  if (held.action !== needed.action || held.resource.type !== needed.resource.type) return false;
  const { id, orgID } = held.resource;
  if (id !== undefined) return id === needed.resource.id && orgID === needed.resource.orgID;
  return orgID === undefined || orgID === needed.resource.orgID;
}

/** Whether the organization may be read: without that no system bucket opens. */
export function readsOrganization(held: readonly Permission[], orgId: string): boolean {
  return held.some((one) => covers(one, { action: "read", resource: { type: "orgs", id: orgId } }));
}

/** Whether both lists let their holders do the same: order, repetition and what a wider one includes do not matter. */
export function grantSame(a: readonly Permission[], b: readonly Permission[]): boolean {
  const allCovered = (needed: readonly Permission[], held: readonly Permission[]): boolean =>
    needed.every((one) => held.some((other) => covers(other, one)));
  return allCovered(a, b) && allCovered(b, a);
}
