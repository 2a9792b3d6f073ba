import * as pulumi from "@pulumi/pulumi";
import { shortenStackTraces } from "../provider/pulumiHost/stackTraces";
import { type CannedPart, cannedFleetNow } from "./cannedFleet";

const STUB = 'exports.handler=()=>require("../../../dist/bench/floorShard.js")';

/** Types have the length of the real ones, so that the engine has the same bytes to move and to store. */
const floorType = (type: string): string => type.replace("InfluxToken", "FloorsToken");

class FloorPart extends pulumi.CustomResource {
  declare readonly tokens: pulumi.Output<Record<string, string> | undefined>;

  constructor({ name, type, inputs, outputs, secrets }: CannedPart, opts: pulumi.CustomResourceOptions) {
    const undefinedOutputs = Object.fromEntries(Object.keys(outputs).map((output) => [output, undefined]));
    const restore = shortenStackTraces(FloorPart.name);
    try {
      const props = { ...undefinedOutputs, ...inputs, floorName: name, __provider: STUB };
      super(floorType(type), name, props, { ...opts, additionalSecretOutputs: [...secrets] });
    } finally {
      restore();
    }
  }
}

/** A fleet on no server: what the engine itself takes for resources of this number and size. */
export class FloorFleet extends pulumi.ComponentResource {
  readonly tokens: pulumi.Output<Record<string, string>>;

  constructor() {
    const { component, parts } = cannedFleetNow(process.env);
    super(floorType(component.type), component.name, component.inputs);
    const shards: FloorPart[] = [];
    for (const part of parts) {
      const isShard = "tokens" in part.outputs;
      const made = new FloorPart(part, isShard ? { parent: this } : { parent: this, dependsOn: shards });
      if (isShard) shards.push(made);
    }
    this.tokens = pulumi.secret(
      pulumi
        .all(shards.map(({ tokens }) => tokens))
        .apply((maps) => Object.assign({}, ...maps) as Record<string, string>),
    );
    const outputs = Object.entries(component.outputs).map(([name, value]) => {
      const later = this.tokens.apply(() => value);
      return [name, component.secrets.includes(name) ? later : pulumi.unsecret(later)];
    });
    this.registerOutputs(Object.fromEntries(outputs) as pulumi.Inputs);
  }
}
