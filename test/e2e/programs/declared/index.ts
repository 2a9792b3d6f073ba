import { readFileSync } from "node:fs";
import { InfluxToken, type InfluxTokenArgs } from "pulumi-influx-token";

// What the test declares at this moment: name to inputs.
const declared = JSON.parse(readFileSync(process.env["DECLARED"] ?? "", "utf8")) as Record<
  string,
  InfluxTokenArgs
>;
for (const [name, args] of Object.entries(declared)) new InfluxToken(name, args);
