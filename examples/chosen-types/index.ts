import { InfluxToken } from "pulumi-influx-token";

// influx auth create --org acme --read-buckets --write-buckets --read-dashboards … --write-variables
const chosen = new InfluxToken("chosen-types", {
  org: "acme",
  description: "acme: dashboards and what feeds them",
  readBuckets: true,
  writeBuckets: true,
  readDashboards: true,
  writeDashboards: true,
  readTasks: true,
  writeTasks: true,
  readTelegrafs: true,
  writeTelegrafs: true,
  // Users carry no organization: these two reach every user on the server.
  readUsers: true,
  writeUsers: true,
  readVariables: true,
  writeVariables: true,
});

export const token = chosen.token;
export const permissions = chosen.effectivePermissions;
