#!/usr/bin/env node
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { nativeFloor } from "./nativeFloor";
import { CANNED, type CannedToken } from "./plan";

/** The text of schema.json, which the bundler puts here. */
declare const SCHEMA: string;

const canned = JSON.parse(process.env[CANNED] ?? "{}") as CannedToken;
const server = new Server();
server.addService(ResourceProviderService, nativeFloor(canned, SCHEMA));
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  process.stdout.write(`${port}\n`);
});
// The engine holds the other end as long as it runs.
process.stdin.resume().on("end", () => process.exit());
