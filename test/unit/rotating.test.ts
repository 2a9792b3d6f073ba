import type { RotatingState } from "../../provider/token/rotating";
import { type Fault, startFaultProxy } from "../support/faultProxy";
import { startServer, type TestServer } from "../support/influxdb";
import { newRotatingProvider, type RotatingProviderHost } from "../support/providerHost";

const DAY_MS = 86_400_000;
const BASE = { org: "acme", readTasks: true, description: "ci" };

let server: TestServer;
let host: RotatingProviderHost;
let proxy: Awaited<ReturnType<typeof startFaultProxy>>;
let fault: (request: { method: string; path: string }) => Fault | undefined;
let warnings: string[];

beforeEach(async () => {
  server = await startServer();
  fault = () => undefined;
  proxy = await startFaultProxy(server.url, ({ method, url }) =>
    fault({ method: method ?? "", path: url ?? "" }),
  );
  warnings = [];
  begin();
});
afterEach(async () => {
  await proxy.close();
  await server.close();
});

/** The next run, so many days later. */
function begin(days = 0, more: object = {}): void {
  const config = {
    "influx-token:host": proxy.url,
    "influx-token:token": server.operatorToken,
    "influx-token:retries": "0",
  };
  const now = (): number => Date.now() + days * DAY_MS;
  const log = { warn: (message: string) => void warnings.push(message) };
  host = newRotatingProvider({ config, now, log, ...more });
}

async function checked(inputs: object, olds: object = {}): Promise<Record<string, unknown>> {
  const { inputs: found, failures } = await host.check(olds, { ...BASE, ...inputs });
  expect(failures).toEqual([]);
  return found as unknown as Record<string, unknown>;
}

/** A resource, and what the engine does with it. */
class Resource {
  id = "";
  state = {} as RotatingState;
  error: Error | undefined;
  /** As they were checked the last time. */
  private inputs = {};

  /** `pulumi up`. Gives what `diff` says of changes. */
  async up(inputs: object = {}): Promise<boolean> {
    const declared = await checked(inputs, this.inputs);
    this.error = undefined;
    this.inputs = declared;
    try {
      if (this.id === "") {
        const { id, outs } = await host.create(declared);
        this.id = id;
        this.state = outs;
        return true;
      }
      const { changes, replaces } = await host.diff(this.id, this.state, declared);
      expect(replaces).toEqual([]);
      if (changes) this.state = (await host.update(this.id, this.state, declared)).outs;
      return changes;
    } catch (error) {
      this.error = error as Error;
      const { id, properties } = error as { id?: string; properties?: RotatingState };
      if (id !== undefined && properties !== undefined) {
        if (this.id !== "") expect(id).toBe(this.id);
        this.id = id;
        this.state = properties;
      }
      return true;
    }
  }

  async refresh(): Promise<boolean> {
    const { id, props } = await host.read(this.id, this.state);
    if (id === "" || props === undefined) return false;
    this.state = props;
    return true;
  }

  destroy(): Promise<void> {
    return host.delete(this.id, this.state);
  }
}

async function made(inputs: object = {}): Promise<Resource> {
  const resource = new Resource();
  await resource.up(inputs);
  if (resource.error !== undefined) throw resource.error;
  return resource;
}

/** The ids on the server, without the operator's, oldest first. */
const ids = (): string[] =>
  server
    .authorizations()
    .slice(1)
    .map(({ id }) => id);
const tokenOf = (id: string | undefined): string | undefined =>
  server.authorizations().find((each) => each.id === id)?.token;
const statusOf = (id: string | undefined): string | undefined =>
  server.authorizations().find((each) => each.id === id)?.status;
const patch = (id: string | undefined, body: object): Promise<unknown> =>
  server.call("PATCH", `/api/v2/authorizations/${id ?? ""}`, body);
const remove = (id: string | undefined): Promise<unknown> =>
  server.call("DELETE", `/api/v2/authorizations/${id ?? ""}`);

