import { createHash } from "node:crypto";
import { shardIndexOf, shardLabel } from "../../provider/fleet/memberNames";
import { SECRET_KEY } from "../../provider/pulumiHost/wireValues";
import { DYNAMIC_FLEET, type FleetKind } from "../../provider/tokenTypes";

type Values = Readonly<Record<string, unknown>>;

/** A fleet as a program declares it, and what a check makes of it. */
export interface FleetSide {
  readonly each: Values;
  /** Own inputs by the name of the member. */
  readonly members: Readonly<Record<string, Values>>;
  /** Inputs of its shards beside those, such as `keepOldFor`. */
  readonly more?: Values;
  /** Outputs of its shards, such as `__kept`. */
  readonly outputs?: Values;
  /** Members that have no token. Default: none. */
  readonly unmade?: readonly string[];
}

export const FLEET_HOST = "https://influxdb.example.com:8086";
const CIPHERTEXT = { [SECRET_KEY]: "1b47061264138c4ac30d75fd1eb44270", ciphertext: "v1:abc:def" };

/** The number of the shard that a member is in. */
export function shardOf(member: string): string {
  return shardLabel(shardIndexOf(member));
}

/** Members `device-1` and so on, without inputs of their own. */
export function devices(count: number): Record<string, Values> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`device-${n + 1}`, {}]));
}

/** An authorization id that belongs to a member. */
export function idOf(member: string): string {
  return createHash("sha256").update(`id of ${member}`).digest("hex").slice(0, 16);
}

export function fleetUrn(name: string, { component }: FleetKind = DYNAMIC_FLEET): string {
  return `urn:pulumi:prod::acme::${component}::${name}`;
}

/** The shards of a fleet with what a preview or a state holds of them, by number. */
export function shardsOf(
  name: string,
  { each, members, more = {}, outputs = {}, unmade = [] }: FleetSide,
  kind: FleetKind = DYNAMIC_FLEET,
): Map<string, Values> {
  const numbers = [...new Set(Object.keys(members).map(shardOf))].sort();
  return new Map(
    numbers.map((number) => {
      const own = Object.entries(members).filter(([member]) => shardOf(member) === number);
      const made = own.map(([member]) =>
        unmade.includes(member) ? `- - - ${member}` : `${idOf(member)} 0 1700000000 ${member}`,
      );
      const inputs = {
        shard: `acme/prod/${name}/${number}`,
        each: { description: `acme/prod/${name}/{member}`, ...each },
        members: Object.fromEntries(own),
        permissions: { "orgs/acme/tasks": "read" },
        host: FLEET_HOST,
        ...more,
      };
      const recorded = { tokens: CIPHERTEXT, __shard: CIPHERTEXT, __made: made.join("\n"), host: FLEET_HOST };
      const resource = {
        urn: `urn:pulumi:prod::acme::${kind.component}$${kind.shard}::${name}-${number}`,
        type: kind.shard,
        custom: true,
        id: `acme/prod/${name}/${number}`,
        parent: fleetUrn(name, kind),
        inputs,
        outputs: { ...recorded, ...outputs },
      };
      return [number, resource];
    }),
  );
}

/** The companion that deletes replaced tokens. */
export function retirementOf(name: string, kind: FleetKind = DYNAMIC_FLEET, inputs: Values = {}): Values {
  return {
    urn: `urn:pulumi:prod::acme::${kind.component}$${kind.retirement}::${name}-retirement`,
    type: kind.retirement,
    custom: true,
    id: "retirement",
    parent: fleetUrn(name, kind),
    inputs: { fleet: `acme/prod/${name}`, retired: 0, __retired: "", host: FLEET_HOST, ...inputs },
    outputs: {},
  };
}

/**
 * The steps of a preview of a fleet, component and companion among them. What the engine does to a shard follows from its
 * sides.
 *
 * @param options `op` in place of that.
 */
export function fleetPreview(
  name: string,
  before: FleetSide | undefined,
  after: FleetSide | undefined,
  { kind = DYNAMIC_FLEET, op }: { readonly kind?: FleetKind; readonly op?: string } = {},
): Values[] {
  const old = before === undefined ? new Map<string, Values>() : shardsOf(name, before, kind);
  const now = after === undefined ? new Map<string, Values>() : shardsOf(name, after, kind);
  const shards = [...new Set([...old.keys(), ...now.keys()])].sort().map((number): Values => {
    const [oldState, newState] = [old.get(number), now.get(number)];
    const isSame = JSON.stringify(oldState?.["inputs"]) === JSON.stringify(newState?.["inputs"]);
    const natural =
      oldState === undefined ? "create" : newState === undefined ? "delete" : isSame ? "same" : "update";
    return {
      op: op ?? natural,
      urn: (newState ?? oldState)?.["urn"],
      ...(oldState && { oldState }),
      ...(newState && { newState: { ...newState, outputs: undefined } }),
    };
  });
  const component = { urn: fleetUrn(name, kind), type: kind.component, custom: false };
  const companion = retirementOf(name, kind);
  return [
    { op: before === undefined ? "create" : "same", urn: component.urn, newState: component },
    ...shards,
    { op: before === undefined ? "create" : "replace", urn: companion["urn"], newState: companion },
  ];
}
