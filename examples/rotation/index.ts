import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { InfluxToken } from "pulumi-influx-token";

// pulumi config set period 2026-12: with another period the random id changes, and the token with it.
const period = new pulumi.Config().require("period");
const rotation = new random.RandomId("rotation", { byteLength: 4, keepers: { period } });

const rotating = new InfluxToken("rotating", {
  org: "acme",
  description: "acme: rotated",
  readBuckets: true,
  keepers: { rotation: rotation.hex },
});

export const token = rotating.token;
