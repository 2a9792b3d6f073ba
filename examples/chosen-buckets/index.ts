import * as pulumi from "@pulumi/pulumi";
import { InfluxToken } from "pulumi-influx-token";

// Ids, as `influx bucket list` shows them: pulumi config set --path 'buckets[0]' 0a1b2c3d4e5f6071
const buckets = new pulumi.Config().requireObject<string[]>("buckets");

// influx auth create --org acme --read-bucket ID --write-bucket ID …
const telegraf = new InfluxToken("chosen-buckets", {
  org: "acme",
  description: "acme: telegraf",
  readBucket: buckets,
  writeBucket: buckets,
});

export const token = telegraf.token;
export const permissions = telegraf.effectivePermissions;
