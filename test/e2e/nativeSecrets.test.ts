import { succeeded, tokenResources } from "../../scripts/engine";
import { NATIVE_HOST, type NativeStack, outputOf, secret } from "../support/behaviourHosts";
import { filesOf } from "../support/secretSearch";

describe("secrets of a native program, in what a run writes", () => {
  const SECRETS = ["hidden description", "hidden keeper", "hidden-org", "hidden-bucket", "hidden default"];
  const VERBOSE = ["--debug", "--diff", "--logtostderr", "-v=3", "--logflow"];
  let stack: NativeStack;
  let made: string[];

  beforeAll(async () => {
    stack = await NATIVE_HOST.open({ plainTokens: true });
    const { id: orgID } = await stack.server.call<{ id: string }>("POST", "/api/v2/orgs", {
      name: "hidden-org",
    });
    await stack.server.makeBucket("hidden-bucket", orgID);
    await stack.engine.configSet("influx-token:descriptionTemplate", "hidden default {name}", {
      secret: true,
    });
    stack.declare(
      {
        described: {
          args: {
            org: "acme",
            readTasks: true,
            description: secret("hidden description"),
            keepers: { plain: "1", other: secret("hidden keeper") },
          },
        },
        named: {
          args: { org: secret("hidden-org"), readBucket: [secret("hidden-bucket")], description: "" },
        },
        listed: { args: { org: "acme", readLabels: true } },
      },
      { token: outputOf("described", "token"), permissions: outputOf("named", "permissions") },
    );
    // Not -v=9, by which Pulumi's host of YAML prints each value that it sends and gets.
    await stack.up(VERBOSE);
    made = stack.server
      .authorizations()
      .slice(1)
      .map(({ token }) => token);
  });
  afterAll(() => stack.dispose());

  it("are in no output, event, state or other file, and masked among the stack's outputs", async () => {
    await stack.refresh(VERBOSE);
    expect(await stack.up(VERBOSE)).toEqual({ unchanged: 4 });
    const { stdout } = succeeded(await stack.engine.run(["stack", "output", "--json"]));
    expect(JSON.parse(stdout)).toEqual({ token: "[secret]", permissions: "[secret]" });
    expect(made).toHaveLength(3);
    const written: [string, string][] = [["printed", stack.printed()], ...filesOf(stack.engine.folder)];
    const found = written.flatMap(([name, text]) =>
      [...made, ...SECRETS].filter((value) => text.includes(value)).map((value) => `${name}: ${value}`),
    );
    expect(found).toEqual([]);
    // Else nothing was looked for in the right place.
    for (const text of [stack.printed(), await stack.engine.stateText()])
      expect(text).toContain("orgs/acme/tasks");
    const descriptions = stack.server.authorizations().map(({ description }) => description);
    expect(descriptions.slice(1).sort()).toEqual(["", "hidden default listed", "hidden description"]);
  });

  it("hide what is made of them, and nothing else", async () => {
    const byName = new Map(
      tokenResources(await stack.engine.state()).map((one) => [one.urn.split("::").at(-1), one]),
    );
    const SECRET = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
    expect(byName.get("named")).toMatchObject({
      inputs: { org: SECRET, permissions: SECRET, readBucket: [SECRET] },
      outputs: { org: SECRET, permissions: SECRET, token: SECRET, __buckets: SECRET, status: "active" },
    });
    expect(byName.get("described")).toMatchObject({
      inputs: { description: SECRET, keepers: { plain: "1", other: SECRET } },
      outputs: { description: SECRET, permissions: { "orgs/acme/tasks": "read" } },
    });
    expect(byName.get("listed")).toMatchObject({
      inputs: { description: SECRET, org: "acme" },
      outputs: { description: SECRET, host: stack.server.url },
    });
  });
});
