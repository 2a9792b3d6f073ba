import { FloorFleet } from "../../../dist/bench/floorFleet.js";

export const { tokens } = new FloorFleet();
