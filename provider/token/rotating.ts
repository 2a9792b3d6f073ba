import { lacksInputs } from "./changes";
import { kindOf, sameJson } from "../json";
import type { Failure, InfluxTokenInputs, OldInputs } from "./inputs";
import type { InfluxTokenState } from "./state";
import { isUnknown, UNKNOWN } from "./unknown";
import type { TokenStatus } from "../types";

/** What changes by the program's own count: another value asks for a rotation. */
export type Generation = string | number;

/** What `check` makes of the inputs of a rotating token. */
export interface RotatingInputs extends InfluxTokenInputs {
  readonly generation?: Generation;
}

/** What rotation adds to the state of the newest token. */
interface Rotation {
  /** Id of the newest token. Absent where a refresh found that it is gone. */
  readonly authorizationId?: string;
  /** The secret of the token before it. Absent before the first rotation, and where nobody knows it. */
  readonly previousToken?: string;
  /** Its id. Absent before the first rotation. */
  readonly previousAuthorizationId?: string;
  /** When the newest token was made, or adopted: RFC 3339. */
  readonly rotatedAt: string;
  readonly generation?: Generation;
  /** Id of the token that was adopted in the beginning. The program may go on naming it. */
  readonly __adopted?: string;
  /** What the token before has on the server, as far as this package set it. */
  readonly __previous?: PreviousToken;
  /** Ids of tokens that a rotation could not delete: the next run does. */
  readonly __leftovers?: readonly string[];
}

interface PreviousToken {
  readonly description: string;
  readonly status: TokenStatus;
  /** Of one that was adopted: tells its record from another one's. */
  readonly __adoptedAt?: string;
}

/** What the stack remembers of a rotating token: the newest token's state, and its rotation. */
export type RotatingState = InfluxTokenState & Rotation;

/** A token with its id. */
export interface IdentifiedToken {
  readonly id: string;
  readonly state: InfluxTokenState;
}

const ROTATION_KEYS: readonly (keyof Rotation)[] = [
  "authorizationId",
  "previousToken",
  "previousAuthorizationId",
  "rotatedAt",
  "generation",
  "__adopted",
  "__previous",
  "__leftovers",
];

/** The inputs by which a token that exists enters. They are said once, and may stay. */
const ADOPTION_INPUTS: readonly string[] = ["adopt", "adoptToken", "adoptWithoutToken"];

/** What is wrong with a generation. */
export function generationFailure(value: unknown): Failure | undefined {
  if (isUnknown(value) || Number.isSafeInteger(value) || (typeof value === "string" && value !== ""))
    return undefined;
  const found = value === "" ? "an empty one" : typeof value === "number" ? String(value) : kindOf(value);
  return { property: "generation", reason: `generation must be a whole number or a string, not ${found}` };
}

/** The newest token, as any other. */
export function newestOf(state: RotatingState): IdentifiedToken | undefined {
  const { authorizationId: id } = state;
  return id === undefined ? undefined : { id, state: tokenStateOf(state) };
}

/** The state of the newest token by itself. */
export function tokenStateOf(state: RotatingState): InfluxTokenState {
  return without(state, [...ROTATION_KEYS, ...saidOfOthers(state)]);
}

/** What the program says of the token that was adopted is said of no other, and to adopt is said once. */
function saidOfOthers({ authorizationId, __adopted }: RotatingState): readonly string[] {
  const isAdopted = authorizationId !== undefined && authorizationId === __adopted;
  return isAdopted ? ["adopt"] : ADOPTION_INPUTS;
}

/** The token before, with what is known of it. What it may do is not: nothing is decided by that. */
export function previousOf(state: RotatingState): IdentifiedToken | undefined {
  const { previousAuthorizationId: id, previousToken: token, __previous: known } = state;
  if (id === undefined) return undefined;
  return { id, state: { ...bareState(state), ...known, ...(token !== undefined && { token }) } };
}

