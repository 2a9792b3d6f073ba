import { ConnectionError } from "../errors";
import { quoted } from "../text";
import type { ConnectionInputs } from "../types";
import type { Profile, ProfileRequest } from "./profiles";
import { type NumberSetting, type Setting, SETTINGS, type SwitchSetting } from "./settings";

/** Where a connection is looked for. */
export interface Sources {
  /** `connection` of the resource. */
  readonly stored: ConnectionInputs;
  /** Settings of `connection` that a preview does not know yet. Default: none. */
  readonly open?: ReadonlySet<string>;
  /** The stack's config: takes a key such as `influx-token:host`. */
  readonly config: (key: string) => string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readProfile: (request: ProfileRequest) => Profile | undefined;
  /** Gives a PEM file's text; throws a {@link ConnectionError} where it cannot be read. */
  readonly readPem: (path: string, from: string, property: string) => string;
}

/** A value, and where it was found. */
export interface Found {
  readonly value: string;
  /** As messages name it, such as `INFLUX_HOST`. */
  readonly from: string;
  /** The input to mend where the value is wrong. */
  readonly property: string;
}

/** What was looked for depends on a setting that a preview does not know yet. */
export class NotKnownYetError extends Error {
  constructor(readonly setting: Setting) {
    super(`connection.${setting} is not known yet`);
  }
}

/** @throws {NotKnownYetError} where the resource gives it, but not yet. */
export function fromConnection({ stored, open }: Sources, setting: Setting): Found | undefined {
  if (open?.has(setting) === true) throw new NotKnownYetError(setting);
  const value = stored[setting];
  const from = `connection.${setting}`;
  return value === undefined ? undefined : { value: String(value), from, property: from };
}

export function fromConfig({ config }: Sources, setting: Setting): Found | undefined {
  const value = config(`influx-token:${setting}`);
  const from = `influx-token:${setting} in the stack config`;
  return value === undefined || value === "" ? undefined : { value, from, property: `connection.${setting}` };
}

export function fromEnvironment({ env }: Sources, setting: Setting): Found | undefined {
  const kind = SETTINGS[setting];
  const variable = "variable" in kind ? kind.variable : undefined;
  const value = variable === undefined ? undefined : env[variable];
  if (variable === undefined || value === undefined || value === "") return undefined;
  return { value, from: variable, property: `connection.${setting}` };
}

export function find(sources: Sources, setting: Setting): Found | undefined {
  return (
    fromConnection(sources, setting) ?? fromConfig(sources, setting) ?? fromEnvironment(sources, setting)
  );
}

/** The same sources, whose profile is read at most once, and only when something of it is needed. */
export function withProfileReadOnce(sources: Sources): Sources {
  let read: { readonly profile: Profile | undefined } | undefined;
  return {
    ...sources,
    readProfile: (request) => (read ??= { profile: sources.readProfile(request) }).profile,
  };
}

/** @throws {ConnectionError} where the profile is needed and cannot be read. */
export function fromProfile(sources: Sources, key: "url" | "token" | "org"): Found | undefined {
  const path = find(sources, "configsPath");
  const name = find(sources, "activeConfig");
  const profile = sources.readProfile({ ...(path && { path }), ...(name && { name }) });
  const value = profile?.[key];
  if (profile === undefined || value === undefined) return undefined;
  return {
    value,
    from: `${key} of the profile ${quoted(profile.name)}`,
    property: "connection.activeConfig",
  };
}

/** The same, for a setting that can be done without: it is left out where the profile cannot be read. */
export function fromProfileIfReadable(
  sources: Sources,
  key: Parameters<typeof fromProfile>[1],
): Found | undefined {
  try {
    return fromProfile(sources, key);
  } catch (error) {
    if (error instanceof ConnectionError) return undefined;
    throw error;
  }
}

/** @throws {ConnectionError} for what is neither true nor false. Written as the influx CLI takes it. */
export function switchOf(sources: Sources, setting: SwitchSetting): boolean {
  const found = find(sources, setting);
  return found !== undefined && isOn(found);
}

function isOn({ value, from, property }: Found): boolean {
  if (/^(false|f|0)$/i.test(value)) return false;
  if (/^(true|t|1)$/i.test(value)) return true;
  throw new ConnectionError(property, `${from} must be true or false`);
}

/**
 * Whether previews ask the server, for this run by `INFLUX_PREFLIGHT`, or for a stack by its config.
 *
 * @throws {ConnectionError} for what is neither true nor false.
 */
export function wantsPreflight({ env, config }: Pick<Sources, "env" | "config">): boolean {
  const property = "connection";
  const { INFLUX_PREFLIGHT: variable = "" } = env;
  if (variable !== "") return isOn({ value: variable, from: "INFLUX_PREFLIGHT", property });
  const value = config("influx-token:preflight") ?? "";
  return value !== "" && isOn({ value, from: "influx-token:preflight in the stack config", property });
}

/** @throws {ConnectionError} for anything but decimal digits, and for what is out of the setting's range. */
export function numberOf(sources: Sources, setting: NumberSetting): number {
  const { min, max, otherwise } = SETTINGS[setting];
  const found = find(sources, setting);
  if (found === undefined) return otherwise;
  const value = /^\d{1,15}$/.test(found.value) ? Number(found.value) : NaN;
  if (value >= min && value <= max) return value;
  throw new ConnectionError(
    found.property,
    `${found.from} must be a whole number from ${min} to ${max}, in decimal digits`,
  );
}
