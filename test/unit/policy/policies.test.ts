import type { ResourceValidationArgs, ResourceValidationPolicy } from "@pulumi/policy";
import {
  allowedResourceTypes,
  descriptionRequired,
  noAllAccessToken,
  noOperatorToken,
  ownerRequired,
  policies,
} from "../../../policy/policies";
import provider from "../../../provider/dynamicProvider";
import { WIRE_UNKNOWN } from "../../../provider/pulumiHost/wireValues";
import { CATALOGUE } from "../../../provider/permissions/catalogue";
import { RISKS } from "../../../provider/permissions/risks";
import { DYNAMIC_TOKEN, TOKEN_KINDS } from "../../../provider/tokenTypes";

const TYPE: string = DYNAMIC_TOKEN.type;
const BUCKET = "00000000000000c1";
const OPEN = "can't be known during preview";

type Values = Record<string, unknown>;

/** How the policy host shows a resource with values that are not known yet. It exports both without their types. */
const { unknownCheckingProxy, UnknownValueError } = jest.requireActual<{
  unknownCheckingProxy: (props: Values) => Values;
  UnknownValueError: new () => Error;
}>("@pulumi/policy");

/** What a policy says of a resource: its violations, or that it could not be run. */
function judge(policy: ResourceValidationPolicy, props: Values, config: Values = {}, type = TYPE): string[] {
  const violations: string[] = [];
  const args: unknown = { type, props: unknownCheckingProxy(props), getConfig: () => config };
  try {
    const { validateResource: validate } = policy;
    if (typeof validate !== "function") throw new Error(`${policy.name} does not validate`);
    void validate(args as ResourceValidationArgs, (message) => violations.push(message));
  } catch (error) {
    if (!(error instanceof UnknownValueError)) throw error;
    return [OPEN];
  }
  return violations;
}

/** The inputs as the engine has them by then: what the provider's check made of the program's. */
async function checked(args: Values): Promise<Values> {
  const answer = await provider.check?.({} as never, { org: "acme", ...args } as never);
  expect(answer?.failures).toEqual([]);
  return answer?.inputs as unknown as Values;
}

const judgeArgs = async (policy: ResourceValidationPolicy, args: Values, config?: Values) =>
  judge(policy, await checked(args), config);

const flag = (action: string, type: string) => action + type.charAt(0).toUpperCase() + type.slice(1);
/** Every flag of every type by itself, and no preset. */
const SPELT_OUT = Object.fromEntries(
  CATALOGUE.flatMap(({ type }) => [flag("read", type), flag("write", type)]).map((name) => [name, true]),
);
const REFUSED_OPERATOR = [expect.stringMatching(/^operator token: It reads and writes everything/)];
const REFUSED_ALL_ACCESS = [expect.stringMatching(/^all-access token: It reads and writes everything/)];

describe("every policy", () => {
  it("has what a policy host shows and reads of it", () => {
    for (const policy of policies) {
      expect(policy.name).toMatch(/^influx-[a-z-]+$/);
      expect(policy.description).toMatch(/^A token must .*\.$/);
      expect(policy.enforcementLevel).toBe("mandatory");
      for (const property of Object.values(policy.configSchema?.properties ?? {}))
        expect(property.description).toMatch(/\.$/);
    }
    expect(new Set(policies.map(({ name }) => name)).size).toBe(policies.length);
  });

  it("lets pass what is no token, whatever its properties are", () => {
    for (const policy of policies) {
      for (const type of [
        "random:index/randomId:RandomId",
        "pulumi:pulumi:Stack",
        "pulumi:providers:influx-token",
        "influxdb:index/authorization:Authorization",
        "acme:influx-token:index:Token",
        "pulumi-nodejs:dynamic:Resource",
      ])
        expect(judge(policy, { operator: true, permissions: { "/buckets": "read" } }, {}, type)).toEqual([]);
    }
  });

  it.each(TOKEN_KINDS)("judges $type", ({ type }) => {
    const props = { org: "acme", operator: true };
    expect(judge(noOperatorToken, props, {}, type)).toEqual(REFUSED_OPERATOR);
    expect(judge(noAllAccessToken, props, {}, type)).toEqual(REFUSED_ALL_ACCESS);
    expect(judge(allowedResourceTypes, props, { read: ["tasks"] }, type)).toHaveLength(1);
    expect(judge(descriptionRequired, props, {}, type)).toEqual(["description is missing"]);
    expect(judge(ownerRequired, props, {}, type)).toEqual(["user or userId is missing"]);
  });

  it.each([
    `${TYPE}s`,
    "influx-token:index:TokenSet",
    "influx-token:other:Token",
    "influx-token:index:token",
  ])("refuses what may be a token and is of a type that it does not know: %s", (type) => {
    const props = { org: "acme", readTasks: true, description: "ci", user: "ci" };
    for (const policy of policies)
      expect(judge(policy, props, {}, type)).toEqual([
        expect.stringContaining("upgrade pulumi-influx-token"),
      ]);
  });

  it("lets a plain token with a description and an owner pass", async () => {
    const args = { readTasks: true, writeBucket: [BUCKET], description: "ci: metrics", user: "ci" };
    for (const policy of policies) expect(await judgeArgs(policy, args)).toEqual([]);
  });
});

