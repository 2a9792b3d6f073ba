import * as fc from "fast-check";
import { startServer, type TestServer } from "../support/influxdb";
import { MiniEngine } from "../support/miniEngine";
import { newProvider, type ProviderHost } from "../support/providerHost";

let host: ProviderHost;

let server: TestServer;
let engine: MiniEngine;
let warnings: string[];

beforeEach(async () => {
  env = {};
  server = await startServer();
  engine = new MiniEngine(newProvider());
  warnings = [];
});
afterEach(async () => {
  await server.close();
});

/** Variables of the next runs, beside those of the server. */
let env: Record<string, string>;

function beginRun(): void {
  const reached = { INFLUX_HOST: server.url, INFLUX_TOKEN: server.operatorToken };
  host = newProvider({
    env: { ...reached, ...env },
    log: { warn: (message) => void warnings.push(message) },
  });
  engine.host = host;
}

async function up(inputs: object): Promise<void> {
  beginRun();
  await engine.up(new Map([["ci", inputs]]));
}

async function refresh(): Promise<void> {
  beginRun();
  await engine.refresh();
}

const rename = (collection: "orgs" | "users", id: string, name: string): Promise<unknown> =>
  server.call("PATCH", `/api/v2/${collection}/${id}`, { name });

const idOf = (): string | undefined => engine.state.get("ci")?.id;
const existing = (): string[] => server.authorizations().map(({ id }) => id);
const messages = (): string[] => engine.errors.map(({ message }) => message);

describe("an organization and an owner that get other names on the server", () => {
  it("never replace a token by themselves, in any order of renames, edits, refreshes and runs", async () => {
    const step = fc.constantFrom("rename org", "rename user", "edit", "refresh", "up", "follow");
    const names = fc.constantFrom("acme", "a/b/c", "umbrella%2F", "0123456789abcdef", "me", "x");
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(step, names), { maxLength: 12 }), async (steps) => {
        runs += 1;
        const first = { org: `o${runs}`, user: `u${runs}` };
        const { id: orgId } = await server.call<{ id: string }>("POST", "/api/v2/orgs", { name: first.org });
        const { id: userId } = await server.call<{ id: string }>("POST", "/api/v2/users", {
          name: first.user,
        });
        const now = { ...first };
        let seen = { ...first };
        let declared: Record<string, unknown> = { ...first, allAccess: true, description: "" };
        engine = new MiniEngine(newProvider());
        await up(declared);
        const made = idOf();
        for (const [what, name] of steps) {
          if (what === "rename org") await rename("orgs", orgId, (now.org = `${name} ${runs}`));
          if (what === "rename user") await rename("users", userId, (now.user = `${name} ${runs}`));
          if (what === "edit") declared = { ...declared, description: name };
          if (what === "refresh") {
            await refresh();
            seen = { ...now };
          }
          if (what === "up") {
            const tells = declared["description"] !== engine.state.get("ci")?.outs.description;
            await up(declared);
            // The answer to a PATCH names both.
            if (tells) seen = { ...now };
          }
          // Whoever follows a rename takes the names that a refresh or a change showed.
          if (what === "follow") declared = { ...declared, ...seen };
        }
        await up(declared);
        expect(messages()).toEqual([]);
        expect(idOf()).toBe(made);
        const { id = "", inputs = {}, outs } = engine.state.get("ci") ?? {};
        const { inputs: checked } = await host.check(inputs, declared);
        expect(await host.diff(id, outs, checked)).toMatchObject({ changes: false });
      }),
      { numRuns: 60 },
    );
  });

  it("make a change of a name that no rename explains", async () => {
    await up({ org: "acme", readTasks: true });
    const before = idOf();
    await rename("orgs", server.orgId, "acme ltd");
    await refresh();
    await server.call("POST", "/api/v2/orgs", { name: "umbrella" });
    await up({ org: "umbrella", readTasks: true });
    expect(idOf()).not.toBe(before);
    expect(existing()).not.toContain(before);
  });

  it("do not give the new name's organization to a program that left it long ago", async () => {
    await up({ org: "acme", readTasks: true });
    await rename("orgs", server.orgId, "acme ltd");
    await refresh();
    await up({ org: "acme ltd", readTasks: true });
    const before = idOf();
    const { id: other } = await server.call<{ id: string }>("POST", "/api/v2/orgs", { name: "acme" });
    await up({ org: "acme", readTasks: true });
    expect(idOf()).not.toBe(before);
    expect(engine.state.get("ci")?.outs.orgId).toBe(other);
  });

  it("keep the organization of a token whose program names none", async () => {
    env = { INFLUX_ORG: "acme" };
    await up({ readTasks: true });
    const before = idOf();
    await rename("orgs", server.orgId, "acme ltd");
    await refresh();
    env = { INFLUX_ORG: "umbrella" };
    await up({ readTasks: true });
    expect(messages()).toEqual([]);
    expect(idOf()).toBe(before);
    await up({ readTasks: true, keepers: { a: "1" } });
    expect(messages()).toEqual([]);
    expect(idOf()).not.toBe(before);
    expect(engine.state.get("ci")?.outs).toMatchObject({ org: "acme ltd", orgId: server.orgId });
  });
});

