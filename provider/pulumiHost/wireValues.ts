/**
 * How Pulumi writes what JSON has no word for.
 *
 * Leans on: `unknownValue`, `specialSigKey` and `specialSecretSig` in `@pulumi/pulumi/runtime/rpc`, and `providerKey` in its
 * `cmd/dynamic-provider`; all four are part of Pulumi's wire format since 1.0.
 * When it changes: unknown values would be taken for texts, and check would refuse them in every preview.
 * Seen by: test/e2e/behaviour (unknown buckets), test/unit/pulumiHost/wireValues.
 */
import { UNKNOWN } from "../token/unknown";

/** What the engine sends in place of a value that is not known before `pulumi up`. */
export const WIRE_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Marks an object that stands for a secret: its value is under `value`. */
export const SECRET_KEY = "4dabf18193072939515e22adb298388d";

/** What is under the mark. */
export const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";

/** Where a dynamic resource keeps the text that loads its provider. Not an input of the user's. */
export const PROVIDER_KEY = "__provider";

/** Inputs or state as Pulumi sends them, in the provider's terms. */
export function fromWire(value: unknown): unknown {
  return replaced(value, WIRE_UNKNOWN, UNKNOWN);
}

/** The same on the way back. */
export function toWire(value: unknown): unknown {
  return replaced(value, UNKNOWN, WIRE_UNKNOWN);
}

function replaced(value: unknown, mark: string, by: string): unknown {
  if (value === mark) return by;
  if (Array.isArray(value)) return value.map((inner) => replaced(inner, mark, by));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replaced(inner, mark, by)]));
}
