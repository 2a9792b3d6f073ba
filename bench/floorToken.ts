import * as pulumi from "@pulumi/pulumi";
import { shortenStackTraces } from "../provider/pulumiHost/stackTraces";
import type { PlannedToken } from "./plan";

/** Type and text have the length of InfluxToken's, so that the engine has the same bytes to move and to store. */
const TYPE = "pulumi-nodejs:dynamic/influxdb:FloorsToken";
const STUB = 'exports.handler=()=>require("../../../dist/bench/floor.js")';

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
export class FloorToken extends pulumi.CustomResource {
  constructor(name: string, args: PlannedToken["args"]) {
    const outputs = Object.fromEntries(OUTPUTS.map((output) => [output, undefined]));
    const restore = shortenStackTraces();
    try {
      super(TYPE, name, { ...outputs, ...args, __provider: STUB }, { additionalSecretOutputs: ["token"] });
    } finally {
      restore();
    }
  }
}