describe.each(["organization", "owner"] as const)("a token whose %s was deleted", (missing) => {
  const declared = { org: "doomed", user: "leaver", readUsers: true };
  let ids: Record<"organization" | "owner", string>;

  const make = async (): Promise<Record<"organization" | "owner", string>> => ({
    organization: (await server.call<{ id: string }>("POST", "/api/v2/orgs", { name: "doomed" })).id,
    owner: (await server.call<{ id: string }>("POST", "/api/v2/users", { name: "leaver" })).id,
  });
  const remove = (): Promise<unknown> =>
    server.call("DELETE", `/api/v2/${missing === "organization" ? "orgs" : "users"}/${ids[missing]}`);

  beforeEach(async () => {
    ids = await make();
    await up(declared);
    await remove();
  });

  it("stays in the state at a refresh, with a warning that names what is gone", async () => {
    const { id, outs } = engine.state.get("ci") ?? {};
    await refresh();
    expect(messages()).toEqual([]);
    expect(engine.state.get("ci")).toMatchObject({ id, outs: { token: outs?.token } });
    expect(warnings.join()).toMatch(
      new RegExp(`the ${missing} ".*" \\(${ids[missing]}\\) of the token ${String(id)} was deleted on `),
    );
    const once = JSON.stringify(engine.state.get("ci"));
    await refresh();
    expect(JSON.stringify(engine.state.get("ci"))).toBe(once);
  });

  it("is deleted for real once it is taken out of the program", async () => {
    const id = idOf();
    await refresh();
    beginRun();
    await engine.up(new Map());
    expect(messages()).toEqual([]);
    expect(existing()).not.toContain(id);
  });

  it("is replaced by the next run, whose look-ups fail before anything is made while the name is missing", async () => {
    const id = idOf();
    await refresh();
    const before = existing();
    await up(declared);
    expect(messages()).toEqual([expect.stringMatching(/^cannot look up the .* 404 /)]);
    expect(existing()).toEqual(before);
    expect(idOf()).toBe(id);
    engine.errors.length = 0;

    const name = missing === "organization" ? "doomed" : "leaver";
    await server.call("POST", `/api/v2/${missing === "organization" ? "orgs" : "users"}`, { name });
    await up(declared);
    expect(messages()).toEqual([]);
    expect(idOf()).not.toBe(id);
    expect(existing()).not.toContain(id);
    await up(declared);
    expect(existing()).toContain(idOf());
  });

  it("is changed by a PATCH that is answered with 404, and nothing of its state is lost", async () => {
    const { id, outs } = engine.state.get("ci") ?? {};
    await up({ ...declared, description: "new", status: "inactive" });
    expect(messages()).toEqual([]);
    expect(server.authorizations().find((one) => one.id === id)).toMatchObject({
      status: "inactive",
      description: "new",
    });
    expect(engine.state.get("ci")).toMatchObject({
      id,
      outs: { token: outs?.token, description: "new", status: "inactive" },
    });
    expect(warnings.join()).toContain(`was deleted on ${server.url}`);
  });
});

describe("a state that another version wrote", () => {
  it("is refused by everything that would act on it", async () => {
    await up({ org: "acme", readTasks: true });
    const { id = "", inputs = {}, outs } = engine.state.get("ci") ?? {};
    const later = { ...outs, __format: 2 };
    server.countRequests();
    const what = /the format 2, and this version of pulumi-influx-token knows 1: upgrade the package/;
    await expect(host.diff(id, later, inputs)).rejects.toThrow(what);
    await expect(host.read(id, later)).rejects.toThrow(what);
    await expect(host.update(id, later, inputs)).rejects.toThrow(what);
    await expect(host.delete(id, later)).rejects.toThrow(what);
    expect(server.countRequests()).toEqual({});
  });
});
