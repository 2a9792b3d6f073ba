/** What `POST /api/v2/setup` takes. */
export interface Onboarding {
  /** Name of the first user, who owns the operator token. */
  username: string;
  /** 8 to 72 bytes. Default: none. The emulator checks it and forgets it: it has no sign-in. */
  password?: string;
  /** Name of the first organization. */
  org: string;
  /** Name of the first bucket. */
  bucket: string;
  /** How long the first bucket keeps data, in seconds. Default: 0, for ever. */
  retentionPeriodSeconds?: number;
  /** The operator token. Default: a random one. */
  token?: string;
}

/** How an emulator behaves. */
export interface EmulatorOptions {
  /** TCP port, 0 to 65535. Default: 0, any free one; `Emulator.port` says which. */
  port?: number;
  /** Address to listen on. Default: `127.0.0.1`, reachable from this machine only. */
  host?: string;
  /**
   * How tokens are kept. `false`, as InfluxDB 2.9 and later: a token is shown in the answer that creates it and
   * nowhere else. `true`, as earlier versions: every answer shows it. Default: `false`.
   */
  plainTokens?: boolean;
  /** The version that the server claims to be, for example `v2.8.0`. Default: `v2.9.1`; with plain tokens `v2.7.12`. */
  version?: string;
  /** The resource types that the server knows. Default: those of InfluxDB OSS 2.2 and later. */
  resourceTypes?: readonly string[];
  /** The server's clock: milliseconds since 1970. Default: this machine's. For tests of tokens that are rotated by time. */
  now?: () => number;
  /** Onboards at once, as `POST /api/v2/setup` would. Default: the emulator starts like a fresh InfluxDB. */
  onboard?: Onboarding;
}

/** Options with their defaults, as the handlers see them. */
export interface Settings {
  readonly port: number;
  readonly host: string;
  readonly plainTokens: boolean;
  readonly version: string;
  readonly resourceTypes: readonly string[];
  readonly now: () => number;
  /** How the server's version words a status that is none. */
  readonly unknownStatusMessage: string;
}

/** In the order in which InfluxDB OSS 2.2 to 2.9 list them. */
const RESOURCE_TYPES: readonly string[] = [
  "authorizations",
  "buckets",
  "dashboards",
  "orgs",
  "sources",
  "tasks",
  "telegrafs",
  "users",
  "variables",
  "scrapers",
  "secrets",
  "labels",
  "views",
  "documents",
  "notificationRules",
  "notificationEndpoints",
  "checks",
  "dbrp",
  "notebooks",
  "annotations",
  "remotes",
  "replications",
  "instance",
];

/** What each option must be. Whoever calls from JavaScript has no compiler to say so. */
const RULES: Readonly<Record<keyof EmulatorOptions, [string, (value: unknown) => boolean]>> = {
  port: ["a whole number from 0 to 65535", isPort],
  host: ["a host name or an address", isText],
  plainTokens: ["true or false", (value) => typeof value === "boolean"],
  version: ['a version like "v2.9.1"', (value) => typeof value === "string" && /^v\d+\.\d+\.\d+/.test(value)],
  resourceTypes: [
    "a list of resource types",
    (value) => Array.isArray(value) && value.length > 0 && value.every(isText),
  ],
  now: ["a function that gives milliseconds", (value) => typeof value === "function"],
  onboard: [
    "an object with username, org and bucket",
    (value) => isRecord(value) && ["username", "org", "bucket"].every((name) => isText(value[name])),
  ],
};

/** @throws TypeError naming the option that is unknown or wrong */
export function readOptions(options: EmulatorOptions): Settings {
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(RULES, name) ? RULES[name as keyof EmulatorOptions] : undefined;
    if (rule === undefined) {
      throw new TypeError(`emulator: unknown option "${name}"; known are ${Object.keys(RULES).join(", ")}`);
    }
    const [description, holds] = rule;
    if (value !== undefined && !holds(value)) {
      throw new TypeError(`emulator: option "${name}" must be ${description}`);
    }
  }
  const {
    port = 0,
    host = "127.0.0.1",
    plainTokens = false,
    resourceTypes = RESOURCE_TYPES,
    now = Date.now,
  } = options;
  const version = options.version ?? (plainTokens ? "v2.7.12" : "v2.9.1");
  return {
    port,
    host,
    plainTokens,
    version,
    resourceTypes,
    now,
    unknownStatusMessage: isBefore28(version)
      ? "unknown authorization status"
      : "encodeAuthorization: unknown authorization status",
  };
}

function isBefore28(version: string): boolean {
  const [major = 0, minor = 0] = version.slice(1).split(".").map(Number);
  return major === 2 && minor < 8;
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65535;
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
