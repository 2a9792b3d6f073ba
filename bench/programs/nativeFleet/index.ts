import { TokenFleet } from "pulumi-influx-token/native";
import { fleetNow } from "../../fleetPlan";

export const { tokens } = new TokenFleet("devices", fleetNow(process.env));
