/** A fleet of tokens as a component that the plugin puts together, for programs in every language. */
import type { ConstructRequest, ConstructResponse } from "@pulumi/pulumi/proto/provider_pb";
import { InfluxTokenError } from "../provider/errors";
import { type Members, readMembers, shardLabel, shardsOf } from "../provider/fleet/memberNames";
import { checkShard, merged, WHOLE_FLEET } from "../provider/fleet/shardInputs";
import { decodedIds, retiredCount } from "../provider/fleet/shardState";
import { isLeftOut, isRecord } from "../provider/json";
import { fromWire, WIRE_UNKNOWN } from "../provider/pulumiHost/wireValues";
import { RISKY_INPUTS } from "../provider/permissions/risks";
import { INPUT_NAMES, OPEN_CONTEXT } from "../provider/token/inputs";
import { isUnknown } from "../provider/token/unknown";
import { NATIVE_FLEET } from "../provider/tokenTypes";
import {
  type Assembly,
  type Child,
  followsOf,
  refuseOptions,
  registerChild,
  registerComponent,
  responseOf,
} from "./construct";
import { SECRET_OUTPUTS } from "./fleetParts";
import type { Registered } from "./monitor";
import { asSecret, hasSecret, isSecret, type Properties, revealed, secret } from "./wire";

/**
 * Registers a fleet with all that it is made of, and gives its outputs.
 *
 * @param given inputs with their defaults.
 * @param warn of the risks of what some members are, beside the resource.
 * @throws {InfluxTokenError} for what no shard can see, or each of them would say.
 */
export async function constructFleet(
  assembly: Assembly,
  { members: written, ...rest }: Properties,
  warn: (urn: string, inputs: Properties) => Promise<void>,
): Promise<ConstructResponse> {
  const { request, monitor } = assembly;
  refuseOptions(request);
  const given: Properties = { ...rest, members: inputNamed(written) };
  const members = membersOf(request, given);
  const shards = [...shardsOf(members)];
  const { each } = given;
  const { urn } = await registerComponent(assembly, { each, count: members.size });
  for (const inputs of distinctRisks(each, given["members"])) await warn(urn, inputs);
  const register = ([index, ofShard]: [number, Members]): Promise<Registered> =>
    registerChild(assembly, urn, shardOf(request, given, index, ofShard));
  // What the server has against all of them is said of one, and the run ends before the others.
  const [first, ...others] = shards;
  const registered = first === undefined ? [] : [await register(first)];
  registered.push(...(await Promise.all(others.map(register))));
  if (registered.length > 0) await registerChild(assembly, urn, retirementOf(request, registered));
  const outputs = outputsOf(shards, registered);
  const { count, permissions } = outputs;
  await monitor.registerOutputs(urn, { count, permissions });
  const urns = registered.map((shard) => shard.urn);
  return responseOf(urn, { outputs, follows: { tokens: urns, ids: urns, permissions: urns } });
}

/**
 * Members with the names of inputs. Python's SDK gives those of a dict as they are written there, `read_buckets`, where the
 * type of what the dict is in has alternatives.
 */
function inputNamed(members: unknown): unknown {
  if (!isRecord(members) || isSecret(members)) return members;
  const nameOf = (key: string): string => {
    const name = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    return INPUT_NAMES.includes(name) ? name : key;
  };
  const named = (own: unknown): unknown => {
    if (isSecret(own)) return secret(named(own["value"]));
    if (!isRecord(own)) return own;
    return Object.fromEntries(Object.entries(own).map(([key, value]) => [nameOf(key), value]));
  };
  return Object.fromEntries(Object.entries(members).map(([name, own]) => [name, named(own)]));
}

/**
 * The members, after all that can be seen before anything is registered.
 *
 * @throws {InfluxTokenError} with each failure.
 */
function membersOf(request: ConstructRequest, { members: given, ...inputs }: Properties): Members {
  const refuse = (reasons: readonly string[]): never => {
    throw new InfluxTokenError(`TokenFleet "${request.getName()}": ${reasons.join("; ")}`);
  };
  if (isSecret(given) || (Array.isArray(given) && hasSecret(given))) {
    return refuse(["members is a secret, and names of members cannot be: states and descriptions hold them"]);
  }
  const named = fromWire(revealed(given));
  if (isUnknown(named)) {
    return refuse(["members is not known yet: names of members have to be known when the program runs"]);
  }
  const { members, failures } = readMembers(named);
  if (failures.length > 0) return refuse(failures.map(({ reason }) => reason));
  const { each, keepOldFor } = fromWire(revealed(inputs)) as Properties;
  const raw = { shard: WHOLE_FLEET, each, members: Object.fromEntries(members), keepOldFor };
  const checked = checkShard(raw, {}, OPEN_CONTEXT);
  if (checked.failures.length > 0) return refuse(checked.failures.map(({ reason }) => reason));
  return members;
}

