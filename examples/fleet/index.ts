import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { InfluxTokenFleet } from "pulumi-influx-token";
import { SecretFile } from "../deliver/telegraf/secretFile"; // to copy beside this program

// pulumi config set folder /srv/tokens: absolute, and there already.
// pulumi config set devices 2000: with one more device, one token is made, and one file is written.
const config = new pulumi.Config();
const folder = config.require("folder");
const devices = Array.from({ length: config.getNumber("devices") ?? 1000 }, (_, index) => `device-${index}`);

const fleet = new InfluxTokenFleet("devices", {
  each: { org: "acme", writeBucket: ["telemetry"] },
  members: devices,
});

// A file for each shard, and not one for each device: 64 at most, each written only where a token in it is new.
// All tokens: jq -s add /srv/tokens/*.json
for (const [shard, tokens] of Object.entries(fleet.tokensByShard)) {
  new SecretFile(`tokens-${shard}`, {
    path: join(folder, `${shard}.json`),
    content: pulumi.jsonStringify(tokens),
  });
}

export const count = fleet.count;
