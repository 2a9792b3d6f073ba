import { createRequire } from "node:module";
import type Axios from "axios";
import type { AxiosError, AxiosInstance, AxiosResponse } from "axios";
import type AxiosRetry from "axios-retry";
import { reached } from "../connection/connectTo";
import { type Proxy, secretsOf } from "../connection/proxy";
import type { Connection } from "../connection/resolve";
import { adviceFor, NetworkError, networkAdvice, proxyAdvice, sentence, ServerError } from "../errors";
import { quoted } from "../printable";
import { agentsFor, NO_TUNNEL, type NoTunnelError } from "./agents";
import { logExchange, redact } from "./debugLog";
import { type Greeting, identify } from "./identify";
import { limited } from "./limiter";

/** One request to the server. */
export interface Request {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below the server's URL, such as `/api/v2/me`; each variable part percent-encoded. */
  readonly path: string;
  readonly body?: unknown;
  /** What it is for, to be read after "cannot", such as `create the token "ci"`. */
  readonly purpose: string;
}

/** Talks to one server with one token. Instances are shared: one for each connection in the process. */
export interface InfluxClient {
  /** URL of the server, without a trailing slash. */
  readonly host: string;
  /** How often a request that failed may be repeated. */
  readonly retries: number;
  /** How long a request may take, its repetitions included: milliseconds. */
  readonly timeoutMs: number;
  /** How far the server's clock is ahead of this machine's, in milliseconds, by its last answer. */
  readonly clockAheadMs: number;
  /**
   * Sends a request and gives the body of its successful answer. GET, PATCH and DELETE are repeated after failures
   * that may pass; POST only when it is certain that the server did nothing.
   *
   * @throws {ServerError} for any answer but success.
   * @throws {NetworkError} when no answer came within the connection's time.
   */
  request(request: Request): Promise<unknown>;
  /** What stands at the address, where it does not answer as InfluxDB 2.x should; else empty. */
  identify(): Promise<string>;
}

/** As much as a message repeats of what the server said. */
const MAX_SAID = 500;

/** How long an answer may take that only makes an error's message better: milliseconds. */
const IDENTIFY_MS = 5_000;

const clients = new Map<string, InfluxClient>();

/** The client for a connection: the same one whenever the same connection is asked for. */
export function clientFor(connection: Connection): InfluxClient {
  const key = JSON.stringify({ ...connection, hostFrom: "", tokenFrom: "", warnings: [] });
  let client = clients.get(key);
  if (client === undefined) {
    for (const warning of connection.warnings) console.warn(`InfluxToken: warning: ${warning}`);
    client = new HttpClient(connection);
    clients.set(key, client);
  }
  return client;
}

/** Begins anew, with what is known of servers forgotten: names may stand for other ids in another run. */
export function forgetClients(): void {
  clients.clear();
}

class HttpClient implements InfluxClient {
  readonly host: string;
  readonly retries: number;
  readonly timeoutMs: number;
  clockAheadMs = 0;
  private readonly http: AxiosInstance;
  private token: string;
  private tokenFrom: string;
  private fallback: Connection["fallback"];
  private identity: Promise<string> | undefined;

  constructor(private readonly connection: Connection) {
    ({ host: this.host, retries: this.retries, timeoutMs: this.timeoutMs } = connection);
    ({ token: this.token, tokenFrom: this.tokenFrom, fallback: this.fallback } = connection);
    this.http = createHttp(connection);
  }

  async request(request: Request): Promise<unknown> {
    let response = await this.send(request);
    if (this.fallback !== undefined && refusesToken(response)) {
      // The state remembers the token that was right when it was written; whoever runs the program now may have a newer one.
      const { token, tokenFrom } = this.fallback;
      const retried = await this.send(request, token);
      if (!refusesToken(retried)) {
        this.token = token;
        this.tokenFrom = tokenFrom;
        this.fallback = undefined;
        response = retried;
      }
    }
    if (response.status >= 200 && response.status < 300) return response.data;
    throw await this.refusal(request, response);
  }

