import { request as forward } from "node:http";
import { unwantedState } from "../../provider/token/state";
import type { Authorization } from "../../provider/types";
import { setUpRun } from "../support/testRun";

const run = setUpRun();

/** Drops what a PATCH asks for, and answers as if nothing were amiss. */
function withoutPatches(): Promise<string> {
  const { hostname, port } = new URL(run.server.url);
  return run.reverseProxy(({ method, url: path, headers: { authorization } }, response) => {
    if (method !== "PATCH") return false;
    forward({ hostname, port, path, headers: { authorization } }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    }).end();
    return true;
  });
}

/** The next run, whose environment names the server by this address. */
function begin(url: string): void {
  run.begin({ env: { INFLUX_HOST: url, INFLUX_TOKEN: run.server.operatorToken } });
}

describe("a PATCH that something on the way drops", () => {
  const declared = { org: "acme", readTasks: true };

  beforeEach(async () => {
    begin(await withoutPatches());
  });

  it("is an error where a token was to be switched off, for it still opens everything", async () => {
    const { id, outs } = await run.host.create(await run.host.checked(declared));
    const news = await run.host.checked({ ...declared, status: "inactive" });
    await expect(run.host.update(id, outs, news)).rejects.toThrow(
      `cannot set the token ${id} inactive: it was answered that the token is active`,
    );
  });

  it("is a warning where a description was to be changed", async () => {
    const { id, outs } = await run.host.create(await run.host.checked(declared));
    const { outs: now } = await run.host.update(
      id,
      outs,
      await run.host.checked({ ...declared, description: "new" }),
    );
    expect(now).toMatchObject({ description: "", token: outs.token });
    expect(run.warnings.join()).toContain(`the token ${id} has the description "" in place of "new"`);
  });
});

describe("a token that was made as nobody asked for, and that could not be deleted", () => {
  it("is replaced, also after a refresh that finds it under another organization", async () => {
    begin(run.server.url);
    const { id: orgID } = await run.server.call<{ id: string }>("POST", "/api/v2/orgs", { name: "umbrella" });
    const permissions = [{ action: "read", resource: { type: "tasks", orgID } }];
    const wrong = await run.server.call<never>("POST", "/api/v2/authorizations", { orgID, permissions });
    const { id } = wrong as { id: string };
    const inputs = await run.host.checked({ org: "acme", readTasks: true });
    const state = unwantedState(inputs, { ...(wrong as Authorization), token: "" }, run.server.url, {});
    expect(state).not.toHaveProperty("token");
    const { props } = await run.host.read(id, state);
    expect(await run.host.diff(id, { ...props, token: "told again" }, inputs)).toMatchObject({
      replaces: ["token", "org"],
    });
  });
});
