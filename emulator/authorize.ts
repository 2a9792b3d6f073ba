import type { Action, Permission } from "../provider/types";
import { unauthorized } from "./errors";
import type { StoredAuthorization } from "./store";

/** Names what a handler is about to do; `id` and `orgID` narrow it. */
export function permission(
  action: Action,
  type: string,
  scope: { id?: string; orgID?: string } = {},
): Permission {
  return { action, resource: { type, ...scope } };
}

/** The caller of a request: its token, and through it what it may do. */
export class Caller {
  constructor(private readonly authorization: StoredAuthorization) {}

  get userID(): string {
    return this.authorization.userID;
  }

  /** An inactive token still belongs to its user, but may do nothing. */
  get active(): boolean {
    return this.authorization.status === "active";
  }

  may(wanted: Permission): boolean {
    return this.active && this.authorization.permissions.some((held) => covers(held, wanted));
  }

  /** @throws ApiError `unauthorized` */
  require(wanted: Permission): void {
    if (!this.active) throw unauthorized("token is inactive");
    if (!this.may(wanted)) throw unauthorized(`${formatPermission(wanted)} is unauthorized`);
  }
}

/**
 * Whether holding one permission is enough for another. As on the server a held id decides alone: the
 * organization next to it is not compared.
 */
function covers(held: Permission, wanted: Permission): boolean {
  if (held.action !== wanted.action || held.resource.type !== wanted.resource.type) return false;
  const { id, orgID } = held.resource;
  if (id !== undefined) return id === wanted.resource.id;
  return orgID === undefined || orgID === wanted.resource.orgID;
}

/** A permission as the server's messages write it, for example `read:orgs/<orgID>/buckets`. */
export function formatPermission({ action, resource }: Permission): string {
  const parts = resource.orgID === undefined ? [] : ["orgs", resource.orgID];
  parts.push(resource.type);
  if (resource.id !== undefined) parts.push(resource.id);
  return `${action}:${parts.join("/")}`;
}
