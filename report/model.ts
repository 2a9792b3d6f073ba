import { CALLER } from "../provider/permissions/table";
import {
  type Finding,
  findRisks,
  openRisks,
  permissionsOfFlags,
  RISK_IDS,
  type RiskId,
} from "../provider/permissions/risks";
import type { Permission } from "../provider/types";
import { OPEN, type Parsed, type Side, type TokenAction, type TokenStep } from "./parse";
import { comparableBy, permissionsOf } from "./permission";

/** The permissions of a token, as they are written, and what a change makes of them. */
export interface PermissionChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly kept: readonly string[];
  /** How many more there will be that are not known yet. */
  readonly unknown: number;
  /** Nothing is known of what there will be; then `removed` is empty and `kept` holds what there is now. */
  readonly allUnknown: boolean;
}

/** One token of the stack. Never its value. */
export interface ReportedToken {
  readonly name: string;
  readonly urn: string;
  readonly action: TokenAction;
  /** Properties that force the replacement, or that change in place. */
  readonly reasons: readonly string[];
  /** Name of the owner; `me` for whoever runs `pulumi up`. */
  readonly owner: string;
  /** Name or id of the organization, as the program writes it. */
  readonly org: string;
  readonly description: string;
  readonly status: string;
  readonly permissions: PermissionChange;
  /** Risks that it will have. A token that is deleted has none. */
  readonly risks: readonly Finding[];
  /** Risks that are acknowledged and that it does not have. */
  readonly unusedAcknowledgements: readonly string[];
}

/** What a stack's tokens may do, and what a change makes of that. `--json` prints it as it is. */
export interface Report {
  readonly source: "preview" | "state";
  readonly project: string;
  readonly stack: string;
  /**
   * Where the permissions are from: `permissions` are declared, with names; `effectivePermissions` are what the
   * server granted, with ids.
   */
  readonly permissionsFrom: "permissions" | "effectivePermissions";
  /** Whether unchanged tokens are among them. */
  readonly complete: boolean;
  readonly summary: Readonly<Record<TokenAction, number>>;
  /** Those that change first, then by name. */
  readonly tokens: readonly ReportedToken[];
}

/** The order in which changes are told of. */
export const ACTION_ORDER: readonly TokenAction[] = ["replace", "create", "delete", "update", "same"];

/** The same on every machine; `ci-9` comes before `ci-10`. */
const { compare } = new Intl.Collator("en", { numeric: true });

/** Makes the report of what was read. */
export function makeReport(parsed: Parsed): Report {
  const { source, steps, complete } = parsed;
  const stack = complete ? heldByAll(steps, source) : undefined;
  const tokens = steps
    .map((step) => reported(step, source, stack))
    .sort((a, b) => rank(a) - rank(b) || compare(a.name, b.name) || compare(a.urn, b.urn));
  const [, where = "", project = ""] = /^urn:pulumi:(.*?)::(.*?)::/.exec(steps[0]?.urn ?? "") ?? [];
  return {
    source,
    project,
    stack: where,
    permissionsFrom: source === "state" ? "effectivePermissions" : "permissions",
    complete,
    summary: countBy(tokens),
    tokens,
  };
}

/** A risk that `--fail-on` asks for, of a token that has it. */
export interface Failing {
  readonly token: string;
  readonly risk: RiskId;
}

/** Which of the risks the tokens have, acknowledged ones left out. */
export function failing({ tokens }: Report, risks: readonly RiskId[]): Failing[] {
  return tokens.flatMap(({ name, risks: found }) => {
    const open = openRisks(found);
    return RISK_IDS.filter((id) => risks.includes(id) && open.has(id)).map((risk) => ({ token: name, risk }));
  });
}

