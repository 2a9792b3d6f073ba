import type { IncomingMessage } from "node:http";
import { type Fault, type FaultProxy, type Hold, startFaultProxy } from "../../support/faultProxy";
import { startServer, type TestServer } from "../../support/influxdb";
import { newProvider } from "../../support/providerHost";

const host = newProvider();

describe.each([
  ["hashed", false],
  ["plain", true],
])("a create whose answer never came, from a server that stores tokens %s", (_kind, plainTokens) => {
  let server: TestServer;
  let proxy: FaultProxy;
  /** What to do to each request; set by each test. */
  let fault: (request: IncomingMessage) => Fault | Hold | undefined = () => undefined;

  beforeEach(async () => {
    server = await startServer({ plainTokens });
    proxy = await startFaultProxy(server.url, (request) => fault(request));
  });
  afterEach(async () => {
    fault = () => undefined;
    await proxy.close();
    await server.close();
  });

  /** Does the faults to the first requests that are POSTs, one each. */
  function toPosts(...faults: Fault[]): void {
    fault = ({ method }) => (method === "POST" ? faults.shift() : undefined);
  }

  async function inputs(more: object = {}): Promise<object> {
    const connection = { host: proxy.url, token: server.operatorToken, retries: 2 };
    return (await host.check({}, { orgId: server.orgId, readTasks: true, connection, ...more })).inputs;
  }

  const made = (): string[] =>
    server
      .authorizations()
      .slice(1)
      .map(({ token }) => token);

  it.each<Fault>(["drop after", "401", "404", "500", "502", "503", "truncate", "garbage"])(
    "that had made the token (%s) gives exactly one, and its value",
    async (each) => {
      toPosts(each);
      const { outs } = await host.create(await inputs({ description: "ci" }));
      expect(made()).toEqual([outs.token]);
      expect(server.countRequests()["POST /api/v2/authorizations"]).toBe(plainTokens ? 1 : 2);
    },
  );

  it("that had made the token and took longer than connection.timeoutMs gives exactly one", async () => {
    let held = false;
    fault = ({ method }) => {
      if (method !== "POST" || held) return undefined;
      held = true;
      return { at: "after", reached: () => undefined, released: new Promise(() => undefined) };
    };
    const connection = { host: proxy.url, token: server.operatorToken, timeoutMs: 1_000 };
    const { outs } = await host.create(await inputs({ connection }));
    expect(made()).toEqual([outs.token]);
  });

  it.each<Fault>(["drop before", "429", "503 before", "401 before", "404 before", "garbage before"])(
    "that had made nothing (%s) makes one",
    async (each) => {
      toPosts(each);
      const { outs } = await host.create(await inputs());
      expect(made()).toEqual([outs.token]);
    },
  );

  it("finds each its own, where tokens cannot be told apart and are made at once", async () => {
    toPosts("drop after", "drop before", "drop after", "502");
    const same = await inputs();
    const all = await Promise.all(Array.from({ length: 6 }, () => host.create(same)));
    expect(all.map(({ outs }) => outs.token).sort()).toEqual(made().sort());
    expect(new Set(all.map(({ id }) => id)).size).toBe(6);
  });

  it("never takes the token that it replaces, though that was made a moment ago", async () => {
    const old = await host.create(await inputs({ keepers: { period: "1" } }));
    const next = newProvider();
    const again = await inputs({ keepers: { period: "2" } });
    await next.check(old.outs, again);
    expect((await next.diff(old.id, old.outs, again)).replaces).toEqual(["keepers"]);
    toPosts("drop before");
    const { id, outs } = await next.create(again);
    expect(id).not.toBe(old.id);
    expect(made()).toEqual([old.outs.token, outs.token]);
  });

  it("never takes one that was there before, or belongs to another owner, or is another kind", async () => {
    const permissions = [{ action: "read", resource: { type: "tasks", orgID: server.orgId } }];
    const { id: ci } = await server.call<{ id: string }>("POST", "/api/v2/users", { name: "ci" });
    const others = [{ userID: ci }, { status: "inactive" }, { description: "another" }];
    toPosts("drop before");
    const creating = host.create(await inputs());
    for (const other of others) {
      await server.call("POST", "/api/v2/authorizations", { orgID: server.orgId, permissions, ...other });
    }
    const { outs } = await creating;
    expect(made()).toHaveLength(4);
    expect(made()).toContain(outs.token);
  });

  it("fails and names the ids, where somebody else made such tokens meanwhile", async () => {
    const permissions = [{ action: "read", resource: { type: "tasks", orgID: server.orgId } }];
    let posted = false;
    fault = ({ method }) => {
      if (method !== "POST" || posted) return undefined;
      posted = true;
      return "drop after";
    };
    await server.call("POST", "/api/v2/authorizations", { orgID: server.orgId, permissions });
    const ids = async (): Promise<string> => {
      try {
        await host.create(await inputs());
        return "";
      } catch (error) {
        return (error as Error).message;
      }
    };
    const message = await ids();
    expect(message).toMatch(
      /may have been made all the same, and 2 tokens could be it: \w{16}, \w{16}: delete those/,
    );
    for (const { id } of server.authorizations().slice(1)) expect(message).toContain(id);
  });

  it.each<Fault>(["garbage", "401 before", "404 before", "503 before"])(
    "looks for it on, where looking fails more often than any request is retried: %s",
    async (each) => {
      const posts: Fault[] = ["drop after"];
      const looks = Array<Fault>(6).fill(each);
      fault = ({ method, url = "" }) => {
        if (method === "POST") return posts.shift();
        return url.includes("/authorizations?") ? looks.shift() : undefined;
      };
      const { outs } = await host.create(await inputs());
      expect(made()).toEqual([outs.token]);
    },
  );

  it("says what to look for, where looking for it fails as long as a request may take", async () => {
    fault = ({ method, url }) => {
      if (url === "/ping") return undefined;
      return method === "POST" ? "drop after" : "drop before";
    };
    const connection = { host: proxy.url, token: server.operatorToken, retries: 0, timeoutMs: 1_000 };
    await expect(host.create(await inputs({ description: "ci", connection }))).rejects.toThrow(
      /cannot create the token "ci": no answer .*; it may have been made all the same, and looking for it failed \(.*\): look for a token "ci" made just now with `influx auth list`/,
    );
  });

  if (!plainTokens) {
    it("records an orphan, whose value is lost and that cannot be deleted, and the next run replaces it", async () => {
      let lost = false;
      fault = ({ method }) => {
        if (method === "DELETE") return "drop before";
        if (method !== "POST" || lost) return undefined;
        lost = true;
        return "drop after";
      };
      const given = await inputs();
      const error = await host.create(given).then(
        () => undefined,
        (reason: unknown) => reason as Error & { id: string; properties: object; reasons: string[] },
      );
      const [, orphan] = server.authorizations();
      expect(error).toMatchObject({
        id: orphan?.id,
        reasons: [expect.stringMatching(/could not be deleted/)],
      });
      expect(error?.properties).not.toHaveProperty("token");
      expect(error?.properties).toMatchObject({ orgId: server.orgId });
      const planned = await host.diff(error?.id ?? "", error?.properties ?? {}, given);
      expect(planned).toMatchObject({ changes: true, replaces: ["token"] });
    });
  }
});
