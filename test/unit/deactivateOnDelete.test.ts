import type { ServerResponse } from "node:http";
import { MiniEngine } from "../support/miniEngine";
import { setUpRun } from "../support/testRun";

const PATCH = "PATCH /api/v2/authorizations/{id}";

/** What is answered in the server's place. */
type Lie = (response: ServerResponse, id: string) => void;

describe.each([
  ["a server that stores tokens hashed", false],
  ["a server that stores tokens plain", true],
])("deactivateOnDelete on %s", (_kind, plainTokens) => {
  const run = setUpRun({ plainTokens });
  const declared = (more: object = {}): object => ({
    orgId: run.server.orgId,
    readTasks: true,
    deactivateOnDelete: true,
    ...more,
  });
  const begin = (url = run.server.url): void => {
    run.begin({ env: { INFLUX_HOST: url, INFLUX_TOKEN: run.server.operatorToken } });
  };
  const create = async (more?: object) => run.host.create(await run.host.checked(declared(more) as never));
  const statuses = (): string[] => run.made().map(({ status }) => status);

  beforeEach(() => {
    begin();
  });

  it("switches the token off by one request, and deletes nothing", async () => {
    const { id, outs } = await create();
    run.server.countRequests();
    await run.host.delete(id, outs);
    expect(run.server.countRequests()).toEqual({ [PATCH]: 1 });
    expect(run.made()).toMatchObject([{ id, status: "inactive", description: "" }]);
    await expect(run.host.delete(id, outs)).resolves.toBeUndefined();
  });

  it("does so with a token that is replaced, too", async () => {
    const engine = new MiniEngine(run.host);
    for (const period of ["1", "2"]) {
      await engine.up(new Map([["ci", declared({ keepers: { period } })]]));
      begin();
      engine.host = run.host;
    }
    expect(engine.errors).toEqual([]);
    expect(statuses()).toEqual(["inactive", "active"]);
    await engine.up(new Map());
    expect(engine.errors).toEqual([]);
    expect(statuses()).toEqual(["inactive", "inactive"]);
  });

  it("counts from the state: what a run adds or takes away, the next one goes by", async () => {
    const { id, outs } = await create({ deactivateOnDelete: false });
    expect(outs).not.toHaveProperty("deactivateOnDelete");
    run.server.countRequests();
    const news = await run.host.checked(declared() as never);
    expect(await run.host.diff(id, outs, news)).toMatchObject({ changes: true, replaces: [] });
    const { outs: added } = await run.host.update(id, outs, news);
    expect(added).toEqual({ ...outs, deactivateOnDelete: true });
    const off = await run.host.checked(declared({ deactivateOnDelete: false }) as never);
    expect(await run.host.diff(id, added, off)).toMatchObject({ changes: true, replaces: [] });
    expect((await run.host.update(id, added, off)).outs).toEqual(outs);
    // A change of the input itself sends nothing.
    expect(run.server.countRequests()).toEqual({});
    expect((await run.host.read(id, added)).inputs).toMatchObject({ deactivateOnDelete: true });
    await run.host.delete(id, outs);
    expect(run.made()).toEqual([]);
  });

  it("is true or false: anything else fails the preview", async () => {
    const { failures } = await run.host.check({}, declared({ deactivateOnDelete: "yes" }));
    const reason = "deactivateOnDelete must be true or false, not a string";
    expect(failures).toEqual([{ property: "deactivateOnDelete", reason }]);
  });

  it("also switches off what the state calls inactive: it may be old", async () => {
    const { id, outs } = await create({ status: "inactive" });
    await run.server.call("PATCH", `/api/v2/authorizations/${id}`, { status: "active" });
    await run.host.delete(id, outs);
    expect(statuses()).toEqual(["inactive"]);
  });

  it("is done where the token is gone", async () => {
    const { id, outs } = await create();
    await run.server.call("DELETE", `/api/v2/authorizations/${id}`);
    await expect(run.host.delete(id, outs)).resolves.toBeUndefined();
  });

  it("fails where the token is not on a server that never had it", async () => {
    const { id, outs } = await create();
    await run.server.call("DELETE", `/api/v2/authorizations/${id}`);
    const elsewhere = await run.reverseProxy();
    run.begin({ config: { "influx-token:host": elsewhere, "influx-token:token": run.server.operatorToken } });
    await expect(run.host.delete(id, outs)).rejects.toThrow(`is not on ${elsewhere}`);
  });

  it.each<[string, string]>([
    ["an organization", "orgs"],
    ["an owner", "users"],
  ])("reaches a token that outlived %s: the server answers 404, and does it", async (_what, collection) => {
    const { id: orgId } = await run.server.call<{ id: string }>("POST", "/api/v2/orgs", { name: "doomed" });
    const { id: userId } = await run.server.call<{ id: string }>("POST", "/api/v2/users", { name: "doomed" });
    const { id, outs } = await create({ orgId, user: "doomed" });
    await run.server.call("DELETE", `/api/v2/${collection}/${collection === "orgs" ? orgId : userId}`);
    run.server.countRequests();
    // Also at another address of the server: it is not taken for one that never had the token.
    const elsewhere = await run.reverseProxy();
    run.begin({ config: { "influx-token:host": elsewhere, "influx-token:token": run.server.operatorToken } });
    await run.host.delete(id, outs);
    expect(run.server.countRequests()).toEqual({ [PATCH]: 1 });
    expect(statuses()).toEqual(["inactive"]);
  });

  it.each<[string, Lie, RegExp]>([
    [
      "another status",
      (response, id) => {
        const answer = { id, status: "active", permissions: [], token: "" };
        response.setHeader("X-Influxdb-Build", "OSS").end(JSON.stringify(answer));
      },
      /cannot set the token \w+ inactive: it was answered that the token is active/,
    ],
    [
      "what it should, but not as InfluxDB",
      (response, id) => {
        response.end(JSON.stringify({ id, status: "inactive", permissions: [], token: "" }));
      },
      /cannot switch off the token/,
    ],
    ["a page", (response) => void response.end("<html>ok</html>"), /cannot switch off the token/],
    [
      "404 of its own",
      (response) => {
        const answer = { code: "not found", message: "authorization not found" };
        response.writeHead(404, { "Content-Type": "application/json" }).end(JSON.stringify(answer));
      },
      /cannot switch off the token/,
    ],
  ])("is no success where a proxy answers %s", async (_what, lie, message) => {
    const { id, outs } = await create();
    const proxy = await run.reverseProxy(({ method }, response) => {
      if (method !== "PATCH") return false;
      response.setHeader("Content-Type", "application/json");
      lie(response, id);
      return true;
    });
    run.begin({ config: { "influx-token:host": proxy, "influx-token:token": run.server.operatorToken } });
    const connection = { retries: 0, timeoutMs: 2_000 };
    await expect(run.host.delete(id, { ...outs, host: proxy, connection })).rejects.toThrow(message);
    expect(statuses()).toEqual(["active"]);
  });
});
