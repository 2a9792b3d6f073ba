import { printable, quoted } from "./printable";

/** Far longer than any message; each foreign part of one is cut before. */
const MAX_LENGTH = 10_000;

/**
 * An error for the user: one plain message that says what was tried, what was answered and what to do next.
 * It never holds a secret. Pulumi's host prints `${error}: ${error.stack}`, which for this class is
 * `InfluxToken: <message>`, for a stack trace helps nobody to mend a stack.
 */
export class InfluxTokenError extends Error {
  override readonly name: string = "InfluxTokenError";

  constructor(message: string) {
    super(printable(message, MAX_LENGTH));
    this.stack = this.message;
  }

  override toString(): string {
    return "InfluxToken";
  }
}

/** The connection cannot be told, or is told wrongly. `property` is the input to mend. */
export class ConnectionError extends InfluxTokenError {
  override readonly name = "ConnectionError";

  constructor(
    readonly property: string,
    message: string,
  ) {
    super(message);
  }
}

/** An answer other than success, of the server or of whatever stands at its address. */
interface Refusal {
  /** HTTP status. */
  readonly status: number;
  /** The answer's message, without secrets; empty where it has none. */
  readonly said: string;
  /** Whether InfluxDB itself answered, and not something in front of it. */
  readonly own: boolean;
  /** Whether it is certain that the request changed nothing. */
  readonly nothingDone: boolean;
  /** How long it asks to wait: milliseconds. */
  readonly retryAfterMs: number;
}

/** The server, or whatever stands at its address, answered something other than success. */
export class ServerError extends InfluxTokenError implements Refusal {
  override readonly name = "ServerError";
  readonly status: number;
  readonly said: string;
  readonly own: boolean;
  readonly nothingDone: boolean;
  readonly retryAfterMs: number;

  constructor(message: string, { status, said, own, nothingDone, retryAfterMs }: Refusal) {
    super(message);
    this.status = status;
    this.said = said;
    this.own = own;
    this.nothingDone = nothingDone;
    this.retryAfterMs = retryAfterMs;
  }
}

/** No answer came: refused, reset, timed out, or the certificate was not accepted. */
export class NetworkError extends InfluxTokenError {
  override readonly name = "NetworkError";

  constructor(
    message: string,
    /** Whether it is certain that the request never arrived. */
    readonly nothingDone: boolean,
  ) {
    super(message);
  }
}

/** A success was answered that cannot be InfluxDB's, so that nobody knows what was done. */
export class ForeignAnswerError extends InfluxTokenError {
  override readonly name = "ForeignAnswerError";
}

/** An error in `create` after which the engine all the same records what `id` and `properties` tell. */
export class RecordedError extends InfluxTokenError {
  override readonly name = "RecordedError";
  /** What the engine shows of a resource that was made only in part. */
  readonly reasons: readonly string[];

  constructor(
    message: string,
    readonly id: string,
    readonly properties: object,
  ) {
    super(message);
    this.reasons = [this.message];
  }
}

/** Whether the request may have changed something all the same. */
export function isUncertain(error: unknown): boolean {
  if (error instanceof ServerError || error instanceof NetworkError) return !error.nothingDone;
  return error instanceof ForeignAnswerError;
}

/** Whether the same request may succeed a moment later. What stands in front of InfluxDB may say anything for a while. */
export function mayPass(error: unknown): boolean {
  if (error instanceof ServerError) return !error.own || error.status === 429 || error.status >= 500;
  return error instanceof NetworkError || error instanceof ForeignAnswerError;
}

/** A message of several parts, each of which may be empty. */
export function sentence(...parts: string[]): string {
  return parts.filter((part) => part !== "").join(": ");
}

/**
 * Whether InfluxDB said that there is no such thing, such as `authorization`. Neither a proxy's 404 counts, nor one about
 * something else, such as `path not found`.
 */
export function isNotFound(error: unknown, thing: string): error is ServerError {
  return (
    error instanceof ServerError && error.own && error.status === 404 && error.said === `${thing} not found`
  );
}

/** What the messages say of who called whom. */
export interface Caller {
  /** The server's URL. */
  readonly host: string;
  /** Where the URL was found, such as `INFLUX_HOST`. */
  readonly hostFrom: string;
  /** Where the token was found, such as `connection.token`. */
  readonly tokenFrom: string;
}

const MAKERS =
  "use an operator or all-access token, or one with read and write on authorizations and on its owner's user";

/** What to do about an answer of InfluxDB's. Source: "What the server says" in the documentation of the flags. */
export function adviceFor(status: number, caller: Caller, message: string): string {
  if (status === 401 && message === "unauthorized access") {
    return `the server does not know the token from ${caller.tokenFrom}: it is mistyped, was deleted, or belongs to another server`;
  }
  if (status === 401 && message === "token is inactive") {
    return `the token from ${caller.tokenFrom} is switched off: set it active again, or use another one`;
  }
  if (status === 403 && message === "User is inactive") {
    return `the owner of the token from ${caller.tokenFrom} was deleted or switched off: use a token of another user`;
  }
  if (status === 401) return `the token from ${caller.tokenFrom} lacks this right: ${MAKERS}`;
  if (status === 403) {
    return `a token can only grant what it holds itself: ask for less, or use a wider token than the one from ${caller.tokenFrom}`;
  }
  if (status === 404 && message === "") {
    return `is this the address of an InfluxDB 2.x? It came from ${caller.hostFrom}`;
  }
  if (status === 429 || status === 503) return "the server is busy or still starting: try again later";
  return "";
}

