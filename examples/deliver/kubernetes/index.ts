import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { InfluxToken } from "pulumi-influx-token";

// pulumi config set period 2026-12: with another period there is another token.
const period = new pulumi.Config().require("period");
const token = new InfluxToken("writer", {
  org: "acme",
  description: "acme: writer on Kubernetes",
  writeBuckets: true,
  keepers: { period },
});

// Without metadata.name each Secret gets a name of its own: the new one stands beside the old one, which the old Pods
// still use.
const secret = new kubernetes.core.v1.Secret("influxdb", {
  immutable: true,
  stringData: { INFLUX_TOKEN: token.token },
});

// The name of the Secret is part of the Pods' template: another name starts new Pods.
const labels = { app: "writer" };
new kubernetes.apps.v1.Deployment("writer", {
  spec: {
    replicas: 2,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        containers: [
          {
            name: "writer",
            image: "registry.example.com/writer:1.4.2",
            envFrom: [{ secretRef: { name: secret.metadata.name } }],
          },
        ],
      },
    },
  },
});

export const secretName = secret.metadata.name;
