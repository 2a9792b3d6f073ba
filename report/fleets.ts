import { forMember } from "../provider/fleet/memberNames";
import { merged } from "../provider/fleet/shardInputs";
import { PERMISSION_INPUTS } from "../provider/permissions/expand";
import { singleLine } from "../provider/text";
import { isShardType } from "../provider/tokenTypes";
import type { Json } from "./json";
import type { Shard } from "./shard";
import { snapshotOf, type TokenSnapshot } from "./snapshot";
import type { FleetPart, TokenAction, TokenStep } from "./tokenStep";

/** The reason where the engine updates a shard of which no input changes. */
export const UNTOLD = "something that no input tells, such as a rotation that is due";

/** Inputs whose change makes a new token, beside permissions. */
const REPLACING: readonly string[] = ["org", "orgId", "user", "userId", "keepers"];

/** Inputs by which members are told apart: whoever reads the report looks for what they may do. */
const JUDGED: readonly string[] = [...PERMISSION_INPUTS, "permissions", "acknowledge"];

/** Inputs of a shard that say what each member is. */
const OF_MEMBERS: readonly string[] = ["each", "members", "permissions", "memberPermissions", "shard"];

/** Actions after which members are compared with what they were. */
const COMPARED: ReadonlySet<TokenAction> = new Set([
  "create",
  "update",
  "rotate",
  "replace",
  "same",
] as const);

/** `device-9` comes before `device-10`. */
const { compare } = new Intl.Collator("en", { numeric: true });

/** Tokens, with one step for the members of each fleet that share their permissions, in place of one for each shard. */
export function fleetSteps(
  steps: readonly TokenStep[],
  source: "preview" | "state" = "preview",
): TokenStep[] {
  const fleets = new Map<string, TokenStep[]>();
  for (const step of steps.filter(isShard)) {
    const urn = fleetUrn(step);
    fleets.set(urn, [...(fleets.get(urn) ?? []), step]);
  }
  const others = steps.filter((step) => !isShard(step));
  return [...others, ...[...fleets].flatMap(([urn, shards]) => new Fleet(urn, shards, source).rows())];
}

function isShard({ urn, before, after }: TokenStep): boolean {
  const [, , types = ""] = urn.split("::");
  return [before, after].some((side) => side?.shard !== undefined) || isShardType(types.split("$").at(-1));
}

/** The component's, or what comes next to it. */
function fleetUrn({ urn, before, after }: TokenStep): string {
  return (after ?? before)?.shard?.parent ?? urn.replace(/-\d\d$/, "");
}

/** One side of a member: its inputs as they are together. */
interface Side {
  readonly number: number;
  readonly inputs: Json;
  /** What it may do and what is acknowledged, as a text to compare. */
  readonly key: string;
  /** Whether that is another than the fleet's. */
  readonly isOwn: boolean;
}

/** What becomes of the token of a member. */
interface Fate {
  readonly kind: "added" | "removed" | "replaced" | "patched" | "untold" | "missing" | "same";
  /** Inputs that change. */
  readonly reasons: readonly string[];
}

type Entry = Fate & { readonly name: string; readonly before?: Side; readonly after?: Side };

/** One fleet of a stack, in as many rows as its members have different permissions. */
class Fleet {
  private readonly name: string;
  private readonly sides = new Map<string, Side>();
  private readonly fates = new Map<string, Fate>();
  private readonly held = new Map<string, string>();

  constructor(
    private readonly urn: string,
    private readonly shards: readonly TokenStep[],
    private readonly source: "preview" | "state",
  ) {
    this.name = urn.split("::").slice(3).join("::");
  }

  rows(): TokenStep[] {
    const problems = [...new Set(this.shards.flatMap(problemsOf))];
    const isCompared = (step: TokenStep): boolean =>
      this.source === "preview" &&
      ((COMPARED.has(step.action) && (step.action !== "create" || step.after !== undefined)) ||
        (step.action === "delete" && step.reasons.length === 0));
    const apart = new Map<string, TokenStep[]>();
    for (const step of this.shards.filter((each) => !isCompared(each))) {
      const key = JSON.stringify([step.action, step.reasons]);
      apart.set(key, [...(apart.get(key) ?? []), step]);
    }
    return [
      ...this.comparedRows(this.shards.filter(isCompared)),
      ...[...apart.values()].flatMap((steps) => this.rowsApart(steps)),
    ].map((row) => (problems.length > 0 ? { ...row, problems } : row));
  }

