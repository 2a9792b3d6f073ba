import { CALLER } from "../provider/permissions/table";
import type { Permission, PermissionResource } from "../provider/types";
import type { Side } from "./parse";

/**
 * Reads a permission as a preview or a state writes it. There an organization or user may go by a name, which may
 * hold anything, slashes included.
 *
 * @param org the organization of the token, where it is known.
 * @returns `undefined` for a text that is no permission.
 */
export function readPermission(text: string, org = ""): Permission | undefined {
  const [, action, rest = ""] = /^(read|write):(.*)$/.exec(text) ?? [];
  if (action === undefined) return undefined;
  const own = `orgs/${org}/`;
  const [, orgID, type, id] =
    org !== "" && rest.startsWith(own)
      ? [rest, org, ...splitOnce(rest.slice(own.length))]
      : (/^(?:orgs\/(.+?))?\/([A-Za-z]+)(?:\/(.+))?$/.exec(rest) ?? []);
  if (type === undefined) return undefined;
  const resource: PermissionResource = { type };
  if (id !== undefined) resource.id = id;
  if (orgID !== undefined) resource.orgID = orgID;
  return { action: action as Permission["action"], resource };
}

function splitOnce(path: string): string[] {
  const slash = path.indexOf("/");
  return slash < 0 ? [path] : [path.slice(0, slash), path.slice(slash + 1)];
}

/** All that can be read of a token's permissions: the list, or the flags where the list is not known. */
export function permissionsOf(texts: readonly string[], side: Side | undefined): Permission[] {
  return texts.flatMap((text) => readPermission(text, side?.org) ?? []);
}

/**
 * Tells whether two texts mean the same: a name and the id of the same organization or user do. What an id stands
 * for is in the state, so that only there known names are understood.
 */
export function comparableBy(state: Side | undefined): (text: string) => string {
  const { org, orgId, user, userId } = state ?? {};
  return (text) => {
    const permission = readPermission(text, org);
    if (permission === undefined) return text;
    const { action, resource } = permission;
    const { type, id = "", orgID } = resource;
    const scope = orgID !== undefined && orgID === org ? (orgId ?? orgID) : orgID;
    let which = id;
    if (type === "orgs" && id === org && id !== "") which = orgId ?? id;
    if (type === "users" && userId !== undefined && (id === CALLER || id === user)) which = userId;
    return JSON.stringify([action, scope ?? "", type, which]);
  };
}