/** What members may do that is risky: once for all that are alike. */
function distinctRisks(each: unknown, members: unknown): Properties[] {
  const ofEach = isRecord(each) ? each : {};
  const all = isRecord(members) ? Object.values(members) : [];
  const own = all
    .filter(isRecord)
    .filter((inputs) => Object.keys(inputs).some((name) => RISKY_INPUTS.has(name)));
  const distinct = new Map(own.map((inputs) => [JSON.stringify(inputs), merged(ofEach, inputs)]));
  return own.length === all.length && all.length > 0
    ? [...distinct.values()]
    : [ofEach, ...distinct.values()];
}

/** The path names the shard for ever: what it lost is found by it. */
function shardOf(request: ConstructRequest, given: Properties, index: number, members: Members): Child {
  const { each, keepOldFor, members: marked } = given;
  const own = (name: string): unknown => (isRecord(marked) ? marked[name] : undefined) ?? {};
  const { each: ofEach = [], members: ofMembers = [], keepOldFor: ofKeeping = [] } = followsOf(request);
  return {
    type: NATIVE_FLEET.shard,
    name: `${request.getName()}-${shardLabel(index)}`,
    inputs: {
      shard: `${pathOf(request)}/${shardLabel(index)}`,
      each,
      members: Object.fromEntries([...members.keys()].map((name) => [name, own(name)])),
      ...(!isLeftOut(keepOldFor) && { keepOldFor }),
    },
    follows: { each: ofEach, members: ofMembers, keepOldFor: ofKeeping },
    secrets: SECRET_OUTPUTS,
  };
}

/** Deletes what the shards have retired, at the end of the run. It has to be replaced and deleted for that. */
function retirementOf(request: ConstructRequest, shards: readonly Registered[]): Child {
  const texts = shards.map(({ outputs: { __retired: text } }) =>
    typeof text === "string" ? text : WIRE_UNKNOWN,
  );
  const isKnown = texts.every((text) => text !== WIRE_UNKNOWN);
  const retired = isKnown ? texts.filter((text) => text !== "").join("\n") : WIRE_UNKNOWN;
  const urns = shards.map(({ urn }) => urn);
  return {
    type: NATIVE_FLEET.retirement,
    name: `${request.getName()}-retirement`,
    inputs: {
      fleet: pathOf(request),
      retired: isKnown ? retiredCount(retired) : WIRE_UNKNOWN,
      __retired: retired,
      host: shards[0]?.outputs["host"] ?? WIRE_UNKNOWN,
    },
    follows: { retired: urns, __retired: urns },
    secrets: [],
    options: { protect: false, retainOnDelete: false },
  };
}

function pathOf(request: ConstructRequest): string {
  return `${request.getProject()}/${request.getStack()}/${request.getName()}`;
}

/** What is not known of a shard is not known of each of its members; the others' stays known. */
function outputsOf(shards: readonly [number, Members][], registered: readonly Registered[]): Properties {
  const tokens: Record<string, unknown> = {};
  const ids: Record<string, unknown> = {};
  for (const [place, [, members]] of shards.entries()) {
    const outputs = revealed(registered[place]?.outputs ?? {}) as Properties;
    const values = outputs["tokens"];
    const made = outputs["__made"];
    for (const name of members.keys()) {
      const token = isRecord(values) ? values[name] : WIRE_UNKNOWN;
      if (token !== undefined) tokens[name] = token;
      if (typeof made !== "string" || made === WIRE_UNKNOWN) ids[name] = WIRE_UNKNOWN;
    }
    if (typeof made === "string" && made !== WIRE_UNKNOWN)
      Object.assign(ids, Object.fromEntries(decodedIds(made)));
  }
  return {
    tokens: asSecret(tokens),
    ids,
    permissions: registered[0]?.outputs["permissions"],
    count: shards.reduce((count, [, members]) => count + members.size, 0),
  };
}