describe("a rotating token", () => {
  it("has an id of its own, and the outputs of its newest token", async () => {
    const one = await made({ generation: 1 });
    const [id] = ids();
    expect(one.id).not.toBe(id);
    expect(one.id).not.toBe("");
    expect(one.state).toMatchObject({
      token: tokenOf(id),
      authorizationId: id,
      description: "ci",
      orgId: server.orgId,
      generation: 1,
    });
    expect(one.state.rotatedAt).toBe(one.state.createdAt);
    expect(one.state).not.toHaveProperty("previousToken");
    expect(await one.up({ generation: 1 })).toBe(false);
    expect(await one.up({ generation: "1" })).toBe(false);
  });

  it("switches off what a rotation would delete where its state says so, and not only the program", async () => {
    const one = await made({ generation: 1 });
    const [first] = ids();
    await one.up({ generation: 2 });
    await one.up({ generation: 3, deactivateOnDelete: true });
    expect(ids()).not.toContain(first);
    const second = one.state.previousAuthorizationId;
    await one.up({ generation: 4 });
    expect(statusOf(second)).toBe("inactive");
  });

  it("keeps the token before it valid until the next rotation, and none longer", async () => {
    const one = await made({ generation: 1 });
    const [first] = ids();
    const firstToken = tokenOf(first);
    await one.up({ generation: 2 });
    const [, second] = ids();
    expect(ids()).toEqual([first, second]);
    expect(one.state).toMatchObject({
      authorizationId: second,
      token: tokenOf(second),
      previousAuthorizationId: first,
      previousToken: firstToken,
    });
    expect(await one.up({ generation: 2 })).toBe(false);
    await one.up({ generation: 3 });
    expect(ids()).toHaveLength(2);
    expect(ids()).not.toContain(first);
    expect(one.state).toMatchObject({ previousAuthorizationId: second });
    await one.destroy();
    expect(ids()).toEqual([]);
  });

  it.each([
    ["permissions", { writeTasks: true }],
    ["the owner", { user: "ci" }],
    ["the organization", { org: "other" }],
    ["keepers", { keepers: { a: "1" } }],
    ["generation", { generation: "x" }],
  ])("rotates for a change of %s", async (_what, more) => {
    await server.call("POST", "/api/v2/users", { name: "ci" });
    await server.call("POST", "/api/v2/orgs", { name: "other" });
    const one = await made();
    await one.up(more);
    expect(one.error).toBeUndefined();
    expect(ids()).toEqual([one.state.previousAuthorizationId, one.state.authorizationId]);
    expect(await one.up(more)).toBe(false);
  });

  it("rotates once, however many times were missed", async () => {
    const one = await made({ rotateAfter: "1d" });
    begin(100);
    server.setClock(new Date(Date.now() + 100 * DAY_MS).toISOString());
    const [first] = ids();
    expect(await one.up({ rotateAfter: "1d" })).toBe(true);
    expect(one.state.previousAuthorizationId).toBe(first);
    expect(ids()).toHaveLength(2);
    expect(await one.up({ rotateAfter: "1d" })).toBe(false);
    begin(102, { env: { INFLUX_ROTATION: "off" } });
    expect(await one.up({ rotateAfter: "1d" })).toBe(false);
  });

  it("changes in place what no token has to be made for, on both tokens", async () => {
    const one = await made();
    await one.up({ generation: 1 });
    const both = ids();
    await one.up({ generation: 1, description: "new", status: "inactive" });
    expect(ids()).toEqual(both);
    expect(both.map(statusOf)).toEqual(["inactive", "inactive"]);
    expect(server.authorizations().slice(1)).toMatchObject([{ description: "new" }, { description: "new" }]);
    await one.up({ generation: 1, description: "new" });
    expect(both.map(statusOf)).toEqual(["active", "active"]);
    expect(await one.up({ generation: 1, description: "new" })).toBe(false);
    server.countRequests();
    await one.up({ generation: 1, description: "new", rotateAfter: "90d" });
    expect(server.countRequests()).toEqual({});
  });

  it("switches the token before off with a rotation that asks for it, and never on", async () => {
    const one = await made();
    await one.up({ generation: 1, status: "inactive" });
    expect(ids().map(statusOf)).toEqual(["inactive", "inactive"]);
    await one.up({ generation: 2 });
    // Whoever has the leaked one is to stay locked out.
    expect(ids().map(statusOf)).toEqual(["inactive", "active"]);
    expect(await one.up({ generation: 2 })).toBe(false);
    const leaked = one.state.authorizationId;
    await patch(leaked, { status: "inactive" });
    await one.refresh();
    await one.up({ generation: 3 });
    expect(statusOf(leaked)).toBe("inactive");
    expect(await one.up({ generation: 3 })).toBe(false);
  });

  it.each([
    [1.5, "1.5"],
    [Number.MAX_SAFE_INTEGER + 1, "9007199254740992"],
    ["", "an empty one"],
    [true, "a boolean"],
    [{ a: 1 }, "an object"],
    [[1], "a list"],
  ])("refuses the generation %j", async (generation, found) => {
    const { failures } = await host.check({}, { ...BASE, generation });
    const reason = `generation must be a whole number or a string, not ${found}`;
    expect(failures).toEqual([{ property: "generation", reason }]);
  });
});

