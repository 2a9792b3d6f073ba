import { UNKNOWN } from "../provider/inputs";

export type Json = Readonly<Record<string, unknown>>;

/** Marks a secret in what `pulumi stack export` and the engine's events say. It is never opened here. */
const SECRET_KEY = "4dabf18193072939515e22adb298388d";

export function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function record(value: unknown): Json {
  return isRecord(value) ? value : {};
}

export function records(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

export function isSecret(value: unknown): boolean {
  return value === "[secret]" || (isRecord(value) && SECRET_KEY in value);
}

export function isUnknown(value: unknown): boolean {
  return value === UNKNOWN;
}
