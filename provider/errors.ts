/**
 * An error for the user: one plain message that says what was tried, what was answered and what to do next.
 * It never holds a secret. Pulumi's host prints `${error}: ${error.stack}`, which for this class is
 * `InfluxToken: <message>`, for a stack trace helps nobody to mend a stack.
 */
export class InfluxTokenError extends Error {
  override readonly name: string = "InfluxTokenError";

  constructor(message: string) {
    super(message);
    this.stack = message;
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

/** The server, or whatever stands at its address, answered something other than success. */
export class ServerError extends InfluxTokenError {
  override readonly name = "ServerError";

  constructor(
    message: string,
    /** HTTP status. */
    readonly status: number,
    /** InfluxDB's own word for the case, such as `not found`. Absent where the answer is not InfluxDB's. */
    readonly code: string | undefined,
  ) {
    super(message);
  }
}

/** No answer came: refused, reset, timed out, or the certificate was not accepted. */
export class NetworkError extends InfluxTokenError {
  override readonly name = "NetworkError";
}

/** Whether the server said that there is no such thing: only InfluxDB's own 404 counts, never a proxy's. */
export function isNotFound(error: unknown): error is ServerError {
  return error instanceof ServerError && error.status === 404 && error.code === "not found";
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

/** What to do about an answer. Source: "What the server says" in the documentation of the flags. */
export function adviceFor(status: number, message: string, caller: Caller): string {
  if (status === 401 && message === "unauthorized access") {
    return `the server does not know the token from ${caller.tokenFrom}: it is mistyped, was deleted, or belongs to another server`;
  }
  if (status === 401 && message === "token is inactive") {
    return `the token from ${caller.tokenFrom} is switched off: set it active again, or use another one`;
  }
  if (status === 401) return `the token from ${caller.tokenFrom} lacks this right: ${MAKERS}`;
  if (status === 403) {
    return `a token can only grant what it holds itself: ask for less, or use a wider token than the one from ${caller.tokenFrom}`;
  }
  if (status === 404 && message === "") {
    return `is this the address of an InfluxDB 2.x? It came from ${caller.hostFrom}`;
  }
  if (status === 429 || status === 503) return "the server is busy: try again later";
  return "";
}

/** What to do about a failed connection, by its system code such as `ECONNREFUSED`. */
export function networkAdvice(code: string | undefined, caller: Caller): string {
  switch (code) {
    case "ECONNREFUSED":
      return `nothing listens there: is InfluxDB running, and is the address from ${caller.hostFrom} right?`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `the name cannot be resolved: is the address from ${caller.hostFrom} right?`;
    case "ETIMEDOUT":
    case "ECONNABORTED":
      return "the server did not answer in time: try again";
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
      return "the certificate is not signed by an authority that this machine trusts: add it to NODE_EXTRA_CA_CERTS, or set connection.skipVerify for a test server";
    case "CERT_HAS_EXPIRED":
      return "the certificate has expired: renew it on the server";
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `the certificate is for another name: is the address from ${caller.hostFrom} right?`;
    default:
      return "";
  }
}
