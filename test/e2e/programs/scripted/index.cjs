const pulumi = require("@pulumi/pulumi");
const { InfluxToken, RotatingInfluxToken } = require("pulumi-influx-token");
const native = require("pulumi-influx-token/native");

/** Gives on its input as an output that no preview knows before the resource is made. */
class Later extends pulumi.dynamic.Resource {
  constructor(name, value) {
    const provider = { create: async ({ given }) => ({ id: "later", outs: { given, value: given } }) };
    super(provider, name, { given: value, value: undefined });
  }
}

// What the test has the program do at this moment.
module.exports = require(process.env["SCRIPT"])({ pulumi, InfluxToken, RotatingInfluxToken, native, Later });