/** Tokens that an earlier rotation could not delete. */
export function leftoversOf(state: RotatingState): IdentifiedToken[] {
  return (state.__leftovers ?? []).map((id) => ({ id, state: bareState(state) }));
}

/** What all tokens of a rotation have in common: where they are, and what the program says of them. */
function bareState(state: RotatingState): InfluxTokenState {
  return without(tokenStateOf(state), ["token", "rotateAt", "__adoptedAt", "__withoutToken", "__missing"]);
}

/** The inputs of the newest token. */
export function tokenInputsOf(declared: RotatingInputs, state: RotatingState | undefined): InfluxTokenInputs {
  return without(declared, ["generation", ...(state === undefined ? [] : saidOfOthers(state))]);
}

/** Whether the program now names another token to adopt than the one that was. */
export function adoptsAnotherToken(state: RotatingState, { adopt }: RotatingInputs): string | undefined {
  return adopt === undefined || isUnknown(adopt) || adopt === state.__adopted ? undefined : adopt;
}

/** Whether this is the first generation of a token that was imported: as its first keepers, it asks for nothing new. */
export function takesGeneration(state: RotatingState, { generation }: RotatingInputs): boolean {
  return state.__imported === true && state.generation === undefined && generation !== undefined;
}

/** Whether the program asks for another generation: to add or to remove it is to change it. */
export function isAnotherGeneration(state: RotatingState, declared: RotatingInputs): boolean {
  const { generation } = declared;
  if (takesGeneration(state, declared) || lacksInputs(state)) return false;
  return isUnknown(generation) || String(generation ?? "") !== String(state.generation ?? "");
}

/** Inputs whose change asks for a new token, as `check` gives them. What flags ask for is in `permissions`. */
const ROTATING_INPUTS = ["permissions", "org", "orgId", "user", "userId", "keepers", "generation"];

/** Whether inputs that were checked may ask for a new token, compared with those before. That the time is over they do not say. */
export function asksForRotation(olds: OldInputs, news: Readonly<Record<string, unknown>>): boolean {
  return ROTATING_INPUTS.some((name) => !sameJson(olds[name], news[name]));
}

/** The inputs of the token that a rotation would make. */
export function nextTokenInputs(news: Readonly<Record<string, unknown>>): InfluxTokenInputs {
  return without(news, ["generation", ...ADOPTION_INPUTS]) as unknown as InfluxTokenInputs;
}

/** What has to be said to the server of the token before, so that it is as declared. */
export function previousDiffers(
  state: RotatingState,
  { description = "", status = "active" }: RotatingInputs,
): boolean {
  const { __previous: known } = state;
  return known !== undefined && (known.description !== description || known.status !== status);
}

/** The state of the first token. */
export function firstState({ id, state }: IdentifiedToken, declared: RotatingInputs): RotatingState {
  const { adopt } = declared;
  return {
    ...state,
    ...saidBy(declared),
    authorizationId: id,
    rotatedAt: state.__adoptedAt ?? state.createdAt,
    ...(adopt !== undefined && { __adopted: adopt }),
  };
}

/** The state of a token that was imported: of one that was adopted first, and which the program may name so. */
export function importedFirst(imported: IdentifiedToken, inputs: RotatingInputs): RotatingState {
  return { ...firstState(imported, inputs), __adopted: imported.id };
}

/**
 * The state after a new token was made: the newest becomes the one before, where clients can hold it.
 *
 * @returns `doomed`: the tokens that are to be deleted now.
 */
export function rotatedState(
  before: RotatingState,
  made: IdentifiedToken,
  declared: RotatingInputs,
): { state: RotatingState; doomed: string[] } {
  const { authorizationId: id, previousAuthorizationId: previousId } = before;
  const isUsable = id !== undefined && before.__unusable !== true;
  const kept = isUsable ? asPrevious(before, id, declared) : previousIn(before);
  const dropped = isUsable ? previousId : id;
  return {
    state: {
      ...made.state,
      ...saidBy(declared),
      authorizationId: made.id,
      ...kept,
      rotatedAt: made.state.createdAt,
      ...adoptedIn(before),
    },
    doomed: [...(before.__leftovers ?? []), ...(dropped === undefined ? [] : [dropped])],
  };
}

