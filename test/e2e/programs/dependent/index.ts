import * as pulumi from "@pulumi/pulumi";
import { InfluxToken } from "pulumi-influx-token";

const maker = new InfluxToken("maker", {
  org: "acme",
  allAccess: true,
  description: new pulumi.Config().get("makerDescription") ?? "maker",
});

// What the maker's token and ids are is known after the first `pulumi up` only.
new InfluxToken("made", {
  orgId: maker.orgId,
  readTasks: true,
  description: pulumi.interpolate`made by ${maker.id}`,
  connection: { token: maker.token },
});
