import { flagsOf, type GivenPermission } from "../provider/permissions/flagsOf";
import { findRisks } from "../provider/permissions/risks";
import { singleLine } from "../provider/text";
import type { Permission } from "../provider/types";
import { columns } from "../report/table";
import type { ExistingToken } from "./existingToken";
import type { ManagedTokens } from "./managed";
import type { Found } from "./server";

const HEADERS = ["ID", "Description", "Owner", "Status", "Created", "Risks"];

/** As much of a description as the table shows. */
const MAX_DESCRIPTION = 60;

/** A token that no stack manages, as `--list --json` prints it. */
export interface ListedToken {
  /** Authorization id. */
  readonly id: string;
  readonly description: string;
  /** Name of the owner. */
  readonly owner: string;
  readonly ownerId: string;
  readonly status: "active" | "inactive";
  /** RFC 3339. */
  readonly createdAt: string;
  /** Ids of risks, the far-reaching ones first. */
  readonly risks: readonly string[];
  /** Whether it is the token that asked. Only where the server tells values. */
  readonly isCallers: boolean;
  /** Whether inputs can ask for all that it may do. */
  readonly isAdoptable: boolean;
  /** Where a stack manages a token with this id: another server, or this one under another address. */
  readonly managedAt?: string;
  /** The member of a fleet that it is described as, where a given stack has such a one: with another token, or none. */
  readonly describedAs?: { readonly fleet: string; readonly member: string };
}

/** The oldest first. */
export function listedTokens(
  tokens: readonly ExistingToken[],
  { orgId, host, resourceTypes }: Found,
  managed: Pick<ManagedTokens, "elsewhere" | "memberFor">,
): ListedToken[] {
  const listed = tokens.map((token): ListedToken => {
    const { id, description, user, userId, isActive, createdAt, permissions, isCallers } = token;
    const { rest } = flagsOf(permissions, { orgId, userId, ...(resourceTypes && { resourceTypes }) });
    const elsewhere = managed.elsewhere(id, host);
    const member = managed.memberFor(description, host);
    return {
      id,
      description,
      owner: user,
      ownerId: userId,
      status: isActive ? "active" : "inactive",
      createdAt,
      risks: findRisks(permissions.flatMap(held)).map((risk) => risk.id),
      isCallers,
      isAdoptable: rest.length === 0 && permissions.length > 0,
      ...(elsewhere !== undefined && { managedAt: elsewhere }),
      ...(member !== undefined && { describedAs: { fleet: member.fleet, member: member.member } }),
    };
  });
  return listed.sort((a, b) => compare(a.createdAt, b.createdAt) || compare(a.id, b.id));
}

function held({ action, resource: { type, id, orgID } }: GivenPermission): Permission[] {
  const resource = { type, ...(id && { id }), ...(orgID && { orgID }) };
  return action === "read" || action === "write" ? [{ action, resource }] : [];
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function lostText({ fleet, member }: { readonly fleet: string; readonly member: string }): string {
  return `(described as ${member} of the fleet ${fleet}, whose state does not know it)`;
}

/** Cut between characters, not within one. */
function beginningOf(text: string): string {
  const start = text.slice(0, MAX_DESCRIPTION).replace(/[\ud800-\udbff]$/, "");
  return start.length < text.length ? `${start}…` : text;
}

/** A table, and a line that counts. Ends with a line break. */
export function renderList(tokens: readonly ListedToken[], summary: readonly string[]): string {
  const rows = tokens.map((token) => [
    token.id,
    singleLine(beginningOf(token.description)),
    singleLine(token.owner),
    [
      token.status,
      ...(token.isCallers ? ["(the token that asks)"] : []),
      ...(token.managedAt === undefined ? [] : [`(managed at ${token.managedAt})`]),
      ...(token.describedAs === undefined ? [] : [singleLine(lostText(token.describedAs))]),
      ...(token.isAdoptable ? [] : ["(cannot be adopted)"]),
    ].join("\n"),
    // To the second.
    token.createdAt.replace(/\.\d+/, ""),
    token.risks.join("\n"),
  ]);
  const table = rows.length === 0 ? "" : `${columns([HEADERS, ...rows])}\n`;
  return `${table}${summary.join("\n")}\n`;
}