describe("a token that exists", () => {
  /** Made by hand, as {@link BASE} declares it. */
  async function existing(): Promise<{ id: string; token: string }> {
    const resource = { type: "tasks", orgID: server.orgId };
    const body = { orgID: server.orgId, description: "ci", permissions: [{ action: "read", resource }] };
    return server.call("POST", "/api/v2/authorizations", body);
  }

  it("enters by adopt, which may stay for good: it is the newest, then the one before, then deleted", async () => {
    const { id, token } = await existing();
    const adopt = { adopt: id, adoptToken: token };
    const one = await made({ ...adopt, rotateAfter: "1d" });
    expect(one.state).toMatchObject({ authorizationId: id, token, ...adopt });
    expect(one.state.rotatedAt).toBe(one.state.__adoptedAt);
    expect(await one.up({ ...adopt, rotateAfter: "1d" })).toBe(false);
    begin(2);
    await one.up({ ...adopt, rotateAfter: "1d" });
    expect(one.error).toBeUndefined();
    expect(one.state).toMatchObject({ previousAuthorizationId: id, previousToken: token });
    expect(one.state.token).not.toBe(token);
    begin();
    await one.refresh();
    expect(await one.up({ ...adopt, rotateAfter: "1d" })).toBe(false);
    await one.up({ ...adopt, rotateAfter: "1d", generation: 1 });
    expect(one.error).toBeUndefined();
    expect(ids()).toEqual([one.state.previousAuthorizationId, one.state.authorizationId]);
    expect(ids()).not.toContain(id);
    await one.up({ rotateAfter: "1d", generation: 1 });
    expect(ids()).toHaveLength(2);
    await one.destroy();
    expect(ids()).toEqual([]);
  });

  it("enters without its value, and its clients go on working through the first rotation", async () => {
    const { id } = await existing();
    const adopt = { adopt: id, adoptWithoutToken: true };
    const one = await made(adopt);
    expect(one.state).not.toHaveProperty("token");
    await one.up(adopt);
    await one.up({ ...adopt, generation: 1 });
    expect(ids()).toEqual([id, one.state.authorizationId]);
    expect(one.state.previousAuthorizationId).toBe(id);
    expect(one.state).not.toHaveProperty("previousToken");
    expect(one.state.token).toBe(tokenOf(one.state.authorizationId));
    expect(await one.up({ ...adopt, generation: 1 })).toBe(false);
  });

  it("enters in the beginning only: another id is an error", async () => {
    const one = await made();
    const { id, token } = await existing();
    await one.up({ adopt: id, adoptToken: token });
    expect(one.error?.message).toContain(`adopt names the token ${id}`);
    const other = await made({ adopt: id, adoptToken: token });
    const [first = ""] = ids();
    await other.up({ adopt: first });
    expect(other.error?.message).toContain(`it adopted the token ${id}`);
  });

  it("is not deleted where its resource is replaced by force, which adopts it anew", async () => {
    const { id, token } = await existing();
    const adopt = { adopt: id, adoptToken: token };
    const old = await made(adopt);
    await old.up({ ...adopt, generation: 1 });
    begin(1);
    const anew = await made(adopt);
    await old.destroy();
    expect(ids()).toEqual([id]);
    expect(anew.state.authorizationId).toBe(id);
  });
});

