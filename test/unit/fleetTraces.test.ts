import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import { InfluxTokenFleet } from "../../provider";
import { DYNAMIC_FLEET } from "../../provider/tokenTypes";

const valueOf = <T>(output: pulumi.Output<T>): Promise<unknown> =>
  new Promise((resolve) => {
    output.apply(resolve);
  });

// Each frame of the package's own is in every shard of the state: they tell nobody anything.
describe("a shard of a fleet", () => {
  afterEach(() => jest.restoreAllMocks());

  it("is said to be declared where the program declares the fleet, also with mocks that know no shards", async () => {
    const register = jest.spyOn(MockMonitor.prototype, "registerResource");
    await pulumi.runtime.setMocks({
      newResource: ({ name, inputs }) => ({ id: name, state: inputs as Record<string, unknown> }),
      call: () => ({}),
    });
    const each = { org: "acme", readTasks: true };
    const fleet = new InfluxTokenFleet("sensors", { each, members: ["a"] });
    // Mocks answer with the inputs, unless they are told more.
    const [tokens, ids] = await Promise.all([valueOf(fleet.tokens), valueOf(fleet.ids)]);
    expect([tokens, ids]).toEqual([{}, {}]);
    await pulumi.runtime.disconnect();
    const shards = register.mock.calls
      .map(([request]) => request as RegisterResourceRequest)
      .filter((request) => request.getType() === DYNAMIC_FLEET.shard);
    const frames = shards.map((shard) => shard.toObject().stacktrace?.framesList.map(({ pc }) => pc?.uri));
    expect(frames).toEqual([[expect.stringMatching(/[\\/]fleetTraces\.test\.ts$/)]]);
    const positions = shards.map((shard) => shard.getSourceposition()?.getUri());
    expect(positions).toEqual(frames.flat());
  });
});
