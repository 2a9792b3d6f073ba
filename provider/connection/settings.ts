import type { ConnectionInputs } from "../types";

/** A setting of the connection, by its name in `connection` and under `influx-token:`. */
export type Setting = keyof ConnectionInputs;

/** What a setting may hold, wherever it comes from. */
export type SettingKind =
  | { readonly kind: "text"; readonly variable?: string; readonly secret?: true }
  | { readonly kind: "switch"; readonly variable?: string }
  | { readonly kind: "number"; readonly min: number; readonly max: number; readonly otherwise: number };

/** Every setting. `variable` is the influx CLI's environment variable; it has none for `--http-debug`. */
export const SETTINGS = {
  host: { kind: "text", variable: "INFLUX_HOST" },
  token: { kind: "text", variable: "INFLUX_TOKEN", secret: true },
  skipVerify: { kind: "switch", variable: "INFLUX_SKIP_VERIFY" },
  activeConfig: { kind: "text", variable: "INFLUX_ACTIVE_CONFIG" },
  configsPath: { kind: "text", variable: "INFLUX_CONFIGS_PATH" },
  httpDebug: { kind: "switch" },
  caFile: { kind: "text" },
  certFile: { kind: "text" },
  keyFile: { kind: "text" },
  // A timer of Node.js that is longer than 24 days ends at once.
  timeoutMs: { kind: "number", min: 1, max: 3_600_000, otherwise: 60_000 },
  retries: { kind: "number", min: 0, max: 100, otherwise: 4 },
  maxConcurrent: { kind: "number", min: 1, max: 1_000, otherwise: 16 },
} as const satisfies Readonly<Record<Setting, SettingKind>>;

type OfKind<Kind extends string> = {
  [name in Setting]: (typeof SETTINGS)[name] extends { readonly kind: Kind } ? name : never;
}[Setting];
export type SwitchSetting = OfKind<"switch">;
export type NumberSetting = OfKind<"number">;

/** Keys of the stack config under `influx-token:`. The program that comes with the package reads `tokens`, `fleets` and `tokensFrom`. */
export const CONFIG_KEYS: readonly string[] = [
  ...Object.keys(SETTINGS),
  "org",
  "orgId",
  "user",
  "descriptionTemplate",
  "preflight",
  "rotateAfter",
  "tokens",
  "fleets",
  "tokensFrom",
];
