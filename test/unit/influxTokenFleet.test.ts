import * as pulumi from "@pulumi/pulumi";
import { InfluxTokenFleet } from "../../provider";
import { SECRET_KEY } from "../../provider/pulumiHost/wireValues";

const registered = new Map<string, Record<string, unknown>>();

describe("InfluxTokenFleet", () => {
  beforeAll(async () => {
    await pulumi.runtime.setMocks({
      newResource: ({ name, inputs }) => {
        registered.set(name, inputs as Record<string, unknown>);
        return { id: name, state: { ...(inputs as object) } };
      },
      call: () => ({}),
    });
  });

  it.each([
    ["the first", { c: { readBucket: [pulumi.secret("hush")] }, j: { readBucket: [pulumi.output("open")] } }],
    ["the last", { c: { readBucket: [pulumi.output("open")] }, j: { readBucket: [pulumi.secret("hush")] } }],
  ])("carries the mark of a secret that only %s of a shard's members names", async (_which, members) => {
    const fleet = new InfluxTokenFleet("f", { each: { org: "acme", readTasks: true }, members });
    await new Promise((resolve) => fleet.ids.apply(resolve));
    const { permissions, memberPermissions } = registered.get("f-03") ?? {};
    expect(permissions).toBeUndefined();
    expect(memberPermissions).toHaveProperty(SECRET_KEY);
  });

  it.each(["ignoreChanges", "replaceOnChanges"] as const)(
    "refuses the option %s, which its shards would not get, as the plugin does",
    (option) => {
      const args = { each: { org: "acme", readTasks: true }, members: ["a"] };
      const declare = (): unknown => new InfluxTokenFleet("f", args, { [option]: ["members"] });
      expect(declare).toThrow(pulumi.RunError);
      expect(declare).toThrow(`InfluxTokenFleet "f" cannot take the option ${option}: `);
      expect(() => new InfluxTokenFleet("g", args, { [option]: [] })).not.toThrow();
    },
  );
});
