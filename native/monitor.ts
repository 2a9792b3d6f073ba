import { credentials, status, type ServiceError } from "@grpc/grpc-js";
import { ResourceMonitorClient } from "@pulumi/pulumi/proto/resource_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/resource_pb";
import { InfluxTokenError } from "../provider/errors";
import { MAX_MESSAGE_BYTES } from "./messages";
import { fromStruct, type Properties, toStruct } from "./wire";

/** A resource, as the engine has it after it was registered. */
export interface Registered {
  readonly urn: string;
  /** With marks. */
  readonly outputs: Properties;
}

/** The engine's resource monitor: there a component registers itself, and what it is made of. */
export class Monitor {
  private readonly client: ResourceMonitorClient;

  /** @param address where it listens, such as `127.0.0.1:4711`. */
  constructor(address: string) {
    this.client = new ResourceMonitorClient(address, credentials.createInsecure(), {
      "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
      "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
    });
  }

  /** Gives the resource when its step has been made, or planned. */
  async register(request: proto.RegisterResourceRequest): Promise<Registered> {
    request
      .setAcceptsecrets(true)
      .setSupportspartialvalues(true)
      .setSupportsresultreporting(true)
      .setAliasspecs(true);
    const response = await answered<proto.RegisterResourceResponse>((done) =>
      this.client.registerResource(request, done),
    );
    return { urn: response.getUrn(), outputs: fromStruct(response.getObject()) };
  }

  async registerOutputs(urn: string, outputs: Properties): Promise<void> {
    const request = new proto.RegisterResourceOutputsRequest().setUrn(urn).setOutputs(toStruct(outputs));
    await answered((done) => this.client.registerResourceOutputs(request, done));
  }

  /** An open channel would keep the process alive. */
  close(): void {
    this.client.close();
  }
}

function answered<Response>(
  call: (done: (error: ServiceError | null, response: Response) => void) => void,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    call((error, response) => {
      if (error === null) resolve(response);
      else reject(failureOf(error));
    });
  });
}

/** The engine has said what was wrong with a resource when it ends the run for it. */
function failureOf({ code, details }: ServiceError): Error {
  const isEnding = code === status.UNAVAILABLE || code === status.CANCELLED;
  return new InfluxTokenError(isEnding ? "the run ended before all of it was registered" : details);
}