  identify(): Promise<string> {
    this.identity ??= identify(this.host, async (path): Promise<Greeting | undefined> => {
      try {
        const timeout = Math.min(this.connection.timeoutMs, IDENTIFY_MS);
        return await this.http.get(path, {
          "axios-retry": { retries: 0 },
          validateStatus: () => true,
          timeout,
          signal: AbortSignal.timeout(timeout),
        });
      } catch {
        return undefined;
      }
    });
    return this.identity;
  }

  private async send(request: Request, token = this.token): Promise<AxiosResponse<unknown>> {
    const { method, path, body } = request;
    const { timeoutMs, maxConcurrent, httpDebug } = this.connection;
    return limited(this.host, maxConcurrent, async () => {
      const signal = AbortSignal.timeout(timeoutMs);
      const headers = { Authorization: `Token ${token}` };
      let response: AxiosResponse<unknown>;
      try {
        response = await this.http.request<unknown>({ method, url: path, data: body, headers, signal });
      } catch (error) {
        const failed = error as AxiosError;
        // After the last repetition the answer is what it is.
        if (failed.response === undefined || wasCutOff(failed)) throw this.noAnswer(request, failed);
        response = failed.response;
      }
      const date = Date.parse(String(response.headers["date"]));
      if (!Number.isNaN(date)) this.clockAheadMs = date - Date.now();
      if (httpDebug) logExchange(this.host, request, response, this.secrets());
      return response;
    });
  }

  private noAnswer({ method, path, purpose }: Request, error: AxiosError): NetworkError {
    const { httpDebug, proxy, timeoutMs, connectTo } = this.connection;
    const code = reasonOf(error);
    if (httpDebug) console.error(`> ${method} ${this.host}${path}\n< ${code}`);
    // Behind a proxy it is the proxy whose name is resolved, and who is called.
    const isProxys = error.code === NO_TUNNEL || NEVER_ARRIVED.has(code);
    const [what, advice] =
      proxy !== undefined && isProxys
        ? [`${proxyOf(proxy)}, lets nothing through to ${this.host}`, proxyAdvice(code, proxy.from)]
        : [
            `no answer from ${reached(this.connection)}${proxy ? ` through ${proxyOf(proxy)}` : ""}`,
            networkAdvice(code, { ...this.connection, tokenFrom: this.tokenFrom }, connectTo?.from),
          ];
    return new NetworkError(
      sentence(
        `cannot ${purpose}`,
        what,
        code === "ERR_CANCELED" ? `${timeoutMs} ms are over` : code,
        advice,
      ),
      error.code === NO_TUNNEL || neverArrived(code),
    );
  }

  private async refusal(request: Request, response: AxiosResponse<unknown>): Promise<ServerError> {
    const { status, data } = response;
    const { code, message } = errorBody(data);
    const said = redact(message, this.secrets());
    const { hostFrom, proxy } = this.connection;
    const caller = { host: this.host, hostFrom, tokenFrom: this.tokenFrom };
    // Only what InfluxDB 2.x would not say, or says of every token before it is set up, leaves open who it is.
    const isOdd = code === undefined || (status === 401 && message === "unauthorized access");
    const identity = isOdd && status !== 429 && status !== 407 ? await this.identify() : "";
    return new ServerError(
      sentence(
        `cannot ${request.purpose}`,
        `${reached(this.connection)} answered ${status}${said === "" ? "" : ` ${quoted(said, MAX_SAID)}`}`,
        status === 407 && proxy !== undefined
          ? `this is ${proxyOf(proxy)}: ${proxyAdvice("407", proxy.from)}`
          : identity || adviceFor(status, said, caller),
      ),
      status,
      code,
      refusedUnread(response),
    );
  }

  private secrets(): string[] {
    const { tls, token, fallback, proxy } = this.connection;
    const known = [this.token, token, fallback?.token, tls.key, ...(proxy ? secretsOf(proxy) : [])];
    return known.filter((secret) => secret !== undefined);
  }
}

