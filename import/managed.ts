import { forMember } from "../provider/fleet/memberNames";
import { decodedIds, retiredIn } from "../provider/fleet/shardState";
import { isRecord } from "../provider/json";
import { SECRET_KEY } from "../provider/pulumiHost/wireValues";
import { isRetirementType, isShardType, mayHoldTokens } from "../provider/tokenTypes";
import { isId } from "../provider/types";
import { type Json, readDocuments, record, records, ReportInputError } from "../report/json";

/** Outputs that hold ids of tokens beside the resource's own. */
const IDS = ["authorizationId", "previousAuthorizationId"];

/** A token that a stack manages. */
export interface ManagedToken {
  /** Authorization id. */
  readonly id: string;
  /** URL of the server, as the state records it. Absent where it is a secret. */
  readonly host?: string;
  /** Name of the resource. */
  readonly name: string;
}

/** A member of a fleet, by which a token that was lost can be recognized. */
export interface FleetMember {
  /** Name of the fleet. */
  readonly fleet: string;
  /** Name of the member. */
  readonly member: string;
  /** Description of its token. */
  readonly description: string;
  /** As with {@link ManagedToken}. */
  readonly host?: string;
}

/** What a stack says of tokens. */
export interface StackTokens {
  readonly tokens: readonly ManagedToken[];
  readonly members: readonly FleetMember[];
}

/** Outputs of a fleet's resources that list replaced and removed tokens, which wait for their deletion. */
const WAITING = ["__retired", "__kept"];

/**
 * The tokens of a stack, and the members of its fleets.
 *
 * @param text what `pulumi stack export` prints, with or without secrets.
 * @throws {ReportInputError} where it is something else.
 */
export function tokensOfStack(text: string): StackTokens {
  const [first, ...more] = readDocuments(text).filter(isRecord);
  if (first === undefined || !isRecord(first["deployment"]) || more.length > 0) {
    throw new ReportInputError("this is not what `pulumi stack export` prints");
  }
  const managed = records(first["deployment"]["resources"]).filter(isManaged);
  const shards = managed.filter(({ type }) => isShardType(type));
  return { tokens: managed.flatMap(tokensOf), members: shards.flatMap(membersOf) };
}

/** Whether the stack deletes it some day: not what it only reads. A type that this version does not know may be a token's. */
function isManaged({ type, external }: Json): boolean {
  return (mayHoldTokens(type) || isRetirementType(type)) && external !== true;
}

function tokensOf(resource: Json): ManagedToken[] {
  const outputs = record(resource["outputs"]);
  const host = hostOf(resource);
  const name = nameOf(resource);
  // A rotation may have left tokens that the next run deletes.
  const leftovers: unknown[] = Array.isArray(outputs["__leftovers"]) ? outputs["__leftovers"] : [];
  const ids = [resource["id"], ...IDS.map((key) => outputs[key]), ...leftovers, ...fleetIds(resource)].map(
    plain,
  );
  return [...new Set(ids.map((id) => id?.toLowerCase()))].flatMap((id) =>
    id !== undefined && isId(id) ? [{ id, name, ...(host !== undefined && { host }) }] : [],
  );
}

/** Ids of the members' tokens, and of those that wait for their deletion, in a resource of a fleet. */
function fleetIds({ type, inputs, outputs }: Json): string[] {
  if (!isShardType(type) && !isRetirementType(type)) return [];
  const made = decodedIds(plain(record(outputs)["__made"]) ?? "").map(([, id]) => id);
  const waiting = [inputs, outputs].flatMap((side) => WAITING.map((name) => plain(record(side)[name]) ?? ""));
  return [...made, ...waiting.flatMap((text) => retiredIn(text).map(({ id }) => id))];
}

/** The members of a shard whose description the state tells. */
function membersOf(resource: Json): FleetMember[] {
  const { each, members } = record(resource["inputs"]);
  const host = hostOf(resource);
  const fleet = (plain(resource["parent"]) ?? "").split("::").at(-1) ?? "";
  return Object.entries(record(members)).flatMap(([member, own]) => {
    const text = plain(record(own)["description"] ?? record(each)["description"]) ?? "";
    const description = forMember(text, member);
    return description !== "" ? [{ fleet, member, description, ...(host !== undefined && { host }) }] : [];
  });
}

function hostOf({ inputs, outputs }: Json): string | undefined {
  return plain(record(outputs)["host"]) ?? plain(record(inputs)["host"]);
}

function nameOf({ urn }: Json): string {
  return (plain(urn) ?? "").split("::").at(-1) ?? "";
}

/** With `--show-secrets` a secret is a record, too: its value is the text of JSON. */
function plain(value: unknown): string | undefined {
  if (!isRecord(value) || !(SECRET_KEY in value)) return typeof value === "string" ? value : undefined;
  const { plaintext } = value;
  return typeof plaintext === "string" ? /^"(.*)"$/.exec(plaintext)?.[1] : undefined;
}

/** The managed tokens of several stacks, to be asked for by id. */
export class ManagedTokens {
  private readonly byId = new Map<string, ManagedToken[]>();

  private readonly byDescription = new Map<string, FleetMember[]>();
  private readonly all: readonly ManagedToken[];

  constructor(stacks: readonly StackTokens[]) {
    this.all = stacks.flatMap(({ tokens }) => tokens);
    for (const token of this.all) add(this.byId, token.id, token);
    for (const one of stacks.flatMap(({ members }) => members)) add(this.byDescription, one.description, one);
  }

  /** Names of their resources. */
  get names(): ReadonlySet<string> {
    return new Set(this.all.map(({ name }) => name));
  }

  /**
   * Whether a stack manages the token. Ids are a server's own, and a clone of it has the same ones. A token whose server
   * the state does not tell may be this one.
   */
  has(id: string, host: string): boolean {
    return (this.byId.get(id) ?? []).some((token) => token.host === undefined || token.host === host);
  }

  /** The member of a fleet that a token is described as, on this server. A run that was killed may have lost it. */
  memberFor(description: string, host: string): FleetMember | undefined {
    return this.byDescription.get(description)?.find((one) => one.host === undefined || one.host === host);
  }

  /** The address at which a stack manages a token with this id: another server, or this one by another name. */
  elsewhere(id: string, host: string): string | undefined {
    return this.has(id, host) ? undefined : this.byId.get(id)?.[0]?.host;
  }
}

function add<T>(map: Map<string, T[]>, key: string, value: T): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}
