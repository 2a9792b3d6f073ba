/** What a preview shows of a change: which properties, and which of them ask for a new token. Pure. */
import { sameJson } from "../provider/json";
import { PERMISSION_INPUTS } from "../provider/permissions/expand";
import { PROVIDER_KEY } from "../provider/pulumiHost/wireValues";
import type { Change } from "../provider/token/changes";
import { COMPUTED_NAMES } from "../provider/token/inputs";
import type { Properties } from "./wire";

/** How one property differs. */
export interface PropertyDiff {
  readonly kind: "ADD" | "ADD_REPLACE" | "DELETE" | "DELETE_REPLACE" | "UPDATE" | "UPDATE_REPLACE";
  /** Whether inputs are compared, or the state with what is declared. */
  readonly inputDiff: boolean;
}

/**
 * By property. The engine shows what differs within one by itself.
 *
 * @param olds inputs as they were checked the last time; after an import without those that `check` adds.
 * @param news checked inputs.
 * @param outputs of the state. All without marks of secrets.
 */
export function detailedDiff(
  olds: Properties,
  news: Properties,
  outputs: Properties,
  { replaces, reasons = replaces }: Change,
): Map<string, PropertyDiff> {
  // Beside another reason permissions are none of their own, but it takes a new token for them all the same.
  const isReplacing = (name: string): boolean =>
    replaces.includes(name) ||
    (replaces.length > 0 && (name === "permissions" || PERMISSION_INPUTS.includes(name)));
  const diffs = new Map<string, PropertyDiff>();
  for (const name of new Set([...Object.keys(news), ...Object.keys(olds)])) {
    const isOneSided = !(name in olds) || !(name in news);
    const isMoved = name === "host" && name in news && news[name] !== outputs[name];
    if (name === PROVIDER_KEY || (COMPUTED_NAMES.includes(name) && isOneSided && !isMoved)) continue;
    if (sameJson(olds[name], news[name])) continue;
    const kind = !(name in olds) ? "ADD" : name in news ? "UPDATE" : "DELETE";
    diffs.set(name, { kind: isReplacing(name) ? `${kind}_REPLACE` : kind, inputDiff: true });
  }
  // What no input says: a value that was lost, a time that is over, permissions that the server has no longer.
  for (const name of reasons.filter((each) => !diffs.has(each))) {
    diffs.set(name, { kind: replaces.includes(name) ? "UPDATE_REPLACE" : "UPDATE", inputDiff: false });
  }
  return diffs;
}
