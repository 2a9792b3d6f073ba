import { TOKEN_TYPE } from "../provider/pulumiHost/stub";
import { singleLine } from "../provider/text";
import { isRecord, type Json, record } from "./json";
import { snapshotOf, textOf, type TokenSnapshot } from "./snapshot";

/** What becomes of a token. `leave`: Pulumi forgets it, and it works on. `skip`: it is not made by this run. */
export type TokenAction = "replace" | "create" | "delete" | "leave" | "update" | "unknown" | "skip" | "same";

/** What happens to one token. */
export interface TokenStep {
  readonly urn: string;
  readonly action: TokenAction;
  /** Properties that force the replacement, or that change in place. */
  readonly reasons: readonly string[];
  readonly before?: TokenSnapshot;
  readonly after?: TokenSnapshot;
  /** Why it cannot be told what becomes of the token. */
  readonly problems?: readonly string[];
}

/** What each step of the engine makes of a token. */
const ACTIONS: ReadonlyMap<unknown, TokenAction> = new Map<unknown, TokenAction>([
  ["create", "create"],
  ["import", "create"],
  ["replace", "replace"],
  ["create-replacement", "replace"],
  ["read-replacement", "replace"],
  ["import-replacement", "replace"],
  ["update", "update"],
  ["delete", "delete"],
  ["same", "same"],
  ["read", "same"],
  // One that was only read is not Pulumi's to delete.
  ["discard", "leave"],
]);

/** The second half of a replacement, and what is left of an interrupted one. */
const HALVES: ReadonlySet<unknown> = new Set(["delete-replaced", "discard-replaced"]);

/** Steps that say nothing of what becomes of a token: another one does. */
const SILENT: ReadonlySet<unknown> = new Set(["refresh", "diff"]);

/** Deleted already, and forgotten now. */
const FORGOTTEN = "remove-pending-replace";

/** Where the engine deletes one of these, it leaves out what goes with it. */
const DELETING: ReadonlySet<unknown> = new Set([
  "delete",
  "delete-replaced",
  "replace",
  "create-replacement",
]);

/** Why a token goes that nothing replaces in this run. */
export const LEFT_OVER = "left by an interrupted replacement";

/** Whether a step or a resource of a state is a token's, wherever it stands in a component. */
export function isToken(step: Json): boolean {
  const sides = [step, step["oldState"], step["newState"], step["old"], step["new"]].map(record);
  const [, , types = ""] = (textOf(step["urn"]) ?? "").split("::");
  return types.split("$").at(-1) === TOKEN_TYPE || sides.some(({ type }) => type === TOKEN_TYPE);
}

/** What becomes of each token. The engine may tell of one in several steps. */
export function stepsOf(raw: readonly Json[]): TokenStep[] {
  const goners = new Set(raw.filter(({ op }) => DELETING.has(op)).map(({ urn }) => textOf(urn)));
  const byUrn = new Map<string, Json[]>();
  for (const step of raw.filter(isToken)) {
    const urn = textOf(step["urn"]) ?? "";
    const steps = byUrn.get(urn);
    if (steps === undefined) byUrn.set(urn, [step]);
    else steps.push(step);
  }
  return [...byUrn].flatMap(([urn, steps]) => tokenSteps(urn, steps, goners));
}

function tokenSteps(
  urn: string,
  steps: readonly Json[],
  goners: ReadonlySet<string | undefined>,
): TokenStep[] {
  const current = steps.filter(({ op }) => op !== FORGOTTEN);
  const main = mainStep(urn, current);
  if (main === undefined) return [];
  const halves = current.filter((step) => step !== main.raw && isOldHalf(step, main.raw));
  const left = halves.map((step): TokenStep => {
    const before = snapshotOf(oldOf(step), false);
    const why = whyLeft(step, goners);
    if (why !== undefined) return { urn, action: "leave", reasons: [why], before };
    return { urn, action: "delete", reasons: [LEFT_OVER], before };
  });
  const { step } = main;
  const others = current.filter((each) => !halves.includes(each));
  const why = others.map((each) => whyLeft(each, goners)).find((reason) => reason !== undefined);
  if (why === undefined || step.before === undefined) return [step, ...left];
  const leave: TokenStep = { urn, action: "leave", reasons: [why], before: step.before };
  if (step.action === "delete") return [{ ...step, ...leave }, ...left];
  return step.action === "replace" ? [step, leave, ...left] : [step, ...left];
}

