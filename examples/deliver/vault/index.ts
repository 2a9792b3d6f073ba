import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import { InfluxToken } from "pulumi-influx-token";

// pulumi config set period 2026-12: with another period there is another token.
const period = new pulumi.Config().require("period");
const token = new InfluxToken("writer", {
  org: "acme",
  description: "acme: writer, by Vault",
  writeBuckets: true,
  keepers: { period },
});

// vault kv get -mount=secret -field=token acme/influxdb/writer
new vault.kv.SecretV2("influxdb", {
  mount: "secret",
  name: "acme/influxdb/writer",
  dataJson: pulumi.jsonStringify({ token: token.token }),
  // Else `pulumi destroy` hides the newest version only.
  deleteAllVersions: true,
});
