import { isRecord } from "../provider/json";
import { type Json, record } from "./json";

/** A resource that was only read, and that the stack now has one of its own in place of, as the engine says it. */
const BECOMES_OWN: ReadonlyMap<unknown, string> = new Map([
  ["create-replacement", "create"],
  ["import-replacement", "import"],
]);

/**
 * The steps of one resource without what the program only reads (`get`): nothing makes, changes or deletes that, and no
 * preview tells what it may do. Where a resource of the stack's own comes after it, that is made; where it comes after one
 * of the stack's own, that is deleted.
 */
export function withoutReads(steps: readonly Json[]): Json[] {
  const relinquished = steps
    .filter(({ op }) => op === "read-replacement")
    .map(({ oldState }) => record(oldState)["id"]);
  return steps.flatMap((step): Json[] => {
    const { op, oldState, newState } = step;
    const [wasRead, isRead] = [isExternal(oldState), isExternal(newState)];
    if (isRead && (wasRead || !isRecord(oldState))) return [];
    // The engine says in several steps that one takes the place of another.
    if (op === "replace" && (wasRead || isRead)) return [];
    if (op === "delete-replaced" && relinquished.includes(record(oldState)["id"])) return [];
    if (wasRead && !isRecord(newState)) return [];
    const own = BECOMES_OWN.get(op);
    if (wasRead && own !== undefined)
      return [{ ...step, op: own, oldState: undefined, keys: [], replaceReasons: [] }];
    if (isRead && op === "read-replacement") return [{ ...step, op: "delete", newState: undefined }];
    return [step];
  });
}

function isExternal(side: unknown): boolean {
  return record(side)["external"] === true;
}
