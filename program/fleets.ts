import { memberNameProblem, memberProperty, readMembers, MEMBER } from "../provider/fleet/memberNames";
import { checkShard, WHOLE_FLEET } from "../provider/fleet/shardInputs";
import { isLeftOut, isRecord, kindOf } from "../provider/json";
import { nearestName } from "../provider/nearestName";
import { printable, quoted } from "../provider/text";
import { type Failure, OPEN_CONTEXT } from "../provider/token/inputs";
import { readMemberFiles } from "./memberFiles";
import type { Report, Search } from "./places";

/** What a fleet is declared by, in the stack config and in files. */
export const FLEET_KEYS = ["each", "members", "membersFrom", "keepOldFor", "connection"] as const;

/** A fleet as it is declared, not checked yet. */
export interface FleetSource {
  readonly name: string;
  readonly declared: Readonly<Record<string, unknown>>;
  /** Where a property is, such as `each.readTasks`; all of it for an empty one. */
  readonly at: (property: string) => string;
}

/** A fleet that can be made, as far as is known without the server. */
export interface Fleet {
  readonly name: string;
  readonly each: Readonly<Record<string, unknown>>;
  readonly members: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly keepOldFor?: unknown;
  readonly connection?: unknown;
}

/**
 * Reads a fleet, with the members of its files. All is checked as in a preview, for only here it is known where it
 * stands.
 *
 * @returns the fleet, `undefined` where there is a problem, and the files that were read.
 */
export function readFleet(
  { name, declared, at }: FleetSource,
  search: Omit<Search, "extensions">,
  report: Report,
): { fleet?: Fleet; files: string[] } {
  const wrong: string[] = [];
  const problem: Report = (where, what) => {
    wrong.push(where);
    report(where, what);
  };
  const { each, members: own, membersFrom, ...rest } = declared;
  for (const key of Object.keys(declared)) {
    if (!(FLEET_KEYS as readonly string[]).includes(key)) problem(at(key), unknownKey(key));
  }
  if (!isRecord(each))
    problem(at(isLeftOut(each) ? "" : "each"), "each must hold the inputs of every member's token");
  if (isLeftOut(own) && isLeftOut(membersFrom))
    problem(at(""), "members or membersFrom must name the members");

  const { members, places, files } = membersOf({ name, declared, at }, search, problem);
  if (wrong.length > 0 || !isRecord(each)) return { files };
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => !isLeftOut(value)));
  const fleet = { name, each, members: Object.fromEntries(members), ...given };
  for (const { property, reason, member } of checkFleet(fleet)) {
    const place = places.get(member);
    const text = reason.replace(/^(?:each|members\[".*?"\]): /, "");
    if (place === undefined) problem(at(property), text);
    else problem(place, `${printable(member, 100)}${property.slice(memberProperty(member).length)}: ${text}`);
  }
  return wrong.length > 0 ? { files } : { fleet, files };
}

/** All members of a fleet, and where those of its files are. */
function membersOf(
  { declared: { members: given, membersFrom }, at }: FleetSource,
  search: Omit<Search, "extensions">,
  problem: Report,
): { members: Map<string, Readonly<Record<string, unknown>>>; places: Map<string, string>; files: string[] } {
  const { members: own, failures } = readMembers(given ?? []);
  for (const { property, reason } of failures) problem(at(property), reason);
  const members = new Map(own);
  const places = new Map<string, string>();
  const { members: further, files } = readMemberFiles(pathsOf(membersFrom, at, problem), search, problem);
  for (const { name, inputs, at: place } of further) {
    const reason = memberNameProblem(name);
    if (reason !== undefined) problem(place, `the name ${quoted(name, 100)} ${reason}`);
    else if (members.has(name))
      problem(place, `${printable(name, 100)} is also in ${places.get(name) ?? at(memberProperty(name))}`);
    else {
      members.set(name, inputs);
      places.set(name, place);
    }
  }
  return { members, places, files };
}

function unknownKey(key: string): string {
  const nearest = nearestName(key, FLEET_KEYS);
  const hint = nearest === undefined ? `it holds ${FLEET_KEYS.join(", ")}` : `did you mean ${nearest}?`;
  return `${printable(key)} is not known of a fleet: ${hint}`;
}

function pathsOf(given: unknown, at: FleetSource["at"], problem: Report): string[] {
  if (isLeftOut(given)) return [];
  const paths: unknown[] = Array.isArray(given) ? given : [given];
  const texts = paths.filter((path): path is string => typeof path === "string" && path !== "");
  if (texts.length < paths.length || texts.length === 0) {
    const found = Array.isArray(given) ? "a list with something else" : kindOf(given);
    problem(
      at("membersFrom"),
      `membersFrom must be the path of a file or a folder, or a list of such, not ${given === "" ? "empty" : found}`,
    );
  }
  return texts;
}

/** What is wrong with a fleet, and with which member. The same in several members is told of each. */
function checkFleet({ each, members, keepOldFor, connection }: Fleet): (Failure & { member: string })[] {
  const described = { ...each, description: each["description"] ?? MEMBER };
  // Members that differ in their descriptions only are checked as one.
  const checked = Object.fromEntries(
    Object.entries(members).map(([name, own]) => {
      const { description } = own;
      const isTemplate = typeof description === "string" && description.includes(MEMBER);
      return [name, isTemplate ? { ...own, description: MEMBER } : own];
    }),
  );
  const raw = { shard: WHOLE_FLEET, each: described, members: checked, keepOldFor, connection };
  const { failures } = checkShard(raw, {}, OPEN_CONTEXT);
  if (failures.length === 0) return [];
  const names = new Map(Object.keys(members).map((name) => [memberProperty(name), name]));
  const alike = new Map<string, string[]>();
  for (const [name, own] of Object.entries(checked)) {
    const key = JSON.stringify(own);
    const others = alike.get(key);
    if (others === undefined) alike.set(key, [name]);
    else others.push(name);
  }
  return failures.flatMap(({ property, reason }) => {
    const [top = ""] = /^members\[".*?"\](?=\.|$)/.exec(property) ?? [];
    const first = names.get(top);
    if (first === undefined) return [{ property, reason, member: "" }];
    const all = alike.get(JSON.stringify(checked[first])) ?? [];
    return all.map((member) => ({
      property: memberProperty(member) + property.slice(top.length),
      reason: reason.replace(top, memberProperty(member)),
      member,
    }));
  });
}
