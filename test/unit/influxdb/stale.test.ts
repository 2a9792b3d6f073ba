import { stateAt } from "../../support/providerHost";
import { setUpRun } from "../../support/testRun";

const POST = "POST /api/v2/authorizations";
const COUNT = 40;

const run = setUpRun();

/** The next run, whose environment gives a token for the run.server. */
function begin(replacement: string): void {
  run.begin({ env: { INFLUX_HOST: run.server.url, INFLUX_TOKEN: replacement } });
}

beforeEach(() => {
  begin(run.server.operatorToken);
});

/** A token of the server with every right, which is then switched off or deleted. */
async function stale(how: "deleted" | "inactive", status: "active" | "inactive" = "active"): Promise<string> {
  const permissions = ["authorizations", "users", "orgs", "tasks"].flatMap((type) =>
    (["read", "write"] as const).map((action) => ({ action, resource: { type } })),
  );
  const body = { orgID: run.server.orgId, permissions, status, description: "stale" };
  const { id, token } = await run.server.call<{ id: string; token: string }>(
    "POST",
    "/api/v2/authorizations",
    body,
  );
  const path = `/api/v2/authorizations/${id}`;
  if (how === "deleted") await run.server.call("DELETE", path);
  else await run.server.call("PATCH", path, { status: "inactive" });
  return token;
}

describe.each(["deleted", "inactive"] as const)("a stored token that is %s", (how) => {
  it("is replaced for every request, in flight or in the queue, and makes none fail", async () => {
    const token = await stale(how);
    const connection = { token, maxConcurrent: 4 };
    const before = run.server.authorizations().length;
    run.server.countRequests();
    const made = await Promise.all(
      Array.from({ length: COUNT }, (_, n) => run.create(connection, { description: `${n}` })),
    );
    expect(new Set(made.map(({ id }) => id)).size).toBe(COUNT);
    expect(run.server.authorizations()).toHaveLength(before + COUNT);
    // Of those in the queue none is sent with the stale one.
    expect(run.server.countRequests()[POST]).toBeLessThanOrEqual(COUNT + 4);
    const reads = made.map(({ id, outs }) => run.host.read(id, outs));
    expect((await Promise.all(reads)).map(({ id }) => id)).toEqual(made.map(({ id }) => id));
    await Promise.all(made.map(({ id, outs }) => run.host.delete(id, outs)));
    expect(run.server.authorizations()).toHaveLength(before);
  });

  it("is replaced where a look-up by name notices, also one that is answered with an empty list", async () => {
    const connection = { token: await stale(how) };
    const made = await Promise.all(
      Array.from({ length: 5 }, (_, n) =>
        run.create(connection, { user: "admin", allAccess: true, readTasks: undefined, description: `${n}` }),
      ),
    );
    expect(made.map(({ outs }) => outs.user)).toEqual(Array(5).fill("admin"));
  });

  it("is named together with its replacement where that is refused as well, and stays so", async () => {
    const [token, replacement] = [await stale(how), await stale("deleted")];
    begin(replacement);
    const first =
      how === "deleted"
        ? "the server does not know the token from connection.token"
        : "the token from connection.token is switched off";
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => run.create({ token })));
    for (const result of results) {
      expect(result).toMatchObject({
        reason: {
          message: expect.stringMatching(
            new RegExp(
              `^cannot create the token: .* answered 401 "unauthorized access": ${first}: .*; the one that was tried in its place is refused as well: the server does not know the token from INFLUX_TOKEN`,
            ),
          ) as unknown,
        },
      });
    }
  });
});

describe("a replacement that is deleted in the middle of a run", () => {
  it("is named together with the stored token, for both were refused", async () => {
    const permissions = ["authorizations", "users"].map((type) => ({ action: "read", resource: { type } }));
    const body = { orgID: run.server.orgId, permissions };
    const newer = await run.server.call<{ id: string; token: string }>(
      "POST",
      "/api/v2/authorizations",
      body,
    );
    begin(newer.token);
    const id = run.server.authorizations()[0]?.id ?? "";
    const state = stateAt(run.server.url, { token: await stale("deleted") });
    const complete = { ...state, effectivePermissions: {}, permissions: {} };
    expect(await run.host.read(id, complete)).toMatchObject({ id });
    await run.server.call("DELETE", `/api/v2/authorizations/${newer.id}`);
    await expect(run.host.read(id, state)).rejects.toThrow(
      /the token from connection\.token: .*; the one that was tried in its place is refused as well: .* the token from INFLUX_TOKEN/,
    );
  });
});
