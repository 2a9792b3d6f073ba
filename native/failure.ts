import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { SETTINGS } from "../provider/connection/settings";
import type { Failure } from "../provider/token/inputs";
import { printable } from "../provider/text";
import { hasSecret, type Properties, secret, secretsIn, toStruct } from "./wire";

/** In place of what nobody may see, as the engine writes it. */
const SECRET = "[secret]";

/** At how many characters messages cut what they show. */
const SHOWN_LENGTHS: readonly number[] = [64, 200];

const SETTING = new RegExp(`\\bconnection\\.(${Object.keys(SETTINGS).join("|")})\\b`, "g");

/** A message in this plugin's terms: its classes, and the settings of a connection, which are those of a provider. */
export function inProviderTerms(message: string): string {
  return message.replace(SETTING, "the provider's $1").replace(/\b(Rotating)?InfluxToken\b/g, "$1Token");
}

/**
 * A failure of an input. The engine shows the value of the property that it names: there is none for a provider's setting,
 * and none that may be seen of a secret.
 *
 * @param declared what the program gave, with its marks.
 */
export function asCheckFailure({ property, reason }: Failure, declared: Properties): Failure {
  const [name = ""] = property.split(/[.[]/);
  if (name === "connection") return { property: "", reason: inProviderTerms(reason) };
  const { [name]: given } = declared;
  if (!hasSecret(given) && name !== "adoptToken") return { property, reason: inProviderTerms(reason) };
  const shown = withoutSecrets(reason, [secret(given)]);
  return { property: "", reason: inProviderTerms(shown.startsWith(name) ? shown : `${property}: ${shown}`) };
}

/**
 * The same of what a fleet is made of. Its properties have parts, of which the engine would show all: the reason names the
 * one that is meant.
 */
export function asPartFailure({ property, reason }: Failure, declared: Properties): Failure {
  const shown = inProviderTerms(withoutSecrets(reason, [declared]));
  const [input = ""] = property.split(/[.[]/);
  const isNamed = input === "connection" || shown.startsWith(input);
  return { property: "", reason: isNamed ? shown : `${property}: ${shown}` };
}

/**
 * A message without what is secret in a call: a server can have no bucket of a secret name, and names of owners and
 * organizations are in many messages.
 *
 * @param properties those of the call, with their marks.
 */
export function withoutSecrets(message: string, properties: readonly unknown[]): string {
  const texts = properties.flatMap(secretsIn).flatMap(textsOf);
  // The longest first: others may be a part of it.
  const sorted = [...new Set(texts)].sort((a, b) => b.length - a.length);
  return sorted.reduce((text, hidden) => text.replaceAll(hidden, SECRET), message);
}

/** How messages show the texts within a value. */
function textsOf(value: unknown): string[] {
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) =>
      [...(Array.isArray(value) ? [] : [key]), inner].flatMap(textsOf),
    );
  }
  if (typeof value !== "string") return [];
  const forms = [value, value.trim(), ...SHOWN_LENGTHS.map((length) => printable(value, length))];
  // A short one is a part of other words, too.
  return forms.filter((form) => form !== "").flatMap((form) => (form.length < 4 ? [`"${form}"`] : [form]));
}

/**
 * An error as the engine reads it.
 *
 * @param properties of the call, with marks: no message holds what is secret in them.
 * @param recorded what it records all the same: a resource that is there, although the step failed.
 */
export function asServiceError(
  error: unknown,
  properties: readonly unknown[] = [],
  recorded?: { readonly id: string; readonly properties: Properties },
): Partial<ServiceError> {
  const said = error instanceof Error ? error.message : String(error);
  const message = inProviderTerms(withoutSecrets(said, properties));
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
