import { singleLine } from "../provider/text";
import { isRecord } from "../provider/json";
import { isKnownType, mayHoldTokens, tokenKindOf } from "../provider/tokenTypes";
import { COMPUTED_NAMES } from "../provider/token/inputs";
import { isDue } from "../provider/token/rotateAfter";
import { UNKNOWN } from "../provider/token/unknown";
import { fleetSteps } from "./fleets";
import { type Json, record } from "./json";
import { withoutReads } from "./reads";
import { recordedInputs, snapshotOf, type TokenSnapshot } from "./snapshot";
import type { TokenAction, TokenStep } from "./tokenStep";
import { isOpen, textOf, UNKNOWN_TEXT } from "./values";

/** What each operation of the engine does to a token. */
const ACTIONS: ReadonlyMap<unknown, TokenAction> = new Map<unknown, TokenAction>([
  ["create", "create"],
  ["import", "adopt"],
  ["replace", "replace"],
  ["create-replacement", "replace"],
  ["import-replacement", "replace"],
  ["update", "update"],
  ["delete", "delete"],
  ["same", "same"],
]);

/** Operations that take over a token that exists, by the option `import`. Only a native resource can have it. */
export const IMPORTS: ReadonlySet<unknown> = new Set(["import", "import-replacement"]);

/** Operations that delete the old token of a replacement: of this run, or of an earlier one that was interrupted. */
const DELETES_OF_REPLACED: ReadonlySet<unknown> = new Set(["delete-replaced"]);

/** Operations that only compare a token with the server. */
const COMPARISONS: ReadonlySet<unknown> = new Set(["refresh", "diff"]);

/** Removes a token from the state that was deleted on the server before. */
const REMOVES_DELETED = "remove-pending-replace";

/** Operations that delete a resource. The engine does not delete on the server what is `deletedWith` it. */
const DELETES: ReadonlySet<unknown> = new Set(["delete", "delete-replaced", "replace", "create-replacement"]);

/** The reason of a token that is deleted although nothing replaces it in this run. */
export const LEFT_OVER = "left by an interrupted replacement";

/** Whether a step, or a resource of a state, is a token's, also within a component; or may be. */
export function isToken(step: Json): boolean {
  return typesOf(step).some(mayHoldTokens);
}

/** The types of a resource, or of a step's sides: a token may change from the dynamic resource to the native one. */
function typesOf(step: Json): unknown[] {
  const [, , types = ""] = (textOf(step["urn"]) ?? "").split("::");
  const resources = [step, record(step["oldState"]), record(step["newState"])];
  return [types.split("$").at(-1), ...resources.map(({ type }) => type)];
}

/** Types of a newer version of this package's providers, in words. */
export function unknownTypes(step: Json): string[] {
  const unknown = typesOf(step)
    .filter(mayHoldTokens)
    .filter((type) => !isKnownType(type));
  return [...new Set(unknown)].map(
    (type) => `it does not know the resource type ${JSON.stringify(singleLine(type))}`,
  );
}

/** What happens to each token. The engine may say it of one token in several steps. */
export function stepsOf(raw: readonly Json[]): TokenStep[] {
  const deletedUrns = new Set(raw.filter(({ op }) => DELETES.has(op)).map(({ urn }) => textOf(urn)));
  const byUrn = new Map<string, Json[]>();
  for (const step of raw.filter(isToken)) {
    const urn = textOf(step["urn"]) ?? "";
    byUrn.set(urn, [...(byUrn.get(urn) ?? []), step]);
  }
  return fleetSteps([...byUrn].flatMap(([urn, steps]) => tokenSteps(urn, steps, deletedUrns)));
}