  /** Of shards that the engine changes, or not. */
  private comparedRows(steps: readonly TokenStep[]): TokenStep[] {
    if (steps.length === 0) return [];
    const shared = [...new Set(steps.flatMap(sharedReasons))];
    const groups = grouped(steps.flatMap((step) => this.compare(step)));
    const keep = keepsOld(steps);
    const rows = groups.map((entries) => this.row(entries, shared, keep));
    // Of a fleet that cannot be read, too, something has to be told.
    return rows.length > 0 ? rows : [this.unreadable(steps)];
  }

  private compare(step: TokenStep): Entry[] {
    const { action, before } = step;
    const old = before?.shard;
    const now = action === "delete" ? undefined : (step.after?.shard ?? old);
    const had = old === undefined ? new Set<string>() : (old.made ?? new Set(old.members.keys()));
    const names = new Set([...had, ...(now?.members.keys() ?? [])]);
    const entries = [...names].map((name): Entry => {
      const was = old !== undefined && had.has(name) ? this.sideOf(old, name) : undefined;
      const is = now?.members.has(name) === true ? this.sideOf(now, name) : undefined;
      const fate = this.fateOf(was, is, action);
      return { name, ...fate, ...(was && { before: was }), ...(is && { after: is }) };
    });
    const isUntold =
      action === "update" && sharedReasons(step).length === 0 && entries.every(({ kind }) => kind === "same");
    return isUntold ? entries.map((entry) => ({ ...entry, kind: "untold" })) : entries;
  }

  private fateOf(was: Side | undefined, is: Side | undefined, action: TokenAction): Fate {
    if (was === undefined) return { kind: "added", reasons: [] };
    if (is === undefined) return { kind: "removed", reasons: [] };
    if (action === "replace") return { kind: "replaced", reasons: [] };
    if (was === is) return { kind: "same", reasons: [] };
    const key = `${was.number} ${is.number}`;
    const known = this.fates.get(key);
    if (known !== undefined) return known;
    const names = [...new Set([...Object.keys(was.inputs), ...Object.keys(is.inputs)])];
    const changed = names.filter(
      (name) =>
        // The address is the shard's, and no member's own.
        name !== "host" &&
        !PERMISSION_INPUTS.includes(name) &&
        JSON.stringify(was.inputs[name]) !== JSON.stringify(is.inputs[name]),
    );
    const granted = this.grantsSame(was, is) ? [] : ["permissions"];
    const reasons = [...new Set([...changed.map(singleLine), ...granted])];
    const isReplaced = reasons.some((name) => REPLACING.includes(name) || name === "permissions");
    const fate: Fate = { kind: isReplaced ? "replaced" : reasons.length > 0 ? "patched" : "same", reasons };
    this.fates.set(key, fate);
    return fate;
  }

  /** Whether both ask for the same permissions, as values. What is not known counts as others. */
  private grantsSame(was: Side, is: Side): boolean {
    return was.key === is.key || this.heldBy(was) === this.heldBy(is);
  }

  private heldBy({ key, inputs }: Side): string {
    const known = this.held.get(key);
    if (known !== undefined) return known;
    const { held, unknownBuckets, unknownInputs } = snapshotOf({ inputs }, true);
    const texts = held.map((permission) => JSON.stringify(permission)).sort();
    const isKnown = unknownBuckets + unknownInputs.length === 0;
    const text = isKnown ? texts.join() : `not known: ${key}`;
    this.held.set(key, text);
    return text;
  }

