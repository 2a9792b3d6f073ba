import * as pulumi from "@pulumi/pulumi";
import { shortenStackTraces } from "../provider/pulumiHost/stackTraces";
import type { PlannedToken } from "./plan";

/** Type and text have the length of InfluxToken's, so that the engine has the same bytes to move and to store. */
const TYPE = "pulumi-nodejs:dynamic/influxdb:FloorsToken";
const STUB = 'exports.handler=()=>require("../../../dist/bench/floor.js")';

/** Named as InfluxToken names its outputs. */
const OUTPUTS: Readonly<Record<string, undefined>> = {
  token: undefined,
  permissions: undefined,
  effectivePermissions: undefined,
  org: undefined,
  orgId: undefined,
  user: undefined,
  userId: undefined,
  description: undefined,
  status: undefined,
  host: undefined,
  createdAt: undefined,
  updatedAt: undefined,
};

/** A token that no server ever hears of: what the engine itself takes for resources of this size. */
export class FloorToken extends pulumi.CustomResource {
  constructor(name: string, args: PlannedToken["args"]) {
    const restore = shortenStackTraces();
    try {
      super(TYPE, name, { ...OUTPUTS, ...args, __provider: STUB }, { additionalSecretOutputs: ["token"] });
    } finally {
      restore();
    }
  }
}
