import { join } from "node:path";
import randomPackage from "@pulumi/random/package.json";
import { openStack, type TestStack } from "../support/stack";

const EXAMPLE = join(__dirname, "..", "..", "examples", "rotation");

// The plugin of @pulumi/random comes from a host that not every network reaches. What the example declares is tested
// with Pulumi's mocks everywhere (test/unit/programs.test.ts); here it runs for real, or the run says that it could not.
describe("the example rotation", () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await openStack(EXAMPLE);
    await stack.engine.configSet("period", "2026-12");
  });
  afterAll(() => stack.dispose());

  it("gives a new token for a new period, where the plugin of @pulumi/random installs", async () => {
    const install = ["plugin", "install", "resource", "random", randomPackage.version];
    const { code, stderr } = await stack.engine.run(install);
    if (code !== 0) {
      expect(stderr).toMatch(/download/);
      process.stdout.write(
        "examples/rotation: ran with mocks only, for the plugin of @pulumi/random cannot be downloaded\n",
      );
      return;
    }
    process.stdout.write("examples/rotation: ran with the real plugin of @pulumi/random\n");
    expect(await stack.up()).toEqual({ created: 3 });
    const [, first] = stack.server.authorizations();
    expect(await stack.up()).toEqual({ unchanged: 3 });
    expect(await stack.refresh()).toEqual({ unchanged: 3 });
    await stack.engine.configSet("period", "2027-01");
    expect(await stack.up()).toEqual({ replaced: 2, unchanged: 1 });
    const [, second] = stack.server.authorizations();
    expect(second?.token).not.toBe(first?.token);
    expect(await stack.destroy()).toEqual({ deleted: 3 });
    expect(stack.server.authorizations()).toHaveLength(1);
  });
});