describe("influx-no-operator-token", () => {
  it("refuses an operator token", async () => {
    expect(await judgeArgs(noOperatorToken, { operator: true })).toEqual(REFUSED_OPERATOR);
  });

  it("refuses one whose inputs cannot be combined, for who validates them is not who enforces this", () => {
    expect(judge(noOperatorToken, { operator: true, readTasks: true })).toEqual(REFUSED_OPERATOR);
  });

  it("does not take reach over all organizations or users for it", async () => {
    expect(await judgeArgs(noOperatorToken, { readOrgs: true, writeUsers: true })).toEqual([]);
    expect(await judgeArgs(noOperatorToken, { allAccess: true })).toEqual([]);
    expect(await judgeArgs(noOperatorToken, SPELT_OUT)).toEqual([]);
  });

  it("reads an organization with a slash in its name as one", async () => {
    expect(await judgeArgs(noOperatorToken, { org: "a/b", readTasks: true })).toEqual([]);
    expect(await judgeArgs(noAllAccessToken, { org: "a/b", allAccess: true })).toEqual(REFUSED_ALL_ACCESS);
  });
});

describe("influx-no-all-access-token", () => {
  it("refuses an all-access token, also one that spells everything out", async () => {
    expect(await judgeArgs(noAllAccessToken, { allAccess: true })).toEqual(REFUSED_ALL_ACCESS);
    expect(await judgeArgs(noAllAccessToken, SPELT_OUT)).toEqual(REFUSED_ALL_ACCESS);
  });

  it("refuses an operator token too, which can do all that", async () => {
    expect(await judgeArgs(noAllAccessToken, { operator: true })).toEqual(REFUSED_ALL_ACCESS);
  });
});

describe("an acknowledged risk", () => {
  const allowAcknowledged = { allowAcknowledged: true };
  const operator = { operator: true, acknowledge: { "operator-token": "break-glass" } };

  it("does not count by default: who writes the program is not who enforces the policy", async () => {
    expect(await judgeArgs(noOperatorToken, operator)).toEqual(REFUSED_OPERATOR);
    expect(await judgeArgs(noOperatorToken, operator, { allowAcknowledged: false })).toEqual(
      REFUSED_OPERATOR,
    );
  });

  it("is let pass with allowAcknowledged, with all that it includes", async () => {
    for (const policy of [noOperatorToken, noAllAccessToken])
      expect(await judgeArgs(policy, operator, allowAcknowledged)).toEqual([]);
  });

  it("is let pass by itself only: to acknowledge another risk, or a part of this one, is not enough", async () => {
    const other = { operator: true, acknowledge: { "read-secrets": "why" } };
    expect(await judgeArgs(noOperatorToken, other, allowAcknowledged)).toEqual(REFUSED_OPERATOR);
    const part = { operator: true, acknowledge: { "all-access-token": "why" } };
    expect(await judgeArgs(noOperatorToken, part, allowAcknowledged)).toEqual(REFUSED_OPERATOR);
    expect(await judgeArgs(noAllAccessToken, part, allowAcknowledged)).toEqual([]);
  });

  it("counts before its reason is known, but not before it is known which one it is", async () => {
    const reason = { operator: true, acknowledge: { "operator-token": WIRE_UNKNOWN } };
    expect(await judgeArgs(noOperatorToken, reason, allowAcknowledged)).toEqual([]);
    const all = { operator: true, acknowledge: WIRE_UNKNOWN };
    expect(await judgeArgs(noOperatorToken, all, allowAcknowledged)).toEqual([OPEN]);
    expect(await judgeArgs(noOperatorToken, all)).toEqual(REFUSED_OPERATOR);
  });
});