  private sideOf(shard: Shard, name: string): Side {
    const own = shard.members.get(name) ?? {};
    const inputs = inputsOf(shard, own);
    const [key, common] = [judgedOf(inputs), judgedOf(shard.each)];
    const text = JSON.stringify([inputs, common]);
    const known = this.sides.get(text);
    if (known !== undefined) return known;
    const side = { number: this.sides.size, inputs, key, isOwn: key !== common };
    this.sides.set(text, side);
    return side;
  }

  private row(entries: readonly Entry[], shared: readonly string[], keep: string): TokenStep {
    const of = (kind: Fate["kind"]): string[] =>
      entries.filter((entry) => entry.kind === kind).map(({ name }) => name);
    const [added, removed, replaced, patched] = [of("added"), of("removed"), of("replaced"), of("patched")];
    const stay = entries
      .filter(({ kind }) => kind !== "removed")
      .map(({ name }) => name)
      .sort(compare);
    const untold = of("untold").length;
    const old = removed.length + replaced.length;
    const isLeft = keep === DEACTIVATES;
    const own = [...new Set(entries.flatMap(({ reasons }) => reasons))].sort();
    const action = ((): TokenAction => {
      if (stay.length === 0) return isLeft ? "leave" : "delete";
      if (added.length === entries.length) return "create";
      if (replaced.length === entries.length) return "replace";
      const isChanged = added.length + old + patched.length + untold + shared.length > 0;
      return isChanged ? "update" : "same";
    })();
    const part = { added, removed, replaced, patched, untold };
    if (stay.length === 0) {
      return this.stepOf(entries, action, isLeft ? [DEACTIVATES] : [], { ...part, members: removed });
    }
    const reasons = [
      ...own,
      ...(action === "create" ? [] : shared),
      ...(untold > 0 ? [UNTOLD] : []),
      ...(old > 0 ? [oldTokens(old, keep)] : []),
    ];
    return this.stepOf(entries, action, reasons, { ...part, members: stay });
  }

  /** Of shards that the engine leaves behind or skips, of what an interrupted run left, and of a state. */
  private rowsApart(steps: readonly TokenStep[]): TokenStep[] {
    const [{ action, reasons } = { action: "unknown" as const, reasons: [] }] = steps;
    const entries = steps.flatMap(({ before, after }): Entry[] => {
      const shard = (after ?? before)?.shard;
      if (shard === undefined) return [];
      const isMade = (name: string): boolean =>
        this.source === "preview" || action !== "same" || shard.made?.has(name) !== false;
      const names = new Set([
        ...shard.members.keys(),
        ...(this.source === "state" ? (shard.made ?? []) : []),
      ]);
      return [...names].map((name) => {
        const side = this.sideOf(shard, name);
        const where = after === undefined ? { before: side } : { after: side };
        return { name, kind: isMade(name) ? "same" : "missing", reasons: [], ...where };
      });
    });
    if (entries.length === 0) return [this.unreadable(steps)];
    const none = { added: [], removed: [], replaced: [], patched: [], untold: 0 };
    return grouped(entries).map((group) => {
      const missing = group.filter(({ kind }) => kind === "missing").length;
      const members = group
        .filter(({ kind }) => kind === "same")
        .map(({ name }) => name)
        .sort(compare);
      const more = missing > 0 ? [`${missing} without a token yet`] : [];
      return this.stepOf(group, action, [...reasons, ...more], { ...none, members });
    });
  }

  private unreadable(steps: readonly TokenStep[]): TokenStep {
    const [{ before, after, action } = { action: "unknown" as const }] = steps;
    const side = after ?? before;
    const inputs = side?.shard === undefined ? {} : inputsOf(side.shard, {});
    const snapshot = snapshotOf({ inputs }, after !== undefined);
    const part = { added: [], removed: [], replaced: [], patched: [], untold: 0, members: [] };
    return {
      urn: this.urn,
      action,
      reasons: [],
      ...(action === "delete" ? { before: snapshot } : { after: snapshot }),
      fleet: { name: this.name, isOwn: false, ...part },
    };
  }

