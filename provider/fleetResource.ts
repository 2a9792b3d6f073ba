import * as pulumi from "@pulumi/pulumi";
import {
  memberNameProblem,
  MEMBER,
  type Members,
  readMembers,
  shardIndexOf,
  shardLabel,
  shardsOf,
} from "./fleet/memberNames";
import { checkShard, EACH_INPUTS, eachProblem, merged, WHOLE_FLEET } from "./fleet/shardInputs";
import { decodedIds, retiredCount } from "./fleet/shardState";
import type { InfluxTokenArgs } from "./influxToken";
import { isLeftOut, isRecord } from "./json";
import { nearestName } from "./nearestName";
import type { PermissionTable } from "./permissions/table";
import { RISKY_INPUTS } from "./permissions/risks";
import { resolved } from "./permissionsOf";
import { currentRun } from "./programRun";
import { shortenStackTraces } from "./pulumiHost/stackTraces";
import { isPending, warnOfRisks } from "./riskWarnings";
import { printable } from "./text";
import { OPEN_CONTEXT } from "./token/inputs";

/** What every member's token is to be. In texts, `{member}` is the member's name. */
export type FleetEachArgs = Omit<
  InfluxTokenArgs,
  "connection" | "adopt" | "adoptToken" | "adoptWithoutToken"
>;

/** What one member's token is to be, in place of what `each` says. One that asks for nothing, such as `false`, takes away. */
export type FleetMemberArgs = Omit<FleetEachArgs, "org" | "orgId" | "user" | "userId" | "deactivateOnDelete">;

/** What a fleet is to be. */
export interface FleetArgs {
  /**
   * What every member's token is to be: the inputs of a single token. In texts, `{member}` is the member's name.
   * `description` must hold it. Default of that: what `influx-token:descriptionTemplate` in the stack config gives for the
   * name `<fleet>/{member}`, else `<project>/<stack>/<fleet>/{member}`.
   */
  each: FleetEachArgs;
  /**
   * Names of the members, or a map from names to own inputs, each of which takes the place of what `each` says of it.
   * Names are known when the program runs: 1 to 100 printable characters, without braces, each once. A member is found by
   * its name for ever: another name is another member, with a token of its own.
   */
  members: readonly string[] | Readonly<Record<string, FleetMemberArgs>>;
  /**
   * How long a replaced token stays valid, for devices that take the new one later: as `rotateAfter`, from an hour on.
   * The first `pulumi up` after that time deletes it. Default: until the end of the run that replaces it.
   */
  keepOldFor?: pulumi.Input<string> | undefined;
}

/** A part of the members of a fleet, as one resource. */
export abstract class ShardResource extends pulumi.CustomResource {
  // Pulumi's mocks, in the tests of a program, make none of these.
  declare readonly tokens: pulumi.Output<Record<string, string> | undefined>;
  declare readonly permissions: pulumi.Output<PermissionTable>;
  declare readonly host: pulumi.Output<string>;
  declare readonly __made: pulumi.Output<string | undefined>;
  declare readonly __retired: pulumi.Output<string | undefined>;

  protected constructor(
    type: string,
    name: string,
    props: pulumi.Inputs,
    opts: pulumi.CustomResourceOptions,
  ) {
    // A shard is said to be declared where its fleet is.
    const own = [ShardResource.name, new.target.name, "shard" satisfies keyof FleetHost, FleetResource.name];
    const restore = shortenStackTraces(...own);
    try {
      super(
        type,
        name,
        {
          tokens: undefined,
          permissions: undefined,
          host: undefined,
          __made: undefined,
          __retired: undefined,
          ...props,
        },
        pulumi.mergeOptions(opts, { additionalSecretOutputs: ["tokens", "__shard"] }),
      );
    } finally {
      restore();
    }
  }
}

/** Inputs that a fleet has in every host. */
const FLEET_INPUTS: readonly (keyof FleetArgs)[] = ["each", "members", "keepOldFor"];

/** How a fleet's resources are registered: as dynamic ones, or the plugin's. */
export interface FleetHost {
  /** Name of the class, for messages. */
  readonly kind: string;
  /** Type of the component. */
  readonly type: string;
  /** Names of inputs that a fleet has in this host only. */
  readonly ownInputs: readonly string[];
  /** Whether defaults of the stack's config are the program's to give: the plugin knows those of the provider, too. */
  readonly givesDefaults: boolean;
  /** Of every shard and of the retirement, such as the connection. */
  readonly props: pulumi.Inputs;
  /** What stands for what `check` adds, where the host needs that. */
  readonly computed: (each: FleetEachArgs, own: Readonly<Record<string, object>>) => pulumi.Inputs;
  readonly shard: (name: string, props: pulumi.Inputs, opts: pulumi.CustomResourceOptions) => ShardResource;
  readonly retirement: (name: string, props: pulumi.Inputs, opts: pulumi.CustomResourceOptions) => void;
}