describe("the token that a run authenticates with", () => {
  const withToken = (token = ""): void => {
    begin(0, { config: { "influx-token:host": proxy.url, "influx-token:token": token } });
  };

  it("can be the newest one of a rotation, and not the one that the rotation deletes", async () => {
    const root = { operator: true, readTasks: undefined };
    const one = await made(root);
    const [first] = ids();
    withToken(tokenOf(first));
    await one.up({ ...root, generation: 1 });
    expect(one.error).toBeUndefined();
    await one.up({ ...root, generation: 2 });
    expect(one.error?.message).toContain(first);
    expect(ids()).toEqual([first, one.state.authorizationId]);
    await one.up({ ...root, generation: 1, status: "inactive" });
    expect(one.error?.message).toContain(first);
    withToken(one.state.token);
    await one.up({ ...root, generation: 2 });
    expect(one.error).toBeUndefined();
    expect(ids()).not.toContain(first);
  });

  it("is not deleted by a rotation where it takes the place of a stored one that is stale", async () => {
    const root = { operator: true, readTasks: undefined };
    const one = await made(root);
    await one.up({ ...root, generation: 1 });
    const [first, second] = ids();
    begin(0, {
      config: { "influx-token:host": proxy.url },
      env: { INFLUX_TOKEN: tokenOf(first), INFLUX_HOST: proxy.url },
    });
    const connection = { token: "stale" };
    await one.up({ ...root, connection, generation: 2 });
    expect(one.error?.message).toContain(`cannot delete the token ${first ?? ""}`);
    expect(ids()).toEqual([first, second]);
    expect(one.state).toMatchObject({ authorizationId: second, previousAuthorizationId: first });
    expect(one.state).not.toHaveProperty("__leftovers");
  });

  it("keeps destroy from deleting any token of its resource", async () => {
    const root = { operator: true, readTasks: undefined };
    const one = await made(root);
    await one.up({ ...root, generation: 1 });
    const both = ids();
    for (const id of both) {
      withToken(tokenOf(id));
      await expect(one.destroy()).rejects.toThrow(id);
      expect(ids()).toEqual(both);
    }
    begin();
    await one.destroy();
    expect(ids()).toEqual([]);
  });
});

describe("a refresh", () => {
  it("finds nothing new where nothing is", async () => {
    const one = await made({ generation: 1, rotateAfter: "1d" });
    await one.up({ generation: 2, rotateAfter: "1d" });
    const before = one.state;
    const inputs = await checked({ generation: 2, rotateAfter: "1d" });
    expect(await host.read(one.id, before)).toEqual({ id: one.id, props: before, inputs });
  });

  it("finds the newest token gone: the next up makes one, and the token before stays", async () => {
    const one = await made();
    await one.up({ generation: 1 });
    const { authorizationId, previousAuthorizationId } = one.state;
    await remove(authorizationId);
    expect(await one.refresh()).toBe(true);
    expect(one.state).not.toHaveProperty("token");
    expect(one.state).not.toHaveProperty("authorizationId");
    expect(await one.refresh()).toBe(true);
    await one.up({ generation: 1 });
    expect(one.state.previousAuthorizationId).toBe(previousAuthorizationId);
    expect(ids()).toEqual([previousAuthorizationId, one.state.authorizationId]);
    await one.destroy();
    expect(ids()).toEqual([]);
  });

  it("takes a token before that is gone or switched off for no drift, and all gone for gone", async () => {
    const one = await made();
    await one.up({ generation: 1 });
    const before = one.state;
    await patch(before.previousAuthorizationId, { status: "inactive" });
    await one.refresh();
    expect(one.state).toEqual(before);
    await remove(before.previousAuthorizationId);
    await one.refresh();
    expect(one.state).toEqual(before);
    expect(await one.up({ generation: 1 })).toBe(false);
    await one.up({ generation: 1, status: "inactive" });
    expect(one.error).toBeUndefined();
    await remove(before.authorizationId);
    expect(await one.refresh()).toBe(false);
  });

  it("finds that the token before works although it is to be switched off", async () => {
    const one = await made();
    await one.up({ generation: 1, status: "inactive" });
    await patch(one.state.previousAuthorizationId, { status: "active" });
    await one.refresh();
    expect(await one.up({ generation: 1, status: "inactive" })).toBe(true);
    expect(ids().map(statusOf)).toEqual(["inactive", "inactive"]);
  });

  it("finds tokens that outlived their organization, and destroy deletes them", async () => {
    const { id } = await server.call<{ id: string }>("POST", "/api/v2/orgs", { name: "doomed" });
    const one = await made({ org: "doomed" });
    await one.up({ org: "doomed", generation: 1 });
    await server.call("DELETE", `/api/v2/orgs/${id}`);
    expect(await one.refresh()).toBe(true);
    expect(warnings).toHaveLength(1);
    expect(ids()).toHaveLength(2);
    await one.destroy();
    expect(ids()).toEqual([]);
  });
});

