import { succeeded } from "../../scripts/engine";
import { NATIVE_HOST, type NativeStack } from "../support/behaviourHosts";

const ARGS = { org: "acme", readTasks: true };

/** The engine starts a process for each provider: what one adopts, another one may have a record of. */
describe("a token of two providers of one server", () => {
  let stack: NativeStack;
  let elsewhere: { connection: Record<string, string> };
  beforeAll(async () => {
    // The server tells the value of a token.
    stack = await NATIVE_HOST.open({ ownProcess: true, plainTokens: true });
    elsewhere = { connection: { host: stack.server.url, token: stack.server.operatorToken } };
  });
  afterAll(async () => {
    try {
      succeeded(await stack.engine.destroy());
      expect(stack.server.authorizations()).toHaveLength(1);
    } finally {
      await stack.dispose();
    }
  });

  /** The one token of the stack, on the server. */
  const token = (): { id: string } => {
    const [, found] = stack.server.authorizations();
    expect(stack.server.authorizations()).toHaveLength(2);
    return found ?? { id: "" };
  };

  it("stays where one adopts what the other one's record was of, also after the preview of the same command", async () => {
    stack.declare({ before: { args: ARGS } });
    await stack.up();
    const { id } = token();
    stack.declare({ after: { args: { ...ARGS, adopt: id }, ...elsewhere } });
    const { stdout } = succeeded(await stack.engine.run(["up", "--yes"]));
    expect(stdout).toContain(`the token ${id}`);
    expect(token().id).toBe(id);
    stack.declare({ after: { args: ARGS, ...elsewhere } });
    await stack.up();
    expect(await stack.refresh()).toEqual({ unchanged: 3 });
    expect(token().id).toBe(id);
  });

  it("stays where one imports it", async () => {
    const { id } = token();
    stack.declare({ imported: { args: ARGS, options: { import: id } } });
    await stack.up();
    expect(token().id).toBe(id);
  });
});
