import { decodedIds, retiredCount } from "../provider/fleet/shardState";
import { isRecord } from "../provider/json";
import { type Json, record } from "./json";
import { isOpen, textOf } from "./values";

/** What a shard of a fleet says of its members. No credential is among it: the values of the tokens are outputs. */
export interface Shard {
  /** Inputs of every member, as far as it has none of its own. */
  readonly each: Json;
  /** Own inputs by the name of the member. */
  readonly members: ReadonlyMap<string, Json>;
  /** Names of members that have a token; `undefined` where the state does not tell. */
  readonly made?: ReadonlySet<string>;
  /** How many replaced or removed tokens are still to be deleted. */
  readonly old: number;
  /** How long such tokens stay valid after the run. Absent: until its end. */
  readonly keepOldFor?: string;
  /** URN of the component. */
  readonly parent?: string;
  readonly host?: string;
  /** What of it cannot be read, in words. */
  readonly problems: readonly string[];
}

/** Texts in which a fleet lists tokens that wait for their deletion. */
const OLD_TOKENS = ["__retired", "__kept"];

/** Reads a shard from the old or new state of a step, or from a resource of a state. */
export function readShard(resource: Json): Shard {
  const [inputs, outputs] = [record(resource["inputs"]), record(resource["outputs"])];
  const { each, members } = inputs;
  const own = isOpen(members) ? undefined : members;
  const unknownMembers = Object.entries(record(own)).filter(([, value]) => !isRecord(value) || isOpen(value));
  const [parent, host, keepOldFor] = [resource["parent"], inputs["host"], inputs["keepOldFor"]].map(textOf);
  const made = textIn(outputs["__made"]);
  return {
    each: isOpen(each) ? {} : record(each),
    members: new Map(
      Object.entries(record(own)).map(([name, value]) => [name, isOpen(value) ? {} : record(value)]),
    ),
    ...(made !== undefined && { made: new Set(decodedIds(made).map(([name]) => name)) }),
    old: OLD_TOKENS.reduce((sum, name) => sum + retiredCount(textIn(outputs[name]) ?? ""), 0),
    ...(keepOldFor !== undefined && { keepOldFor }),
    ...(parent !== undefined && { parent }),
    ...(host !== undefined && { host }),
    problems: [
      ...(isRecord(each) && !isOpen(each) ? [] : ["each is not known"]),
      ...(isRecord(own) ? [] : ["its members are not known"]),
      ...(unknownMembers.length > 0 ? ["the inputs of some members are not known"] : []),
      ...(isChecked(inputs) ? [] : ["its inputs are not checked before pulumi up"]),
    ],
  };
}

/** A check leaves permissions, and if only unknown ones: where each leaves them open, those of every member. */
function isChecked({ permissions, members, memberPermissions }: Json): boolean {
  const isTable = (value: unknown): boolean => isRecord(value) || isOpen(value);
  const tables = record(memberPermissions);
  return isTable(permissions) || Object.keys(record(members)).every((name) => isTable(tables[name]));
}

function textIn(value: unknown): string | undefined {
  return typeof value === "string" && !isOpen(value) ? value : undefined;
}
