import * as pulumi from "@pulumi/pulumi";
import { shortenStackTraces } from "../provider/pulumiHost/stackTraces";
import { type CannedPart, cannedFleetNow } from "./cannedFleet";

const STUB = 'exports.handler=()=>require("../../../dist/bench/floorShard.js")';

/** Types have the length of the real ones, so that the engine has the same bytes to move and to store. */
const floorType = (type: string): string => type.replace("InfluxToken", "FloorsToken");

class FloorPart extends pulumi.CustomResource {
  declare readonly tokens: pulumi.Output<Record<string, string> | undefined>;

  /** @param shards of whose outputs inputs are made. */
  constructor(part: CannedPart, parent: pulumi.Resource, shards: readonly FloorPart[]) {
    const { name, type, inputs, outputs, secrets } = part;
    const undefinedOutputs = Object.fromEntries(Object.keys(outputs).map((output) => [output, undefined]));
    const declared = Object.entries(part.declared).map(([input, count]) => {
      const value = inputs[input];
      if (count === 0) return [input, value];
      return [
        input,
        pulumi.unsecret(pulumi.all(shards.slice(0, count).map(({ tokens }) => tokens)).apply(() => value)),
      ];
    });
    const props = { ...undefinedOutputs, ...Object.fromEntries(declared), __provider: STUB } as pulumi.Inputs;
    super(floorType(type), name, props, { parent, additionalSecretOutputs: [...secrets] });
  }
}

/** A fleet on no server: what the engine itself takes for resources of this number and size. */
export class FloorFleet extends pulumi.ComponentResource {
  readonly tokens: pulumi.Output<Record<string, string>>;

  constructor() {
    const { component, parts } = cannedFleetNow(process.env);
    const shards: FloorPart[] = [];
    const restore = shortenStackTraces(FloorPart.name);
    try {
      super(floorType(component.type), component.name, component.inputs);
      for (const part of parts) {
        const made = new FloorPart(part, this, shards);
        if ("tokens" in part.outputs) shards.push(made);
      }
    } finally {
      restore();
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
