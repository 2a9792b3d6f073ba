import { declaredNow } from "../../plan";
import { FloorToken } from "../../../dist/bench/floorToken.js";

for (const { name, args } of declaredNow(process.env)) new FloorToken(name, args);
