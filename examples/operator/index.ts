import { InfluxToken } from "pulumi-influx-token";

// influx auth create --org acme --operator --description "break-glass"
const operator = new InfluxToken("operator", {
  org: "acme",
  operator: true,
  description: "break-glass",
});

export const token = operator.token;
export const permissions = operator.effectivePermissions;
