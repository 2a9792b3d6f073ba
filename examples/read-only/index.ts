import { InfluxToken } from "pulumi-influx-token";

// influx auth create --org acme --read-authorizations --read-buckets --read-dashboards …
const readOnly = new InfluxToken("read-only", {
  org: "acme",
  description: "acme: auditor",
  readAuthorizations: true,
  readBuckets: true,
  readDashboards: true,
  readTasks: true,
  readTelegrafs: true,
  // Users carry no organization: this reaches every user on the server.
  readUsers: true,
  readVariables: true,
  readSecrets: true,
  readLabels: true,
  readViews: true,
  readDocuments: true,
  readNotificationRules: true,
  readNotificationEndpoints: true,
  readChecks: true,
  readDbrps: true,
  readAnnotations: true,
  readSources: true,
  readScrapers: true,
  readNotebooks: true,
  readRemotes: true,
  readReplications: true,
});

export const token = readOnly.token;
export const permissions = readOnly.effectivePermissions;
