import { Server, ServerCredentials, type ServiceError, status } from "@grpc/grpc-js";
import { ResourceMonitorService } from "@pulumi/pulumi/proto/resource_grpc_pb";
import {
  type RegisterResourceOutputsRequest,
  type RegisterResourceRequest,
  RegisterResourceResponse,
} from "@pulumi/pulumi/proto/resource_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { fromStruct, type Properties, toStruct } from "../../native/wire";

/** What the engine has of a resource after its step. Properties with marks. `undefined`: the run ends. */
export type Answer = (
  request: RegisterResourceRequest,
) => Promise<Properties | undefined> | Properties | undefined;

/** The engine's resource monitor, as far as components use it: it makes nothing. */
export class FakeMonitor {
  /** In the order in which they came. */
  readonly requests: RegisterResourceRequest[] = [];
  /** By URN. With marks. */
  readonly outputs = new Map<string, Properties>();
  private readonly server = new Server();
  private port = 0;

  private constructor(private readonly answer: Answer) {
    this.server.addService(ResourceMonitorService, {
      registerResource: (
        { request }: { request: RegisterResourceRequest },
        done: (error: Partial<ServiceError> | null, response?: RegisterResourceResponse) => void,
      ) => {
        this.requests.push(request);
        void Promise.resolve(this.answer(request)).then((outputs) => {
          if (outputs === undefined) {
            done({ code: status.UNAVAILABLE, details: "resource monitor shut down" });
            return;
          }
          done(null, new RegisterResourceResponse().setUrn(urnFor(request)).setObject(toStruct(outputs)));
        });
      },
      registerResourceOutputs: (
        { request }: { request: RegisterResourceOutputsRequest },
        done: (error: null, response: Empty) => void,
      ) => {
        this.outputs.set(request.getUrn(), fromStruct(request.getOutputs()));
        done(null, new Empty());
      },
    });
  }

  static async start(answer: Answer): Promise<FakeMonitor> {
    const monitor = new FakeMonitor(answer);
    monitor.port = await new Promise<number>((resolve, reject) => {
      monitor.server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) resolve(bound);
        else reject(error);
      });
    });
    return monitor;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  close(): void {
    this.server.forceShutdown();
  }
}

/** As the engine makes it. */
export function urnFor(request: RegisterResourceRequest): string {
  const [, , types = ""] = request.getParent().split("::");
  const parents = types === "" || types === "pulumi:pulumi:Stack" ? "" : `${types}$`;
  return `urn:pulumi:dev::shop::${parents}${request.getType()}::${request.getName()}`;
}
