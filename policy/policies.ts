import type { PolicyConfigSchema, ResourceValidationPolicy } from "@pulumi/policy";
import { CATALOGUE } from "../provider/permissions/catalogue";
import { findRisks, openRisks, type Risk, type RiskId, RISKS } from "../provider/permissions/risks";
import type { Action, Permission } from "../provider/types";
import { isShardType, mayHoldTokens, tokenKindOf } from "../provider/tokenTypes";
import { judgeShard } from "./fleet";
import { SaidOnce } from "./saidOnce";
import { type Props, readAcknowledged, readGrant } from "./token";

/** Says what is wrong with a token, or nothing. It may throw what the policy host throws at a value not known yet. */
type Check<Config> = (props: Props, config: Partial<Config>) => string | undefined;

/**
 * A policy for tokens, and for those of the members of fleets. Other resources pass, but for those that may be tokens of a
 * newer version.
 *
 * @param isOfText whether it judges a text, in which the name of a fleet's member may stand.
 */
function tokenPolicy<Config extends object>(
  policy: Omit<ResourceValidationPolicy, "validateResource">,
  check: Check<Config>,
  isOfText = false,
): ResourceValidationPolicy {
  const saidOnce = new SaidOnce();
  return {
    enforcementLevel: "mandatory",
    ...policy,
    validateResource(args, reportViolation) {
      if (!mayHoldTokens(args.type)) return;
      if (isShardType(args.type)) {
        const { urn } = args;
        const config = args.getConfig<Partial<Config>>();
        const { shared, own, unknown } = judgeShard(args.props, isOfText, (props) => check(props, config));
        saidOnce.begin(urn);
        for (const problem of shared) if (saidOnce.isNew(urn, problem)) reportViolation(problem);
        for (const problem of own) reportViolation(problem);
        if (unknown !== undefined && saidOnce.isNew(urn, unknown.message)) throw unknown;
        return;
      }
      const problem =
        tokenKindOf(args.type) === undefined
          ? UNKNOWN_TYPE
          : check(args.props, args.getConfig<Partial<Config>>());
      if (problem !== undefined) reportViolation(problem);
    },
  };
}

const UNKNOWN_TYPE =
  "this version of the policies does not know resources of this type, so nobody can judge it: upgrade pulumi-influx-token";

type ConfigProperty = PolicyConfigSchema["properties"][string];

/** Config of the policies that a reason in the program can satisfy. */
interface Acknowledgeable {
  readonly allowAcknowledged: boolean;
}

const ALLOW_ACKNOWLEDGED: ConfigProperty = {
  type: "boolean",
  default: false,
  description: "Whether a token passes whose program acknowledges the risk, with the reason.",
};

const RISK_BY_ID = Object.fromEntries(RISKS.map((risk) => [risk.id, risk])) as Readonly<Record<RiskId, Risk>>;

/** With `ignoreChanges`, a token that was changed on the server may have permissions that no input asks for. */
const UNDECLARED = "its permissions are not told by its inputs, so nobody can judge them: name them there";

/** Refuses tokens that have the risk, by itself or within a wider one. */
function refuseRisk(risk: RiskId): Check<Acknowledgeable> {
  const { title, explanation } = RISK_BY_ID[risk];
  const has = (held: readonly Permission[], acknowledged?: Record<string, string>): boolean =>
    openRisks(findRisks(held, acknowledged)).has(risk);
  return (props, { allowAcknowledged = false }) => {
    const { held, unknown, isUndeclared } = readGrant(props);
    if (isUndeclared) return UNDECLARED;
    if (!has(held)) {
      if (unknown !== undefined) throw unknown;
      return undefined;
    }
    return allowAcknowledged && !has(held, readAcknowledged(props)) ? undefined : `${title}: ${explanation}`;
  };
}

/** What an allow list can hold: every type that a permission can be asked for. */
const TYPES: readonly string[] = CATALOGUE.map(({ type }) => type);

/** Risks that reach every type: an acknowledgement of one accepts them all. */
const EVERY_TYPE: readonly RiskId[] = ["operator-token", "all-access-token"];

interface AllowedTypes extends Acknowledgeable {
  readonly read: readonly string[];
  readonly write: readonly string[];
}

