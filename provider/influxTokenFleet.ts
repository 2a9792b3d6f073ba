import * as pulumi from "@pulumi/pulumi";
import { type FleetArgs, type FleetEachArgs, FleetResource, ShardResource } from "./fleetResource";
import { merged } from "./fleet/shardInputs";
import { type ConnectionArgs, type InfluxTokenArgs, placeholders, withSecretToken } from "./influxToken";
import { isLeftOut } from "./json";
import { currentRun } from "./programRun";
import { RETIREMENT, SHARD } from "./pulumiHost/stub";
import { DYNAMIC_FLEET } from "./tokenTypes";

/** What a fleet is to be, and how its server is reached. */
export interface InfluxTokenFleetArgs extends FleetArgs {
  /** How to reach the server, once for the whole fleet. Default: see each of its properties. */
  connection?: pulumi.Input<ConnectionArgs> | undefined;
}

class Shard extends ShardResource {
  constructor(name: string, props: pulumi.Inputs, opts: pulumi.CustomResourceOptions) {
    super(SHARD.type, name, { ...props, __provider: SHARD.stub }, opts);
  }
}

class RetirementResource extends pulumi.CustomResource {
  constructor(name: string, props: pulumi.Inputs, opts: pulumi.CustomResourceOptions) {
    super(RETIREMENT.type, name, { ...props, __provider: RETIREMENT.stub }, opts);
  }
}

/** What `check` adds is as secret as what it is made of. */
function computedOf(each: FleetEachArgs, own: Readonly<Record<string, object>>): pulumi.Inputs {
  const ofMembers = Object.values(own)
    .filter((inputs) => Object.keys(inputs).length > 0)
    .map((inputs) => placeholders(merged(each, { ...inputs }) as InfluxTokenArgs)["permissions"]);
  const pending = ofMembers.filter((placeholder) => placeholder !== undefined);
  return {
    ...placeholders(each),
    // Secret where one of them is.
    ...(pending.length > 0 && { memberPermissions: pulumi.all(pending).apply(([first]) => first) }),
  };
}

/**
 * A fleet of InfluxDB 2.x API tokens: one for each member, such as a device. Ten thousand are made in the time that a
 * hundred single tokens take, for the engine has 64 resources of them at most. Members come, go and change in place. A
 * member whose permissions change gets a new token before the old one goes, which is after everything else in the run.
 */
export class InfluxTokenFleet extends FleetResource {
  /**
   * Declares a fleet.
   *
   * @param name Unique name within the stack.
   * @param args What the tokens are to be, and who the members are. Wrong ones fail the preview, each named with what to do.
   * @param opts `protect` keeps shards from being deleted; members come and go all the same.
   */
  constructor(name: string, args: InfluxTokenFleetArgs, opts?: pulumi.ComponentResourceOptions) {
    const run = currentRun();
    run.checkStub(SHARD.request);
    run.checkStub(RETIREMENT.request);
    const { connection } = args;
    super(
      {
        kind: "InfluxTokenFleet",
        type: DYNAMIC_FLEET.component,
        ownInputs: ["connection"],
        givesDefaults: true,
        props: isLeftOut(connection) ? {} : { connection: withSecretToken(connection) },
        computed: computedOf,
        shard: (...shard) => new Shard(...shard),
        retirement: (child, props, options) => {
          new RetirementResource(child, props, options);
        },
      },
      name,
      args,
      opts,
    );
  }
}
