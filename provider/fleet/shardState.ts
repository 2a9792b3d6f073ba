import { InfluxTokenError } from "../errors";
import { sameJson } from "../json";
import { PERMISSION_INPUTS } from "../permissions/expand";
import type { PermissionTable } from "../permissions/table";
import type { DeclaredInputs } from "../token/inputs";
import { plausibleTime } from "../token/rotateAfter";
import type { InfluxTokenState } from "../token/state";
import type { ConnectionInputs } from "../types";
import { forMember, MEMBER } from "./memberNames";
import type { OwnInputs, ShardInputs } from "./shardInputs";

/** The shape of the state that this version writes and reads. */
const FORMAT = 1;

/** What a stack remembers of a shard. */
export interface ShardState {
  /** Values of the tokens, by member. Secret. */
  readonly tokens: Readonly<Record<string, string>>;
  readonly permissions: PermissionTable;
  readonly memberPermissions?: Readonly<Record<string, PermissionTable>>;
  /** The server that has the tokens: URL. */
  readonly host: string;
  readonly connection?: ConnectionInputs;
  readonly __format: number;
  /**
   * A line a member: id or `-`, number of its spec, when it was made (seconds since 1970), name. One text rather than a
   * map: the engine writes each element of a map on a line of its own, in every checkpoint.
   */
  readonly __made: string;
  /** JSON of {@link StoredShard}. Secret as a whole, for inputs may be. */
  readonly __shard: string;
  /** Tokens that are to end with a run: a line each, as {@link RetiredToken}. */
  readonly __retired: string;
  /** The same of those that stay valid until a time. */
  readonly __kept: string;
  /** Tells this state from the one before. */
  readonly __nonce: string;
}

/** What all members have in common, and what only some have. */
interface StoredShard {
  readonly shard: string;
  readonly each: DeclaredInputs;
  readonly keepOldFor?: string;
  readonly own?: Readonly<Record<string, OwnInputs>>;
  /** Whole tokens, but for what is each member's own: id, value, and when it was made. */
  readonly specs: readonly Spec[];
}

/** A token, without what tells one member from another. Its description holds `{member}`. */
export type Spec = Omit<InfluxTokenState, "token" | "createdAt" | "updatedAt" | "rotateAt">;

/** A member's token. */
export interface MemberToken {
  readonly id: string;
  readonly spec: Spec;
  /** Seconds since 1970. */
  readonly createdAt: number;
  /** Absent where it was lost. */
  readonly token?: string;
}

/** A token that a member no longer has, and that is still to be deleted. */
export interface RetiredToken {
  readonly id: string;
  readonly member: string;
  /** Whether it is switched off in place of that. */
  readonly deactivate: boolean;
  /** Until when it stays valid: seconds since 1970. Of those that are kept. */
  readonly until?: number;
}

/** A shard, as it is worked with. */
export interface Shard {
  readonly shard: string;
  readonly each: DeclaredInputs;
  readonly keepOldFor?: string;
  /** Declared members, with their own inputs. */
  readonly own: ReadonlyMap<string, OwnInputs>;
  /** Members that have a token. */
  readonly made: ReadonlyMap<string, MemberToken>;
  readonly retired: readonly RetiredToken[];
  readonly kept: readonly RetiredToken[];
  readonly nonce: string;
}

/** Before the first member was made. */
export const NO_SHARD: Shard = {
  shard: "",
  each: {},
  own: new Map(),
  made: new Map(),
  retired: [],
  kept: [],
  nonce: "",
};

/** Ids of all tokens that a shard has, also of those that are still to end. */
export function idsOf({ made, retired, kept }: Shard): string[] {
  return [...made.values(), ...retired, ...kept].map(({ id }) => id);
}

/** What of a state does not follow from its members. */
export type ShardFacts = Pick<ShardState, "permissions" | "memberPermissions" | "host" | "connection">;

/** The same of a state, or of checked inputs in which nothing is unknown any more. */
export function factsOf({
  permissions,
  memberPermissions,
  host,
  connection,
}: ShardFacts | ShardInputs): ShardFacts {
  return {
    permissions,
    ...(memberPermissions !== undefined && { memberPermissions }),
    host,
    ...(connection !== undefined && { connection }),
  } as ShardFacts;
}

export function encodeShard(shard: Shard, facts: ShardFacts): ShardState {
  const specs: Spec[] = [];
  const indexes = new Map<string, number>();
  const indexOf = (spec: Spec): number => {
    const key = JSON.stringify(spec);
    const known = indexes.get(key);
    if (known !== undefined) return known;
    indexes.set(key, specs.push(spec) - 1);
    return specs.length - 1;
  };
  // Members share their spec as an object where they share it at all.
  const ofObject = new Map<Spec, number>();
  const lines = [...shard.own.keys()].map((name) => {
    const made = shard.made.get(name);
    if (made === undefined) return `- - - ${name}`;
    const index = ofObject.get(made.spec) ?? indexOf(made.spec);
    ofObject.set(made.spec, index);
    return `${made.id} ${index} ${made.createdAt} ${name}`;
  });
  const own = [...shard.own].filter(([, inputs]) => Object.keys(inputs).length > 0);
  const stored: StoredShard = {
    shard: shard.shard,
    each: shard.each,
    ...(shard.keepOldFor !== undefined && { keepOldFor: shard.keepOldFor }),
    ...(own.length > 0 && { own: Object.fromEntries(own) }),
    specs,
  };
  const tokens = [...shard.made].flatMap(([name, { token }]) =>
    token === undefined ? [] : [[name, token] as const],
  );
  return {
    tokens: Object.fromEntries(tokens),
    ...facts,
    __format: FORMAT,
    __made: lines.join("\n"),
    __shard: JSON.stringify(stored),
    __retired: retiredText(shard.retired),
    __kept: retiredText(shard.kept),
    __nonce: shard.nonce,
  };
}

