import { Token } from "pulumi-influx-token/native";
import { declaredNow } from "../../plan";

for (const { name, args } of declaredNow(process.env)) new Token(name, args);
