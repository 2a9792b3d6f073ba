import { Lanes, runPool } from "../../../provider/fleet/pool";

const tick = (): Promise<void> => new Promise(setImmediate);
const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe("a pool", () => {
  it("works on all items, so many at once and no more", async () => {
    let running = 0;
    let most = 0;
    const done: number[] = [];
    const result = await runPool(numbers(50), 7, async (item) => {
      most = Math.max(most, (running += 1));
      await tick();
      running -= 1;
      done.push(item);
    });
    expect(result).toEqual({ failures: [], left: [] });
    expect(done.sort((a, b) => a - b)).toEqual(numbers(50));
    expect(most).toBe(7);
  });

  it("goes on after a failure, and says of which item it is", async () => {
    const error = new Error("refused");
    const result = await runPool(numbers(5), 2, (item) => (item === 1 ? Promise.reject(error) : tick()));
    expect(result).toEqual({ failures: [{ item: 1, error }], left: [] });
  });

  it("stops after 16 failures, and says what it did not begin", async () => {
    let begun = 0;
    const { failures, left } = await runPool(numbers(1_000), 4, async () => {
      begun += 1;
      await tick();
      throw new Error("down");
    });
    expect(failures.length).toBeGreaterThanOrEqual(16);
    expect(begun).toBeLessThanOrEqual(16 + 3);
    expect(failures.length + left.length).toBe(1_000);
  });

  it("begins nothing more once it may not, and finishes what it began", async () => {
    let mayBegin = true;
    const done: number[] = [];
    const work = async (item: number): Promise<void> => {
      if (item === 3) mayBegin = false;
      await tick();
      done.push(item);
    };
    const { left } = await runPool(numbers(10), 2, work, () => Promise.resolve(mayBegin));
    expect([...done, ...left].sort((a, b) => a - b)).toEqual(numbers(10));
    expect(left.length).toBeGreaterThanOrEqual(5);
  });

  it("of nothing asks for nothing", async () => {
    expect(await runPool([], 4, () => Promise.reject(new Error("asked")))).toEqual({
      failures: [],
      left: [],
    });
  });
});

describe("lanes", () => {
  it("run one task of a name at a time, in order, also after one that failed, and others beside it", async () => {
    const lanes = new Lanes();
    const log: string[] = [];
    const task =
      (name: string, fails = false) =>
      async (): Promise<string> => {
        log.push(`${name} begins`);
        await tick();
        await tick();
        log.push(`${name} ends`);
        if (fails) throw new Error(name);
        return name;
      };
    const results = await Promise.allSettled([
      lanes.run("a", task("1", true)),
      lanes.run("a", task("2")),
      lanes.run("b", task("3")),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
    expect(log.filter((line) => !line.startsWith("3"))).toEqual(["1 begins", "1 ends", "2 begins", "2 ends"]);
    expect(log.indexOf("3 begins")).toBeLessThan(log.indexOf("1 ends"));
  });
});
