import { CALLER, type InfluxTokenInputs, UNKNOWN } from "./inputs";
import { grantSame, parsePermission } from "./permissions/format";
import type { InfluxTokenState } from "./state";
import type { Permission, TokenStatus } from "./types";

/** What has to happen for the token to become what is declared. */
export interface Change {
  /** Whether anything has to happen at all. */
  readonly changes: boolean;
  /** Inputs that only a new token can satisfy: the server lets nobody change them. */
  readonly replaces: string[];
}

/**
 * Compares what is with what is declared. Pure, for it runs at every preview. A declared value that is not known
 * yet may turn out different, so it counts as a change.
 */
export function planChange(state: InfluxTokenState, declared: InfluxTokenInputs): Change {
  const replaces = replacing(state, declared);
  const updates =
    patchFor(state, declared) !== undefined ||
    !sameJson(declared.connection, state.connection) ||
    !sameJson(declared.acknowledge, state.acknowledge);
  return { changes: updates || replaces.length > 0, replaces };
}

/** What to tell the server of a change in place; `undefined` where there is nothing to tell. */
export function patchFor(
  state: InfluxTokenState,
  declared: InfluxTokenInputs,
): { description?: string; status?: TokenStatus } | undefined {
  const { description = "", status = "active" } = declared;
  if (description === state.description && status === state.status) return undefined;
  return {
    ...(description !== state.description && { description }),
    ...(status !== state.status && { status }),
  };
}

function replacing(state: InfluxTokenState, declared: InfluxTokenInputs): string[] {
  const replaces: string[] = [];
  // Made, but never told: nobody can use it.
  if (state.token === undefined) replaces.push("token");
  if (declared.org !== undefined && declared.org !== state.org) replaces.push("org");
  if (declared.orgId !== undefined && declared.orgId !== state.orgId) replaces.push("orgId");
  if (declared.user !== undefined && declared.user !== state.user) replaces.push("user");
  if (!sameJson(declared.keepers, state.keepers)) replaces.push("keepers");
  // With another organization or owner the permissions differ as a matter of course.
  if (replaces.length === 0 && !samePermissions(state, declared.permissions)) replaces.push("permissions");
  return replaces;
}

function samePermissions(state: InfluxTokenState, declared: InfluxTokenInputs["permissions"]): boolean {
  if (declared === UNKNOWN || declared.includes(UNKNOWN)) return false;
  if (sameJson(declared, state.permissions)) return true;
  return grantSame(withIds(state.permissions, state), withIds(declared, state));
}

/** The permissions with ids for the names of organization and owner, which here are already known to be the state's. */
function withIds(texts: readonly string[], { org, orgId, user, userId }: InfluxTokenState): Permission[] {
  return texts.map((text) => {
    const action = text.slice(0, text.indexOf(":") + 1);
    const rest = text.slice(action.length);
    if (rest.startsWith(`orgs/${org}/`)) {
      return parsePermission(`${action}orgs/${orgId}/${rest.slice(`orgs/${org}/`.length)}`);
    }
    if (rest === `/orgs/${org}`) return parsePermission(`${action}/orgs/${orgId}`);
    if (rest === `/users/${CALLER}` || rest === `/users/${user}`)
      return parsePermission(`${action}/users/${userId}`);
    return parsePermission(text);
  });
}

function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