function tokenSteps(
  urn: string,
  all: readonly Json[],
  deletedUrns: ReadonlySet<string | undefined>,
): TokenStep[] {
  const steps = withoutReads(all.filter(({ op }) => op !== REMOVES_DELETED));
  const decisive = decisiveStep(steps);
  if (decisive === undefined) return [];
  const unknown = [...new Set(steps.flatMap(unknownTypes)), ...unknownOperations(steps)];
  const step = withImport(tokenStep(urn, decisive, unknown), decisive, steps);
  const leftOvers = steps.filter((each) => each !== decisive && deletesLeftOver(each, decisive));
  const deleted = leftOvers.map((each): TokenStep => {
    return { urn, ...ending(each, snapshotOf(oldOf(each), false), deletedUrns) };
  });
  const others = steps.filter((each) => !leftOvers.includes(each));
  const retaining = others.find((each) => retainReason(each, deletedUrns) !== undefined);
  if (retaining === undefined || step.before === undefined) return [step, ...deleted];
  const left: TokenStep = { urn, ...ending(retaining, step.before, deletedUrns) };
  if (step.action === "delete") return [{ ...step, ...left }, ...deleted];
  return step.action === "replace" ? [step, left, ...deleted] : [step, ...deleted];
}

/**
 * An import comes first, with inputs that nobody checked. What comes after it compares the token with them, and says what
 * changes.
 */
function withImport(step: TokenStep, decisive: Json, steps: readonly Json[]): TokenStep {
  const imports = steps.find(({ op }) => IMPORTS.has(op));
  if (imports === undefined) return step;
  const ids = [oldOf(decisive)["id"], oldOf(imports)["id"], record(imports["newState"])["importID"]].map(
    textOf,
  );
  const imported = ids.find((id) => id !== undefined && id !== "") ?? UNKNOWN_TEXT;
  const isKept = ["same", "update", "adopt"].includes(step.action);
  return isKept ? { ...step, imported, action: "adopt" } : step;
}

/** Actions after which the token exists, and which a refresh never reports. */
const KEEPING: ReadonlySet<TokenAction | undefined> = new Set([
  "same",
  "create",
  "adopt",
  "replace",
] as const);

/**
 * The step that says what happens to the token: the last one, for a refresh reports what it found before the plan is
 * made. Where the token exists afterwards, a `delete` is only of its old copy.
 */
function decisiveStep(steps: readonly Json[]): Json | undefined {
  const planned = steps.filter(({ op }) => ACTIONS.has(op));
  const last = planned.at(-1) ?? steps.at(-1);
  if (last?.["op"] !== "delete") return last;
  return planned.filter(({ op }) => KEEPING.has(ACTIONS.get(op))).at(-1) ?? last;
}

/** Operations of an engine that is newer than this report, in words. */
function unknownOperations(steps: readonly Json[]): string[] {
  return steps
    .map(({ op }) => op)
    .filter((op) => !ACTIONS.has(op) && !DELETES_OF_REPLACED.has(op) && !COMPARISONS.has(op))
    .map((op) => `it does not know the step ${JSON.stringify(singleLine(textOf(op) ?? ""))} of the engine`);
}

function tokenStep(urn: string, raw: Json, unknown: readonly string[]): TokenStep {
  const { oldState: before, newState: after } = raw;
  const action = actionOf(raw);
  const isPlanned = action !== "delete" && action !== "leave";
  const problems = [...unknown];
  if (action === "unknown" && unknown.length === 0) {
    problems.push("the preview does not say what becomes of it: it only compares it with the server");
  }
  if (isPlanned && !isRecord(after)) problems.push("the preview does not say what it will be");
  if (action !== "same" && isUnchecked(raw)) {
    problems.push("its inputs are not checked before pulumi up: its provider has inputs that are not known");
  }
  return {
    urn,
    action,
    reasons: reasonsOf(raw, action),
    ...(isRecord(before) && { before: snapshotOf(before, false) }),
    ...(isPlanned && isRecord(after) && { after: plannedSnapshot(after, record(before)) }),
    ...(problems.length > 0 && { problems }),
  };
}

/**
 * Whether nobody checked the inputs of a native token that is to change: the engine asks no provider whose own inputs are
 * not known. A check leaves permissions, and if only unknown ones. An import that nothing follows was compared, and differs
 * in nothing but in what is ignored.
 */