describe("a newest token that somebody deleted", () => {
  it("costs a rotation before the next refresh no overlap: the token before stays", async () => {
    const one = await made();
    await one.up({ generation: 1 });
    const [first, second] = ids();
    await remove(second);
    await one.up({ generation: 2 });
    expect(one.error).toBeUndefined();
    expect(ids()).toEqual([first, one.state.authorizationId]);
    expect(one.state).toMatchObject({ previousAuthorizationId: first, previousToken: tokenOf(first) });
    expect(await one.up({ generation: 2 })).toBe(false);
  });

  it("does not make another server's word that the token before is gone count", async () => {
    const one = await made();
    await one.up({ generation: 1 });
    await remove(one.state.authorizationId);
    await one.refresh();
    const other = await startServer();
    begin(0, { config: { "influx-token:host": other.url, "influx-token:token": other.operatorToken } });
    const refreshed = await one.refresh().catch((error: unknown) => (error as Error).message);
    await other.close();
    expect(refreshed).toContain(`is not on ${other.url}`);
  });
});

describe("preflight", () => {
  const wanted = (): object => ({
    config: {
      "influx-token:host": proxy.url,
      "influx-token:token": server.operatorToken,
      "influx-token:preflight": "true",
    },
  });

  it("asks for what a rotation needs, and for nothing where only the time may be over", async () => {
    const one = await made();
    const olds = await checked({});
    begin(0, wanted());
    const failuresOf = async (inputs: object): Promise<unknown[]> =>
      (await host.check(olds, { ...BASE, ...inputs })).failures;
    expect(await failuresOf({ description: "other" })).toEqual([]);
    expect(await failuresOf({ readBucket: ["nowhere"] })).toMatchObject([{ property: "readBucket[0]" }]);
    expect(await failuresOf({ user: "nobody" })).toMatchObject([{ property: "user" }]);
    expect(await failuresOf({ generation: 1, adopt: one.state.authorizationId })).toEqual([]);
    expect(ids()).toHaveLength(1);
  });
});

