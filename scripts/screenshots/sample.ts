import { expandPermissions, type PermissionFlags } from "../../provider/permissions/expand";
import { formatPermission } from "../../provider/permissions/format";

/** A token in a preview: its inputs, before and after. */
export interface SampleToken {
  readonly name: string;
  readonly before?: SampleInputs;
  readonly after?: SampleInputs;
  /** Properties that force a replacement. */
  readonly replaceReasons?: readonly string[];
}

/** Inputs of a token, as far as a report looks at them. */
export type SampleInputs = PermissionFlags & {
  readonly org?: string;
  readonly user?: string;
  readonly description?: string;
  readonly keepers?: Readonly<Record<string, string>>;
  readonly acknowledge?: Readonly<Record<string, string>>;
  /** In place of what the flags ask for. */
  readonly permissions?: unknown;
};

const TYPE = "pulumi-nodejs:dynamic/influxdb:InfluxToken";

/** What `pulumi preview --json --show-sames` would print for a stack with these tokens. */
export function previewOf(tokens: readonly SampleToken[], project = "acme-metrics", stack = "prod"): string {
  const steps = tokens.map(({ name, before, after, replaceReasons }) => ({
    op: opOf(before, after, replaceReasons),
    urn: `urn:pulumi:${stack}::${project}::${TYPE}::${name}`,
    ...(before && { oldState: stateOf(before, true) }),
    ...(after && { newState: stateOf(after, false) }),
    ...(replaceReasons && { replaceReasons }),
  }));
  return JSON.stringify({ config: {}, steps, changeSummary: {} });
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
  const inputs = { org: "acme", ...given };
  const declared = expandPermissions(inputs, { orgId: inputs.org, userId: inputs.user ?? "me" });
  const all = { permissions: declared.map(formatPermission), ...inputs };
  const outputs = {
    ...all,
    orgId: "00000000000000a1",
    user: inputs.user ?? "admin",
    userId: "00000000000000b1",
  };
  return { type: TYPE, inputs: all, ...(exists && { outputs: { ...outputs, token: "[secret]" } }) };
}

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
