import { InfluxTokenFleet } from "pulumi-influx-token";
import { fleetNow } from "../../fleetPlan";

export const { tokens } = new InfluxTokenFleet("devices", fleetNow(process.env));
