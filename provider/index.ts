export { type ConnectionArgs, InfluxToken, type InfluxTokenArgs } from "./influxToken";
export { InfluxTokenFleet, type InfluxTokenFleetArgs } from "./influxTokenFleet";
export type { FleetEachArgs, FleetMemberArgs } from "./fleetResource";
export { RotatingInfluxToken, type RotatingInfluxTokenArgs } from "./rotatingInfluxToken";
export { CATALOGUE, type Edition, type ResourceType, type TypeFlag } from "./permissions/catalogue";
export {
  expandPermissions,
  type ExpansionContext,
  type PermissionFlags,
  PermissionFlagsError,
} from "./permissions/expand";
export type { ExtraPermissions } from "./permissions/extra";
export { permissionsOf } from "./permissionsOf";
export type { Acknowledgements } from "./influxToken";
export type { RiskId } from "./permissions/risks";
export { formatPermission } from "./permissions/format";
export { type PermissionTable, permissionTable } from "./permissions/table";
export type { Action, Permission, PermissionResource, TokenStatus } from "./types";
