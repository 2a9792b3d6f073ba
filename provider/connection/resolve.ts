import { ConnectionError } from "../errors";
import { quoted } from "../printable";
import type { ConnectionInputs } from "../types";
import { hostProblem, isLoopback, normaliseHost } from "./host";
import type { Profile, ProfileRequest } from "./profiles";
import { type Proxy, proxyFor } from "./proxy";

const DEFAULT_HOST = "http://localhost:8086";

/** Where a connection is looked for. */
export interface Sources {
  /** `connection` of the resource. */
  readonly stored: ConnectionInputs;
  /** The stack's config: takes a key such as `influx-token:host`. */
  readonly config: (key: string) => string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readProfile: (request: ProfileRequest) => Profile | undefined;
  /** Gives a PEM file's text; throws a {@link ConnectionError} where it cannot be read. */
  readonly readPem: (path: string, from: string, property: string) => string;
}

/** Everything that a request needs to know of the server. */
export interface Connection {
  /** URL without a trailing slash. */
  readonly host: string;
  /** Where the URL was found. */
  readonly hostFrom: string;
  readonly token: string;
  /** Where the token was found. */
  readonly tokenFrom: string;
  /** To be tried once where the server refuses a token from the state, which can be stale. */
  readonly fallback?: { readonly token: string; readonly tokenFrom: string };
  readonly skipVerify: boolean;
  readonly httpDebug: boolean;
  /** PEM texts: authorities in place of the machine's own, and a client certificate. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** What stands between this machine and the server. Absent: nothing. */
  readonly proxy?: Proxy;
  /** Milliseconds for a request, its repetitions included. */
  readonly timeoutMs: number;
  readonly retries: number;
  /** Requests under way at the host at once. */
  readonly maxConcurrent: number;
  /** What the user should know, though it is no error. */
  readonly warnings: readonly string[];
}

interface Found {
  readonly value: string;
  readonly from: string;
  /** The input to mend where the value is wrong. */
  readonly property: string;
}

type Setting = keyof ConnectionInputs;

/** The environment variables of the influx CLI. It has none for `--http-debug`. */
const VARIABLES: Readonly<Partial<Record<Setting, string>>> = {
  host: "INFLUX_HOST",
  token: "INFLUX_TOKEN",
  skipVerify: "INFLUX_SKIP_VERIFY",
  activeConfig: "INFLUX_ACTIVE_CONFIG",
  configsPath: "INFLUX_CONFIGS_PATH",
};

function fromConnection({ stored }: Sources, setting: Setting): Found | undefined {
  const value = stored[setting];
  const from = `connection.${setting}`;
  return value === undefined ? undefined : { value: String(value), from, property: from };
}

function fromConfig({ config }: Sources, setting: string): Found | undefined {
  const value = config(`influx-token:${setting}`);
  const from = `influx-token:${setting} in the stack config`;
  return value === undefined || value === "" ? undefined : { value, from, property: `connection.${setting}` };
}

function fromEnvironment({ env }: Sources, setting: Setting): Found | undefined {
  const variable = VARIABLES[setting];
  const value = variable === undefined ? undefined : env[variable];
  if (variable === undefined || value === undefined || value === "") return undefined;
  return { value, from: variable, property: `connection.${setting}` };
}

function find(sources: Sources, setting: Setting): Found | undefined {
  return (
    fromConnection(sources, setting) ?? fromConfig(sources, setting) ?? fromEnvironment(sources, setting)
  );
}

function profileOf(sources: Sources): Profile | undefined {
  const path = find(sources, "configsPath");
  const name = find(sources, "activeConfig");
  return sources.readProfile({ ...(path && { path }), ...(name && { name }) });
}

function truth(found: Found | undefined): boolean {
  if (found === undefined) return false;
  if (/^(true|t|1)$/i.test(found.value)) return true;
  if (/^(false|f|0)$/i.test(found.value)) return false;
  throw new ConnectionError(found.property, `${found.from} must be true or false`);
}

function count(found: Found | undefined, otherwise: number, min: number): number {
  if (found === undefined) return otherwise;
  const value = Number(found.value);
  if (!Number.isInteger(value) || value < min) {
    throw new ConnectionError(found.property, `${found.from} must be a whole number from ${min} on`);
  }
  return value;
}

function readTls(sources: Sources): Connection["tls"] {
  const pem = (setting: "caFile" | "certFile" | "keyFile"): string | undefined => {
    const found = find(sources, setting);
    return found && sources.readPem(found.value, found.from, found.property);
  };
  const [ca, cert, key] = [pem("caFile"), pem("certFile"), pem("keyFile")];
  if ((cert === undefined) !== (key === undefined)) {
    const [given, missing] = cert === undefined ? ["keyFile", "certFile"] : ["certFile", "keyFile"];
    throw new ConnectionError(
      `connection.${missing}`,
      `connection.${given} is given without connection.${missing}: a client certificate needs both`,
    );
  }
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}

/** Whether what is sent there can be read on the way. */
function isInTheOpen(host: string): boolean {
  const { protocol, hostname } = new URL(host);
  return protocol === "http:" && !isLoopback(hostname);
}

