import { declaredNow } from "../../plan";
import { NativeFloorToken } from "../../../dist/bench/floorToken.js";

for (const { name, args } of declaredNow(process.env)) new NativeFloorToken(name, args);
