import type { ResourceValidationArgs, ResourceValidationPolicy } from "@pulumi/policy";
import {
  allowedResourceTypes,
  descriptionRequired,
  noAllAccessToken,
  noOperatorToken,
  ownerRequired,
  policies,
} from "../../../policy/policies";
import { WIRE_UNKNOWN } from "../../../provider/pulumiHost/wireValues";
import { FLEET_KINDS } from "../../../provider/tokenTypes";
import { devices, fleetUrn, type FleetSide, retirementOf, shardsOf } from "../../support/fleetStates";

type Values = Record<string, unknown>;

const OPEN = "can't be known during preview";
const { unknownCheckingProxy, UnknownValueError } = jest.requireActual<{
  unknownCheckingProxy: (props: Values) => Values;
  UnknownValueError: new () => Error;
}>("@pulumi/policy");

const DRY_RUN = "PULUMI_DRY_RUN";
beforeEach(() => {
  process.env[DRY_RUN] = "false";
});
afterAll(() => {
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a variable that is there is not the same as an empty one
  delete process.env[DRY_RUN];
});

/** What a policy says of a resource, as the policy host shows it, unknown values last. */
function judge(policy: ResourceValidationPolicy, resource: Values, config: Values = {}): string[] {
  const { type, urn, inputs } = resource;
  const violations: string[] = [];
  const args: unknown = { type, urn, props: unknownCheckingProxy(inputs as Values), getConfig: () => config };
  try {
    const { validateResource: validate } = policy;
    if (typeof validate !== "function") throw new Error(`${policy.name} does not validate`);
    void validate(args as ResourceValidationArgs, (message) => violations.push(message));
  } catch (error) {
    if (!(error instanceof UnknownValueError)) throw error;
    violations.push(OPEN);
  }
  return violations;
}

/** What it says of all shards of a fleet. */
function judgeAll(policy: ResourceValidationPolicy, side: FleetSide, config: Values = {}): string[] {
  return [...shardsOf("sensors", side).values()].flatMap((shard) => judge(policy, shard, config));
}

const PLAIN = { org: "acme", user: "devices", readTasks: true };
const fleet = (each: object, members: object = devices(1), more: object = {}): FleetSide => ({
  each: { ...each },
  members: members as FleetSide["members"],
  more: { ...more },
});
const ALL_ACCESS = /^each: all-access token: It reads and writes everything/;

describe.each(FLEET_KINDS)("policies for $shard", (kind) => {
  it("judge each as a token", () => {
    const verdicts = (policy: ResourceValidationPolicy, each: object, config?: Values): string[] =>
      [...shardsOf("sensors", fleet(each), kind).values()].flatMap((shard) => judge(policy, shard, config));
    const operator = { org: "acme", operator: true, description: " " };
    expect(verdicts(noOperatorToken, operator)).toEqual([expect.stringMatching(/^each: operator token: /)]);
    expect(verdicts(noAllAccessToken, operator)).toEqual([expect.stringMatching(ALL_ACCESS)]);
    expect(verdicts(allowedResourceTypes, PLAIN, { read: ["buckets"] })).toEqual([
      "each: it may read tasks, and only buckets is allowed",
    ]);
    expect(verdicts(descriptionRequired, operator)).toEqual(["each: description is missing"]);
    expect(verdicts(ownerRequired, operator)).toEqual(["each: user or userId is missing"]);
    for (const policy of policies) expect(verdicts(policy, PLAIN)).toEqual([]);
  });

  it("let the component and the companion pass, which hold no token", () => {
    const inputs = { each: { operator: true }, operator: true, permissions: { "/buckets": "read" } };
    const component = { type: kind.component, urn: fleetUrn("sensors", kind), inputs };
    const companion = { ...retirementOf("sensors", kind), inputs };
    for (const policy of policies)
      for (const resource of [component, companion]) expect(judge(policy, resource)).toEqual([]);
  });
});

describe("members with inputs of their own", () => {
  it("are judged by what they are together with each, and named", () => {
    const members = {
      plain: {},
      root: { readTasks: false, allAccess: true },
      hub: { readSecrets: true },
      anonymous: { description: "" },
    };
    const all = fleet(PLAIN, members);
    expect(judgeAll(noAllAccessToken, all)).toEqual([
      expect.stringMatching(/^member root: all-access token/),
    ]);
    expect(judgeAll(allowedResourceTypes, all, { read: ["tasks"], write: [] }).sort()).toEqual([
      "member hub: it may read secrets, and only tasks is allowed",
      expect.stringMatching(/^member root: it may read .*; it may write /),
    ]);
    expect(judgeAll(descriptionRequired, all)).toEqual(["member anonymous: description is missing"]);
  });

  it("are those that pass, where each does not", () => {
    const members = { root: {}, device: { allAccess: false, readTasks: true } };
    expect(judgeAll(noAllAccessToken, fleet({ org: "acme", allAccess: true }, members))).toEqual([
      expect.stringMatching(ALL_ACCESS),
    ]);
    expect(
      judgeAll(noAllAccessToken, fleet({ org: "acme", allAccess: true }, { device: members.device })),
    ).toEqual([]);
  });

  it("are accepted by their own acknowledgement, or by that of each", () => {
    const acknowledge = { "all-access-token": "break glass" };
    const allAccess = { readTasks: false, allAccess: true };
    const own = fleet(PLAIN, { root: { ...allAccess, acknowledge }, toor: allAccess });
    const config = { allowAcknowledged: true };
    expect(judgeAll(noAllAccessToken, own, config)).toEqual([expect.stringMatching(/^member toor: /)]);
    const shared = fleet({ org: "acme", allAccess: true, acknowledge });
    expect(judgeAll(noAllAccessToken, shared, config)).toEqual([]);
    expect(judgeAll(noAllAccessToken, shared)).toHaveLength(1);
  });

  it("have their names in the texts that are judged", () => {
    const side = fleet({ ...PLAIN, description: "acme: {member}" }, devices(100));
    expect(judgeAll(descriptionRequired, side, { pattern: "^acme: device-\\d+$" })).toEqual([]);
    // Of a shard whose members all fail it says so at once.
    const some = judgeAll(descriptionRequired, side, { pattern: "^acme: device-(?!17$)" });
    expect(some).toEqual([expect.stringMatching(/^(member device-17|each): description does not match/)]);
  });

  it("have their names in what may be done, which a bucket's name does not change", () => {
    const extraPermissions = { "{member}/00000000000000c1": "write" };
    const side = fleet({ ...PLAIN, extraPermissions }, { secrets: {}, tasks: {} });
    expect(judgeAll(allowedResourceTypes, side, { read: ["tasks"], write: ["tasks"] })).toEqual([
      expect.stringContaining("it may write secrets, and only tasks is allowed"),
    ]);
    const bucket = fleet({ org: "acme", writeBucket: ["{member}"] }, devices(50));
    expect(judgeAll(allowedResourceTypes, bucket, { read: [], write: ["buckets"] })).toEqual([]);
  });

  it("are named up to five", () => {
    const members = Object.fromEntries(Object.keys(devices(700)).map((name) => [name, { allAccess: true }]));
    const [first] = judgeAll(noAllAccessToken, fleet({ org: "acme" }, members));
    expect(first).toMatch(/^members (device-\d+, ){4}device-\d+ and \d+ more: all-access token/);
  });
});

