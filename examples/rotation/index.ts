import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { RotatingInfluxToken } from "pulumi-influx-token";

// pulumi config set period 2026-12: with another period the random id changes, and the token is rotated at once.
const period = new pulumi.Config().require("period");
const rotation = new random.RandomId("rotation", { byteLength: 4, keepers: { period } });

// A new token every 90 days. The one before it is valid until the next rotation, so clients have 90 days to change over.
const rotating = new RotatingInfluxToken("rotating", {
  org: "acme",
  description: "acme: rotated",
  readBuckets: true,
  rotateAfter: "90d",
  keepers: { rotation: rotation.hex },
});

export const token = rotating.token;
export const rotateAt = rotating.rotateAt;
