import { Retirement, type RetirementInputs, type RetirementState } from "../../provider/retirement";
import type { EndingToken } from "../../provider/shardLifecycle";

const HOST = "http://127.0.0.1:1";
const OLD = "00000000000000aa";

const inputsOf = (fleet: string, id?: string): RetirementInputs => ({
  fleet,
  retired: id === undefined ? 0 : 1,
  __retired: id === undefined ? "" : `${id} x - device-1`,
  host: HOST,
});

/** One run of the engine: a retirement that changes is made anew, and the one before is deleted at the end. */
async function run(
  states: readonly RetirementState[],
  declared: readonly RetirementInputs[],
): Promise<{ states: RetirementState[]; ended: string[] }> {
  const ended: string[] = [];
  const end = (tokens: readonly EndingToken[]): Promise<[]> => {
    ended.push(...tokens.map(({ id }) => id));
    return Promise.resolve([]);
  };
  const retirement = new Retirement({
    end,
    hasUnrecorded: () => false,
    isPlanned: () => false,
    sweepFleet: () => Promise.resolve(),
  });
  const plans = states.map((state, index) => {
    const inputs = declared[index];
    if (inputs === undefined) throw new Error("not declared");
    return { state, inputs, change: retirement.diff(state, inputs) };
  });
  const replaced: RetirementState[] = [];
  const now: RetirementState[] = [];
  for (const { state, inputs, change } of plans) {
    if (change.replaces.length === 0) now.push(state);
    else {
      now.push((await retirement.create(inputs)).state);
      replaced.push(state);
    }
  }
  for (const state of replaced) await retirement.delete("", state);
  return { states: now, ended };
}

async function made(...fleets: string[]): Promise<RetirementState[]> {
  const retirement = new Retirement({
    end: () => Promise.resolve([]),
    hasUnrecorded: () => false,
    isPlanned: () => false,
    sweepFleet: () => Promise.resolve(),
  });
  return Promise.all(fleets.map(async (fleet) => (await retirement.create(inputsOf(fleet))).state));
}

describe("the old tokens of a fleet of which a shard failed, where the run went on without it", () => {
  const leftBehind = async (isPlanned: boolean): Promise<unknown> => {
    const [state] = await made("shop/dev/sensors");
    const retirement = new Retirement({
      end: () => Promise.resolve([]),
      hasUnrecorded: () => false,
      isPlanned: () => isPlanned,
      sweepFleet: () => Promise.resolve(),
    });
    return state && retirement.delete("", state);
  };

  it("are not forgotten: what ends them is deleted by the run that ends them", async () => {
    await expect(leftBehind(true)).rejects.toThrow(
      "shop/dev/sensors: replaced and removed tokens do not end",
    );
  });

  it("are the shards' to end where the fleet is destroyed", async () => {
    await expect(leftBehind(false)).resolves.toBeUndefined();
  });
});

describe("the old tokens of a fleet that got another name, or whose stack did", () => {
  it("end with the run that renames it", async () => {
    const { ended } = await run(await made("shop/dev/sensors"), [inputsOf("shop/dev/probes", OLD)]);
    expect(ended).toEqual([OLD]);
  });

  it("end with a later run, too", async () => {
    const renamed = await run(await made("shop/dev/sensors"), [inputsOf("shop/dev/probes")]);
    expect(renamed.ended).toEqual([]);
    expect((await run(renamed.states, [inputsOf("shop/dev/probes", OLD)])).ended).toEqual([OLD]);
  });

  it("are told from those of a fleet that took the old name", async () => {
    const states = await made("shop/dev/a", "shop/dev/b");
    const { ended } = await run(states, [inputsOf("shop/dev/b", OLD), inputsOf("shop/dev/a")]);
    expect(ended).toEqual([OLD]);
  });
});
