import { InfluxToken } from "pulumi-influx-token";
import { declaredNow } from "../../plan";

for (const { name, args } of declaredNow(process.env)) new InfluxToken(name, args);