const refuseTypes: Check<AllowedTypes> = (props, config) => {
  const { read = TYPES, write = TYPES, allowAcknowledged = false } = config;
  const allowed: Record<Action, readonly string[]> = { read, write };
  if (TYPES.every((type) => read.includes(type) && write.includes(type))) return undefined;

  const { held, unknown, isUndeclared } = readGrant(props);
  if (isUndeclared) return UNDECLARED;
  const beyond = (action: Action): string[] => {
    const types = held.filter((one) => one.action === action).map(({ resource }) => resource.type);
    return [...new Set(types)].filter((type) => !allowed[action].includes(type)).sort();
  };
  const refused = (["read", "write"] as const).flatMap((action) => {
    const types = beyond(action);
    const others = allowed[action].length === 0 ? "nothing" : `only ${allowed[action].join(", ")}`;
    return types.length === 0 ? [] : [`it may ${action} ${types.join(", ")}, and ${others} is allowed`];
  });
  if (refused.length === 0) {
    if (unknown !== undefined) throw unknown;
    return undefined;
  }
  const accepted =
    allowAcknowledged &&
    findRisks(held, readAcknowledged(props)).some(
      ({ id, acknowledged }) => EVERY_TYPE.includes(id) && acknowledged !== undefined,
    );
  return accepted ? undefined : refused.join("; ");
};

/**
 * Refuses tokens without any of the inputs, or with one that does not match. The message leaves out its value, which may
 * be a secret.
 */
function requireText(...names: readonly ["description"] | readonly ["user", "userId"]): Check<{
  readonly pattern: string;
}> {
  return (props, { pattern }) => {
    const property = names.find((name) => !isBlank(props[name]));
    if (property === undefined) return `${names.join(" or ")} is missing`;
    if (pattern === undefined || new RegExp(pattern, "u").test(String(props[property]))) return undefined;
    return `${property} does not match ${pattern}`;
  };
}

function isBlank(value: unknown): boolean {
  return typeof value !== "string" || value.trim() === "";
}

const PATTERN: ConfigProperty = {
  type: "string",
  format: "regex",
  description: "Regular expression that it has to match. Default: none, anything but blanks will do.",
};

const typeList = (action: Action): ConfigProperty => ({
  type: "array",
  items: { type: "string", enum: [...TYPES] },
  uniqueItems: true,
  default: [...TYPES],
  description: `Types that a token may ${action}. Default: all.`,
});

/** Refuses operator tokens, whatever the inputs are that make it one. */
export const noOperatorToken = tokenPolicy<Acknowledgeable>(
  {
    name: "influx-no-operator-token",
    displayName: "No operator token",
    description: "A token must not reach every organization of the server.",
    severity: RISK_BY_ID["operator-token"].severity,
    remediationSteps: "Use allAccess where one organization is enough, or name the types and buckets.",
    configSchema: { properties: { allowAcknowledged: ALLOW_ACKNOWLEDGED } },
  },
  refuseRisk("operator-token"),
);

/** Refuses all-access tokens, whatever the inputs are that make it one, and so operator tokens. */
export const noAllAccessToken = tokenPolicy<Acknowledgeable>(
  {
    name: "influx-no-all-access-token",
    displayName: "No all-access token",
    description: "A token must not read and write everything in its organization.",
    severity: RISK_BY_ID["all-access-token"].severity,
    remediationSteps: "Name the types and buckets that its holder needs.",
    configSchema: { properties: { allowAcknowledged: ALLOW_ACKNOWLEDGED } },
  },
  refuseRisk("all-access-token"),
);

/** Refuses permissions on resource types that are not on the list. Without config every type is. */
export const allowedResourceTypes = tokenPolicy<AllowedTypes>(
  {
    name: "influx-allowed-resource-types",
    displayName: "Allowed resource types",
    description: "A token must not read or write other resource types than those that are allowed.",
    severity: "high",
    remediationSteps: "Leave out the flags of these types, or have them allowed.",
    configSchema: {
      properties: {
        read: typeList("read"),
        write: typeList("write"),
        allowAcknowledged: {
          ...ALLOW_ACKNOWLEDGED,
          description:
            "Whether an operator or all-access token passes that the program acknowledges as such.",
        },
      },
    },
  },
  refuseTypes,
);

/** Refuses tokens without a description. */
export const descriptionRequired = tokenPolicy(
  {
    name: "influx-description-required",
    displayName: "Description required",
    description: "A token must have a description, which is all that the server shows of what it is for.",
    severity: "low",
    remediationSteps: "Say in description what the token is for.",
    configSchema: { properties: { pattern: PATTERN } },
  },
  requireText("description"),
  true,
);

/** Refuses tokens that name no owner, and so belong to the user who runs `pulumi up`. */
export const ownerRequired = tokenPolicy(
  {
    name: "influx-owner-required",
    displayName: "Owner required",
    description: "A token must name its owner, or it belongs to whoever runs pulumi up.",
    severity: "medium",
    remediationSteps: "Name the owner in user, or give the id in userId.",
    configSchema: { properties: { pattern: PATTERN } },
  },
  requireText("user", "userId"),
  true,
);

/** Every policy, for a policy pack of one's own: `new PolicyPack("name", { policies })`. */
export const policies: ResourceValidationPolicy[] = [
  noOperatorToken,
  noAllAccessToken,
  allowedResourceTypes,
  descriptionRequired,
  ownerRequired,
];
