import { cannedFrom } from "../../../bench/canned";
import { meanTokenBytes } from "../../../bench/lifecycle";
import { PLAN, declaredNow, plannedTokens, type Plan } from "../../../bench/plan";
import { kindOf } from "../../../bench/probe";
import { isProviderProcess, peakMiB, processorSeconds } from "../../../bench/processes";

const PLANNED: Plan = {
  n: 3,
  bucketId: "0a1b2c3d4e5f6071",
  preset: "bucketScoped",
  edited: false,
  narrowed: false,
};
const ID = "0a1b2c3d4e5f6071";

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
    expect(declaredNow({ [PLAN]: JSON.stringify({ ...PLANNED, preset: "allAccess" }) })[2]).toEqual({
      name: "token-00002",
      args: { org: "acme", description: "service 00002: made", allAccess: true },
    });
  });
});

describe("what the benchmark counts", () => {
  it("are requests by kind, whatever they ask for", () => {
    expect(kindOf("GET", `/api/v2/authorizations/${ID}`)).toBe("GET /api/v2/authorizations/{id}");
    expect(kindOf("GET", "/api/v2/orgs?org=acme")).toBe("GET /api/v2/orgs");
    expect(kindOf("GET", `/api/v2/orgs/${ID}/members`)).toBe("GET /api/v2/orgs/{id}/members");
  });

  it("are the bytes of tokens in the checkpoint, and of nothing else", () => {
    const token = { type: "pulumi-nodejs:dynamic/influxdb:InfluxToken", id: ID };
    const resources = [{ type: "pulumi:pulumi:Stack" }, token, { ...token, id: `${ID}${ID}` }];
    const checkpoint = JSON.stringify({ version: 3, checkpoint: { latest: { resources } } });
    expect(meanTokenBytes(checkpoint)).toBe(JSON.stringify(token).length + ID.length / 2 + 1);
  });

  it("is the memory of the process that hosts the provider, not of those that start it", () => {
    const host = ["node", "/p/node_modules/@pulumi/pulumi/cmd/dynamic-provider/index.js", "127.0.0.1:1"];
    expect(isProviderProcess(host.join("\0"))).toBe(true);
    const asking = ["node", "-e", "console.log(require.resolve('@pulumi/pulumi/cmd/dynamic-provider'))"];
    expect(isProviderProcess(asking.join("\0"))).toBe(false);
    expect(isProviderProcess(["node", "/p/node_modules/@pulumi/pulumi/cmd/run"].join("\0"))).toBe(false);
    expect(peakMiB("Name:\tnode\nVmHWM:\t  102400 kB\n")).toBe(100);
    expect(peakMiB("")).toBeUndefined();
    expect(processorSeconds("7 (a name) S 1 7 7 0 -1 4194304 9 8 0 0 150 25 3 4 20 0")).toBe(1.75);
    expect(processorSeconds("")).toBeUndefined();
  });
});

describe("what the floor answers", () => {
  const token = {
    urn: "urn",
    type: "pulumi-nodejs:dynamic/influxdb:InfluxToken",
    inputs: { __provider: "stub", org: "acme" },
    outputs: { __provider: "stub", org: "acme", token: { plaintext: '"secret"' } },
  };

  it("is as long as what a real token has, without its secret", () => {
    expect(cannedFrom({ deployment: { resources: [token] } })).toEqual({
      inputs: { org: "acme" },
      outputs: { org: "acme", token: "tttttt" },
    });
  });

  it("cannot be learnt from a stack without tokens", () => {
    expect(() => cannedFrom({ deployment: {} })).toThrow("holds no token");
  });
});
