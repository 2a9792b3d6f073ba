import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { CANNED_FLEET, type CannedFleet, cannedFleetFrom, unchanged } from "../../../bench/cannedFleet";
import { fleetFigures, type FleetRuns, growthFigures } from "../../../bench/fleetFigures";
import { FLEET_PLAN, fleetNow, type FleetPlan, membersNow } from "../../../bench/fleetPlan";
import {
  checkpointBytes,
  FLEET_STEPS,
  type FleetLife,
  type FleetRun,
  withoutExports,
} from "../../../bench/fleets";
import type { Values } from "../../../bench/plan";
import { DYNAMIC_FLEET } from "../../../provider/tokenTypes";

const ID = "0a1b2c3d4e5f6071";
const PLANNED: FleetPlan = { n: 3, bucketId: ID, added: false, rotated: false };
const env = (plan: FleetPlan) => ({ [FLEET_PLAN]: JSON.stringify(plan) });

describe("what the programs of fleets declare", () => {
  it("is one member more, or one that is rotated, and the same of each otherwise", () => {
    const each = { org: "acme", readBucket: [ID], writeBucket: [ID] };
    const members = { "device-00000": {}, "device-00001": {}, "device-00002": {} };
    expect(fleetNow(env(PLANNED))).toEqual({ each, members });
    expect(fleetNow(env({ ...PLANNED, added: true, rotated: true }))).toEqual({
      each,
      members: { ...members, "device-00000": { keepers: { rotation: "1" } }, "device-00003": {} },
    });
  });

  it("is the same of as many tokens", () => {
    const tokens = membersNow(env({ ...PLANNED, rotated: true }));
    const args = { org: "acme", readBucket: [ID], writeBucket: [ID] };
    const description = (name: string) => `bench/dev/devices/${name}`;
    expect(tokens).toHaveLength(3);
    expect(tokens[0]).toEqual({
      name: "device-00000",
      args: { ...args, description: description("device-00000"), keepers: { rotation: "1" } },
    });
    expect(tokens[2]).toEqual({
      name: "device-00002",
      args: { ...args, description: description("device-00002") },
    });
  });
});

const secret = (value: unknown) => ({
  signature: "1b47061264138c4ac30d75fd1eb44270",
  plaintext: JSON.stringify(value),
});
const urn = (name: string) => `urn:pulumi:dev::bench::type::${name}`;

function shard(name: string, members: object): object {
  const outputs = { tokens: secret({ a: "a secret" }), __made: "made", __provider: "stub" };
  const inputs = { shard: `bench/dev/devices/${name}`, members, __provider: "stub" };
  const propertyDependencies = { __provider: null, shard: [], members: [] };
  return {
    urn: urn(name),
    id: inputs.shard,
    type: DYNAMIC_FLEET.shard,
    inputs,
    outputs,
    propertyDependencies,
  };
}

function fleet(members: object, retired: number, before?: CannedFleet): CannedFleet {
  const resources = [
    { urn: urn("stack"), type: "pulumi:pulumi:Stack" },
    {
      urn: urn("devices"),
      type: DYNAMIC_FLEET.component,
      inputs: { count: 1 },
      outputs: { tokens: secret({ a: "a secret" }) },
    },
    {
      urn: urn("devices-retirement"),
      type: DYNAMIC_FLEET.retirement,
      id: "bench/dev/devices/retirement",
      inputs: { fleet: "bench/dev/devices", retired },
      outputs: {},
      propertyDependencies: { fleet: [], retired: [urn("devices-05")] },
    },
    shard("devices-05", members),
  ];
  return cannedFleetFrom({ resources } as Parameters<typeof cannedFleetFrom>[0], before);
}