/**
 * Many tokens that are alike, in 64 resources at most: a member's shard follows from its name. A change of members is an
 * update in place of their shards, and no other is touched.
 */
export abstract class FleetResource extends pulumi.ComponentResource {
  /** The tokens, by member. Secret. */
  readonly tokens: pulumi.Output<Record<string, string>>;
  /**
   * The same by shard, as its name ends: `00` to `63`, only those that have members. Each is a secret map by member of its
   * own: what is made of one, such as a Kubernetes Secret, is not touched by a change in another.
   */
  readonly tokensByShard: Readonly<Record<string, pulumi.Output<Record<string, string>>>>;
  /** Ids of the tokens, by member: 16 hex digits. */
  readonly ids: pulumi.Output<Record<string, string>>;
  /** What `each` asks for, as `permissions` of a token. Absent in a fleet without members. */
  readonly permissions: pulumi.Output<PermissionTable | undefined>;
  /** How many members there are. */
  readonly count: number;
  private readonly shards = new Map<number, ShardResource>();
  private readonly members: Members;
  private readonly fleetName: string;

  protected constructor(
    host: FleetHost,
    name: string,
    args: FleetArgs,
    opts: pulumi.ComponentResourceOptions = {},
  ) {
    refuseOptions(host.kind, name, opts);
    const described = describedFleet(host, name, args);
    const { each, members } = described;
    super(host.type, name, { each, count: members.size }, opts);
    this.fleetName = `${host.kind} "${name}"`;
    this.members = members;
    this.count = members.size;
    const { dependsOn, retainOnDelete, deletedWith, customTimeouts } = opts;
    const child: pulumi.CustomResourceOptions = {
      parent: this,
      ...(dependsOn !== undefined && { dependsOn }),
      ...(customTimeouts !== undefined && { customTimeouts }),
    };
    const kept = {
      ...(retainOnDelete !== undefined && { retainOnDelete }),
      ...(deletedWith !== undefined && { deletedWith }),
    };
    const path = `${pulumi.getProject()}/${pulumi.getStack()}/${name}`;
    const { keepOldFor } = args;
    for (const [index, ofShard] of shardsOf(members)) {
      const label = shardLabel(index);
      const own = Object.fromEntries(ofShard);
      const props = {
        ...host.computed(each, own),
        ...host.props,
        shard: `${path}/${label}`,
        each,
        members: own,
        ...(!isLeftOut(keepOldFor) && { keepOldFor }),
      };
      this.shards.set(index, host.shard(`${name}-${label}`, props, { ...child, ...kept }));
    }
    const shards = [...this.shards.values()];
    this.tokens = pulumi.secret(
      pulumi
        .all(shards.map(({ tokens }) => tokens))
        .apply((all) => Object.assign({}, ...all) as Record<string, string>),
    );
    this.tokensByShard = Object.fromEntries(
      [...this.shards].map(([index, { tokens }]) => [
        shardLabel(index),
        pulumi.secret(tokens.apply((made = {}) => made)),
      ]),
    );
    this.ids = pulumi
      .all(shards.map(({ __made }) => __made))
      .apply((all) => Object.fromEntries(all.flatMap((made = "") => decodedIds(made))));
    const [first] = shards;
    this.permissions = first?.permissions ?? pulumi.output(undefined);
    if (first !== undefined) {
      const retired = pulumi
        .all(shards.map(({ __retired }) => __retired))
        .apply((all) => all.filter((text = "") => text !== "").join("\n"));
      // Protected, or retained, it could not do what it is for.
      host.retirement(
        `${name}-retirement`,
        {
          ...host.props,
          fleet: path,
          retired: retired.apply(retiredCount),
          __retired: retired,
          host: first.host,
        },
        { ...child, protect: false, retainOnDelete: false },
      );
    }
    for (const risky of riskyInputs(each, members)) warnOfRisks(this, risky);
    this.registerOutputs({ count: this.count, permissions: this.permissions });
  }

