import {
  FLEET_KINDS,
  isKnownType,
  isRetirementType,
  isShardType,
  mayHoldTokens,
  TOKEN_KINDS,
  tokenKindOf,
} from "../../provider/tokenTypes";

const SHARDS = ["pulumi-nodejs:dynamic/influxdb:InfluxTokenShard", "influx-token:index:TokenShard"];
const RETIREMENTS = [
  "pulumi-nodejs:dynamic/influxdb:InfluxTokenRetirement",
  "influx-token:index:TokenRetirement",
];
const COMPONENTS = ["influx-token:index:InfluxTokenFleet", "influx-token:index:TokenFleet"];

describe("the table of types", () => {
  it("has those of fleets, which are in states for ever", () => {
    expect(FLEET_KINDS.map(({ shard }) => shard)).toEqual(SHARDS);
    expect(FLEET_KINDS.map(({ retirement }) => retirement)).toEqual(RETIREMENTS);
    expect(FLEET_KINDS.map(({ component }) => component)).toEqual(COMPONENTS);
  });

  it("says of each type one thing", () => {
    const types = [...TOKEN_KINDS.map(({ type }) => type), ...SHARDS, ...RETIREMENTS, ...COMPONENTS];
    expect(new Set(types).size).toBe(types.length);
    for (const type of types) {
      expect(isKnownType(type)).toBe(true);
      expect(isShardType(type)).toBe(SHARDS.includes(type));
      expect(isRetirementType(type)).toBe(RETIREMENTS.includes(type));
    }
    for (const type of [...SHARDS, ...RETIREMENTS, ...COMPONENTS]) expect(tokenKindOf(type)).toBeUndefined();
  });
});

describe("whether a resource may hold tokens", () => {
  it.each([...TOKEN_KINDS.map(({ type }) => type), ...SHARDS])("says yes of %s", (type) => {
    expect(mayHoldTokens(type)).toBe(true);
  });

  it.each([...RETIREMENTS, ...COMPONENTS])("says no of %s, which is known to hold none", (type) => {
    expect(mayHoldTokens(type)).toBe(false);
  });

  it.each([
    "influx-token:index:TokenFleets",
    "influx-token:index:tokenFleet",
    "influx-token:fleet:TokenFleet",
    "pulumi-nodejs:dynamic/influxdb:InfluxTokenFleet",
    "pulumi-nodejs:dynamic/influxdb:TokenRetirement",
    "influx-token:index:InfluxTokenRetirement",
  ])("says yes of %s, which this version does not know", (type) => {
    expect(mayHoldTokens(type)).toBe(true);
    expect(isKnownType(type)).toBe(false);
  });

  it.each([
    undefined,
    "",
    "influxdb:index/authorization:Authorization",
    "acme:influx-token:index:TokenShard",
  ])("says no of %p, which is another's", (type) => {
    expect(mayHoldTokens(type)).toBe(false);
  });
});