describe("what is not known of a shard", () => {
  it.each([
    ["each", { each: WIRE_UNKNOWN }, [OPEN]],
    ["members", { members: WIRE_UNKNOWN }, [OPEN]],
    ["a member", { members: { "device-1": WIRE_UNKNOWN } }, [OPEN]],
    ["a flag", { each: { allAccess: WIRE_UNKNOWN } }, [OPEN]],
    ["a flag of a member", { members: { "device-1": { allAccess: WIRE_UNKNOWN } } }, [OPEN]],
    ["each, which is none", { each: undefined }, [expect.stringContaining("cannot be read")]],
    ["members, which are none", { members: "device-1" }, [expect.stringContaining("cannot be read")]],
    [
      "permissions that no input asks for",
      { each: { org: "acme" } },
      [expect.stringContaining("nobody can judge")],
    ],
    [
      "permissions of a member that a refresh found",
      { members: { "device-1": { permissions: { "/buckets": "read" } } } },
      [expect.stringContaining("nobody can judge")],
    ],
  ])("does not pass: %s", (_, more, expected) => {
    const [shard] = shardsOf("sensors", fleet(PLAIN, devices(1), more)).values();
    expect(judge(noAllAccessToken, shard ?? {})).toEqual(expected);
  });

  it("hides nothing that is known", () => {
    const members = { "device-1": { allAccess: true }, "device-2": { allAccess: WIRE_UNKNOWN } };
    const [shard] = shardsOf("sensors", { each: { org: "acme" }, members: { "device-1": {} } }).values();
    const inputs = { ...(shard?.["inputs"] as Values), members };
    expect(judge(noAllAccessToken, { ...shard, inputs })).toEqual([
      expect.stringMatching(/^member device-1: all-access/),
      OPEN,
    ]);
    const unknown = { ...inputs, each: { org: "acme", allAccess: true }, members: WIRE_UNKNOWN };
    expect(judge(noAllAccessToken, { ...shard, inputs: unknown })).toEqual([
      expect.stringMatching(ALL_ACCESS),
      OPEN,
    ]);
  });
});

describe("a fleet of many shards", () => {
  const broad = fleet({ org: "acme", allAccess: true }, devices(500));
  const unknown = fleet({ org: "acme", allAccess: WIRE_UNKNOWN }, devices(500));
  const shards = shardsOf("sensors", broad).size;

  it("is refused once in a preview, and again in the next one, in any order", () => {
    process.env[DRY_RUN] = "true";
    for (const side of [broad, broad, unknown, unknown]) {
      expect(judgeAll(noAllAccessToken, side)).toHaveLength(1);
    }
    const reversed = [...shardsOf("sensors", broad).values()].reverse();
    expect(reversed.flatMap((shard) => judge(noAllAccessToken, shard))).toHaveLength(1);
  });

  it("is refused in each shard where tokens are made, or where nobody says that this is a preview", () => {
    expect(shards).toBe(64);
    for (const value of ["false", "", "1"]) {
      process.env[DRY_RUN] = value;
      expect(judgeAll(noAllAccessToken, broad)).toHaveLength(64);
      expect(judgeAll(noAllAccessToken, unknown)).toHaveLength(64);
    }
  });

  it("is no reason to let another fleet, another violation or a single member pass", () => {
    process.env[DRY_RUN] = "true";
    const others = (name: string, side: FleetSide): string[] =>
      [...shardsOf(name, side).values()].flatMap((shard) => judge(noAllAccessToken, shard));
    expect(others("one", broad)).toHaveLength(1);
    expect(others("two", broad)).toHaveLength(1);
    const members = { ...devices(5), root: { allAccess: true }, toor: { allAccess: true } };
    expect(
      others("three", fleet({ org: "acme" }, members)).filter((text) => text.startsWith("member")),
    ).toHaveLength(2);
  });
});

it("names no description and no reason", () => {
  const side = fleet({ org: "acme", allAccess: true, description: "hidden {member}" }, devices(3));
  for (const policy of policies)
    expect(judgeAll(policy, side, { pattern: "^x" }).join("\n")).not.toMatch(/hidden/);
});
