import type { InfluxTokenInputs } from "../../provider/token/inputs";
import { setUpRun } from "../support/testRun";

const DAY_MS = 86_400_000;

describe("a token with rotateAfter", () => {
  const run = setUpRun();
  const madeAt = Date.now();

  /** The next run, so many days later. */
  function later(days: number, env: Record<string, string> = {}, rotateAfter?: string): void {
    const { url, operatorToken } = run.server;
    const config = {
      "influx-token:host": url,
      "influx-token:token": operatorToken,
      "influx-token:org": "acme",
      ...(rotateAfter !== undefined && { "influx-token:rotateAfter": rotateAfter }),
    };
    run.begin({ config, env, now: () => madeAt + days * DAY_MS });
  }
  const inputs = (more: object = {}): Promise<InfluxTokenInputs> =>
    run.host.checked({ readTasks: true, ...more });

  it("is replaced from the day on that its output names, and by no run that rotates nothing", async () => {
    later(0);
    const declared = await inputs({ rotateAfter: "90d" });
    const { id, outs } = await run.host.create(declared);
    const [made] = run.made();
    expect(outs.rotateAt).toBe(new Date(Date.parse(made?.createdAt ?? "") + 90 * DAY_MS).toISOString());
    const same = { changes: false, replaces: [] };
    const replaced = { changes: true, replaces: ["rotateAt"] };
    expect(await run.host.diff(id, outs, declared)).toMatchObject(same);
    later(89);
    expect(await run.host.diff(id, outs, declared)).toMatchObject(same);
    later(91);
    expect(await run.host.diff(id, outs, declared)).toMatchObject(replaced);
    later(91, { INFLUX_ROTATION: "on" });
    expect(await run.host.diff(id, outs, declared)).toMatchObject(replaced);
    later(91, { INFLUX_ROTATION: "off" });
    expect(await run.host.diff(id, outs, declared)).toMatchObject(same);
  });

  it("that is due is no drift, and after its replacement nothing is due", async () => {
    later(0);
    const declared = await inputs({ rotateAfter: "90d" });
    const { id, outs } = await run.host.create(declared);
    later(91);
    const read = await run.host.read(id, outs);
    expect(read.props).toEqual(outs);
    expect(read.inputs).toEqual(declared);
    expect(await run.host.diff(id, outs, declared)).toMatchObject({ replaces: ["rotateAt"] });
    run.server.setClock(new Date(madeAt + 91 * DAY_MS).toISOString());
    const next = await run.host.create(declared);
    expect(await run.host.diff(next.id, next.outs, declared)).toMatchObject({ changes: false });
  });

  it("gets, changes and loses its day in place, without a request", async () => {
    later(91);
    const without = await inputs();
    const { id, outs } = await run.host.create(without);
    expect(outs).not.toHaveProperty("rotateAt");
    run.server.countRequests();
    const day = (days: number): string => new Date(Date.parse(outs.createdAt) + days * DAY_MS).toISOString();
    let state = outs;
    for (const [rotateAfter, rotateAt] of [
      ["90d", day(90)],
      ["P120D", day(120)],
      ["1h", day(1 / 24)],
      ["never", undefined],
      ["2w", day(14)],
      [undefined, undefined],
    ] as const) {
      const declared = await inputs({ rotateAfter });
      expect(await run.host.diff(id, state, declared)).toMatchObject({ changes: true, replaces: [] });
      state = (await run.host.update(id, state, declared)).outs;
      expect(state.rotateAt).toBe(rotateAt);
      expect(Object.keys(state).includes("rotateAt")).toBe(rotateAt !== undefined);
    }
    expect(state).toEqual(outs);
    expect(run.server.countRequests()).toEqual({});
  });

  it("keeps its day through a change that is sent to the server", async () => {
    later(0);
    const { id, outs } = await run.host.create(await inputs({ rotateAfter: "90d" }));
    const changed = await inputs({ rotateAfter: "90d", description: "new" });
    expect((await run.host.update(id, outs, changed)).outs.rotateAt).toBe(outs.rotateAt);
  });

  it("takes the time of the stack's config, which `never` overrides", async () => {
    later(0, {}, "90d");
    const declared = await inputs();
    expect(declared.rotateAfter).toBe("90d");
    const { id, outs } = await run.host.create(declared);
    later(91, {}, "90d");
    expect(await run.host.diff(id, outs, declared)).toMatchObject({ replaces: ["rotateAt"] });
    expect(await run.host.diff(id, outs, await inputs({ rotateAfter: "never" }))).toMatchObject({
      changes: true,
      replaces: [],
    });
    later(91, {}, "1y");
    const { failures } = await run.host.check({}, { readTasks: true });
    expect(failures).toMatchObject([
      { property: "rotateAfter", reason: expect.stringContaining("influx-token:rotateAfter") as unknown },
    ]);
    later(91, { INFLUX_ROTATION: "0" }, "90d");
    expect((await run.host.check({}, { readTasks: true })).failures).toMatchObject([
      { property: "rotateAfter", reason: expect.stringContaining("INFLUX_ROTATION") as unknown },
    ]);
  });
});
