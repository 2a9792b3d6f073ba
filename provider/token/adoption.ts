import { spellBucket, spellName } from "../permissions/table";
import { covers, formatPermission, sortedUnique } from "../permissions/format";
import { standInFor } from "../permissions/bucketReference";
import { printable, quoted } from "../text";
import type { Authorization, NamedPermission, Permission } from "../types";
import type { InfluxTokenInputs } from "./inputs";

/** As many differences as a message shows. */
const MAX_LINES = 100;

/** No line is longer, but for a name. */
const MAX_LINE = 300;

/**
 * How a token of the server differs from what a program declares, a line for each difference: `+` is declared and not
 * granted, `-` is granted and not declared, and `~` is something else. Empty where the program may adopt it: its status
 * is set, and so is a description that the program gives.
 *
 * @param declared the permissions that the inputs ask for, with the server's ids.
 */
export function adoptionDifferences(
  inputs: InfluxTokenInputs,
  declared: readonly Permission[],
  authorization: Authorization,
): string[] {
  const { org, orgID, user, userID, description } = authorization;
  const scalars = [
    inputs.org !== undefined && inputs.org !== org && differs("org", org, inputs.org),
    inputs.orgId !== undefined && inputs.orgId !== orgID && differs("orgId", orgID, inputs.orgId),
    inputs.user !== undefined && inputs.user !== user && differs("user", user, inputs.user),
    inputs.userId !== undefined && inputs.userId !== userID && differs("userId", userID, inputs.userId),
    inputs.description === undefined && description !== "" && differs("description", description),
  ].filter((line) => line !== false);
  const granted = sortedUnique(authorization.permissions);
  const write = writerOf(authorization);
  const lines = [
    ...scalars,
    ...without(declared, granted).map((permission) => `+ ${write(permission)}`),
    ...without(granted, declared).map((permission) => `- ${write(permission)}`),
  ];
  if (lines.length <= MAX_LINES) return lines;
  return [...lines.slice(0, MAX_LINES), `and ${lines.length - MAX_LINES} differences more`];
}

function differs(input: string, onServer: string, declared?: string): string {
  return `~ ${input}: ${quoted(onServer)} on the server, ${declared === undefined ? "none" : quoted(declared)} in the program`;
}

/** Those that nothing of `held` covers. */
function without(permissions: readonly Permission[], held: readonly Permission[]): Permission[] {
  return permissions.filter((needed) => !held.some((one) => covers(one, needed)));
}

/** Writes permissions with the names that the server's answer has for ids. */
function writerOf({ org, orgID, permissions }: Authorization): (permission: Permission) => string {
  const buckets = new Map(permissions.flatMap((permission) => bucketName(permission)));
  return ({ action, resource: { type, id, orgID: scope } }) => {
    const resource = {
      type,
      ...(id !== undefined && { id: type === "buckets" ? spellBucket(buckets.get(id) ?? id) : id }),
      ...(scope !== undefined && { orgID: scope === orgID ? spellName(org) : scope }),
    };
    return printable(formatPermission({ action, resource }), MAX_LINE);
  };
}

function bucketName({ resource: { type, id, name } }: NamedPermission): [string, string][] {
  return type === "buckets" && id !== undefined && typeof name === "string" && name !== ""
    ? [[id, standInFor(`name:${name}`)]]
    : [];
}
