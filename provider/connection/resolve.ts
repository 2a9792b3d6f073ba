import { ConnectionError } from "../errors";
import { type ConnectTo, connectToOf } from "./connectTo";
import { isLoopback } from "./host";
import { findMakingToken, findStaleReplacement } from "./makingToken";
import { type Proxy, proxyFor } from "./proxy";
import { resolveHost } from "./resolveHost";
import {
  find,
  type Found,
  fromProfileIfReadable,
  NotKnownYetError,
  numberOf,
  type Sources,
  switchOf,
  withProfileReadOnce,
} from "./sources";

/** Everything that a request needs to know of the server. */
export interface Connection {
  /** URL without a trailing slash. */
  readonly host: string;
  /** Where the URL was found. */
  readonly hostFrom: string;
  /** Where the host is reached from this machine. Absent: at its own address. */
  readonly connectTo?: ConnectTo;
  readonly token: string;
  /** Where the token was found. */
  readonly tokenFrom: string;
  /** To be tried once where the server refuses a token from the state, which can be stale. */
  readonly fallback?: { readonly token: string; readonly tokenFrom: string };
  readonly skipVerify: boolean;
  readonly httpDebug: boolean;
  /** PEM texts: authorities in place of the machine's own, and a client certificate. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** The proxy between this machine and the server. Absent: none. */
  readonly proxy?: Proxy;
  /** Milliseconds for a request, its retries included. */
  readonly timeoutMs: number;
  readonly retries: number;
  /** Requests in flight at the host at once. */
  readonly maxConcurrent: number;
  /** What the user should know, though it is no error. */
  readonly warnings: readonly string[];
}

/**
 * Tells how to reach the server. For each setting the first source wins: `connection`, the stack's config,
 * the environment, the CLI's profile, the default. The host is {@link resolveHost}'s. Reads the profile only where
 * something is needed from it.
 *
 * @param recorded The host in the token's state; leave it out where the token does not exist yet.
 * @throws {ConnectionError} for a setting that is malformed or out of range, no token at all or one that belongs to
 *   another host, or a file that cannot be read.
 */
export function resolveConnection(given: Sources, recorded?: string): Connection {
  const sources = withProfileReadOnce(given);
  const resolved = resolveHost(sources, recorded);
  const { host, hostFrom } = resolved;
  const token = findMakingToken(sources, resolved);
  if (token === undefined) {
    throw new ConnectionError(
      "connection.token",
      "no token to make tokens with: give connection.token, or set influx-token:token in the stack config (--secret), INFLUX_TOKEN in the environment, or a profile with `influx config create`",
    );
  }
  const fallback = findStaleReplacement(sources, resolved);
  const way = wayTo(host, sources.env);
  const warnings = isInTheOpen(host, way.connectTo)
    ? [`${host}, from ${hostFrom}, is not encrypted: tokens can be read on the way there; use https://`]
    : [];
  return {
    host,
    hostFrom,
    ...way,
    token: token.value,
    tokenFrom: token.from,
    ...(fallback && { fallback }),
    ...optionsOf(sources),
    tls: readTls(sources),
    warnings,
  };
}

/**
 * What is wrong in the connection, as far as a preview can tell: `undefined` where all is well. A token that is missing
 * is no problem, for a preview sends none. Reads no certificates, and the profile only where host or token come from it.
 *
 * @param recorded The host in the token's state; leave it out where the token does not exist yet.
 */
export function connectionProblem(
  given: Sources,
  recorded?: string,
): { readonly property: string; readonly reason: string } | undefined {
  const sources = withProfileReadOnce(given);
  const parts = [
    () => optionsOf(sources),
    () => findTlsFiles(sources),
    () => {
      const resolved = resolveHost(sources, recorded);
      wayTo(resolved.host, sources.env);
      findMakingToken(sources, resolved, fromProfileIfReadable);
    },
  ];
  for (const part of parts) {
    try {
      part();
    } catch (error) {
      if (error instanceof ConnectionError) return { property: error.property, reason: error.message };
      if (!(error instanceof NotKnownYetError)) throw error;
    }
  }
  return undefined;
}

function optionsOf(
  sources: Sources,
): Pick<Connection, "skipVerify" | "httpDebug" | "timeoutMs" | "retries" | "maxConcurrent"> {
  return {
    skipVerify: switchOf(sources, "skipVerify"),
    httpDebug: switchOf(sources, "httpDebug"),
    timeoutMs: numberOf(sources, "timeoutMs"),
    retries: numberOf(sources, "retries"),
    maxConcurrent: numberOf(sources, "maxConcurrent"),
  };
}

/** A tunnel's end is reached as it is: what the environment says of proxies is meant for the server's own address. */
function wayTo(host: string, env: Sources["env"]): Pick<Connection, "connectTo" | "proxy"> {
  const connectTo = connectToOf(env);
  if (connectTo !== undefined) return { connectTo };
  const proxy = proxyFor(host, env);
  return { ...(proxy && { proxy }) };
}

function findTlsFiles(sources: Sources): { readonly [name in keyof Connection["tls"]]: Found | undefined } {
  const [ca, cert, key] = [find(sources, "caFile"), find(sources, "certFile"), find(sources, "keyFile")];
  if ((cert === undefined) !== (key === undefined)) {
    const missing = cert === undefined ? "certFile" : "keyFile";
    throw new ConnectionError(
      `connection.${missing}`,
      `${(cert ?? key)?.from ?? ""} is given without connection.${missing}: a client certificate needs both`,
    );
  }
  return { ca, cert, key };
}

function readTls(sources: Sources): Connection["tls"] {
  const files = Object.entries(findTlsFiles(sources));
  return Object.fromEntries(
    files.flatMap(([name, file]) =>
      file === undefined ? [] : [[name, sources.readPem(file.value, file.from, file.property)]],
    ),
  );
}

/** Whether what is sent there can be read on the way. */
function isInTheOpen(host: string, connectTo: ConnectTo | undefined): boolean {
  const { protocol, hostname } = new URL(host);
  if (protocol !== "http:") return false;
  return connectTo === undefined ? !isLoopback(hostname) : !isLoopback(connectTo.host);
}
