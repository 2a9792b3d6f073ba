import { Server, ServerCredentials } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { MAX_MESSAGE_BYTES } from "./messages";
import { PluginService, type ServiceOptions } from "./service";

/** A plugin that listens. */
export interface Serving {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Ends it at once. */
  readonly close: () => void;
}

/** Serves the plugin on a free port of this machine. */
export async function serve(options: ServiceOptions): Promise<Serving> {
  const server = new Server({
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  });
  server.addService(ResourceProviderService, new PluginService(options).handlers());
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return {
    port,
    close: () => {
      server.forceShutdown();
    },
  };
}
