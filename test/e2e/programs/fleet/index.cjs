// One fleet, by the JSON in the environment: the arguments, or their `count` in place of members.
const { InfluxTokenFleet } = require("pulumi-influx-token");

const { count, ...args } = JSON.parse(process.env["FLEET"] ?? "{}");
const members =
  count === undefined ? args.members : Array.from({ length: count }, (_, index) => `device-${index}`);
const fleet = new InfluxTokenFleet("sensors", { ...args, members });

exports.tokens = fleet.tokens;
exports.ids = fleet.ids;
exports.permissions = fleet.permissions;