/** Whether the step deletes what an interrupted replacement left, and not the token that this one replaces or deletes. */
function isOldHalf(step: Json, main: Json): boolean {
  const old = oldOf(step);
  const deletes = HALVES.has(step["op"]) || step["op"] === "delete";
  if (!deletes || old["delete"] !== true) return false;
  // While a token is replaced, the engine marks the one that is to go, too.
  return actionOf(main) !== "replace" || old["id"] !== oldOf(main)["id"];
}

/** Steps that leave a token there, or make it, and that no refresh gives. */
const STAYING: ReadonlySet<TokenAction | undefined> = new Set(["same", "create", "replace"] as const);

/** The last step counts: a refresh tells of its finding before the plan is made. What stays is not deleted as a whole. */
function mainStep(urn: string, steps: readonly Json[]): { raw: Json; step: TokenStep } | undefined {
  const strange = steps.filter(({ op }) => !ACTIONS.has(op) && !HALVES.has(op) && !SILENT.has(op));
  const problems = strange.map(
    ({ op }) => `it does not know the step ${JSON.stringify(singleLine(textOf(op) ?? ""))} of the engine`,
  );
  const plans = steps.filter(({ op }) => ACTIONS.has(op));
  const last = plans.at(-1) ?? steps.at(-1);
  const staying = plans.filter(({ op }) => STAYING.has(ACTIONS.get(op))).at(-1);
  const step = last?.["op"] === "delete" ? (staying ?? last) : last;
  if (step === undefined) return undefined;
  const [before, after] = [step["oldState"] ?? step["old"], step["newState"] ?? step["new"]];
  const action = actionOf(step);
  if (action === "unknown" && strange.length === 0) {
    problems.push("the preview does not say what becomes of it: it only compares it with the server");
  }
  const isGoing = action === "delete" || action === "leave";
  if (!isGoing && !isRecord(after)) problems.push("the preview does not say what it will be");
  const told: TokenStep = {
    urn,
    action,
    reasons: reasonsOf(step, action),
    ...(isRecord(before) && { before: snapshotOf(before, false) }),
    ...(isRecord(after) && !isGoing && { after: planned(after, isRecord(before) ? before : {}) }),
    ...(problems.length > 0 && { problems }),
  };
  return { raw: step, step: told };
}

/** Inputs that ask for nothing, since changes are ignored, leave what a refresh found. */
function planned(after: Json, before: Json): TokenSnapshot {
  const { __granted: found } = record(before["outputs"]);
  const outputs = { ...(found !== undefined && { __granted: found }), ...record(after["outputs"]) };
  const { orgId, userId } = record(before["outputs"]);
  return snapshotOf({ ...after, outputs: { orgId, userId, ...outputs } }, true);
}

function actionOf(step: Json): TokenAction {
  // With the other half missing, only what is to go is known.
  if (HALVES.has(step["op"])) return oldOf(step)["delete"] === true ? "delete" : "replace";
  const action = ACTIONS.get(step["op"]) ?? "unknown";
  return action === "same" && isSkipped(step) ? "skip" : action;
}

/** The engine tells of a new resource that is no target as if it were there, but for its id. */
function isSkipped(step: Json): boolean {
  const { id, custom } = oldOf(step);
  return custom === true && (id === undefined || id === "") && step["op"] === "same";
}

function reasonsOf(step: Json, action: TokenAction): string[] {
  if (action === "skip") return ["no target of this run"];
  if (action === "delete" && HALVES.has(step["op"])) return [LEFT_OVER];
  if (action === "leave") return ["only read"];
  if (action === "update")
    return changedInputs(record(step["oldState"] ?? step["old"]), record(step["newState"] ?? step["new"]));
  const told = [step["replaceReasons"], step["keys"]].find(Array.isArray) as unknown[] | undefined;
  return (told ?? []).flatMap((name) => textOf(name) ?? []).map(singleLine);
}

/** Only the names: a value may be a credential. */
function changedInputs(before: Json, after: Json): string[] {
  const [old, now] = [record(before["inputs"]), record(after["inputs"])];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .filter((name) => !name.startsWith("__") && JSON.stringify(old[name]) !== JSON.stringify(now[name]))
    .map(singleLine)
    .sort();
}

/** Why the engine leaves the old token on the server; `undefined` where it does not. */
function whyLeft(step: Json, goners: ReadonlySet<string | undefined>): string | undefined {
  const { retainOnDelete, deletedWith, external } = oldOf(step);
  if (retainOnDelete === true) return "retainOnDelete";
  if (external === true) return "only read";
  const other = textOf(deletedWith) ?? "";
  return other !== "" && goners.has(other) ? "deletedWith" : undefined;
}

function oldOf(step: Json): Json {
  return record(step["oldState"] ?? step["old"]);
}
