import { PolicyPack } from "@pulumi/policy";
import { policies } from "./policies";

/** The ready pack: every policy, as it is by default. PulumiPolicy.yaml and package.json lead the engine here. */
new PolicyPack("influx-tokens", { policies });
