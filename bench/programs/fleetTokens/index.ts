import { InfluxToken } from "pulumi-influx-token";
import { membersNow } from "../../fleetPlan";

for (const { name, args } of membersNow(process.env)) new InfluxToken(name, args);
