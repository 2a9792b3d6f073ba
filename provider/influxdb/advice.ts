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

/** What to do about an answer of a proxy in front of InfluxDB, or of other software in its place. */
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

/** A message of several parts, each of which may be empty. */
export function sentence(...parts: string[]): string {
  return parts.filter((part) => part !== "").join(": ");
}
