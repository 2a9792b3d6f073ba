import * as github from "@pulumi/github";
import * as pulumi from "@pulumi/pulumi";
import { InfluxToken } from "pulumi-influx-token";

// pulumi config set period 2026-12: with another period there is another token.
const period = new pulumi.Config().require("period");
const token = new InfluxToken("ci", {
  org: "acme",
  description: "acme: GitHub Actions",
  writeBuckets: true,
  keepers: { period },
});

// A secret of an environment is read when a job starts, one of the repository already when its run is queued.
new github.ActionsEnvironmentSecret("influx-token", {
  repository: "telemetry",
  environment: "prod",
  secretName: "INFLUX_TOKEN",
  value: token.token,
});
