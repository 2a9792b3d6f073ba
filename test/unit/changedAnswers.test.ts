import { request as forward } from "node:http";
import { unwantedState } from "../../provider/token/state";
import type { Authorization } from "../../provider/types";
import { inFrontOf } from "../support/front";
import { startServer, type TestServer } from "../support/influxdb";
import { newProvider, type ProviderHost } from "../support/providerHost";
import { Servers } from "../support/serving";

let host: ProviderHost;

const servers = new Servers();
let server: TestServer;
let saved: NodeJS.ProcessEnv;
let warn: jest.SpyInstance;

beforeEach(async () => {
  saved = process.env;
  server = await startServer();
  host = newProvider();
  warn = jest.spyOn(console, "warn").mockImplementation();
});
afterEach(async () => {
  process.env = saved;
  warn.mockRestore();
  await servers.end();
  await server.close();
});

/** Drops what a PATCH asks for, and answers as if nothing were amiss. */
function withoutPatches(): Promise<string> {
  const { hostname, port } = new URL(server.url);
  return servers.serve(
    inFrontOf(server.url, ({ method, url: path, headers: { authorization } }, response) => {
      if (method !== "PATCH") return false;
      forward({ hostname, port, path, headers: { authorization } }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      }).end();
      return true;
    }),
  );
}

describe("a PATCH that something on the way drops", () => {
  const declared = { org: "acme", readTasks: true };

  beforeEach(async () => {
    const url = await withoutPatches();
    process.env = { ...saved, INFLUX_HOST: url, INFLUX_TOKEN: server.operatorToken };
  });

  it("is an error where a token was to be switched off, for it still opens everything", async () => {
    const { id, outs } = await host.create(await host.checked(declared));
    const news = await host.checked({ ...declared, status: "inactive" });
    await expect(host.update(id, outs, news)).rejects.toThrow(
      `cannot set the token ${id} inactive: it was answered that the token is active`,
    );
  });

  it("is a warning where a description was to be changed", async () => {
    const { id, outs } = await host.create(await host.checked(declared));
    const { outs: now } = await host.update(
      id,
      outs,
      await host.checked({ ...declared, description: "new" }),
    );
    expect(now).toMatchObject({ description: "", token: outs.token });
    expect(warn.mock.calls.flat().join()).toContain(
      `the token ${id} has the description "" in place of "new"`,
    );
  });
});

describe("a token that was made as nobody asked for, and that could not be deleted", () => {
  it("is replaced, also after a refresh that finds it under another organization", async () => {
    process.env = { ...saved, INFLUX_HOST: server.url, INFLUX_TOKEN: server.operatorToken };
    const { id: orgID } = await server.call<{ id: string }>("POST", "/api/v2/orgs", { name: "umbrella" });
    const permissions = [{ action: "read", resource: { type: "tasks", orgID } }];
    const wrong = await server.call<never>("POST", "/api/v2/authorizations", { orgID, permissions });
    const { id } = wrong as { id: string };
    const inputs = await host.checked({ org: "acme", readTasks: true });
    const state = unwantedState(inputs, { ...(wrong as Authorization), token: "" }, server.url);
    expect(state).not.toHaveProperty("token");
    const { props } = await host.read(id, state);
    expect(await host.diff(id, { ...props, token: "told again" }, inputs)).toMatchObject({
      replaces: ["token", "org"],
    });
  });
});
