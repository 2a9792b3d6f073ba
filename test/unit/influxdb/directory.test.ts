import { OWN } from "../../support/serving";
import { connectionTo, openSession } from "../../support/session";
import { setUpRun } from "../../support/testRun";
import type { Directory } from "../../../provider/influxdb/directory";

const run = setUpRun();

function directoryAt(url: string): Directory {
  return openSession(connectionTo(url, { token: run.server.operatorToken })).directory;
}

describe("a look-up that found nothing", () => {
  it("is asked again by the next token that needs it: of a bucket, a user and an organization", async () => {
    const directory = directoryAt(run.server.url);
    const missing = "00000000000000fe";
    expect(await Promise.all([directory.bucket(missing), directory.bucket(missing)])).toEqual([
      undefined,
      undefined,
    ]);
    expect(run.server.countRequests()).toEqual({ "GET /api/v2/buckets/{id}": 1 });
    expect(await directory.bucket(missing)).toBeUndefined();
    await expect(directory.userId("late")).rejects.toThrow(/user not found/);
    await expect(directory.organizationId("late")).rejects.toThrow(/not found/);
    const user = await run.server.call<{ id: string }>("POST", "/api/v2/users", { name: "late" });
    const org = await run.server.call<{ id: string }>("POST", "/api/v2/orgs", { name: "late" });
    expect(await directory.userId("late")).toBe(user.id);
    expect(await directory.organizationId("late")).toBe(org.id);
  });

  it("that found something is asked once", async () => {
    const directory = directoryAt(run.server.url);
    const id = await run.server.makeBucket("metrics");
    run.server.countRequests();
    for (let n = 0; n < 3; n += 1) {
      expect(await directory.bucket(id)).toEqual({
        id,
        name: "metrics",
        orgID: run.server.orgId,
        type: "user",
      });
    }
    expect(run.server.countRequests()).toEqual({ "GET /api/v2/buckets/{id}": 1 });
  });

  it("knows a system bucket", async () => {
    const id = "00000000000000b5";
    const bucket = { id, orgID: run.server.orgId, name: "_monitoring", type: "system" };
    const url = await run.servers.serve((_request, response) =>
      response.writeHead(200, OWN).end(JSON.stringify(bucket)),
    );
    expect(await directoryAt(url).bucket(id)).toMatchObject({ type: "system" });
  });
});

describe("a name", () => {
  it("of a user with blanks around it is not found, and they are named as what may be the reason", async () => {
    for (const user of ["admin ", " admin", "\tadmin"]) {
      await expect(run.create({}, { user })).rejects.toThrow(
        /cannot look up the user ".*" from user: .* 404 "user not found": there are blanks around the name, and in names of users they count$/,
      );
    }
    await expect(run.create({}, { user: "ghost" })).rejects.toThrow(/404 "user not found"$/);
  });

  it("of which another one was returned is never called an empty list", async () => {
    const listing = (names: string[]) =>
      run.servers.serve((_request, response) =>
        response
          .writeHead(200, OWN)
          .end(JSON.stringify({ orgs: names.map((name, n) => ({ id: `0${n}`, name })) })),
      );
    await expect(directoryAt(await listing(["acme"])).organizationId("acme ")).rejects.toThrow(
      /cannot look up the organization "acme " from org: .* answered with "acme": write it without the blanks around it$/,
    );
    await expect(directoryAt(await listing(["Acme", "other"])).organizationId("acme")).rejects.toThrow(
      /answered with "Acme", "other": is this the one\? Then write it so$/,
    );
  });
});

describe("what is said of a server that is starting", () => {
  it("is not said of it for the rest of the run", async () => {
    let state: "starting" | "page" | "ready" = "starting";
    const url = await run.reverseProxy((_request, response) => {
      if (state === "starting") response.writeHead(503).end();
      else if (state === "page") response.writeHead(404).end("<html>hello</html>");
      return state !== "ready";
    });
    const directory = directoryAt(url);
    await expect(directory.callerId()).rejects.toThrow(
      /the server is still starting, or a proxy does not reach it/,
    );
    state = "page";
    await expect(directory.callerId()).rejects.toThrow(/404: a web page answers there/);
    state = "ready";
    await expect(directory.callerId()).resolves.toBe(run.server.adminId);
  });
});