function reported(
  step: TokenStep,
  source: Parsed["source"],
  stack: Permission[][] | undefined,
): ReportedToken {
  const { urn, action, reasons, before, after } = step;
  const shown = after ?? before;
  const held = action === "delete" ? [] : heldBy(step, source);
  const acknowledge = action === "delete" ? {} : (shown?.acknowledge ?? {});
  const present = new Set<string>(
    findRisks(held, {}, stack).flatMap(({ id, includes }) => [id, ...includes]),
  );
  return {
    name: urn.split("::").slice(3).join("::"),
    urn,
    action,
    reasons,
    owner: ownerOf(step),
    org: orgOf(step),
    description: shown?.description ?? "",
    status: shown?.status ?? "active",
    permissions: source === "state" ? grantedOf(step) : changeOf(step),
    risks: findRisks(held, acknowledge, stack),
    unusedAcknowledgements: Object.keys(acknowledge).filter((id) => !present.has(id)),
  };
}

/** Leaving the owner out keeps the one there is, but a new token is the caller's. */
function ownerOf({ action, before, after }: TokenStep): string {
  const declared = after?.user ?? after?.userId;
  if (declared !== undefined) return declared;
  if (action === "create" || action === "replace") return CALLER;
  return before?.user ?? before?.userId ?? CALLER;
}

function orgOf({ before, after }: TokenStep): string {
  if (after?.org !== undefined) return after.org;
  if (after?.orgId !== undefined && after.orgId !== before?.orgId) return after.orgId;
  return before?.org ?? before?.orgId ?? after?.orgId ?? OPEN;
}

function textsOf(side: Side | undefined, source: Parsed["source"]): readonly string[] | undefined {
  // A state from before the server answered has the declared ones only.
  return (source === "state" ? side?.effectivePermissions : undefined) ?? side?.permissions;
}

function grantedOf({ action, before }: TokenStep): PermissionChange {
  const texts = textsOf(before, "state");
  const gone = action === "delete";
  return {
    added: [],
    removed: gone ? (texts ?? []) : [],
    kept: gone ? [] : (texts ?? []),
    unknown: 0,
    allUnknown: texts === undefined,
  };
}

function changeOf({ action, before, after }: TokenStep): PermissionChange {
  const old = before?.permissions ?? [];
  if (action === "delete") return { added: [], removed: old, kept: [], unknown: 0, allUnknown: false };
  const now = after?.permissions;
  if (now === undefined) return { added: [], removed: [], kept: old, unknown: 0, allUnknown: true };
  const key = comparableBy(before);
  const oldKeys = new Set(old.map(key));
  const nowKeys = new Set(now.map(key));
  return {
    added: now.filter((text) => !oldKeys.has(key(text))),
    removed: old.filter((text) => !nowKeys.has(key(text))),
    kept: now.filter((text) => oldKeys.has(key(text))),
    unknown: after?.openPermissions ?? 0,
    allUnknown: false,
  };
}

/** What the token will be able to do, as far as it is known. */
function heldBy({ before, after }: TokenStep, source: Parsed["source"]): Permission[] {
  const side = after ?? before;
  const texts = textsOf(side, source);
  if (texts !== undefined) return permissionsOf(texts, side);
  return side === undefined ? [] : permissionsOfFlags(side.flags);
}

/** `undefined` where one of them is not known: what it reads might be what another one writes. */
function heldByAll(steps: readonly TokenStep[], source: Parsed["source"]): Permission[][] | undefined {
  const staying = steps.filter(({ action }) => action !== "delete");
  const known = staying.every(({ before, after }) => {
    const side = after ?? before;
    return textsOf(side, source) !== undefined && (source === "state" || side?.openPermissions === 0);
  });
  return known ? staying.map((step) => heldBy(step, source)) : undefined;
}

function countBy(tokens: readonly ReportedToken[]): Record<TokenAction, number> {
  const counts: Record<TokenAction, number> = { create: 0, replace: 0, update: 0, delete: 0, same: 0 };
  for (const { action } of tokens) counts[action] += 1;
  return counts;
}

function rank({ action }: ReportedToken): number {
  return ACTION_ORDER.indexOf(action);
}