describe("the floor of a fleet", () => {
  it("has what the real one left in the state, of the same length and without its secrets", () => {
    const { component, parts } = fleet({ a: {} }, 0);
    expect(component).toMatchObject({ name: "devices", inputs: { count: 1 }, secrets: ["tokens"] });
    expect(parts).toEqual([
      {
        name: "devices-05",
        type: DYNAMIC_FLEET.shard,
        id: "bench/dev/devices/devices-05",
        declared: { shard: 0, members: 0 },
        inputs: { shard: "bench/dev/devices/devices-05", members: { a: {} } },
        outputs: { tokens: { a: "tttttttt" }, __made: "made" },
        secrets: ["tokens"],
        change: "none",
      },
      {
        name: "devices-retirement",
        type: DYNAMIC_FLEET.retirement,
        id: "bench/dev/devices/retirement",
        declared: { fleet: 0, retired: 1 },
        inputs: { fleet: "bench/dev/devices", retired: 0 },
        outputs: {},
        secrets: [],
        change: "none",
      },
    ]);
    expect(JSON.stringify({ component, parts })).not.toContain("a secret");
    expect(() => cannedFleetFrom({})).toThrow("the state has no fleet");
  });

  it("changes what changed with the command: shards in place, what deletes by a replacement", () => {
    const changes = (of: CannedFleet) => of.parts.map(({ change }) => change);
    const before = fleet({ a: {} }, 0);
    expect(changes(fleet({ a: {} }, 0, before))).toEqual(["none", "none"]);
    expect(changes(fleet({ a: {}, b: {} }, 0, before))).toEqual(["update", "none"]);
    const after = fleet({ a: {} }, 1, before);
    expect(changes(after)).toEqual(["none", "replace"]);
    expect(changes(unchanged(after))).toEqual(["none", "none"]);
  });

  it("answers with that, and does nothing", async () => {
    const folder = mkdtempSync(join(tmpdir(), "floor-"));
    const file = join(folder, "canned.json");
    const parts = fleet({ a: {} }, 1).parts.map((part, index) => ({
      ...part,
      change: index === 0 ? "update" : "replace",
    }));
    writeFileSync(file, JSON.stringify({ component: parts[0], parts }));
    process.env[CANNED_FLEET] = file;
    try {
      const floor: Required<pulumi.dynamic.ResourceProvider<Values, Values>> =
        jest.requireActual("../../../bench/floorShard");
      const [shardPart, retirement] = parts;
      const news = { shard: "bench/dev/devices/devices-05" };
      expect(await floor.check({}, news)).toEqual({ inputs: shardPart?.inputs });
      const { id, outs } = await floor.create(news);
      expect([id, outs]).toEqual([shardPart?.id, shardPart?.outputs]);
      expect(await floor.update(id, {}, {})).toEqual({ outs });
      expect(await floor.read(id, outs)).toEqual({ id, props: outs });
      expect(await floor.diff(id, {}, {})).toMatchObject({ changes: true, replaces: [] });
      const other = await floor.create({ fleet: "bench/dev/devices", retired: 1 });
      expect(other.id).toBe(retirement?.id);
      expect(await floor.diff(other.id, {}, {})).toMatchObject({ changes: true, replaces: ["__retired"] });
      expect(() => floor.diff("devices-99", {}, {})).toThrow("the floor has no devices-99");
      expect(() => floor.check({}, { shard: "other" })).toThrow("the floor has no other");
      expect(() => floor.check({}, {})).toThrow("the floor has no undefined");
    } finally {
      Reflect.deleteProperty(process.env, CANNED_FLEET);
      rmSync(folder, { recursive: true });
    }
  });
});

function life(seconds: number, bytesPerMember: number): FleetLife {
  const sample = { seconds, peakMemoryMiB: { engine: 100.4, provider: 200.6 }, requests: {} };
  const samples = Object.fromEntries(FLEET_STEPS.map((step) => [step, sample])) as FleetLife["samples"];
  return { samples, bytesPerMember, exportedBytes: 141 };
}

const run = (seconds: number): FleetRun => ({
  floor: life(seconds / 2, 399),
  fleet: life(seconds, 398),
  native: life(seconds, 390),
});

describe("the figures of fleets", () => {
  const TEN_THOUSAND: FleetRuns = { n: 10_000, runs: [run(10), run(14), run(12)] };

  it("stand beside the floor and the aims", () => {
    const text = fleetFigures(TEN_THOUSAND);
    expect(text).toContain("10,000 members, medians of 3 runs");
    expect(text).toContain("| `pulumi refresh` | 6.0 s | 12.0 s | 12.0 s | 2.00 (2.00 to 2.00) | ≤ 4 s |");
    expect(text).toContain("| `pulumi preview` | 6.0 s | 12.0 s | 12.0 s | 2.00 (2.00 to 2.00) |  |");
    expect(text).toContain("| InfluxTokenFleet | 398 | 141 | 100 | unknown | 201 |");
    expect(text).not.toContain("| InfluxToken |");
  });

  it("stand beside those of as many tokens where these were measured", () => {
    const text = fleetFigures({ n: 1000, runs: [{ ...run(4), tokens: life(60, 2000) }] });
    expect(text).toContain("1,000 members, each command once");
    expect(text).toContain("| `pulumi up`, all new | 2.0 s | 4.0 s | 4.0 s | 60.0 s | 2.00 | ≤ 5 s |");
    expect(text).toContain("| InfluxToken | 2,000 | 141 |");
  });

  it("are refused where the floor's members are of another size", () => {
    const other = { ...run(10), floor: life(5, 420) };
    expect(() => fleetFigures({ n: 1000, runs: [other] })).toThrow("they must be alike");
  });

  it("say what each further member adds, whatever the order of the numbers", () => {
    const text = growthFigures([TEN_THOUSAND, { n: 100, runs: [run(2.1)] }, { n: 1000, runs: [run(3)] }]);
    expect(text).toContain("| from 100 to 1,000 | from 1,000 to 10,000 |");
    expect(text).toContain("| `pulumi destroy` | 1.00 ms | 1.00 ms |");
  });

  it("count all resources of the checkpoint, and what the program exports apart from them", () => {
    const stack = { urn: "u", type: "pulumi:pulumi:Stack", outputs: { tokens: "exported" } };
    const token = { urn: "u", type: DYNAMIC_FLEET.shard, outputs: { tokens: "kept" } };
    const state = { resources: [stack, token] };
    expect(checkpointBytes(state)).toBe(JSON.stringify([stack, token]).length);
    expect(withoutExports(state)).toEqual({ resources: [{ ...stack, outputs: {} }, token] });
  });
});