  /**
   * One member's token. It depends on the member's shard only: what is made of it is not touched by a change of others.
   *
   * @throws {pulumi.RunError} where there is no such member.
   */
  token(member: string): pulumi.Output<string> {
    const shard = this.members.has(member) ? this.shards.get(shardIndexOf(member)) : undefined;
    if (shard === undefined) {
      const nearest =
        memberNameProblem(member) === undefined
          ? nearestName(member, [...this.members.keys()], 1 / 2)
          : undefined;
      const hint = nearest === undefined ? "" : `: did you mean "${nearest}"?`;
      throw new pulumi.RunError(`${this.fleetName} has no member "${member}"${hint}`);
    }
    return pulumi.secret(
      shard.tokens.apply((tokens) => {
        const token = tokens?.[member];
        if (token !== undefined) return token;
        throw new pulumi.RunError(`the member "${member}" of ${this.fleetName} has no token yet`);
      }),
    );
  }
}

/** What a component's option promises, and Pulumi does not hand on to what it is made of. */
function refuseOptions(kind: string, name: string, opts: pulumi.ComponentResourceOptions): void {
  const instead = {
    ignoreChanges: "leave out of the program what it is not to follow",
    replaceOnChanges:
      "permissions and keepers make new tokens by themselves. For new tokens on another occasion put its value into keepers",
  };
  for (const option of ["ignoreChanges", "replaceOnChanges"] as const) {
    if ((opts[option] ?? []).length === 0) continue;
    throw new pulumi.RunError(`${kind} "${name}" cannot take the option ${option}: ${instead[option]}`);
  }
}

interface DescribedFleet {
  readonly each: FleetEachArgs;
  readonly members: Members;
}

/**
 * The fleet with its defaults, after what a program alone can see wrong of it: once, and not for each shard.
 *
 * @throws {pulumi.RunError} with each failure.
 */
function describedFleet(
  { kind, givesDefaults, ownInputs }: FleetHost,
  name: string,
  args: FleetArgs,
): DescribedFleet {
  const { each: given, members: named, keepOldFor } = args;
  const refuse = (problem: string): never => {
    throw new pulumi.RunError(`${kind} "${name}": ${problem}`);
  };
  for (const input of Object.keys(args)) {
    const known = [...FLEET_INPUTS, ...ownInputs];
    if (!known.includes(input)) refuse(unknownInput(kind, input, known));
  }
  if (isPending(named)) refuse("members: names of members have to be known when the program runs");
  if (isPending(given)) refuse("each must be an object of inputs: give the Outputs within it");
  if (!isRecord(given)) refuse(eachProblem(given));
  for (const [member, own] of isRecord(named) ? Object.entries(named) : []) {
    if (isPending(own))
      refuse(`members["${member}"] must be an object of inputs: give the Outputs within it`);
  }
  const { members, failures } = readMembers(named);
  const [first] = failures;
  if (first !== undefined) refuse(first.reason);
  const run = currentRun();
  run.checkConfigKeys();
  const byDefault = run.defaults().for(`${name}/${MEMBER}`, isRecord(given) ? given : {});
  const described = { ...given, ...byDefault };
  const description = `${pulumi.getProject()}/${pulumi.getStack()}/${name}/${MEMBER}`;
  const each = (
    isLeftOut(described.description) ? { ...described, description } : described
  ) as FleetEachArgs;
  const raw = resolved({ shard: WHOLE_FLEET, each, members: Object.fromEntries(members), keepOldFor });
  const checked = checkShard(raw as Record<string, unknown>, {}, OPEN_CONTEXT);
  if (checked.failures.length > 0) {
    refuse(
      checked.failures
        .map(({ property, reason }) => (reason.startsWith(property) ? reason : `${property}: ${reason}`))
        .join("\n  "),
    );
  }
  run.checkFleet(
    name,
    each.description,
    [each.org, each.orgId].map((value) => (typeof value === "string" ? value : "")),
  );
  return { each: givesDefaults ? each : given, members };
}

/** What to say of a name that is no input of a fleet. */
function unknownInput(kind: string, name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  const listed = nearest === undefined ? `it has ${known.join(", ")}` : `did you mean ${nearest}?`;
  const hint = EACH_INPUTS.includes(name) ? "it goes into each" : listed;
  return `${printable(name)} is not an input of ${kind}: ${hint}`;
}

/** What members may do that is risky: once for all that are alike. */
function riskyInputs(each: FleetEachArgs, members: Members): object[] {
  const own = [...members.values()].filter((inputs) =>
    Object.keys(inputs).some((name) => RISKY_INPUTS.has(name)),
  );
  const distinct = new Map(own.map((inputs) => [JSON.stringify(resolved(inputs)), merged(each, inputs)]));
  return own.length === members.size && members.size > 0
    ? [...distinct.values()]
    : [each, ...distinct.values()];
}
