/** What a preview shows of a change of a fleet's parts: a line for each member that comes, goes or changes. Pure. */
import { isRecord, sameJson } from "../provider/json";
import type { PropertyDiff } from "./detailedDiff";
import type { Properties } from "./wire";

/** Inputs whose parts have lines of their own, and how a part is found. */
const PARTED: Readonly<Record<string, (name: string, part: string) => string>> = {
  each: (name, part) => `${name}.${part}`,
  members: memberPath,
  memberPermissions: memberPath,
};

/**
 * By path.
 *
 * @param olds checked inputs of the last time.
 * @param news checked inputs. Both without marks of secrets.
 * @param replaces inputs for which the resource is replaced.
 * @param renewed members that get a new token: where no input says why, these lines do.
 */
export function fleetDiff(
  olds: Properties,
  news: Properties,
  replaces: readonly string[],
  renewed: readonly string[],
): Map<string, PropertyDiff> {
  const diffs = new Map<string, PropertyDiff>();
  const compare = (path: string, name: string, [before, after]: readonly [unknown, unknown]): void => {
    if (sameJson(before, after)) return;
    const isOneSided = path !== name || !(name in olds && name in news);
    const kind = !isOneSided
      ? "UPDATE"
      : before === undefined
        ? "ADD"
        : after === undefined
          ? "DELETE"
          : "UPDATE";
    const isReplacing = replaces.includes(name);
    diffs.set(path, { kind: isReplacing ? `${kind}_REPLACE` : kind, inputDiff: true });
  };
  for (const name of new Set([...Object.keys(olds), ...Object.keys(news)])) {
    // What the engine hides, and what a dynamic resource had.
    if (name.startsWith("__")) continue;
    const [before, after] = [olds[name], news[name]];
    const pathOf = PARTED[name];
    if (pathOf === undefined || !isRecord(before) || !isRecord(after)) {
      compare(name, name, [before, after]);
      continue;
    }
    for (const part of new Set([...Object.keys(before), ...Object.keys(after)])) {
      compare(pathOf(name, part), name, [before[part], after[part]]);
    }
  }
  for (const name of replaces.filter((each) => !diffs.has(each))) {
    diffs.set(name, { kind: "UPDATE_REPLACE", inputDiff: true });
  }
  // A value that was lost, a time that is over.
  if (diffs.size === 0) {
    for (const name of renewed) diffs.set(memberPath("members", name), { kind: "UPDATE", inputDiff: true });
  }
  return diffs;
}

/** The engine's paths have no word for a name that ends with a backslash. */
function memberPath(input: string, member: string): string {
  return member.endsWith("\\") ? input : `${input}["${member.replaceAll('"', '\\"')}"]`;
}