  private stepOf(
    entries: readonly Entry[],
    action: TokenAction,
    reasons: readonly string[],
    part: Omit<FleetPart, "name" | "isOwn">,
  ): TokenStep {
    const isOwn = entries.every(({ before, after }) => before?.isOwn === true || after?.isOwn === true);
    // A row of many has what they have in common.
    const only = isOwn && entries.length === 1 ? entries[0]?.name : undefined;
    const snapshot = (side: "before" | "after"): TokenSnapshot | undefined => {
      const inputs = entries.find((entry) => entry[side] !== undefined)?.[side]?.inputs;
      if (inputs === undefined) return undefined;
      const named = only === undefined ? inputs : forMember(inputs, only);
      const left = reasons.includes(DEACTIVATES) && action === "leave" ? { status: "inactive" } : {};
      return snapshotOf({ inputs: { ...named, ...left } }, side === "after");
    };
    const [before, after] = [snapshot("before"), snapshot("after")];
    return {
      urn: this.urn,
      action,
      reasons,
      ...(before && { before }),
      ...(after && { after }),
      fleet: { name: this.name, isOwn, ...part },
    };
  }
}

/** What a refresh found a member may do, in place of what was asked for: a text that nothing reads back. */
const FOUND = "permissions";

/** The inputs of a member: its own ones take the place of those of `each`. */
function inputsOf({ each, host }: Shard, own: Json): Json {
  const inputs = Object.entries(merged(each, own));
  const told =
    own[FOUND] === undefined ? inputs : inputs.filter(([name]) => !PERMISSION_INPUTS.includes(name));
  // The order in which they are declared says nothing.
  told.sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...Object.fromEntries(told), ...(host !== undefined && { host }) };
}

/** What a member may do and what is acknowledged, as a text to compare. */
function judgedOf(inputs: Json): string {
  return JSON.stringify(JUDGED.map((name) => inputs[name] ?? null));
}

/** Members that may do the same before, and after. Who is new or goes is where the others are that are alike. */
function grouped(entries: readonly Entry[]): Entry[][] {
  const groups: { before?: string; after?: string; entries: Entry[] }[] = [];
  const size = ({ before, after }: Entry): number =>
    Number(before !== undefined) + Number(after !== undefined);
  const byKeys = new Map<string, (typeof groups)[number]>();
  for (const entry of [...entries].sort((a, b) => size(b) - size(a))) {
    const [before, after] = [entry.before?.key, entry.after?.key];
    const key = JSON.stringify([before ?? null, after ?? null]);
    const found =
      byKeys.get(key) ??
      groups.find((group) =>
        before === undefined ? group.after === after : after === undefined && group.before === before,
      );
    const group = found ?? {
      entries: [],
      ...(before !== undefined && { before }),
      ...(after !== undefined && { after }),
    };
    if (found === undefined) groups.push(group);
    byKeys.set(key, group);
    group.entries.push(entry);
  }
  return groups.map((group) => group.entries);
}

function problemsOf({ before, after, problems = [] }: TokenStep): string[] {
  const shard = (after ?? before)?.shard;
  return [...problems, ...(shard?.problems ?? ["its members are not known"])];
}

/** What changes for all members of a shard and is no input of theirs, such as `keepOldFor`. */
function sharedReasons({ reasons }: TokenStep): string[] {
  return reasons.filter((name) => !OF_MEMBERS.includes(name));
}

const DEACTIVATES = "deactivateOnDelete";

/** What the fleet does with tokens that are replaced or removed: an input, a duration, or nothing special. */
function keepsOld(steps: readonly TokenStep[]): string {
  const shards = steps.flatMap(({ before, after }) => (after ?? before)?.shard ?? []);
  if (shards.some(({ each }) => (each[DEACTIVATES] ?? false) !== false)) return DEACTIVATES;
  return shards.find(({ keepOldFor }) => keepOldFor !== undefined)?.keepOldFor ?? "";
}

function oldTokens(count: number, keep: string): string {
  const tokens = `${count} old ${count === 1 ? "token" : "tokens"}`;
  if (keep === DEACTIVATES) return `${tokens} left behind, inactive`;
  return keep === ""
    ? `${tokens} deleted at the end of the run`
    : `${tokens} valid for ${singleLine(keep)} more`;
}
