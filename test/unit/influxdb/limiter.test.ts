import { Limiter } from "../../../provider/influxdb/limiter";

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Tasks that end when the test says so, and the order in which they began. */
function tasks(limiter: Limiter, limit: number, names: readonly string[]) {
  const begun: string[] = [];
  const ends = new Map<string, { finish: () => void; fail: () => void }>();
  const runs = names.map((name) =>
    limiter.run(limit, () => {
      begun.push(name);
      return new Promise<string>((resolve, reject) => {
        const finish = (): void => {
          resolve(name);
        };
        const fail = (): void => {
          reject(new Error(name));
        };
        ends.set(name, { finish, fail });
      });
    }),
  );
  return { begun, ends, results: Promise.allSettled(runs) };
}

describe("a limit of parallel requests", () => {
  it("lets as many through, and one more for each that ends or fails, in the order of the calls", async () => {
    const { begun, ends, results } = tasks(new Limiter(), 2, ["a", "b", "c", "d"]);
    await settle();
    expect(begun).toEqual(["a", "b"]);
    ends.get("b")?.finish();
    await settle();
    expect(begun).toEqual(["a", "b", "c"]);
    ends.get("a")?.fail();
    await settle();
    expect(begun).toEqual(["a", "b", "c", "d"]);
    for (const { finish } of ends.values()) finish();
    await expect(results).resolves.toMatchObject([
      { status: "rejected" },
      { value: "b" },
      { value: "c" },
      { value: "d" },
    ]);
  });

  it("is as free as before when all have ended", async () => {
    const limiter = new Limiter();
    const first = tasks(limiter, 2, ["a", "b", "c"]);
    for (let round = 0; round < 3; round += 1) {
      await settle();
      for (const { finish } of first.ends.values()) finish();
    }
    await first.results;
    const { begun, ends, results } = tasks(limiter, 2, ["d", "e", "f"]);
    await settle();
    expect(begun).toEqual(["d", "e"]);
    for (let round = 0; round < 3; round += 1) {
      for (const { finish } of ends.values()) finish();
      await settle();
    }
    await results;
  });
});
