/**
 * How Pulumi writes what JSON has no word for.
 *
 * Leans on: `unknownValue` and `specialSigKey` in `@pulumi/pulumi/runtime/rpc`, and `providerKey` in its
 * `cmd/dynamic-provider`; all three are part of Pulumi's wire format since 1.0.
 * When it changes: unknown values would be taken for texts, and check would refuse them in every preview.
 * Seen by: test/e2e/behaviour (unknown buckets), test/unit/pulumiHost/wireValues.
 */
import { UNKNOWN } from "../token/unknown";

/** What the engine sends in place of a value that is not known before `pulumi up`. */
export const WIRE_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Marks an object that stands for a secret: its value is under `value`. */
export const SECRET_KEY = "4dabf18193072939515e22adb298388d";

/** Where a dynamic resource keeps the text that loads its provider. Not an input of the user's. */
export const PROVIDER_KEY = "__provider";

/** Inputs or state as Pulumi sends them, in the provider's terms. A text that looks like our mark stays a text. */
export function fromWire(value: unknown): unknown {
  return mapTexts(value, (text) => {
    if (text === WIRE_UNKNOWN) return UNKNOWN;
    return looksLikeMark(text) ? ESCAPE + text : text;
  });
}

/** The same on the way back. */
export function toWire(value: unknown): unknown {
  return mapTexts(value, (text) => {
    if (text === UNKNOWN) return WIRE_UNKNOWN;
    return looksLikeMark(text) ? text.slice(ESCAPE.length) : text;
  });
}

/** Before a text that would be taken for our mark. */
const ESCAPE = "\0";

/** Whether a text is our mark, escaped any number of times. */
function looksLikeMark(text: string): boolean {
  return text.endsWith(UNKNOWN) && /^\0*$/.test(text.slice(0, -UNKNOWN.length));
}

function mapTexts(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === "string") return map(value);
  if (Array.isArray(value)) return value.map((inner) => mapTexts(inner, map));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mapTexts(inner, map)]));
}
