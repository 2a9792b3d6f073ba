import { InfluxToken } from "pulumi-influx-token";

// influx auth create --org acme --all-access --description "acme: all access"
const allAccess = new InfluxToken("all-access", {
  org: "acme",
  allAccess: true,
  description: "acme: all access",
});

export const token = allAccess.token;
export const permissions = allAccess.effectivePermissions;
