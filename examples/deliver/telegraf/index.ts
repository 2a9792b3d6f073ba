import * as pulumi from "@pulumi/pulumi";
import { InfluxToken } from "pulumi-influx-token";
import { SecretFile } from "./secretFile";

// pulumi config set path /etc/telegraf/telegraf.d/influxdb.conf
// pulumi config set period 2026-12: with another period there is another token.
const config = new pulumi.Config();
const token = new InfluxToken("telegraf", {
  org: "acme",
  description: "acme: telegraf",
  writeBuckets: true,
  keepers: { period: config.require("period") },
});

// JSON's texts are TOML's, too.
new SecretFile("telegraf.conf", {
  path: config.require("path"),
  content: pulumi.interpolate`[[outputs.influxdb_v2]]
  urls = [${pulumi.jsonStringify(token.host)}]
  organization = ${pulumi.jsonStringify(token.org)}
  bucket = "metrics"
  token = ${pulumi.jsonStringify(token.token)}
`,
});
