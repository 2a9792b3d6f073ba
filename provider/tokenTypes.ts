/**
 * The kinds of resources that hold tokens, and those beside them that hold none. Their types are in states, so that none
 * can ever change. Whoever reads a state or a preview goes by this table, and by nothing else.
 */

/** A kind of resource that holds one token, or its newest and the one before it. */
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

/** The resources of a fleet, for each host. */
export interface FleetKind {
  /** Type of the component that a program declares. It holds no token. */
  readonly component: string;
  /** Type of what holds the tokens of a part of the members. Their permissions are to be judged as those of a token. */
  readonly shard: string;
  /** Type of what deletes replaced and removed tokens at the end of a run. It holds none. */
  readonly retirement: string;
}

/** `InfluxTokenFleet`, of dynamic resources. */
export const DYNAMIC_FLEET = {
  component: `${NATIVE}index:InfluxTokenFleet`,
  shard: `${DYNAMIC}InfluxTokenShard`,
  retirement: `${DYNAMIC}InfluxTokenRetirement`,
} as const satisfies FleetKind;

/** `TokenFleet` of the plugin. */
export const NATIVE_FLEET = {
  component: `${NATIVE}index:TokenFleet`,
  shard: `${NATIVE}index:TokenShard`,
  retirement: `${NATIVE}index:TokenRetirement`,
} as const satisfies FleetKind;

export const FLEET_KINDS: readonly FleetKind[] = [DYNAMIC_FLEET, NATIVE_FLEET];

/** Whether a resource of this type holds the tokens of members of a fleet. */
export function isShardType(type: unknown): boolean {
  return FLEET_KINDS.some(({ shard }) => shard === type);
}

/** Whether a resource of this type deletes replaced tokens of a fleet. */
export function isRetirementType(type: unknown): boolean {
  return FLEET_KINDS.some(({ retirement }) => retirement === type);
}

/** Whether this version knows what a resource of this type holds: a token, the tokens of members, or none. */
export function isKnownType(type: unknown): boolean {
  return tokenKindOf(type) !== undefined || isShardType(type) || holdsNone(type);
}

/**
 * Whether a resource of this type holds tokens, or may: whatever this package's providers make and this version does not
 * know. Gates must not let that pass.
 */
export function mayHoldTokens(type: unknown): type is string {
  if (typeof type !== "string" || holdsNone(type)) return false;
  return type.startsWith(DYNAMIC) || type.startsWith(NATIVE);
}

function holdsNone(type: unknown): boolean {
  return FLEET_KINDS.some(({ component, retirement }) => component === type || retirement === type);
}
