import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { SETTINGS } from "../provider/connection/settings";
import type { Failure } from "../provider/token/inputs";
import { type Properties, toStruct } from "./wire";

const SETTING = new RegExp(`\\bconnection\\.(${Object.keys(SETTINGS).join("|")})\\b`, "g");

/** A message in this plugin's terms: there the settings of a connection are those of a provider. */
export function inProviderTerms(message: string): string {
  return message.replace(SETTING, "the provider's $1");
}

/** A failure of an input. One of the provider's settings is no input of the resource. */
export function asCheckFailure({ property, reason }: Failure): Failure {
  const isInput = !/^connection\b/.test(property);
  return { property: isInput ? property : "", reason: inProviderTerms(reason) };
}

/**
 * An error as the engine reads it.
 *
 * @param recorded what it records all the same: a resource that is there, although the step failed.
 */
export function asServiceError(
  error: unknown,
  recorded?: { readonly id: string; readonly properties: Properties },
): Partial<ServiceError> {
  const message = inProviderTerms(error instanceof Error ? error.message : String(error));
  const code = status.UNKNOWN;
  const metadata = new Metadata();
  if (recorded !== undefined) {
    const detail = new ErrorResourceInitFailed()
      .setId(recorded.id)
      .setProperties(toStruct(recorded.properties))
      .setReasonsList([message]);
    const any = new Any();
    any.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const failed = new Status().setCode(code).setMessage(message);
    failed.addDetails(any);
    // Go's gRPC reads details from this header; grpc-js has no word for them.
    metadata.add("grpc-status-details-bin", Buffer.from(failed.serializeBinary()));
  }
  return { code, details: message, message, metadata };
}
