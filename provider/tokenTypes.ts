/**
 * The kinds of resources that hold tokens. Their types are in states, so that none can ever change. Whoever reads a state
 * or a preview goes by this table, and by nothing else.
 */

/** A kind of resource that holds tokens. */
export interface TokenKind {
  /** The type, as Pulumi writes it in states, previews and URNs. */
  readonly type: string;
  /** Whether it holds a newest token and the one before it, and has an id of its own. */
  readonly isRotating: boolean;
  /** Whether its outputs repeat its inputs, as a dynamic resource's do; a native one has each in one place only. */
  readonly repeatsInputs: boolean;
}

const DYNAMIC = "pulumi-nodejs:dynamic/influxdb:";
const NATIVE = "influx-token:";

/** `InfluxToken`, a dynamic resource. */
export const DYNAMIC_TOKEN = {
  type: `${DYNAMIC}InfluxToken`,
  isRotating: false,
  repeatsInputs: true,
} as const satisfies TokenKind;

/** `RotatingInfluxToken`, a dynamic resource. */
export const DYNAMIC_ROTATING_TOKEN = {
  type: `${DYNAMIC}RotatingInfluxToken`,
  isRotating: true,
  repeatsInputs: true,
} as const satisfies TokenKind;

/** `Token` of the plugin. */
export const NATIVE_TOKEN = {
  type: `${NATIVE}index:Token`,
  isRotating: false,
  repeatsInputs: false,
} as const satisfies TokenKind;

/** `RotatingToken` of the plugin. */
export const NATIVE_ROTATING_TOKEN = {
  type: `${NATIVE}index:RotatingToken`,
  isRotating: true,
  repeatsInputs: false,
} as const satisfies TokenKind;

export const TOKEN_KINDS: readonly TokenKind[] = [
  DYNAMIC_TOKEN,
  DYNAMIC_ROTATING_TOKEN,
  NATIVE_TOKEN,
  NATIVE_ROTATING_TOKEN,
];

/** The kind of this type, where this version knows it. */
export function tokenKindOf(type: unknown): TokenKind | undefined {
  return TOKEN_KINDS.find((kind) => kind.type === type);
}

/**
 * Whether a resource of this type holds tokens, or may: whatever this package's providers make and this version does not
 * know. Gates must not let that pass.
 */
export function mayHoldTokens(type: unknown): type is string {
  return typeof type === "string" && (type.startsWith(DYNAMIC) || type.startsWith(NATIVE));
}
