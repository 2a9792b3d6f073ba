import type * as pulumi from "@pulumi/pulumi";
import { cannedFrom, meanTokenBytes } from "../../../bench/lifecycle";
import { CANNED, declaredNow, PLAN, type Plan, plannedTokens, type Values } from "../../../bench/plan";

const ID = "0a1b2c3d4e5f6071";
const TYPE = "pulumi-nodejs:dynamic/influxdb:InfluxToken";
const PLANNED: Plan = { n: 3, bucketId: ID, edited: false, narrowed: false };

describe("what the programs of the benchmark declare", () => {
  it("is of one size for each token", () => {
    const sizes = plannedTokens({ ...PLANNED, n: 1000 }).map((token) => JSON.stringify(token).length);
    expect(new Set(sizes).size).toBe(1);
  });

  it("differs in one description, or in one permission", () => {
    const changed = (plan: Plan): number[] => {
      const before = plannedTokens(PLANNED);
      return plannedTokens(plan).flatMap((token, index) =>
        JSON.stringify(token) === JSON.stringify(before[index]) ? [] : [index],
      );
    };
    expect(changed({ ...PLANNED, edited: true })).toEqual([0]);
    expect(changed({ ...PLANNED, narrowed: true })).toEqual([1]);
  });

  it("reaches the program through its environment", () => {
    expect(declaredNow({ [PLAN]: JSON.stringify(PLANNED) })[2]).toEqual({
      name: "token-00002",
      args: { org: "acme", description: "service 00002: made", readBucket: [ID], writeBucket: [ID] },
    });
  });
});

describe("what the benchmark counts", () => {
  it("are the bytes of tokens in the checkpoint, and of nothing else", () => {
    const token = { urn: "", type: TYPE, id: ID };
    const resources = [{ urn: "", type: "pulumi:pulumi:Stack" }, token, { ...token, id: `${ID}${ID}` }];
    expect(meanTokenBytes({ resources })).toBe(JSON.stringify(token).length + ID.length / 2 + 1);
  });
});

describe("what the floor answers", () => {
  const permissions = { [`orgs/acme/buckets/${ID}`]: "read, write" };
  const inputs = { org: "acme", description: "made", readBucket: [ID], writeBucket: [ID], permissions };
  const outputs = { ...inputs, effectivePermissions: permissions };
  const canned = cannedFrom({
    resources: [
      {
        urn: "urn",
        type: TYPE,
        inputs: { ...inputs, __provider: "stub" },
        outputs: { ...outputs, __provider: "stub", token: { plaintext: '"secret"' } },
      },
    ],
  });
  let floor: Required<pulumi.dynamic.ResourceProvider<Values, Values>>;

  beforeAll(() => {
    process.env[CANNED] = JSON.stringify(canned);
    floor = jest.requireActual("../../../bench/floor");
  });

  it("is as long as what a real token has, without its secret", () => {
    expect(canned).toEqual({ inputs, outputs: { ...outputs, token: "tttttt" } });
    expect(cannedFrom({})).toEqual({ inputs: {}, outputs: { token: "" } });
  });

  it("is what the real provider answered, with the description that is declared", async () => {
    const news = { ...inputs, description: "edit" };
    expect(await floor.check({}, news)).toEqual({ inputs: news });
    expect((await floor.create(news)).outs).toEqual({ ...canned.outputs, description: "edit" });
    expect(await floor.diff("1", canned.outputs, news)).toMatchObject({ changes: true, replaces: [] });
    expect(await floor.diff("1", canned.outputs, inputs)).toMatchObject({ changes: false, replaces: [] });
  });

  it("is a token that only reads, where writing is not declared", async () => {
    const news = { org: "acme", description: "made", readBucket: [ID], permissions };
    const readOnly = { [`orgs/acme/buckets/${ID}`]: "read" };
    expect(await floor.check({}, news)).toEqual({ inputs: { ...news, permissions: readOnly } });
    expect((await floor.create(news)).outs).toMatchObject({
      permissions: readOnly,
      effectivePermissions: readOnly,
    });
    expect(await floor.diff("1", canned.outputs, news)).toMatchObject({ replaces: ["permissions"] });
  });
});
