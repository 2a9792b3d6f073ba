import { secret } from "../../../native/wire";
import { NATIVE_ROTATING_TOKEN } from "../../../provider/tokenTypes";
import { startServer, type TestServer } from "../../support/influxdb";
import { type Held, PluginUnderTest, urnOf } from "../../support/plugin";

/** As `pulumi do` has it: nothing but an id, and what `read` answers. */
describe.each([false, true])("a token that is in no state (plain tokens: %s)", (plainTokens) => {
  let server: TestServer;
  let plugin: PluginUnderTest;
  let id: string;

  beforeEach(async () => {
    server = await startServer({ plainTokens });
    const config = { host: server.url, token: secret(server.operatorToken), retries: "0" };
    plugin = await PluginUnderTest.start({ config });
    const { inputs } = await plugin.check({ org: "acme", readTasks: true });
    ({ id } = await plugin.create(inputs));
    server.countRequests();
  });
  afterEach(async () => {
    plugin.close();
    await server.close();
  });

  const read = async (): Promise<Held> => (await plugin.read(id)) ?? Promise.reject(new Error("it is gone"));
  const without = (of = id): Held => ({ id: of, inputs: {}, outputs: {} });
  const checked = async (held: Held, news: object): Promise<Held["inputs"]> =>
    (await plugin.check({ ...held.inputs, ...news }, held.inputs)).inputs;
  const ids = (): string[] => server.authorizations().map((each) => each.id);

  it("changes in place where the server lets it", async () => {
    const held = await read();
    const news = await checked(held, { description: "by hand", status: "inactive" });
    expect((await plugin.update(held, news)).outputs).toMatchObject({ status: "inactive" });
    expect(server.authorizations()[1]).toMatchObject({ description: "by hand", status: "inactive" });
  });

  it.each([
    ["permissions", { readBuckets: true }, "permissions"],
    ["organization", { org: "other" }, "org"],
    ["owner", { user: "nobody" }, "user"],
  ])("never gets another %s by a change in place, and no answer says that it did", async (_, news, named) => {
    const held = await read();
    const inputs = await checked(held, { description: "by hand", ...news });
    server.countRequests();
    for (const preview of [true, false]) {
      await expect(plugin.update(held, inputs, preview)).rejects.toThrow(
        `cannot change ${named} of a token that exists: InfluxDB lets nobody do that: make a new token, and delete this one`,
      );
    }
    expect(server.countRequests()).toEqual({});
  });

  it("is deleted, also with an id in capitals, and by the type of a rotating one", async () => {
    await plugin.delete(without(id.toUpperCase()), urnOf("ci", NATIVE_ROTATING_TOKEN.type));
    expect(ids()).not.toContain(id);
  });

  it("is not deleted twice: what is not there is an id with a slip", async () => {
    await plugin.delete(without());
    await expect(plugin.delete(without())).rejects.toThrow(
      `cannot delete the token ${id}: there is none on ${server.url}`,
    );
  });

  it("is not deleted by something that is no id, and nothing is sent", async () => {
    await expect(plugin.delete(without("../buckets"))).rejects.toThrow(
      'cannot delete "../buckets": it is not an authorization id',
    );
    expect(server.countRequests()).toEqual({});
  });

  it("is not deleted by itself, where the server tells its value", async () => {
    const [operator] = ids();
    const deletion = plugin.delete(without(operator));
    if (plainTokens) await expect(deletion).rejects.toThrow(/authenticates with/);
    else await deletion;
    expect(ids().includes(operator ?? "")).toBe(plainTokens);
  });

  it("is deleted although its organization was", async () => {
    const org = await server.call<{ id: string }>("POST", "/api/v2/orgs", { name: "doomed" });
    const { inputs } = await plugin.check({ org: "doomed", readTasks: true });
    const made = await plugin.create(inputs);
    await server.call("DELETE", `/api/v2/orgs/${org.id}`);
    await plugin.delete(without(made.id));
    expect(ids()).not.toContain(made.id);
  });
});
