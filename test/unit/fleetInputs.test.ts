import * as pulumi from "@pulumi/pulumi";
import { TokenFleet } from "../../native";
import { InfluxTokenFleet, type InfluxTokenFleetArgs } from "../../provider";

const EACH = { org: "acme", readTasks: true };

beforeAll(() => pulumi.runtime.setMocks({ newResource: () => ({ id: "1", state: {} }), call: () => ({}) }));

// As a program in JavaScript gives them, where no compiler says so.
describe("a fleet that is declared wrongly", () => {
  const declare = (args: object) => () => new InfluxTokenFleet("sensors", args as InfluxTokenFleetArgs);

  it.each<[object, string]>([
    [{ each: EACH }, "members must be a list of names or a map from names, not left out"],
    [{ each: EACH, members: null }, "members must be a list of names or a map from names, not left out"],
    [{ members: ["a"] }, "each must be an object of inputs, not left out"],
    [{ each: "x", members: ["a"] }, "each must be an object of inputs, not a string"],
    [
      { each: EACH, members: ["a"], keepOldfor: "24h" },
      "keepOldfor is not an input of InfluxTokenFleet: did you mean keepOldFor?",
    ],
    [
      { each: EACH, members: ["a"], writeBucket: ["b"] },
      "writeBucket is not an input of InfluxTokenFleet: it goes into each",
    ],
    [
      { each: EACH, members: ["a"], shards: 7 },
      "shards is not an input of InfluxTokenFleet: it has each, members, keepOldFor, connection",
    ],
  ])("%j is refused before anything is registered", (args, problem) => {
    expect(declare(args)).toThrow(new pulumi.RunError(`InfluxTokenFleet "sensors": ${problem}`));
  });

  it("has no connection of its own with the plugin, which would be passed over", () => {
    const args = { each: EACH, members: ["a"], connection: { host: "http://127.0.0.1:9" } };
    const problem = "connection is not an input of TokenFleet: it has each, members, keepOldFor";
    expect(() => new TokenFleet("sensors", args)).toThrow(`TokenFleet "sensors": ${problem}`);
  });
});
