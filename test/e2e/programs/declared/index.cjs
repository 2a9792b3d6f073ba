const { readFileSync } = require("node:fs");
const { InfluxToken } = require("pulumi-influx-token");

// What the test declares at this moment: name to inputs.
const declared = JSON.parse(readFileSync(process.env["DECLARED"], "utf8"));
for (const [name, args] of Object.entries(declared)) new InfluxToken(name, args);
