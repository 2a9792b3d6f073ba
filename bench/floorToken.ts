import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { shortenStackTraces } from "../provider/pulumiHost/stackTraces";
import { NATIVE_TOKEN } from "../provider/tokenTypes";
import type { PlannedToken } from "./plan";

/** Type and text have the length of InfluxToken's, so that the engine has the same bytes to move and to store. */
const TYPE = "pulumi-nodejs:dynamic/influxdb:FloorsToken";
const STUB = 'exports.handler=()=>require("../../../dist/bench/floor.js")';

/** With its version a resource finds its provider, whose name is a part of the state. */
const PACKAGE = JSON.parse(readFileSync(require.resolve("pulumi-influx-token/package.json"), "utf8")) as {
  readonly version: string;
};

/** Named as InfluxToken names its outputs. */
const OUTPUTS = [
  "token",
  "permissions",
  "effectivePermissions",
  "org",
  "orgId",
  "user",
  "userId",
  "description",
  "status",
  "host",
  "createdAt",
  "updatedAt",
];

/** A token that is on no server: what the engine itself takes for resources of this size. */
class FloorResource extends pulumi.CustomResource {
  constructor(type: string, name: string, props: pulumi.Inputs, opts: pulumi.CustomResourceOptions = {}) {
    const outputs = Object.fromEntries(OUTPUTS.map((output) => [output, undefined]));
    const restore = shortenStackTraces(FloorResource.name);
    try {
      super(type, name, { ...outputs, ...props }, { ...opts, additionalSecretOutputs: ["token"] });
    } finally {
      restore();
    }
  }
}

/** One whose provider is dynamic. */
export class FloorToken extends FloorResource {
  constructor(name: string, args: PlannedToken["args"]) {
    super(TYPE, name, { ...args, __provider: STUB });
  }
}

/** One of the plugin's floor, which has the plugin's name. */
export class NativeFloorToken extends FloorResource {
  constructor(name: string, args: PlannedToken["args"]) {
    super(NATIVE_TOKEN.type, name, args, { version: PACKAGE.version });
  }
}