/** The state after a rotation, as far as it is known before. */
export function rotatedPreview(
  before: RotatingState,
  next: InfluxTokenState,
  declared: RotatingInputs,
): RotatingState {
  const open: Partial<RotatingState> = {
    token: UNKNOWN,
    authorizationId: UNKNOWN,
    effectivePermissions: UNKNOWN as unknown as RotatingState["effectivePermissions"],
    createdAt: UNKNOWN,
    updatedAt: UNKNOWN,
    ...(next.rotateAt !== undefined && { rotateAt: UNKNOWN }),
  };
  const { state } = rotatedState(before, { id: UNKNOWN, state: { ...next, ...open } }, declared);
  return { ...state, rotatedAt: UNKNOWN };
}

/** The newest token, as the one before. A rotation switches no token on: whoever switched it off had a reason. */
function asPrevious(
  before: RotatingState,
  id: string,
  { status = "active" }: RotatingInputs,
): Partial<Rotation> {
  const { token, description, __adoptedAt } = before;
  const isToSwitchOff = status === "inactive" && before.status === "active";
  return {
    ...(token !== undefined && { previousToken: token }),
    previousAuthorizationId: id,
    __previous: {
      description,
      status: isToSwitchOff ? "active" : status,
      ...(__adoptedAt !== undefined && { __adoptedAt }),
    },
  };
}

/** The state after a change in place. */
export function changedState(
  before: RotatingState,
  token: InfluxTokenState,
  declared: RotatingInputs,
): RotatingState {
  const { authorizationId: id, rotatedAt } = before;
  return {
    ...token,
    ...saidBy(declared),
    ...(id !== undefined && { authorizationId: id }),
    ...previousIn(before),
    rotatedAt,
    ...adoptedIn(before),
    ...leftoversIn(before),
  };
}

/** The state after the token before got what is declared. */
export function withPrevious(
  state: RotatingState,
  { description = "", status = "active" }: Pick<RotatingInputs, "description" | "status">,
): RotatingState {
  return { ...state, __previous: { ...state.__previous, description, status } };
}

/** The state with the tokens that are still to be deleted. */
export function withLeftovers(state: RotatingState, ids: readonly string[]): RotatingState {
  const bare = without(state, ["__leftovers"]);
  return ids.length === 0 ? bare : { ...bare, __leftovers: ids };
}

/** The state after a refresh that found nothing of the newest token: what may be made anew of it. */
export function goneState(state: RotatingState): RotatingState {
  return without(state, ["authorizationId", "token", "rotateAt", "__withoutToken"]);
}

/** What the program says that no other token has: as it said it, for the next comparison. */
function saidBy(declared: RotatingInputs): Pick<Rotation, "generation"> {
  const said = Object.entries(declared).filter(
    ([name]) => name === "generation" || ADOPTION_INPUTS.includes(name),
  );
  return Object.fromEntries(said);
}

/** The same, as the state has it. */
export function saidBefore(state: RotatingState): Pick<Rotation, "generation"> {
  return saidBy(state);
}

function previousIn({
  previousToken,
  previousAuthorizationId,
  __previous,
}: RotatingState): Partial<Rotation> {
  return {
    ...(previousToken !== undefined && { previousToken }),
    ...(previousAuthorizationId !== undefined && { previousAuthorizationId }),
    ...(__previous !== undefined && { __previous }),
  };
}

function adoptedIn({ __adopted }: RotatingState): Pick<Rotation, "__adopted"> {
  return __adopted === undefined ? {} : { __adopted };
}

function leftoversIn({ __leftovers }: RotatingState): Pick<Rotation, "__leftovers"> {
  return __leftovers === undefined ? {} : { __leftovers };
}

/** Without these keys, none of which the type needs. */
function without<Part extends object>(record: Part, names: readonly string[]): Part {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name))) as Part;
}
