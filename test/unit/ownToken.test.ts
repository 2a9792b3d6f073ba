import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { StoredAuthorization } from "../../emulator";
import type { InfluxTokenState } from "../../provider/token/state";
import { makeMaker } from "../support/influxdb";
import { setUpRun } from "../support/testRun";

/** A token of the stack that may make tokens, as `up` recorded it. */
interface Recorded {
  readonly id: string;
  readonly outs: InfluxTokenState;
}

const MAKER = {
  readAuthorizations: true,
  writeAuthorizations: true,
  readUsers: true,
  writeUsers: true,
  readOrgs: true,
  writeOrgs: true,
  readTasks: true,
};

describe.each([
  ["a server that stores tokens hashed", false],
  ["a server that stores tokens plain", true],
])("the token that a run authenticates with, on %s", (_kind, plainTokens) => {
  const run = setUpRun({ plainTokens });
  let own: Recorded;

  /** The next run, whose environment gives this token. */
  function begin(token: string): void {
    run.begin({ env: { INFLUX_HOST: run.server.url, INFLUX_TOKEN: token } });
  }

  const declare = (more: object = {}): Promise<object> =>
    run.host.checked({ orgId: run.server.orgId, ...MAKER, ...more });

  /** What a plan finds, as the engine asks for it: the check first. */
  async function plan({ id, outs }: Recorded, more: object): Promise<unknown> {
    return run.host.diff(id, outs, await declare(more));
  }

  const isThere = (status = "active"): void => {
    expect(run.server.authorizations().find(({ id }) => id === own.id)).toMatchObject({ status });
    expect(run.server.countRequests()).toEqual({});
  };

  /** The message names the token's id and where its value was found, and not that. */
  async function refused(action: Promise<unknown>, verb: string, from = "INFLUX_TOKEN"): Promise<void> {
    const error: unknown = await action.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ name: "OwnTokenError" });
    const { message } = error as Error;
    expect(message).toContain(
      `cannot ${verb} the token ${own.id}: it is the token that this run authenticates with, from ${from}:`,
    );
    expect(message).not.toContain(own.outs.token);
  }

  beforeEach(async () => {
    begin(run.server.operatorToken);
    own = await run.host.create(await declare());
    begin(own.outs.token ?? "");
    run.server.countRequests();
  });

  it("is neither deleted nor switched off by it, whatever was planned", async () => {
    await refused(run.host.delete(own.id, own.outs), "delete");
    await refused(run.host.delete(own.id, { ...own.outs, deactivateOnDelete: true }), "switch off");
    const off = await declare({ status: "inactive" });
    await refused(run.host.update(own.id, own.outs, off), "update");
    isThere();
  });

  it("fails the preview that would replace it or switch it off", async () => {
    await refused(plan(own, { keepers: { period: "2" } }), "replace");
    await refused(plan(own, { status: "inactive" }), "switch off");
    isThere();
  });

  it("may be changed otherwise, also back to active", async () => {
    expect(await plan(own, { description: "maker" })).toMatchObject({ changes: true });
    const { outs } = await run.host.update(own.id, own.outs, await declare({ description: "maker" }));
    expect(outs.description).toBe("maker");
    // Switched off by hand: the run could not do it, and the plan is right.
    expect(await plan({ id: own.id, outs: { ...outs, status: "inactive" } }, {})).toMatchObject({
      changes: true,
    });
  });

  it.each<[string, (token: string) => { config?: Record<string, string>; connection?: object }]>([
    ["influx-token:token in the stack config", (token) => ({ config: { "influx-token:token": token } })],
    ["connection.token", (token) => ({ connection: { token } })],
  ])("is named by where it was found: %s", async (from, give) => {
    const { config = {}, connection } = give(own.outs.token ?? "");
    run.begin({
      env: { INFLUX_TOKEN: "another-t0ken" },
      config: { ...config, "influx-token:host": run.server.url },
    });
    await refused(
      plan(own, { keepers: { period: "2" }, ...(connection && { connection }) }),
      "replace",
      from,
    );
    await refused(
      run.host.delete(own.id, { ...own.outs, ...(connection && { connection }) }),
      "delete",
      from,
    );
  });

  it("is no matter where it is another one, or its value was lost", async () => {
    begin(run.server.operatorToken);
    expect(await plan(own, { keepers: { period: "2" } })).toMatchObject({ replaces: ["keepers"] });
    await run.host.read(own.id, own.outs);
    expect(await plan(own, { keepers: { period: "2" } })).toMatchObject({ replaces: ["keepers"] });
    const { token, ...lost } = own.outs;
    begin(token ?? "");
    expect(await plan({ id: own.id, outs: lost }, {})).toMatchObject({ replaces: ["token"] });
    begin(run.server.operatorToken);
    await run.host.delete(own.id, own.outs);
    expect(run.made()).toEqual([]);
  });

  it("does not stop a refresh, which only asks what has changed", async () => {
    const declared = await declare({ status: "inactive", keepers: { period: "2" } });
    await expect(run.host.diff(own.id, own.outs, declared)).rejects.toThrow("cannot replace");
    // The engine's refresh: a read, and a diff without a check.
    await run.host.read(own.id, own.outs);
    await expect(run.host.diff(own.id, own.outs, declared)).resolves.toMatchObject({ changes: true });
  });

  it("is not known where the connection is not, and a preview needs neither token nor files", async () => {
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    const keepers = { period: "2" };
    for (const connection of [unknown, { token: unknown }])
      expect(await plan(own, { keepers, connection })).toMatchObject({ replaces: ["keepers"] });
    run.begin({ env: { INFLUX_HOST: run.server.url } });
    const connection = { caFile: "/nowhere" };
    expect(await plan(own, { keepers, connection })).toMatchObject({ replaces: ["keepers"] });
  });

  describe("in place of a stored one that is stale", () => {
    const stale = { token: "stale-t0ken" };

    it("does not end itself: what the stale one was refused is not asked again", async () => {
      await refused(run.host.delete(own.id, { ...own.outs, connection: stale }), "delete");
      expect(run.server.countRequests()).toEqual({ "DELETE /api/v2/authorizations/{id}": 1 });
      isThere();
      const deactivated = { ...own.outs, connection: stale, deactivateOnDelete: true };
      await refused(run.host.delete(own.id, deactivated), "switch off");
      const off = await declare({ status: "inactive", connection: stale });
      await refused(run.host.update(own.id, own.outs, off), "update");
      run.server.countRequests();
      isThere();
    });

    it("fails the plan once that is known in a run", async () => {
      const more = { keepers: { period: "2" }, connection: stale };
      expect(await plan(own, more)).toMatchObject({ replaces: ["keepers"] });
      await run.host.read(own.id, { ...own.outs, connection: stale });
      await refused(plan(own, more), "replace");
    });

    it("stays where the stored one is good", async () => {
      const connection = { token: run.server.operatorToken };
      await run.host.delete(own.id, { ...own.outs, connection });
      expect(run.made()).toEqual([]);
    });
  });

  it("does not stand in the way of tokens that make tokens", async () => {
    const made = await run.host.create(await declare({ connection: { token: own.outs.token } }));
    begin(run.server.operatorToken);
    // The maker is replaced, and what it made moves to the new one.
    expect(await plan(own, { keepers: { period: "2" } })).toMatchObject({ replaces: ["keepers"] });
    const next = await run.host.create(await declare({ keepers: { period: "2" } }));
    const connection = { token: next.outs.token };
    expect(await plan(made, { connection })).toMatchObject({ changes: true, replaces: [] });
    const { outs } = await run.host.update(made.id, made.outs, await declare({ connection }));
    await run.host.delete(own.id, own.outs);
    // `pulumi destroy`: first what was made, by its maker, then that one.
    await run.host.delete(made.id, outs);
    await run.host.delete(next.id, next.outs);
    expect(run.made()).toEqual([]);
  });

  it("is looked for once in a run, however many tokens are replaced", async () => {
    const configs = join(mkdtempSync(join(tmpdir(), "own-token-")), "configs");
    const profile = `[own]\nactive = true\nurl = "${run.server.url}"\ntoken = "${own.outs.token ?? ""}"\n`;
    writeFileSync(configs, profile);
    const connection = { configsPath: configs };
    run.begin();
    await refused(plan(own, { status: "inactive", connection }), "switch off", 'token of the profile "own"');
    rmSync(dirname(configs), { recursive: true });
    // Nobody reads the file again: what it said holds for the run.
    await refused(plan(own, { status: "inactive", connection }), "switch off", 'token of the profile "own"');
    isThere();
  });
});

describe("a making token that no stack manages", () => {
  const run = setUpRun();
  let maker: StoredAuthorization;

  it("is compared by value only: another id and the same value is the same token", async () => {
    maker = await makeMaker(run.server);
    const { id, outs } = await run.create({ token: maker.token });
    await expect(run.host.delete(id, { ...outs, token: maker.token })).rejects.toThrow("cannot delete");
    await run.host.delete(id, outs);
  });
});
