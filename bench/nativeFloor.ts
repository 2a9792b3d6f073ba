import type { sendUnaryData, ServerUnaryCall, UntypedServiceImplementation } from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { isReplaced, withChanges } from "./canned";
import type { CannedToken, Values } from "./plan";

const { DIFF_NONE, DIFF_SOME } = proto.DiffResponse.DiffChanges;

function struct(values: Values): Struct {
  return Struct.fromJavaScript(values as Parameters<typeof Struct.fromJavaScript>[0]);
}

/**
 * The plugin's floor: answers over gRPC with the inputs and the outputs that the real plugin once answered with, and does
 * nothing. All that a command takes with it is the engine's, the host's and the file system's.
 */
export function nativeFloor(canned: CannedToken, schema: string): UntypedServiceImplementation {
  let made = 0;
  const inputsOf = (news: Struct | undefined): Struct =>
    struct(withChanges(canned.inputs, news?.toJavaScript() ?? {}));
  const outputsOf = (news: Struct | undefined): Struct =>
    struct(withChanges(canned.outputs, news?.toJavaScript() ?? {}));
  return {
    handshake: answer(() => new proto.ProviderHandshakeResponse().setAcceptSecrets(true)),
    getPluginInfo: answer(() => new PluginInfo()),
    getSchema: answer(() => new proto.GetSchemaResponse().setSchema(schema)),
    checkConfig: answer((request: proto.CheckRequest) =>
      new proto.CheckResponse().setInputs(request.getNews()),
    ),
    diffConfig: answer(() => new proto.DiffResponse()),
    configure: answer(() => new proto.ConfigureResponse().setAcceptsecrets(true).setSupportspreview(true)),
    check: answer((request: proto.CheckRequest) =>
      new proto.CheckResponse().setInputs(inputsOf(request.getNews())),
    ),
    diff: answer((request: proto.DiffRequest) => {
      const [olds, news] = [
        request.getOldInputs()?.toJavaScript() ?? {},
        request.getNews()?.toJavaScript() ?? {},
      ];
      const replaces = isReplaced(olds, news);
      return new proto.DiffResponse()
        .setChanges(replaces || olds["description"] !== news["description"] ? DIFF_SOME : DIFF_NONE)
        .setReplacesList(replaces ? ["permissions"] : []);
    }),
    create: answer((request: proto.CreateRequest) => {
      made += 1;
      return new proto.CreateResponse()
        .setId(made.toString(16).padStart(16, "0"))
        .setProperties(outputsOf(request.getProperties()));
    }),
    read: answer((request: proto.ReadRequest) =>
      new proto.ReadResponse()
        .setId(request.getId())
        .setProperties(request.getProperties())
        .setInputs(request.getInputs()),
    ),
    update: answer((request: proto.UpdateRequest) =>
      new proto.UpdateResponse().setProperties(outputsOf(request.getNews())),
    ),
    delete: answer(() => new Empty()),
    cancel: answer(() => new Empty()),
  } satisfies Partial<IResourceProviderServer>;
}

function answer<Request, Response>(
  serve: (request: Request) => Response,
): (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>) => void {
  return ({ request }, callback) => {
    callback(null, serve(request));
  };
}
