import { SECRET_KEY, WIRE_UNKNOWN } from "../provider/pulumiHost/wireValues";
import { isRecord } from "../provider/json";

/** Shown in place of a value that is not known before `pulumi up`. */
export const UNKNOWN_TEXT = "(known after up)";
/** Shown in place of a value that the program made a secret. */
export const SECRET_TEXT = "(secret)";

/** Whether a value is there and nothing may be said of it: it is not known yet, or a secret. */
export function isOpen(value: unknown): boolean {
  return value === WIRE_UNKNOWN || isSecret(value);
}

/** Secrets are never opened. */
export function isSecret(value: unknown): boolean {
  return value === "[secret]" || (isRecord(value) && SECRET_KEY in value);
}

/** A text that may be shown, or what is shown in its place. */
export function textOf(value: unknown): string | undefined {
  if (isSecret(value)) return SECRET_TEXT;
  if (value === WIRE_UNKNOWN) return UNKNOWN_TEXT;
  return typeof value === "string" ? value : undefined;
}
