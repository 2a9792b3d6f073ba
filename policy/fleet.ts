import { MEMBER } from "../provider/fleet/memberNames";
import { asksForNothing } from "../provider/fleet/shardInputs";
import { EXTRA, PERMISSION_INPUTS } from "../provider/permissions/expand";
import { singleLine } from "../provider/text";
import { type Props, valueOrError } from "./token";

/** What is wrong with the members of a shard. */
export interface Verdict {
  /** Of what all members have: the same in each shard of the fleet. */
  readonly shared: readonly string[];
  /** Of single members, which are named. */
  readonly own: readonly string[];
  /** What the policy host threw at the first value that is not known. */
  readonly unknown?: Error;
}

/** Members that a message names. */
const MAX_NAMED = 5;

const UNREADABLE = "its members cannot be read, so nobody can judge them";

/** Members that are judged as one. */
interface Group {
  readonly names: string[];
  /** Whether they have inputs of their own. */
  readonly isOwn: boolean;
  readonly props: Props;
}

/**
 * Judges the members of a shard as tokens, by what `each` and their own inputs are together. Members that can only be alike
 * are judged as one.
 *
 * @param isOfText whether a text is judged, in which the member's name may stand.
 * @param judge says what is wrong with a token, or nothing. It may throw what the policy host throws.
 */
export function judgeShard(
  props: Props,
  isOfText: boolean,
  judge: (token: Props) => string | undefined,
): Verdict {
  const members = valueOrError(() => props["members"]);
  const each = valueOrError(() => props["each"]);
  if (!isObject(each) && !(each instanceof Error)) return { shared: [UNREADABLE], own: [] };
  if (!isObject(members)) return { shared: [UNREADABLE], own: [] };

  const groups = members instanceof Error ? [all(props)] : groupsOf(props, members, isOfText);
  const results = groups.map((group) => ({ group, result: valueOrError(() => judge(group.props)) }));
  const unknown = [members, ...results.map(({ result }) => result)].find((one) => one instanceof Error);
  const shared: string[] = [];
  const own: string[] = [];
  for (const problem of new Set(results.map(({ result }) => result))) {
    if (typeof problem !== "string") continue;
    const failed = results.filter(({ result }) => result === problem).map(({ group }) => group);
    const isShared =
      groups.some(({ isOwn }) => !isOwn) && groups.every((one) => one.isOwn || failed.includes(one));
    if (isShared) shared.push(`each: ${problem}`);
    const names = failed.filter(({ isOwn }) => isOwn || !isShared).flatMap((group) => group.names);
    if (names.length > 0) own.push(`${listed(names)}: ${problem}`);
  }
  return { shared, own, ...(unknown instanceof Error && { unknown }) };
}

/** What every member has where it has nothing of its own. */
function all(props: Props): Group {
  return { names: [], isOwn: false, props: memberOf(props) };
}

function groupsOf(props: Props, members: Props, isOfText: boolean): Group[] {
  const isEachNaming = isNaming(valueOrError(() => props["each"]));
  const groups = new Map<string, Group>();
  for (const name of Object.keys(members)) {
    const own = valueOrError(() => members[name]);
    const isOwn = !isObject(own) || Object.keys(own).length > 0;
    const text = valueOrError(() => JSON.stringify(own));
    const isAlike = typeof text === "string" && !isOfText && !isEachNaming && !isNaming(own);
    const key = isAlike ? `alike ${text}` : `named ${name}`;
    const group = groups.get(key) ?? { names: [], isOwn, props: memberOf(props, name) };
    group.names.push(name);
    groups.set(key, group);
  }
  return groups.size === 0 ? [all(props)] : [...groups.values()];
}

/** Whether the member's name says what may be done. The name of a bucket does not: whichever it is, it is one bucket. */
function isNaming(inputs: unknown): boolean {
  const extra = isObject(inputs) ? valueOrError(() => inputs[EXTRA]) : undefined;
  return isObject(extra) && Object.keys(extra).some((key) => key.includes(MEMBER));
}

/** The inputs of a member, each read when it is asked for: then the policy host says that one is not known. */
function memberOf(props: Props, name?: string): Props {
  const own = (): unknown => (name === undefined ? undefined : (props["members"] as Props)[name]);
  return new Proxy<Record<string, unknown>>(
    {},
    {
      get(_, input) {
        if (typeof input !== "string") return undefined;
        const [given, each] = [own(), props["each"] as Props];
        const has = (key: string): boolean => isObject(given) && key in given && !asksForNothing(given[key]);
        // What a refresh found in place of what was asked for, where changes are ignored: no input says what that is.
        if (has("permissions") && PERMISSION_INPUTS.includes(input)) return undefined;
        if (input === "permissions") return props[input];
        const value = isObject(given) && input in given ? orNothing(given[input]) : each[input];
        return name === undefined ? value : named(value, name, input);
      },
    },
  );
}

function orNothing(value: unknown): unknown {
  return asksForNothing(value) ? undefined : value;
}

/** The value with the name of the member in it. */
function named(value: unknown, name: string, input: string): unknown {
  if (typeof value === "string") return value.replaceAll(MEMBER, name);
  if (input !== EXTRA || !isObject(value)) return value;
  const filled: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    Object.defineProperty(filled, key.replaceAll(MEMBER, name), { enumerable: true, get: () => value[key] });
  }
  return filled;
}

function listed(names: readonly string[]): string {
  const more = names.length - MAX_NAMED;
  const shown = names.slice(0, MAX_NAMED).map(singleLine).join(", ");
  return `${names.length === 1 ? "member" : "members"} ${shown}${more > 0 ? ` and ${more} more` : ""}`;
}

function isObject(value: unknown): value is Props {
  return typeof value === "object" && value !== null;
}