describe("influx-allowed-resource-types", () => {
  const config = { read: ["buckets", "tasks"], write: ["buckets"] };

  it("allows every type until a list is given", async () => {
    expect(await judgeArgs(allowedResourceTypes, { operator: true })).toEqual([]);
    expect(
      await judgeArgs(allowedResourceTypes, SPELT_OUT, { read: CATALOGUE.map((one) => one.type) }),
    ).toEqual([]);
  });

  it("allows what is on the list, single buckets included", async () => {
    const args = { readTasks: true, readBuckets: true, writeBucket: [BUCKET] };
    expect(await judgeArgs(allowedResourceTypes, args, config)).toEqual([]);
  });

  it("says what is not, for reading and writing each", async () => {
    const args = { readTasks: true, writeTasks: true, readSecrets: true, readOrgs: true };
    expect(await judgeArgs(allowedResourceTypes, args, config)).toEqual([
      "it may read orgs, secrets, and only buckets, tasks is allowed; it may write tasks, and only buckets is allowed",
    ]);
    expect(await judgeArgs(allowedResourceTypes, { readBucket: [BUCKET] }, { read: [] })).toEqual([
      "it may read buckets, and nothing is allowed",
    ]);
  });

  it("limits reading or writing alone", async () => {
    const args = { readSecrets: true, writeTasks: true };
    expect(await judgeArgs(allowedResourceTypes, args, { write: ["tasks"] })).toEqual([]);
    expect(await judgeArgs(allowedResourceTypes, args, { read: ["tasks"] })).toHaveLength(1);
  });

  it("refuses presets, which are every type, unless they are acknowledged and that is allowed", async () => {
    for (const [preset, risk] of [
      ["operator", "operator-token"],
      ["allAccess", "all-access-token"],
    ] as const) {
      const args = { [preset]: true, acknowledge: { [risk]: "why" } };
      expect(await judgeArgs(allowedResourceTypes, args, config)).toHaveLength(1);
      expect(await judgeArgs(allowedResourceTypes, args, { ...config, allowAcknowledged: true })).toEqual([]);
    }
    const narrow = { readSecrets: true, acknowledge: { "read-secrets": "why" } };
    expect(
      await judgeArgs(allowedResourceTypes, narrow, { ...config, allowAcknowledged: true }),
    ).toHaveLength(1);
  });
});

describe.each([
  [descriptionRequired.name, "description", "description is missing", descriptionRequired],
  [ownerRequired.name, "user", "user or userId is missing", ownerRequired],
  [ownerRequired.name, "userId", "user or userId is missing", ownerRequired],
])("%s by %s", (_name, property, missing, policy) => {
  it("refuses a token without it", async () => {
    expect(await judgeArgs(policy, { readTasks: true })).toEqual([missing]);
    expect(judge(policy, { [property]: "" })).toEqual([missing]);
    expect(judge(policy, { [property]: " \t" })).toEqual([missing]);
  });

  it("refuses one that does not match the pattern, and does not show it", () => {
    const config = { pattern: "^svc-[a-z]+$" };
    expect(judge(policy, { [property]: "svc-ci" }, config)).toEqual([]);
    expect(judge(policy, { [property]: "hidden" }, config)).toEqual([
      `${property} does not match ^svc-[a-z]+$`,
    ]);
    expect(judge(policy, {}, config)).toEqual([missing]);
  });

  it("leaves open what a preview does not know", async () => {
    expect(await judgeArgs(policy, { readTasks: true, [property]: WIRE_UNKNOWN })).toEqual([OPEN]);
  });
});

