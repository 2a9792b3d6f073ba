import * as pulumi from "@pulumi/pulumi";
import { InfluxTokenFleet } from "../../provider";
import { encodeShard, NO_SHARD, type Spec } from "../../provider/fleet/shardState";

const EACH = { org: "acme", readTasks: true };
const SPEC = { description: "{member}" } as unknown as Spec;

/** As providers answer: with a token for each member but `late`. */
beforeAll(() =>
  pulumi.runtime.setMocks({
    newResource: ({ name, inputs }) => {
      const { members } = inputs as { members?: Record<string, object> };
      if (members === undefined) return { id: name, state: inputs as object };
      const names = Object.keys(members);
      const made = new Map(
        names
          .filter((member) => member !== "late")
          .map((member) => [member, { id: `id-${member}`, spec: SPEC, createdAt: 1, token: `t-${member}` }]),
      );
      const own = new Map(names.map((member) => [member, {}]));
      const state = encodeShard({ ...NO_SHARD, own, made }, { permissions: { a: "read" }, host: "h" });
      return { id: name, state: { ...(inputs as object), ...state } };
    },
    call: () => ({}),
  }),
);

const valueOf = <T>(output: pulumi.Output<T>): Promise<T> =>
  new Promise((resolve) =>
    output.apply((value) => {
      resolve(value);
    }),
  );

describe("the outputs of a fleet", () => {
  it("are its members' tokens and ids, together, by shard and one by one", async () => {
    const fleet = new InfluxTokenFleet("sensors", { each: EACH, members: ["c", "a", "j", "late"] });
    expect(await valueOf(fleet.tokens)).toEqual({ a: "t-a", c: "t-c", j: "t-j" });
    expect(await valueOf(fleet.ids)).toEqual({ a: "id-a", c: "id-c", j: "id-j" });
    expect(await valueOf(fleet.token("a"))).toBe("t-a");
    expect(await valueOf(pulumi.all(fleet.tokensByShard))).toMatchObject({ "03": { c: "t-c", j: "t-j" } });
    expect([fleet.count, await valueOf(fleet.permissions)]).toEqual([4, { a: "read" }]);
  });

  it("have no token of a member that there is not, and name the nearest", () => {
    const fleet = new InfluxTokenFleet("sensors", { each: EACH, members: ["device-1"] });
    expect(() => fleet.token("devise-1")).toThrow('has no member "devise-1": did you mean "device-1"?');
    expect(() => fleet.token("{x}")).toThrow('InfluxTokenFleet "sensors" has no member "{x}"');
  });

  it("are empty without members", async () => {
    const fleet = new InfluxTokenFleet("none", { each: EACH, members: [] });
    expect([await valueOf(fleet.tokens), fleet.tokensByShard, fleet.count]).toEqual([{}, {}, 0]);
    expect(await valueOf(fleet.permissions)).toBeUndefined();
  });

  it("need names and inputs that are known when the program runs", () => {
    const declare = (args: object) => () => new InfluxTokenFleet("f", args as never);
    expect(declare({ each: EACH, members: pulumi.output(["a"]) })).toThrow("names of members");
    expect(declare({ each: pulumi.output(EACH), members: ["a"] })).toThrow("each must be an object");
    expect(declare({ each: EACH, members: { a: pulumi.output({}) } })).toThrow(
      'members["a"] must be an object',
    );
    expect(declare({ each: { org: "acme" }, members: ["a"] })).toThrow("no permission is asked for");
  });

  it("are handed to children with the options that reach them", async () => {
    const before = new InfluxTokenFleet("before", { each: EACH, members: ["a"] });
    const fleet = new InfluxTokenFleet(
      "after",
      {
        each: EACH,
        members: { a: { readBuckets: true }, b: {} },
        keepOldFor: "24h",
        connection: { token: "t" },
      },
      { dependsOn: before, retainOnDelete: true, customTimeouts: { create: "1h" }, deletedWith: before },
    );
    expect(await valueOf(fleet.ids)).toEqual({ a: "id-a", b: "id-b" });
  });
});
