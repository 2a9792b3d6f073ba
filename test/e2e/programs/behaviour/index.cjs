const { readFileSync } = require("node:fs");
const pulumi = require("@pulumi/pulumi");
const { InfluxToken, InfluxTokenFleet, RotatingInfluxToken } = require("pulumi-influx-token");

const CLASSES = { Token: InfluxToken, RotatingToken: RotatingInfluxToken, TokenFleet: InfluxTokenFleet };
const made = {};

/** A value as test/support/behaviourHosts.ts writes it. */
function read(value) {
  if (Array.isArray(value)) return value.map(read);
  if (typeof value !== "object" || value === null) return value;
  if ("$secret" in value) return pulumi.secret(value.$secret);
  if ("$output" in value) return made[value.$output[0]][value.$output[1]];
  if ("$text" in value) return pulumi.concat(...value.$text.map(read));
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, read(inner)]));
}

// What the test declares at this moment.
const { resources, outputs } = JSON.parse(readFileSync(process.env["DECLARED"], "utf8"));
for (const [name, { type = "Token", args, connection, options = {} }] of Object.entries(resources)) {
  const own = connection === undefined ? {} : { connection: read(connection) };
  made[name] = new CLASSES[type](name, { ...read(args), ...own }, options);
}
module.exports = read(outputs);
