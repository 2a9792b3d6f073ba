import { ConnectionError } from "../errors";
import { hostProblem, normaliseHost } from "./host";
import {
  type Found,
  fromConfig,
  fromConnection,
  fromEnvironment,
  fromProfile,
  type Sources,
} from "./sources";

const DEFAULT_HOST = "http://localhost:8086";

/** The server that a token is on, or will be made on. */
export interface ResolvedHost {
  /** URL without a trailing slash. */
  readonly host: string;
  /** Where it was found, as messages name it. */
  readonly hostFrom: string;
  /** Which kind of source that is. */
  readonly namedBy: "connection" | "config" | "state" | "environment" | "profile" | "default";
  /** Whether `connection.host` or the stack's config names it: only these two can move a token. */
  readonly isNamed: boolean;
}

/**
 * The server of a token. First match: `connection.host`, `influx-token:host`, the recorded host of a token that exists,
 * `INFLUX_HOST`, the profile's `url`, the default.
 *
 * @param recorded The host in the token's state; leave it out where the token does not exist yet.
 * @throws {ConnectionError} for an address that is no URL, a profile that is needed and cannot be read, and where
 *   `INFLUX_HOST` is another than the recorded host.
 * @throws {NotKnownYetError} where it depends on what a preview does not know yet.
 */
export function resolveHost(sources: Sources, recorded?: string): ResolvedHost {
  const stored = fromConnection(sources, "host");
  if (stored !== undefined) return resolved(stored, "connection");
  const config = fromConfig(sources, "host");
  if (config !== undefined) return resolved(config, "config");
  const environment = fromEnvironment(sources, "host");
  if (recorded !== undefined) return stayingAt(recorded, environment);
  if (environment !== undefined) return resolved(environment, "environment");
  const profile = fromProfile(sources, "url");
  if (profile !== undefined) return resolved(profile, "profile");
  return resolved({ value: DEFAULT_HOST, from: "the default", property: "connection.host" }, "default");
}

/** An environment is a matter of the machine, and moves no token. */
function stayingAt(recorded: string, environment: Found | undefined): ResolvedHost {
  const state = resolved({ value: recorded, from: "the state", property: "connection.host" }, "state");
  if (environment === undefined) return state;
  const { host, hostFrom } = resolved(environment, "environment");
  if (host !== state.host) {
    throw new ConnectionError(
      "connection.host",
      `the state says that the token is on ${state.host}, and INFLUX_HOST is ${host}: unset INFLUX_HOST; if the server moved there, name ${host} in connection.host or influx-token:host; if ${host} is a tunnel to it, set INFLUX_CONNECT_TO in place of INFLUX_HOST`,
    );
  }
  return { ...state, hostFrom };
}

function resolved(found: Found, namedBy: ResolvedHost["namedBy"]): ResolvedHost {
  const { value, from } = checkedHost(found);
  return {
    host: value,
    hostFrom: from,
    namedBy,
    isNamed: namedBy === "connection" || namedBy === "config",
  };
}

/** The same in one spelling. */
export function checkedHost(found: Found): Found {
  const problem = hostProblem(found.value);
  if (problem !== undefined) throw new ConnectionError("connection.host", `${found.from} ${problem}`);
  return { ...found, value: normaliseHost(found.value) };
}
