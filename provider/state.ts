import { type DeclaredInputs, INPUT_NAMES, type InfluxTokenInputs, UNKNOWN } from "./inputs";
import { formatPermission, sortedUnique } from "./permissions/format";
import { toldToken } from "./toldToken";
import type { Authorization, TokenStatus } from "./types";

/** Inputs that have an output of the same name, whether they are declared or not. */
const SHARED_NAMES = ["org", "orgId", "user", "description", "status"] as const;

/** What the stack remembers of a token: its inputs, and what the server made of them. */
export interface InfluxTokenState extends DeclaredInputs {
  /** The declared permissions; after drift, what the server has in their place. */
  readonly permissions: readonly string[];
  /** What the server granted, as the CLI prints it, sorted. */
  readonly effectivePermissions: readonly string[];
  /** The secret. Absent where it was lost before it could be recorded. */
  readonly token?: string;
  readonly org: string;
  readonly orgId: string;
  /** The owner's name. */
  readonly user: string;
  /** The owner's id. */
  readonly userId: string;
  readonly description: string;
  readonly status: TokenStatus;
  /** The server that made the token, or has it now: URL. Absent in older states. */
  readonly host?: string;
  /** RFC 3339. */
  readonly createdAt: string;
  /** RFC 3339. */
  readonly updatedAt: string;
  /**
   * Which of the inputs that share their name with an output were declared. The engine gives `read` the outputs
   * only, and shows no key that begins with two underscores. One text rather than a list: the engine writes each
   * element of a list on a line of its own, in every checkpoint.
   */
  readonly __declared?: string;
}

/** The state after the server made or changed the token. */
export function toState(
  inputs: InfluxTokenInputs,
  authorization: Authorization,
  host: string,
  token = toldToken(authorization),
): InfluxTokenState {
  return {
    ...inputs,
    ...identityOf(authorization),
    permissions: inputs.permissions === UNKNOWN ? [] : inputs.permissions,
    effectivePermissions: grantedBy(authorization),
    host,
    ...(token !== undefined && { token }),
    __declared: declaredAmong(inputs),
  };
}

/** The state after a change that no server needs to hear of. */
export function withInputs(state: InfluxTokenState, inputs: InfluxTokenInputs): InfluxTokenState {
  const kept = Object.entries(state).filter(([name]) => !INPUT_NAMES.includes(name) || isShared(name));
  return {
    ...inputs,
    ...(Object.fromEntries(kept) as unknown as InfluxTokenState),
    permissions: inputs.permissions === UNKNOWN ? state.permissions : inputs.permissions,
    __declared: declaredAmong(inputs),
  };
}

/** The state and the inputs that a refresh finds: what differs on the server takes the place of what was declared. */
export function refreshState(
  state: InfluxTokenState,
  authorization: Authorization,
  host: string,
): { props: InfluxTokenState; inputs: InfluxTokenState } {
  const granted = grantedBy(authorization);
  const drifted = JSON.stringify(granted) !== JSON.stringify(state.effectivePermissions);
  // A server that stores tokens hashed no longer tells this one: what the state holds is the only copy.
  const token = toldToken(authorization) ?? state.token;
  const props: InfluxTokenState = {
    ...state,
    ...identityOf(authorization),
    permissions: drifted ? granted : renamed(state, authorization),
    effectivePermissions: granted,
    // Found by its id, so the server is the same, whatever its address is now.
    host,
    ...(token !== undefined && { token }),
  };
  return { props, inputs: inputsOf(props) };
}

/** Whether another server than this one made the token, so that it cannot be missed here. */
export function isFromElsewhere({ host }: InfluxTokenState, here: string): boolean {
  return host !== undefined && host !== here;
}

/** The declared permissions, after the organization or the owner got another name on the server. */
function renamed({ permissions, org, user }: InfluxTokenState, now: Authorization): readonly string[] {
  if (org === now.org && user === now.user) return permissions;
  return permissions.map((text) =>
    text
      .replace(`:orgs/${org}/`, () => `:orgs/${now.org}/`)
      .replace(`:/orgs/${org}`, () => `:/orgs/${now.org}`)
      .replace(`:/users/${user}`, () => `:/users/${now.user}`),
  );
}

/** The inputs within a state, with what was found in place of what was declared. */
function inputsOf(state: InfluxTokenState): InfluxTokenState {
  const declared = new Set((state.__declared ?? "org").split(" "));
  if (state.description !== "") declared.add("description");
  if (state.status !== "active") declared.add("status");
  const inputs = Object.entries(state).filter(
    ([name]) =>
      name === "permissions" || (INPUT_NAMES.includes(name) && (!isShared(name) || declared.has(name))),
  );
  // The host's own type has one name for outputs and inputs that are read.
  return Object.fromEntries(inputs) as unknown as InfluxTokenState;
}

function declaredAmong(inputs: InfluxTokenInputs): string {
  return SHARED_NAMES.filter((name) => inputs[name] !== undefined).join(" ");
}

function isShared(name: string): boolean {
  return (SHARED_NAMES as readonly string[]).includes(name);
}

function identityOf({ org, orgID, user, userID, description, status, createdAt, updatedAt }: Authorization) {
  return { org, orgId: orgID, user, userId: userID, description, status, createdAt, updatedAt };
}

function grantedBy({ permissions }: Authorization): string[] {
  return sortedUnique(permissions).map(formatPermission);
}