function isUnchecked({ op, oldState, newState }: Json): boolean {
  const { type, inputs, importID, ignoreChanges } = record(newState);
  if (op === "import") return !isRecord(oldState) && (importID === undefined || ignoreChanges !== undefined);
  const { permissions } = record(inputs);
  return tokenKindOf(type)?.repeatsInputs === false && !isRecord(permissions) && !isOpen(permissions);
}

/** With `ignoreChanges` the inputs may ask for nothing: then what a refresh found stays. */
function plannedSnapshot(after: Json, before: Json): TokenSnapshot {
  const { __granted, orgId, userId } = record(before["outputs"]);
  const found = { orgId, userId, ...(__granted !== undefined && { __granted }) };
  // An output that only `pulumi up` knows says less than what was found.
  const planned = Object.entries(record(after["outputs"])).filter(
    ([, value]) => textOf(value) !== UNKNOWN_TEXT,
  );
  return snapshotOf({ ...after, outputs: { ...found, ...Object.fromEntries(planned) } }, true);
}

function actionOf(step: Json): TokenAction {
  const { op } = step;
  // Without the step that creates the new token, only the old one is known.
  if (DELETES_OF_REPLACED.has(op)) return oldOf(step)["delete"] === true ? "delete" : "replace";
  if (op === "same" && isSkipped(step)) return "skip";
  if (op === "update" && rotationReasons(step).length > 0) return "rotate";
  const action = ACTIONS.get(op) ?? "unknown";
  // The engine knows no other word for it: the provider adopts where it is to create.
  return action === "create" && adopts(record(step["newState"])) ? "adopt" : action;
}

/** Whether a resource that is to be created takes over a token that exists. */
export function adopts(resource: Json): boolean {
  return textOf(record(resource["inputs"])["adopt"]) !== undefined;
}

/** Id of the token that a step adopts. An input that stays where it is adopts nothing more. */
export function adoptedId({ action, imported, before, after }: TokenStep): string | undefined {
  if (imported !== undefined) return imported;
  return action === "adopt" || action === "replace" ? (after ?? before)?.declared.adopt : undefined;
}

/** The engine reports a new resource that is no target as if it existed, but without an id. */
function isSkipped(step: Json): boolean {
  const { id = "", custom } = oldOf(step);
  return custom === true && id === "";
}

/** Whether the step deletes what an interrupted replacement left, and not the token that `decisive` replaces or deletes. */
function deletesLeftOver(step: Json, decisive: Json): boolean {
  const old = oldOf(step);
  const deletes = DELETES_OF_REPLACED.has(step["op"]) || step["op"] === "delete";
  if (!deletes || old["delete"] !== true) return false;
  // While the engine replaces a token, it marks that one for deletion, too.
  return actionOf(decisive) !== "replace" || old["id"] !== oldOf(decisive)["id"];
}

function reasonsOf(step: Json, action: TokenAction): string[] {
  if (action === "skip") return ["no target of this run"];
  if (action === "delete" && DELETES_OF_REPLACED.has(step["op"])) return [LEFT_OVER];
  if (action === "rotate") return rotationReasons(step);
  if (action === "update" || IMPORTS.has(step["op"]))
    return isRecord(step["oldState"]) ? changedInputs(step) : [];
  const names = [step["replaceReasons"], step["keys"]].find(Array.isArray) as unknown[] | undefined;
  return (names ?? []).flatMap((name) => textOf(name) ?? []).map((name) => singleLine(reasonFor(name, step)));
}

/** That the time of a token is over says less than since when it is. */
function reasonFor(name: string, step: Json): string {
  const rotateAt = textOf(record(oldOf(step)["outputs"])["rotateAt"]);
  return name === "rotateAt" && rotateAt !== undefined ? `due since ${rotateAt}` : name;
}