describe("a rotation that fails", () => {
  it("before anything is made leaves everything as it is, and is made up for", async () => {
    const one = await made();
    const before = one.state;
    fault = ({ method }) => (method === "POST" ? "drop before" : undefined);
    await one.up({ generation: 1 });
    expect(one.error).toBeDefined();
    expect(one.state).toBe(before);
    fault = () => undefined;
    await one.up({ generation: 1 });
    expect(ids()).toEqual([before.authorizationId, one.state.authorizationId]);
  });

  it("by a lost answer makes one token, and takes none of its own for it", async () => {
    const one = await made();
    const { authorizationId, token } = one.state;
    let lost = false;
    fault = ({ method }) => {
      if (method !== "POST" || lost) return undefined;
      lost = true;
      return "drop after";
    };
    begin(0, { config: { "influx-token:host": proxy.url, "influx-token:token": server.operatorToken } });
    await one.up({ generation: 1 });
    expect(one.error).toBeUndefined();
    expect(tokenOf(authorizationId)).toBe(token);
    expect(ids()).toEqual([authorizationId, one.state.authorizationId]);
    expect(one.state.token).toBe(tokenOf(one.state.authorizationId));
  });

  it("at the delete records the new token, and the next run deletes what is left", async () => {
    const one = await made();
    await one.up({ generation: 1 });
    const [first, second] = ids();
    fault = ({ method }) => (method === "DELETE" ? "503 before" : undefined);
    await one.up({ generation: 2 });
    expect(one.error?.message).toContain(`cannot delete the token ${first ?? ""}`);
    const [, , third] = ids();
    expect(one.state).toMatchObject({
      authorizationId: third,
      token: tokenOf(third),
      previousAuthorizationId: second,
      previousToken: tokenOf(second),
      __leftovers: [first],
    });
    await one.up({ generation: 2 });
    expect(one.error).toBeDefined();
    fault = () => undefined;
    await one.refresh();
    expect(await one.up({ generation: 2 })).toBe(true);
    expect(ids()).toEqual([second, third]);
    expect(one.state).not.toHaveProperty("__leftovers");
    expect(await one.up({ generation: 2 })).toBe(false);
  });

  it("at the delete is ended by destroy, and by the next rotation", async () => {
    for (const end of ["destroy", "rotation"]) {
      const one = await made();
      await one.up({ generation: 1 });
      fault = ({ method }) => (method === "DELETE" ? "503 before" : undefined);
      await one.up({ generation: 2 });
      fault = () => undefined;
      expect(ids()).toHaveLength(3);
      if (end === "rotation") {
        await one.up({ generation: 3 });
        expect(ids()).toEqual([one.state.previousAuthorizationId, one.state.authorizationId]);
      }
      await one.destroy();
      expect(ids()).toEqual([]);
    }
  });

  it("by a token that is not as asked for keeps the old ones, and deletes it when it can", async () => {
    const one = await made();
    const { token, authorizationId } = one.state;
    fault = ({ method }) => (method === "DELETE" ? "404 before" : method === "POST" ? "widen" : undefined);
    await one.up({ generation: 1 });
    expect(one.error).toBeDefined();
    const [, wrong] = ids();
    expect(one.state).toMatchObject({ token, authorizationId, __leftovers: [wrong] });
    fault = () => undefined;
    await one.up({ generation: 1 });
    expect(ids()).toEqual([authorizationId, one.state.authorizationId]);
    expect(ids()).not.toContain(wrong);
  });

  it("at the first token records that, and does not hand it to clients as the one before", async () => {
    const one = new Resource();
    fault = ({ method }) => (method === "DELETE" ? "404 before" : method === "POST" ? "widen" : undefined);
    await one.up();
    const [wrong] = ids();
    expect(one.state).toMatchObject({ authorizationId: wrong });
    fault = () => undefined;
    await one.up();
    expect(ids()).toEqual([one.state.authorizationId]);
    expect(one.state).not.toHaveProperty("previousToken");
    expect(one.state).not.toHaveProperty("previousAuthorizationId");
  });

  it("at switching the token before off says so, and is made up for", async () => {
    const one = await made();
    const [first] = ids();
    fault = ({ method }) => (method === "PATCH" ? "503 before" : undefined);
    await one.up({ generation: 1, status: "inactive" });
    expect(one.error?.message).toContain(`update the token ${first ?? ""}`);
    expect(ids().map(statusOf)).toEqual(["active", "inactive"]);
    fault = () => undefined;
    expect(await one.up({ generation: 1, status: "inactive" })).toBe(true);
    expect(ids().map(statusOf)).toEqual(["inactive", "inactive"]);
  });

  it("by an interruption after the new token was made deletes that again, and the state stays true", async () => {
    const one = await made();
    await one.up({ generation: 1 });
    const before = one.state;
    const process = listeners();
    begin(0, { process });
    fault = ({ method }) => {
      if (method === "DELETE") process.signal();
      return undefined;
    };
    await one.up({ generation: 2 });
    expect(one.error?.message).toContain("it was deleted again, for nobody would have recorded it");
    expect(one.state).toBe(before);
    expect(ids()).toEqual([before.authorizationId]);
    begin();
    fault = () => undefined;
    await one.up({ generation: 2 });
    expect(ids()).toEqual([before.authorizationId, one.state.authorizationId]);
  });

  it("by an interruption whose new token cannot be deleted again records it", async () => {
    const one = await made();
    await one.up({ generation: 1 });
    const process = listeners();
    begin(0, { process });
    fault = ({ method }) => {
      if (method !== "DELETE") return undefined;
      process.signal();
      return "503 before";
    };
    await one.up({ generation: 2 });
    expect(one.error).toBeDefined();
    expect(ids()).toHaveLength(3);
    expect(one.state.token).toBe(tokenOf(ids()[2]));
    begin();
    fault = () => undefined;
    await one.up({ generation: 2 });
    expect(ids()).toEqual([one.state.previousAuthorizationId, one.state.authorizationId]);
  });

  it("never rotates from one server to another", async () => {
    const one = await made();
    const other = await startServer();
    const config = { "influx-token:host": other.url, "influx-token:token": other.operatorToken };
    begin(0, { config });
    await one.up({ generation: 1 });
    await other.close();
    expect(one.error?.message).toContain(`is not on ${other.url}`);
    expect(ids()).toEqual([one.state.authorizationId]);
  });
});

/** A process that is told to end. */
function listeners(): NodeJS.Process & { signal: () => void } {
  const heard = new Set<(signal: NodeJS.Signals) => void>();
  return {
    argv: [],
    pid: 1,
    kill: () => true,
    on: (_signal: NodeJS.Signals, listener: () => void) => heard.add(listener),
    off: (_signal: NodeJS.Signals, listener: () => void) => heard.delete(listener),
    signal: () => {
      for (const listener of heard) listener("SIGINT");
    },
  } as unknown as NodeJS.Process & { signal: () => void };
}