/** What to do about an answer of something that stands in front of InfluxDB, or in its place. */
export function frontAdvice(status: number, { hostFrom }: Caller): string {
  if (status >= 300 && status < 400) {
    return `it redirects, and a token is never sent after a redirect: give the final address in place of the one from ${hostFrom}`;
  }
  if (status === 401 || status === 403) {
    return `this is not InfluxDB's answer: something in front of it refuses the request: have it let requests through, or give an address behind it in place of the one from ${hostFrom}`;
  }
  if (status === 429) return "something in front of the server is busy: try again later";
  if (status === 502 || status === 503 || status === 504) {
    return "a proxy stands there and does not reach InfluxDB, or the server is still starting: try again later";
  }
  return `is this the address of an InfluxDB 2.x? It came from ${hostFrom}. A proxy in front of it must pass on its answers and their headers`;
}

/** What to do about a proxy that lets nothing through: by the status of its answer, or by the system's code. */
export function proxyAdvice(reason: string, from: string): string {
  switch (reason) {
    case "407":
      return `it wants to know its user: write ${from} as http://user:password@host:port`;
    case "ECONNREFUSED":
      return `nothing listens there: is ${from} right? NO_PROXY names the hosts that need no proxy`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `its name cannot be resolved: is ${from} right? NO_PROXY names the hosts that need no proxy`;
    case "502":
    case "503":
    case "504":
      return "it does not reach the server: is the address right, and does InfluxDB run?";
    default:
      return `is ${from} right, and may this machine use it? NO_PROXY names the hosts that need no proxy`;
  }
}

/** What to say when the token is not on the server, and that server is not the one that made it. */
export function notOnThisServer(id: string, host: string, recorded: string): InfluxTokenError {
  return new InfluxTokenError(
    `the token ${id} was made on ${recorded} and is not on ${host}: if ${host} is the wrong server, set the right one (connection.host, influx-token:host or INFLUX_HOST); if ${recorded} is gone for good, take the token out of the state with \`pulumi state delete\` or rename the resource`,
  );
}

/** What to say of a token that outlived its organization or owner. */
export function orphanWarning(
  id: string,
  { org, orgId, user, userId }: { org: string; orgId: string; user: string; userId: string },
  missing: "organization" | "owner",
  host: string,
): string {
  const [what, which, works] =
    missing === "organization"
      ? ["organization", `${quoted(org)} (${orgId})`, "the token still works"]
      : ["owner", `${quoted(user)} (${userId})`, "the token exists, and the server refuses it"];
  return `the ${what} ${which} of the token ${id} was deleted on ${host}; ${works}: the next \`pulumi up\` replaces it, as soon as the program names ${missing === "organization" ? "an organization" : "a user"} that exists; to be rid of it, take it out of the program, or run \`pulumi destroy\``;
}

/** What to say when a change of status was answered with success and another status. */
export function statusNotSet(id: string, asked: string, now: string): InfluxTokenError {
  return new InfluxTokenError(
    `cannot set the token ${id} ${asked}: it was answered that the token is ${now}: does something between here and there change requests?`,
  );
}

/** What to say when a description was answered in another form. */
export function descriptionDiffers(id: string, asked: string, now: string): string {
  return `the token ${id} has the description ${quoted(now)} in place of ${quoted(asked)}: does something between here and there change requests?`;
}

/** What to say when a token that is to be changed is no longer there. */
export function tokenIsGone(id: string, host: string): InfluxTokenError {
  return new InfluxTokenError(
    `cannot update the token ${id}: it is no longer on ${host}: run \`pulumi refresh\`, and the next \`pulumi up\` makes a new one`,
  );
}

const DAMAGED = "something on the way changes what is sent: try again";

/**
 * What to do about a failed connection, by its system code such as `ECONNREFUSED`.
 *
 * @param wasOpen whether it failed after it was open, with TLS after the handshake.
 * @param addressFrom where the address was found that is connected to, where it is not the host's own.
 */
export function networkAdvice(
  code: string | undefined,
  caller: Caller,
  wasOpen = false,
  addressFrom = caller.hostFrom,
): string {
  switch (code) {
    case "ECONNREFUSED":
      return `nothing listens there: is InfluxDB running, and is the address from ${addressFrom} right?`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `the name cannot be resolved: is the address from ${addressFrom} right?`;
    case "ETIMEDOUT":
    case "ECONNABORTED":
    case "ERR_CANCELED":
      return "the server did not answer in time: try again, or raise connection.timeoutMs";
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
      return "the certificate is not signed by an authority that this machine trusts: name the authority's file in connection.caFile, or set connection.skipVerify for a test server";
    case "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED":
    case "ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE":
    case "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE":
      return "the server wants a client certificate: give connection.certFile and connection.keyFile";
    case "EPROTO":
    case "ERR_SSL_WRONG_VERSION_NUMBER":
    case "ERR_SSL_PACKET_LENGTH_TOO_LONG":
      if (wasOpen) return DAMAGED;
      return `the server does not speak TLS there: should the address from ${caller.hostFrom} begin with http://?`;
    case "CERT_HAS_EXPIRED":
      return "the certificate has expired: renew it on the server";
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `the certificate is for another name: is the address from ${addressFrom} right?`;
    default:
      if (code?.startsWith("ERR_OSSL") === true) {
        return "connection.certFile or connection.keyFile cannot be used, or they do not belong together";
      }
      return wasOpen && code?.startsWith("ERR_SSL") === true ? DAMAGED : "";
  }
}