describe("in a preview that does not know everything", () => {
  it("a policy judges by what is known, and says so where that does not suffice", async () => {
    const flagOpen = { readTasks: true, writeUsers: WIRE_UNKNOWN };
    expect(await judgeArgs(noOperatorToken, flagOpen)).toEqual([OPEN]);
    expect(await judgeArgs(allowedResourceTypes, flagOpen, { read: ["buckets"] })).toEqual([
      "it may read tasks, and only buckets is allowed",
    ]);
    expect(await judgeArgs(allowedResourceTypes, flagOpen, { read: ["tasks"], write: [] })).toEqual([OPEN]);
    expect(await judgeArgs(noOperatorToken, { operator: true, readTasks: WIRE_UNKNOWN })).toEqual(
      REFUSED_OPERATOR,
    );
  });

  it("the flags tell what the list does not, where the organization is not known", async () => {
    const { permissions } = await checked({ org: WIRE_UNKNOWN, allAccess: true });
    expect(permissions).toBe(WIRE_UNKNOWN);
    expect(await judgeArgs(noAllAccessToken, { org: WIRE_UNKNOWN, allAccess: true })).toEqual(
      REFUSED_ALL_ACCESS,
    );
    expect(await judgeArgs(noAllAccessToken, { org: WIRE_UNKNOWN, readTasks: true })).toEqual([]);
  });

  it("a bucket that does not exist yet leaves nothing open: it is one bucket", async () => {
    const args = { writeBucket: [WIRE_UNKNOWN], readTasks: true };
    expect(await judgeArgs(noOperatorToken, args)).toEqual([]);
    expect(await judgeArgs(allowedResourceTypes, args, { write: ["buckets"] })).toEqual([]);
    expect(await judgeArgs(allowedResourceTypes, args, { write: ["tasks"] })).toEqual([
      "it may write buckets, and only tasks is allowed",
    ]);
    expect(judge(allowedResourceTypes, { writeBucket: WIRE_UNKNOWN }, { write: ["tasks"] })).toEqual([OPEN]);
  });

  it("permissions that no input asks for, as after drift whose changes are ignored, cannot be judged", () => {
    const drifted = { org: "acme", permissions: { "orgs/00000000000000a1/tasks": "read" } };
    const config = { read: ["tasks"], write: [] };
    for (const policy of [noOperatorToken, noAllAccessToken, allowedResourceTypes]) {
      expect(judge(policy, drifted, config)).toEqual([expect.stringContaining("are not told by its inputs")]);
      expect(judge(policy, { org: "acme", permissions: WIRE_UNKNOWN }, config)).toEqual([OPEN]);
      // What is asked for is judged by what asks for it.
      expect(judge(policy, { ...drifted, readTasks: true }, config)).toEqual([]);
    }
    expect(judge(allowedResourceTypes, { readOwnOrg: true }, config)).toEqual([
      "it may read orgs, and only tasks is allowed",
    ]);
  });
});

describe("severities", () => {
  it("are those of the risks", () => {
    const severityOf = (risk: string) => RISKS.find(({ id }) => id === risk)?.severity;
    expect(noOperatorToken.severity).toBe(severityOf("operator-token"));
    expect(noAllAccessToken.severity).toBe(severityOf("all-access-token"));
  });
});

describe("extra permissions", () => {
  const extra = (extraPermissions: unknown): Promise<string[]> =>
    judgeArgs(allowedResourceTypes, { readTasks: true, extraPermissions }, { read: ["tasks"] });
  const VIEW = "views/00000000000000c1";

  it("are judged as what a flag asks for, and left open where they are not known", async () => {
    expect(await extra({ [VIEW]: "read" })).toHaveLength(1);
    expect(await extra({ [VIEW]: "read, write" })).not.toEqual([]);
    expect(await extra(undefined)).toEqual([]);
    expect(await extra({ [VIEW]: WIRE_UNKNOWN })).toEqual([OPEN]);
    expect(await extra(WIRE_UNKNOWN)).toEqual([OPEN]);
  });
});