function createHttp(connection: Connection): AxiosInstance {
  // Loaded with the first request only: a preview sends none and should not pay for it.
  const load = createRequire(__filename);
  const axios = load("axios") as typeof Axios;
  const { default: axiosRetry, ...delays } = load("axios-retry") as { default: typeof AxiosRetry } & {
    exponentialDelay: typeof AxiosRetry.exponentialDelay;
  };
  const { host, timeoutMs, retries } = connection;
  const instance = axios.create({
    baseURL: host,
    timeout: timeoutMs,
    // InfluxDB never redirects, and a redirect to elsewhere must not carry the token along.
    maxRedirects: 0,
    ...agentsFor(connection),
    headers: {
      "User-Agent": "pulumi-influx-token",
      "Content-Type": "application/json",
      Accept: "application/json",
    },
    validateStatus: (status) => !PASSING_STATUS.has(status),
  });
  axiosRetry(instance, {
    retries,
    retryCondition: mayRepeat,
    retryDelay: (count, error) => delays.exponentialDelay(count, error),
  });
  return instance;
}

function proxyOf({ url, from }: Proxy): string {
  return `the proxy ${url}, from ${from}`;
}

/** Answers that may be others a moment later. */
const PASSING_STATUS: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Failures by which no request ever left this machine, or none was let in. */
const NEVER_ARRIVED: ReadonlySet<string> = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"]);

/** Failures that may pass, but by which the request may have arrived. */
const PASSING: ReadonlySet<string> = new Set([
  "ECONNRESET",
  "ECONNABORTED",
  "ETIMEDOUT",
  "EPIPE",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ERR_BAD_RESPONSE",
]);

/** Answers of a proxy by which it opens no tunnel, and that may be others a moment later. */
const PASSING_TUNNEL: ReadonlySet<string> = new Set([...PASSING_STATUS].map(String));

/** The system's code of a failed connection, or what the proxy said. */
function reasonOf(error: AxiosError): string {
  const { code = "no answer", cause } = error;
  return code === NO_TUNNEL ? (cause as unknown as NoTunnelError).reason : code;
}

/** Whether nothing arrived, but may the next time: a name that is not there will not be there a moment later. */
function mayArriveNext(code: string): boolean {
  return NEVER_ARRIVED.has(code) && code !== "ENOTFOUND";
}

function mayRepeat(error: AxiosError): boolean {
  const { response, code = "" } = error;
  if (code === NO_TUNNEL) {
    const reason = reasonOf(error);
    return PASSING_TUNNEL.has(reason) || mayArriveNext(reason) || PASSING.has(reason);
  }
  const isSafe = error.config?.method?.toUpperCase() !== "POST";
  if (response === undefined || wasCutOff(error)) {
    return mayArriveNext(code) || (isSafe && PASSING.has(code));
  }
  return PASSING_STATUS.has(response.status) && (isSafe || refusedUnread(response));
}

/** Whether the answer began and never ended. */
function wasCutOff({ code, response }: AxiosError): boolean {
  return code === "ERR_BAD_RESPONSE" && response !== undefined && !PASSING_STATUS.has(response.status);
}

/** Whether no request can have arrived. Of certificates one is told before anything is sent. */
function neverArrived(code: string): boolean {
  return NEVER_ARRIVED.has(code) || /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL|ERR_OSSL|EPROTO/.test(code);
}

/** Whether the answer proves that the server did nothing: it refused, or asked to come again later. */
function refusedUnread({ status, headers }: AxiosResponse<unknown>): boolean {
  return (status < 500 && status !== 408) || (status === 503 && headers["retry-after"] !== undefined);
}

/** Whether the token itself is refused. One that lacks a right is no stale one: to use another's would widen it unasked. */
function refusesToken({ status, data }: AxiosResponse<unknown>): boolean {
  return status === 401 && !errorBody(data).message.endsWith("is unauthorized");
}

function errorBody(data: unknown): { code: string | undefined; message: string } {
  if (typeof data !== "object" || data === null) return { code: undefined, message: "" };
  const { code, message } = data as { code?: unknown; message?: unknown };
  return {
    code: typeof code === "string" ? code : undefined,
    message: typeof message === "string" ? message : "",
  };
}