/** Inputs of a rotating token whose change makes a new one. */
const ROTATING_INPUTS: readonly string[] = [
  "org",
  "orgId",
  "user",
  "userId",
  "permissions",
  "keepers",
  "generation",
];

/** Why a rotating token rotates, which to the engine is a change in place like any other; empty where it does not. */
function rotationReasons(step: Json): string[] {
  if (!typesOf(step).some((type) => tokenKindOf(type)?.isRotating === true)) return [];
  const now = record(step["newState"]);
  const changed = changedInputs(step);
  const outputs = record(oldOf(step)["outputs"]);
  const schedule = scheduleOf({ ...recordedInputs(oldOf(step)), rotateAt: outputs["rotateAt"] });
  const { authorizationId, __missing: missing, __unusable: unusable } = outputs;
  return [
    ...changed.filter((name) => ROTATING_INPUTS.includes(name)),
    ...(isDue(schedule, scheduleOf(record(now["inputs"])), Date.now()) ? [reasonFor("rotateAt", step)] : []),
    ...(authorizationId === undefined ? ["the newest token is gone"] : []),
    ...(missing === "organization" || missing === "owner" ? [`its ${missing} was deleted`] : []),
    ...(unusable === true ? ["the newest token is not as asked for"] : []),
  ];
}

function scheduleOf(values: Json): { rotateAfter?: string; rotateAt?: string } {
  const [after, rotateAt] = [textOf(values["rotateAfter"]), textOf(values["rotateAt"])];
  const rotateAfter = after === UNKNOWN_TEXT ? UNKNOWN : after;
  return { ...(rotateAfter !== undefined && { rotateAfter }), ...(rotateAt !== undefined && { rotateAt }) };
}

/** Only the names: a value may be a credential. A secret shows no change: it takes a native provider to tell that. */
function changedInputs(step: Json): string[] {
  const [old, now] = [record(oldOf(step)["inputs"]), record(record(step["newState"])["inputs"])];
  const told = [step["diffReasons"], step["diffs"]].find(Array.isArray) as unknown[] | undefined;
  const isTold = (name: string): boolean => told?.includes(name) === true;
  // An import has none of what a check adds, and neither has what was not checked: that is no change.
  const isComparable = (name: string): boolean =>
    !COMPUTED_NAMES.includes(name) || (old[name] !== undefined && now[name] !== undefined);
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .filter((name) => !name.startsWith("__") && isComparable(name))
    .filter((name) => isTold(name) || JSON.stringify(old[name]) !== JSON.stringify(now[name]))
    .map(singleLine)
    .sort();
}

/** What becomes of a token that the engine ends. */
function ending(
  step: Json,
  before: TokenSnapshot,
  deletedUrns: ReadonlySet<string | undefined>,
): Pick<TokenStep, "action" | "reasons" | "before"> {
  const reason = retainReason(step, deletedUrns);
  if (reason === undefined) return { action: "delete", reasons: [LEFT_OVER], before };
  const left = reason === DEACTIVATES ? inactive(before) : before;
  return { action: "leave", reasons: [reason], before: left };
}

/** The input by which the provider switches a token off in place of deleting it. */
const DEACTIVATES = "deactivateOnDelete";

/** Why the old token stays on the server; `undefined` where it does not. */
function retainReason(step: Json, deletedUrns: ReadonlySet<string | undefined>): string | undefined {
  const { retainOnDelete, deletedWith } = oldOf(step);
  if (retainOnDelete === true) return "retainOnDelete";
  const owner = textOf(deletedWith) ?? "";
  if (owner !== "" && deletedUrns.has(owner)) return "deletedWith";
  // The provider goes by what is recorded, which holds it only where it is true, if need be as a secret.
  return (recordedInputs(oldOf(step))[DEACTIVATES] ?? false) === false ? undefined : DEACTIVATES;
}

function inactive(snapshot: TokenSnapshot): TokenSnapshot {
  return { ...snapshot, known: { ...snapshot.known, status: "inactive" } };
}

function oldOf(step: Json): Json {
  return record(step["oldState"]);
}