function checkedHost(found: Found): Found {
  const problem = hostProblem(found.value);
  if (problem !== undefined) throw new ConnectionError("connection.host", `${found.from} ${problem}`);
  return { ...found, value: normaliseHost(found.value) };
}

function fromProfile(profile: Profile | undefined, key: "url" | "token"): Found | undefined {
  const value = profile?.[key];
  if (profile === undefined || value === undefined) return undefined;
  return {
    value,
    from: `${key} of the profile ${quoted(profile.name)}`,
    property: "connection.activeConfig",
  };
}

/**
 * Tells how to reach the server. For each setting the first source wins: `connection`, the stack's config,
 * the environment, the CLI's profile, the default.
 *
 * @throws {ConnectionError} for an address that is no URL, a switch that is neither true nor false, no token
 *   at all, or a profile that cannot be read.
 */
export function resolveConnection(sources: Sources, _recorded?: string): Connection {
  const profile = profileOf(sources);
  const profileHost = fromProfile(profile, "url");
  const host = checkedHost(
    find(sources, "host") ??
      profileHost ?? { value: DEFAULT_HOST, from: "the default", property: "connection.host" },
  );
  const profileToken = fromProfile(profile, "token");
  const token = find(sources, "token") ?? profileToken;
  if (token === undefined) {
    throw new ConnectionError(
      "connection.token",
      "no token to make tokens with: give connection.token, or set influx-token:token in the stack config (--secret), INFLUX_TOKEN in the environment, or a profile with `influx config create`",
    );
  }
  if (/[^\x21-\x7e]/.test(token.value)) {
    throw new ConnectionError(
      token.property,
      `${token.from} holds a character that no token has, such as a blank or a line break`,
    );
  }
  const warnings: string[] = [];
  if (
    token === profileToken &&
    profileHost !== undefined &&
    normaliseHost(checkedHost(profileHost).value) !== host.value
  ) {
    warnings.push(
      `the ${token.from} was made for ${profileHost.value} and is sent to ${host.value}, from ${host.from}`,
    );
  }
  if (isInTheOpen(host.value)) {
    warnings.push(
      `${host.value}, from ${host.from}, is not encrypted: tokens can be read on the way there; use https://`,
    );
  }
  const fallback = staleReplacement(sources, host.value, token, profile);
  const proxy = proxyFor(host.value, sources.env);
  return {
    host: host.value,
    hostFrom: host.from,
    token: token.value,
    tokenFrom: token.from,
    ...(fallback && { fallback }),
    skipVerify: truth(find(sources, "skipVerify")),
    httpDebug: truth(find(sources, "httpDebug")),
    tls: readTls(sources),
    ...(proxy && { proxy }),
    timeoutMs: count(find(sources, "timeoutMs"), 60_000, 1),
    retries: count(find(sources, "retries"), 4, 0),
    maxConcurrent: count(find(sources, "maxConcurrent"), 16, 1),
    warnings,
  };
}

/**
 * What the other sources would use in place of a token from the state. One that comes together with another
 * server's address is never sent here.
 */
function staleReplacement(
  sources: Sources,
  host: string,
  token: Found,
  profile: Profile | undefined,
): { token: string; tokenFrom: string } | undefined {
  if (fromConnection(sources, "token") !== undefined) {
    const candidates = [
      [fromConfig(sources, "token"), fromConfig(sources, "host")],
      [fromEnvironment(sources, "token"), fromEnvironment(sources, "host")],
      [fromProfile(profile, "token"), fromProfile(profile, "url")],
    ] as const;
    for (const [other, itsHost] of candidates) {
      if (other === undefined || other.value === token.value) continue;
      if (itsHost !== undefined && (hostProblem(itsHost.value) ?? normaliseHost(itsHost.value)) !== host)
        continue;
      return { token: other.value, tokenFrom: other.from };
    }
  }
  return undefined;
}

/**
 * The organization that a program leaves out: from the stack's config, the environment, or the CLI's profile.
 *
 * @throws {ConnectionError} when one source gives both name and id, or the profile cannot be read.
 */
export function resolveHost(sources: Sources, recorded?: string): { host: string } {
  const named = find(sources, "host");
  const found = named ?? fromProfile(profileOf(sources), "url");
  return { host: found === undefined ? (recorded ?? DEFAULT_HOST) : checkedHost(found).value };
}

export function resolveOrganization(
  sources: Sources,
  _recorded?: { org?: string; orgId?: string },
): { org?: string; orgId?: string } | undefined {
  const { config, env } = sources;
  const pairs = [
    ["influx-token:org", config("influx-token:org"), "influx-token:orgId", config("influx-token:orgId")],
    ["INFLUX_ORG", env["INFLUX_ORG"], "INFLUX_ORG_ID", env["INFLUX_ORG_ID"]],
  ] as const;
  for (const [nameFrom, org = "", idFrom, orgId = ""] of pairs) {
    if (org !== "" && orgId !== "") {
      throw new ConnectionError("org", `${nameFrom} and ${idFrom} are both set: keep one of them`);
    }
    if (org !== "") return { org };
    if (orgId !== "") return { orgId };
  }
  const org = profileOf(sources)?.org;
  return org === undefined ? undefined : { org };
}
