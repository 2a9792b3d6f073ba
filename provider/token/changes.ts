import { asksForPermissions, type DeclaredInputs, INPUT_NAMES, type InfluxTokenInputs } from "./inputs";
import { sameJson } from "../json";
import { lists, permissionsAsked } from "./granted";
import { PERMISSION_INPUTS, PRESETS } from "../permissions/expand";
import { grantSame } from "../permissions/format";
import type { InfluxTokenState } from "./state";
import { isUnknown } from "./unknown";
import type { TokenStatus } from "../types";

/** What has to happen for the token to become what is declared. */
export interface Change {
  /** Whether anything has to happen at all. */
  readonly changes: boolean;
  /** Inputs that only a new token can satisfy: the server lets nobody change them. */
  readonly replaces: string[];
  /** Why a new token is made, where that replaces nothing. Absent: it does. */
  readonly reasons?: readonly string[];
}

/** Inputs that no update can change, whoever asks. What else replaces a token is the program's own rule. */
export const FIXED: readonly string[] = ["org", "orgId", "user", "userId", "permissions"];

/** Inputs with a rule of their own below. A change of any other one is a change of the state only. */
const WITH_RULE: readonly string[] = [
  "org",
  "orgId",
  "user",
  "userId",
  "description",
  "status",
  "keepers",
  "adopt",
  "adoptToken",
  "adoptWithoutToken",
  ...PERMISSION_INPUTS,
];
const KEPT_IN_STATE = INPUT_NAMES.filter((name) => !WITH_RULE.includes(name)) as (keyof DeclaredInputs)[];

/**
 * Compares what is with what is declared. Pure, for it runs at every preview. A declared value that is not known
 * yet may turn out different, so it counts as a change.
 *
 * @param due whether the token's time is over.
 */
export function planChange(state: InfluxTokenState, declared: InfluxTokenInputs, due = false): Change {
  const replaces = [...replacing(state, declared), ...(due ? ["rotateAt"] : [])];
  const updates =
    patchFor(state, declared) !== undefined ||
    declared.host !== state.host ||
    KEPT_IN_STATE.some((name) => !sameJson(declared[name], state[name])) ||
    isAnotherName(state, declared, "org") ||
    isAnotherName(state, declared, "user") ||
    (state.__granted !== undefined && asksForPermissions(declared) && !asksForPermissions(state)) ||
    learnsToken(state, declared) ||
    takesKeepers(state, declared) ||
    lacksInputs(state);
  return { changes: updates || replaces.length > 0, replaces };
}

/** Whether the program now gives the value of a token that was adopted without it. */
export function learnsToken(state: InfluxTokenState, { adoptToken }: InfluxTokenInputs): boolean {
  return state.__withoutToken === true && adoptToken !== undefined;
}

/**
 * Whether these are the first keepers of a token that was imported. An import cannot know them, for no server does, so
 * they ask for nothing new; what replaces a token is another value later.
 */
export function takesKeepers(state: InfluxTokenState, { keepers }: InfluxTokenInputs): boolean {
  return state.__imported === true && keepers !== undefined;
}

/**
 * Whether the plugin wrote the state, which keeps the inputs beside it: a dynamic resource that takes its place is not given
 * those. So it asks for nothing new by what it cannot compare, and an update makes the state whole.
 */
export function lacksInputs({ __declared }: { readonly __declared?: string }): boolean {
  return __declared === undefined;
}

/** What to send to the server for a change in place; `undefined` where there is nothing to send. */
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
  const { org, orgId, user, userId } = declared;
  const replaces: string[] = [];
  // Its value was lost, or it is not as asked for: it must not be used.
  const isLost = state.token === undefined && state.__withoutToken !== true;
  if (isLost || state.__unusable === true) replaces.push("token");
  // What stood for a deleted organization or owner may stand for another one by now.
  const { __missing: missing } = state;
  if (org !== undefined && (missing === "organization" || !standsFor(org, state, "org")))
    replaces.push("org");
  if (orgId !== undefined && (missing === "organization" || orgId !== state.orgId)) replaces.push("orgId");
  if (userId !== undefined && (missing === "owner" || userId !== state.userId)) replaces.push("userId");
  else if (missing === "owner" || (user !== undefined && !standsFor(user, state, "user")))
    replaces.push("user");
  const takesOver = takesKeepers(state, declared) || lacksInputs(state);
  if (!takesOver && !sameJson(declared.keepers, state.keepers)) replaces.push("keepers");
  // With another organization or owner the permissions differ as a matter of course.
  if (replaces.length === 0 && !samePermissions(state, declared)) replaces.push("permissions");
  return replaces;
}

/** Whether the program goes by another name than the one that is recorded as its own: only that one outlives a rename. */
function isAnotherName(
  { __names, ...state }: InfluxTokenState,
  declared: InfluxTokenInputs,
  property: "org" | "user",
): boolean {
  const name = declared[property];
  return name !== undefined && name !== (__names?.[property]?.[0] ?? state[property]);
}

/** Whether the name is known to stand for the id that the token has: by the server's word, or the program's before. */
function standsFor(name: string, state: InfluxTokenState, property: "org" | "user"): boolean {
  return name === state[property] || state.__names?.[property]?.includes(name) === true;
}

/** Values are compared, with the ids that names are known to stand for. Tables are texts, and only compared whole. */
function samePermissions(state: InfluxTokenState, declared: InfluxTokenInputs): boolean {
  if (isUnknown(declared.permissions)) return false;
  // A preset is what it is, however many types it stands for in this version, on this server or by now.
  if (PRESETS.some((preset) => declared[preset] === true && state[preset] === true)) return true;

  if (lacksInputs(state) && sameJson(declared.permissions, state.permissions)) return true;

  // A refresh found other permissions, and changes of them are ignored.
  if (!asksForPermissions(declared)) return sameJson(declared.permissions, state.permissions);
  const asked = permissionsAsked(declared, state);
  if (asked === undefined) return false;
  if (lists(state.effectivePermissions, asked)) return true;
  const before = state.__granted ?? permissionsAsked(state, state);
  return before !== undefined && lists(state.effectivePermissions, before) && grantSame(before, asked);
}
