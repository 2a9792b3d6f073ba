import { SECRET_KEY, WIRE_UNKNOWN } from "../provider/pulumiHost/wireValues";

export type Json = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function record(value: unknown): Json {
  return isRecord(value) ? value : {};
}

export function records(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** Secrets are never opened here. */
export function isSecret(value: unknown): boolean {
  return value === "[secret]" || (isRecord(value) && SECRET_KEY in value);
}

export function isUnknown(value: unknown): boolean {
  return value === WIRE_UNKNOWN;
}
