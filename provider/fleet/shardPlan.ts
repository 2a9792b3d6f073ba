import { sameJson } from "../json";
import { planChange } from "../token/changes";
import type { InfluxTokenInputs } from "../token/inputs";
import { intervalMs, isDue } from "../token/rotateAfter";
import { forMember, namesMember } from "./memberNames";
import { type OwnInputs, type ShardInputs, tokenInputsOf } from "./shardInputs";
import {
  isTemplated,
  type MemberToken,
  type RetiredToken,
  type Shard,
  type ShardState,
  stateOfMember,
} from "./shardState";

/** What has to happen to one member. */
export interface MemberStep {
  readonly name: string;
  /** `replace`: a new token is made, and the one before is retired. */
  readonly kind: "make" | "replace" | "change";
  readonly inputs: InfluxTokenInputs;
  /** Of the description, with `{member}`. */
  readonly template: string;
  readonly before?: MemberToken;
}

/** What has to happen for a shard to become what is declared. */
export interface ShardPlan {
  readonly steps: readonly MemberStep[];
  /** Members that are no longer declared. */
  readonly removed: readonly (readonly [string, MemberToken])[];
  /** Kept tokens whose time is over. */
  readonly due: readonly RetiredToken[];
  /** Whether the state has to change, with or without a token. */
  readonly changes: boolean;
}

/** When a plan is made: milliseconds since 1970, and whether anything counts as due. */
export interface PlanTime {
  readonly nowMs: number;
  readonly isRotationOff: boolean;
}

/** What members with the same spec and the same inputs have in common. */
interface Common {
  readonly inputs: InfluxTokenInputs;
  /** The same with another name in their texts. */
  readonly isTextOnly: boolean;
  readonly outcomes: Map<object | undefined, "same" | "change" | "replace">;
}

/** Compares what is with what is declared: values, by the rules for any token. Pure. */
export function planShard(
  shard: Shard,
  { permissions, memberPermissions, connection, host }: Partial<ShardState>,
  declared: ShardInputs,
  time: PlanTime,
): ShardPlan {
  const commons = new Map<string, Common>();
  const commonOf = (own: OwnInputs): Common => {
    const key = JSON.stringify(own);
    const known = commons.get(key);
    if (known !== undefined) return known;
    const inputs = without(tokenInputsOf(declared, own), ["connection"]);
    const isTextOnly = !namesMember(without(inputs, ["description", "permissions"]));
    const common = { inputs, isTextOnly, outcomes: new Map() };
    commons.set(key, common);
    return common;
  };
  const outcomeOf = (name: string, before: MemberToken, common: Common): "same" | "change" | "replace" => {
    if (isMemberDue(before, common.inputs, time)) return "replace";
    const { inputs, isTextOnly, outcomes } = common;
    const isShared = isTextOnly && isTemplated(before.spec) && before.token !== undefined;
    const known = isShared ? outcomes.get(before.spec) : undefined;
    if (known !== undefined) return known;
    const state = isShared
      ? { ...stateOfMember(name, before), description: before.spec.description }
      : stateOfMember(name, before);
    const { changes, replaces } = planChange(state, isShared ? inputs : forMember(inputs, name));
    const outcome = replaces.length > 0 ? "replace" : changes ? "change" : "same";
    if (isShared) outcomes.set(before.spec, outcome);
    return outcome;
  };

  const steps: MemberStep[] = [];
  for (const [name, own] of Object.entries(declared.members)) {
    const common = commonOf(own);
    const before = shard.made.get(name);
    const kind = before === undefined ? "make" : outcomeOf(name, before, common);
    if (kind === "same") continue;
    const { description: template = "" } = common.inputs;
    steps.push({
      name,
      kind,
      inputs: {
        ...forMember(common.inputs, name),
        ...(declared.connection && { connection: declared.connection }),
      },
      template,
      ...(before && { before }),
    });
  }
  const removed = [...shard.made].filter(([name]) => !Object.hasOwn(declared.members, name));
  const due = shard.kept.filter(({ until = 0 }) => until * 1000 <= time.nowMs);
  const isRecorded =
    shard.shard === declared.shard &&
    sameJson(shard.each, declared.each) &&
    sameJson(Object.fromEntries(shard.own), declared.members) &&
    shard.keepOldFor === declared.keepOldFor &&
    sameJson([permissions, memberPermissions], [declared.permissions, declared.memberPermissions]) &&
    sameJson(connection, declared.connection) &&
    host === declared.host;
  const changes = steps.length > 0 || removed.length > 0 || due.length > 0 || !isRecorded;
  return { steps, removed, due, changes };
}

function isMemberDue(
  { spec, createdAt }: MemberToken,
  inputs: InfluxTokenInputs,
  { nowMs, isRotationOff }: PlanTime,
): boolean {
  const interval = intervalMs(spec.rotateAfter);
  if (interval === undefined || isRotationOff) return false;
  const rotateAt = new Date(createdAt * 1000 + interval).toISOString();
  const { rotateAfter } = spec;
  return isDue({ ...(rotateAfter !== undefined && { rotateAfter }), rotateAt }, inputs, nowMs);
}

function without<T extends object>(values: T, names: readonly string[]): T {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name))) as T;
}
