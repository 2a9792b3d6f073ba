import { WIRE_UNKNOWN } from "../../provider/pulumiHost/wireValues";
import { expandPermissions, type PermissionFlags } from "../../provider/permissions/expand";
import { permissionTable, spellName, spellUser } from "../../provider/permissions/table";

/** A token in a preview: its inputs, before and after. */
export interface SampleToken {
  readonly name: string;
  readonly before?: SampleInputs;
  readonly after?: SampleInputs;
  /** Properties that force a replacement. */
  readonly replaceReasons?: readonly string[];
  /** Whether the program keeps the old token alive. */
  readonly retainOnDelete?: boolean;
}

/** Inputs of a token, as far as a report looks at them. */
export type SampleInputs = PermissionFlags & {
  readonly org?: string;
  readonly orgId?: string;
  readonly host?: string;
  readonly user?: string;
  readonly userId?: string;
  readonly adopt?: string;
  readonly description?: string;
  readonly keepers?: Readonly<Record<string, string>>;
  readonly acknowledge?: Readonly<Record<string, string>>;
};

const TYPE = "pulumi-nodejs:dynamic/influxdb:InfluxToken";

/** What `pulumi preview --json --show-sames` would print for a stack with these tokens. */
export function previewOf(tokens: readonly SampleToken[], project = "acme-metrics", stack = "prod"): string {
  const steps = tokens.map(({ name, before, after, replaceReasons, retainOnDelete }) => ({
    op: opOf(before, after, replaceReasons),
    urn: `urn:pulumi:${stack}::${project}::${TYPE}::${name}`,
    ...(before && { oldState: { ...stateOf(before, true), ...(retainOnDelete && { retainOnDelete }) } }),
    ...(after && { newState: stateOf(after, false) }),
    ...(replaceReasons && { replaceReasons }),
  }));
  const changeSummary: Record<string, number> = {};
  for (const { op } of steps) changeSummary[op] = (changeSummary[op] ?? 0) + 1;
  return JSON.stringify({ config: {}, steps, changeSummary });
}

function opOf(
  before: SampleInputs | undefined,
  after: SampleInputs | undefined,
  replaceReasons: readonly string[] | undefined,
): string {
  if (before === undefined) return "create";
  if (after === undefined) return "delete";
  if (replaceReasons !== undefined) return "replace";
  return JSON.stringify(before) === JSON.stringify(after) ? "same" : "update";
}

function stateOf(given: SampleInputs, exists: boolean): object {
  const inputs = { ...(given.orgId === undefined && { org: "acme" }), host: HOST, ...given };
  const declared = { ...inputs, permissions: declaredTable(inputs) };
  return {
    type: TYPE,
    custom: true,
    inputs: declared,
    ...(exists && { id: "00000000000000d1", outputs: outputsOf(declared) }),
  };
}

function outputsOf(declared: SampleInputs): object {
  const { org = "acme", orgId = ORG_ID, user = "admin", userId = USER_ID } = declared;
  const granted = expandPermissions(declared, { orgId, userId });
  const effectivePermissions = permissionTable(granted);
  return { ...declared, org, orgId, user, userId, effectivePermissions, token: "[secret]" };
}

/** As `check` writes it: unknown as a whole where one of the inputs is. */
function declaredTable({ org, orgId = ORG_ID, user, userId = "me", ...flags }: SampleInputs): unknown {
  const isOpen = (value: unknown): boolean =>
    value === WIRE_UNKNOWN || (Array.isArray(value) && value.includes(WIRE_UNKNOWN));
  if ([org, orgId, ...Object.values(flags)].some(isOpen)) return WIRE_UNKNOWN;
  const own = org === undefined ? orgId : spellName(org);
  const owner = user === undefined ? userId : spellUser(user);
  return permissionTable(expandPermissions(flags, { orgId: own, userId: owner }));
}

const HOST = "https://influxdb.example.com:8086";
const ORG_ID = "00000000000000a1";
const USER_ID = "00000000000000b1";

const METRICS = "0a1b2c3d4e5f6071";
const LOGS = "0a1b2c3d4e5f6072";
const RAW = "0a1b2c3d4e5f6073";

/** A stack with a bit of everything, as it is on the pictures. */
export const SAMPLE: readonly SampleToken[] = [
  {
    name: "ci",
    before: { readBuckets: true, readTasks: true, user: "ci" },
    after: { readBuckets: true, readTasks: true, writeTasks: true, readDashboards: true, user: "ci" },
    replaceReasons: ["permissions"],
  },
  {
    name: "telegraf",
    before: { writeBucket: [METRICS], readTelegrafs: true, keepers: { period: "2026-11" } },
    after: { writeBucket: [METRICS], readTelegrafs: true, keepers: { period: "2026-12" } },
    replaceReasons: ["keepers"],
  },
  {
    name: "grafana",
    before: { readBuckets: true, readDashboards: true, writeDashboards: true, readVariables: true },
    after: { readBucket: [METRICS, LOGS], readDashboards: true, readVariables: true },
    replaceReasons: ["permissions"],
  },
  { name: "auditor", after: { readAuthorizations: true, readOrgs: true, readUsers: true, user: "auditor" } },
  { name: "vector", after: { writeBucket: [LOGS, RAW] } },
  { name: "old-importer", before: { writeBuckets: true, readSecrets: true } },
  {
    name: "alerting",
    before: {
      readChecks: true,
      writeChecks: true,
      readNotificationRules: true,
      readNotificationEndpoints: true,
    },
    after: {
      readChecks: true,
      writeChecks: true,
      readNotificationRules: true,
      readNotificationEndpoints: true,
      description: "checks and their rules",
    },
  },
  {
    name: "break-glass",
    before: {
      operator: true,
      user: "break-glass",
      acknowledge: { "operator-token": "break-glass, see runbook" },
    },
    after: {
      operator: true,
      user: "break-glass",
      acknowledge: { "operator-token": "break-glass, see runbook" },
    },
  },
  { name: "platform", before: { allAccess: true }, after: { allAccess: true } },
];
