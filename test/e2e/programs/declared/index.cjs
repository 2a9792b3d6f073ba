const { readFileSync } = require("node:fs");
const { InfluxToken, InfluxTokenFleet } = require("pulumi-influx-token");

// What the test declares at this moment: name to inputs, those of a fleet with `each` among them.
const declared = JSON.parse(readFileSync(process.env["DECLARED"], "utf8"));
for (const [name, args] of Object.entries(declared))
  "each" in args ? new InfluxTokenFleet(name, args) : new InfluxToken(name, args);
