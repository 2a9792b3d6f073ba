export { type ConnectionArgs, InfluxToken, type InfluxTokenArgs } from "./influxToken";
export { CATALOGUE, type Edition, type ResourceType, type TypeFlag } from "./permissions/catalogue";
export {
  expandPermissions,
  type ExpansionContext,
  type PermissionFlags,
  PermissionFlagsError,
} from "./permissions/expand";
export { formatPermission, parsePermission } from "./permissions/format";
export type { Action, Permission, PermissionResource, TokenStatus } from "./types";
