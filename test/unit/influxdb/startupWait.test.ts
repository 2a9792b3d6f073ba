import { Startup } from "../../../provider/influxdb/startup";

/** A server that does not listen before so many looks. */
function listeningAfter(looks: number): { asked: () => number; isListening: () => Promise<boolean> } {
  let count = 0;
  return {
    asked: () => count,
    isListening: () => Promise.resolve((count += 1) > looks),
  };
}

const elapsed = async (work: Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work;
  return performance.now() - start;
};

describe("the wait for a server that does not listen yet", () => {
  it("ends as soon as it listens, and is one for all requests", async () => {
    const startup = new Startup(Date.now);
    const { asked, isListening } = listeningAfter(2);
    const waits = Array.from({ length: 5 }, () => startup.waitUntilListening(10_000, isListening));
    // Looks after 50, 100 and 200 milliseconds.
    expect(await elapsed(Promise.all(waits))).toBeGreaterThanOrEqual(340);
    expect(await Promise.all(waits)).toEqual([true, true, true, true, true]);
    expect(asked()).toBe(3);
  });

  it("ends in vain for each request when its own time is over, since the first was refused", async () => {
    const startup = new Startup(Date.now);
    const never = listeningAfter(Infinity);
    const patient = startup.waitUntilListening(600, never.isListening);
    const hasty = startup.waitUntilListening(100, never.isListening);
    expect(await Promise.race([patient.then(() => "patient"), hasty.then(() => "hasty")])).toBe("hasty");
    expect(await hasty).toBe(false);
    expect(await startup.waitUntilListening(100, never.isListening)).toBe(false);
    expect(await patient).toBe(false);
    const looks = never.asked();
    expect(looks).toBeGreaterThanOrEqual(3);
    expect(looks).toBeLessThanOrEqual(5);
    expect(await startup.waitUntilListening(600, never.isListening)).toBe(false);
    expect(never.asked()).toBe(looks);
  });

  it("goes on for a request that is more patient than those that gave up", async () => {
    const startup = new Startup(Date.now);
    const { isListening } = listeningAfter(3);
    expect(await startup.waitUntilListening(60, listeningAfter(Infinity).isListening)).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(await startup.waitUntilListening(20_000, isListening)).toBe(true);
  });

  it("that ends late ends no other one that began meanwhile", async () => {
    let now = 1_000;
    const startup = new Startup(() => now);
    const late = startup.waitUntilListening(5_000, listeningAfter(0).isListening);
    startup.answered();
    const other = startup.waitUntilListening(40, listeningAfter(Infinity).isListening);
    now += 50;
    expect([await late, await other]).toEqual([true, false]);
    expect(await startup.waitUntilListening(40, listeningAfter(0).isListening)).toBe(false);
  });

  it.each<[string, (startup: Startup) => Promise<unknown>]>([
    [
      "was waited for with success",
      (startup) => startup.waitUntilListening(5_000, listeningAfter(0).isListening),
    ],
    [
      "answered meanwhile",
      (startup) => {
        startup.answered();
        return Promise.resolve();
      },
    ],
  ])("begins anew after the server %s", async (_what, comeUp) => {
    let now = 1_000;
    const startup = new Startup(() => now);
    const inVain = startup.waitUntilListening(40, listeningAfter(Infinity).isListening);
    now += 50;
    expect(await inVain).toBe(false);
    expect(await startup.waitUntilListening(50, listeningAfter(0).isListening)).toBe(false);
    await comeUp(startup);
    now += 10_000;
    expect(await startup.waitUntilListening(5_000, listeningAfter(0).isListening)).toBe(true);
  });
});
