import { ConnectionError } from "../errors";
import { checkedHost, type ResolvedHost } from "./resolveHost";
import {
  type Found,
  fromConfig,
  fromConnection,
  fromEnvironment,
  fromProfile,
  fromProfileIfReadable,
  type Sources,
} from "./sources";

/** A token, and the host that its own source names beside it: it is sent nowhere else. */
interface Candidate {
  readonly token: Found;
  readonly itsHost?: Found | undefined;
}

/**
 * The token that makes tokens: the first that a source gives. `connection.token` goes to whatever server the resource
 * is on; one whose source also names a host goes to that host only.
 *
 * @throws {ConnectionError} where the token's source names another host, and where the token holds what no token does.
 */
export function findMakingToken(
  sources: Sources,
  host: ResolvedHost,
  profile: typeof fromProfile = fromProfile,
): Found | undefined {
  const { token, itsHost } =
    explicit(sources) ?? inConfig(sources) ?? inEnvironment(sources) ?? inProfile(sources, profile) ?? {};
  if (token === undefined) return undefined;
  if (itsHost !== undefined) {
    const belongsTo = checkedHost(itsHost);
    if (belongsTo.value !== host.host) {
      throw new ConnectionError(
        "connection.token",
        `the token from ${token.from} is for ${belongsTo.value}, from ${itsHost.from}, and is not sent to ${host.host}, from ${host.hostFrom}: ${placeFor(host)}`,
      );
    }
  }
  if (/[^\x21-\x7e]/.test(token.value)) {
    throw new ConnectionError(
      token.property,
      `${token.from} holds a character that no token has, such as a blank or a line break`,
    );
  }
  return token;
}

/**
 * What the other sources would use in place of a token from the state, which can be stale. One that comes together
 * with another server's address is passed over, and so is a profile that cannot be read: it may not be needed.
 */
export function findStaleReplacement(
  sources: Sources,
  { host }: ResolvedHost,
): { readonly token: string; readonly tokenFrom: string } | undefined {
  const stored = explicit(sources)?.token;
  if (stored === undefined) return undefined;
  for (const find of [inConfig, inEnvironment, inProfileIfReadable]) {
    const { token, itsHost } = find(sources) ?? {};
    if (token === undefined || token.value === stored.value || isElsewhere(itsHost, host)) continue;
    return { token: token.value, tokenFrom: token.from };
  }
  return undefined;
}

function explicit(sources: Sources): Candidate | undefined {
  return withHost(fromConnection(sources, "token"));
}

function inConfig(sources: Sources): Candidate | undefined {
  return withHost(fromConfig(sources, "token"), fromConfig(sources, "host"));
}

function inEnvironment(sources: Sources): Candidate | undefined {
  return withHost(fromEnvironment(sources, "token"), fromEnvironment(sources, "host"));
}

function inProfile(sources: Sources, profile: typeof fromProfile): Candidate | undefined {
  const token = profile(sources, "token");
  return token && withHost(token, profile(sources, "url"));
}

function inProfileIfReadable(sources: Sources): Candidate | undefined {
  return inProfile(sources, fromProfileIfReadable);
}

function withHost(token: Found | undefined, itsHost?: Found): Candidate | undefined {
  return token && { token, itsHost };
}

function isElsewhere(itsHost: Found | undefined, host: string): boolean {
  if (itsHost === undefined) return false;
  try {
    return checkedHost(itsHost).value !== host;
  } catch {
    return true;
  }
}

/** Where a token for the host goes so that it is found before the one that belongs elsewhere. */
function placeFor({ host, namedBy }: ResolvedHost): string {
  switch (namedBy) {
    case "connection":
      return `give connection.token beside connection.host`;
    case "config":
      return `set influx-token:token in the stack config (--secret) to a token of ${host}`;
    case "environment":
      return `set INFLUX_TOKEN to a token of ${host}`;
    default:
      return `set influx-token:token in the stack config (--secret), or INFLUX_TOKEN, to a token of ${host}`;
  }
}