/** @throws {InfluxTokenError} for what a newer version wrote. */
export function decodeShard(state: ShardState): Shard {
  if (state.__format !== FORMAT) {
    throw new InfluxTokenError(
      `the state of this shard has the format ${String(state.__format)}, and this version of pulumi-influx-token knows ${FORMAT}: upgrade the package (npm install pulumi-influx-token@latest)`,
    );
  }
  const { shard, each, keepOldFor, own = {}, specs } = JSON.parse(state.__shard) as StoredShard;
  const owns = new Map(Object.entries(own));
  const tokens = new Map(Object.entries(state.tokens));
  const declared = new Map<string, OwnInputs>();
  const made = new Map<string, MemberToken>();
  for (const line of linesOf(state.__made)) {
    const [id = "", index = "", createdAt = "", name = ""] = fieldsOf(line, 4);
    declared.set(name, owns.get(name) ?? {});
    const spec = specs[Number(index)];
    if (id === "-" || spec === undefined) continue;
    const token = tokens.get(name);
    made.set(name, { id, spec, createdAt: Number(createdAt), ...(token !== undefined && { token }) });
  }
  return {
    shard,
    each,
    ...(keepOldFor !== undefined && { keepOldFor }),
    own: declared,
    made,
    retired: retiredIn(state.__retired),
    kept: retiredIn(state.__kept),
    nonce: state.__nonce,
  };
}

/**
 * Ids by member of the text {@link ShardState.__made}.
 *
 * @param made is absent in a unit test with Pulumi's mocks.
 */
export function decodedIds(made: string | undefined): [string, string][] {
  return linesOf(made ?? "").flatMap((line) => {
    const [id = "", , , name = ""] = fieldsOf(line, 4);
    return id === "-" ? [] : [[name, id]];
  });
}

export function retiredCount(text: string): number {
  return linesOf(text).length;
}

/** A line each: id, `x` for one that is deleted or `o` for one that is switched off, until when or `-`, name. */
export function retiredText(tokens: readonly RetiredToken[]): string {
  return tokens
    .map(({ id, member, deactivate, until }) => `${id} ${deactivate ? "o" : "x"} ${until ?? "-"} ${member}`)
    .join("\n");
}

export function retiredIn(text: string): RetiredToken[] {
  return linesOf(text).map((line) => {
    const [id = "", how = "", until = "", member = ""] = fieldsOf(line, 4);
    return { id, member, deactivate: how === "o", ...(until !== "-" && { until: Number(until) }) };
  });
}

function linesOf(text: string): string[] {
  return text === "" ? [] : text.split("\n");
}

/** The last field may hold blanks. */
function fieldsOf(line: string, count: number): string[] {
  const parts = line.split(" ");
  return [...parts.slice(0, count - 1), parts.slice(count - 1).join(" ")];
}

/** A member's token as any other's state. */
export function stateOfMember(name: string, { spec, createdAt, token }: MemberToken): InfluxTokenState {
  const at = new Date(createdAt * 1000).toISOString();
  return {
    ...spec,
    description: forMember(spec.description, name),
    createdAt: at,
    updatedAt: at,
    ...(token !== undefined && { token }),
  };
}

/**
 * The same the other way round.
 *
 * @param template of the description.
 * @param nowMs where the server's time of creation cannot be one.
 */
export function memberOfState(
  name: string,
  id: string,
  state: InfluxTokenState,
  template: string,
  nowMs: number,
): MemberToken {
  const { token, createdAt } = state;
  return {
    id,
    spec: specOf(state, forMember(template, name) === state.description ? template : state.description),
    createdAt: Math.floor((plausibleTime(createdAt) ?? nowMs) / 1000),
    ...(token !== undefined && { token }),
  };
}

const OWN_KEYS: readonly string[] = [
  "token",
  "createdAt",
  "updatedAt",
  "rotateAt",
  "connection",
  "__provider",
];

function specOf(state: InfluxTokenState, description: string): Spec {
  const kept = Object.entries(state).filter(([key]) => !OWN_KEYS.includes(key));
  return { ...(Object.fromEntries(kept) as unknown as Spec), description };
}

/** Whether the description follows from the member's name. */
export function isTemplated({ description }: Spec): boolean {
  return description.includes(MEMBER);
}

/** A member's own inputs with what a refresh found in their place, as a preview compares them. */
export function differingInputs(own: OwnInputs, before: MemberToken, now: MemberToken): OwnInputs {
  const shown = ["status", "description", "org", "user", "permissions"] as const;
  const found = shown.filter((name) => !sameJson(before.spec[name], now.spec[name]));
  const inputs = Object.entries(own).filter(
    ([name]) => !found.includes("permissions") || !PERMISSION_INPUTS.includes(name),
  );
  return {
    ...Object.fromEntries(inputs),
    ...Object.fromEntries(found.map((name) => [name, now.spec[name]])),
  };
}
