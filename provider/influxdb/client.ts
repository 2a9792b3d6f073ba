import * as http from "node:http";
import * as https from "node:https";
import { createRequire } from "node:module";
import type Axios from "axios";
import type { AxiosInstance, AxiosResponse } from "axios";
import type { Connection } from "../connection/resolve";
import { adviceFor, NetworkError, networkAdvice, ServerError } from "../errors";

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
  /**
   * Sends a request and gives the body of its successful answer.
   *
   * @throws {ServerError} for any answer but success.
   * @throws {NetworkError} when no answer came.
   */
  request(request: Request): Promise<unknown>;
}

const MAX_SOCKETS = 16;
const TIMEOUT_MS = 30_000;

const clients = new Map<string, InfluxClient>();

/** The client for a connection: the same one whenever the same connection is asked for. */
export function clientFor(connection: Connection): InfluxClient {
  const { host, token, fallback, skipVerify, httpDebug } = connection;
  const key = JSON.stringify([host, token, fallback?.token, skipVerify, httpDebug]);
  let client = clients.get(key);
  if (client === undefined) {
    for (const warning of connection.warnings) console.warn(`InfluxToken: warning: ${warning}`);
    client = new HttpClient(connection);
    clients.set(key, client);
  }
  return client;
}

class HttpClient implements InfluxClient {
  readonly host: string;
  private readonly http: AxiosInstance;
  private token: string;
  private tokenFrom: string;
  private fallback: Connection["fallback"];

  constructor(private readonly connection: Connection) {
    this.host = connection.host;
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
    throw this.refusal(request, response);
  }

  private async send(request: Request, token = this.token): Promise<AxiosResponse<unknown>> {
    const { method, path, body } = request;
    try {
      const response = await this.http.request<unknown>({
        method,
        url: path,
        data: body,
        headers: { Authorization: `Token ${token}` },
      });
      if (this.connection.httpDebug) logExchange(this.host, request, response, this.secrets());
      return response;
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      const advice = networkAdvice(code, { ...this.connection, tokenFrom: this.tokenFrom });
      if (this.connection.httpDebug)
        console.error(`> ${method} ${this.host}${path}\n< ${code ?? "no answer"}`);
      throw new NetworkError(
        sentence(
          `cannot ${request.purpose}`,
          `no answer from ${this.host}`,
          code ?? redact(message, this.secrets()),
          advice,
        ),
      );
    }
  }

  private refusal(request: Request, { status, data }: AxiosResponse<unknown>): ServerError {
    const { code, message } = errorBody(data);
    const said = redact(message, this.secrets());
    const caller = { host: this.host, hostFrom: this.connection.hostFrom, tokenFrom: this.tokenFrom };
    return new ServerError(
      sentence(
        `cannot ${request.purpose}`,
        `${this.host} answered ${status}${said === "" ? "" : ` "${said}"`}`,
        adviceFor(status, said, caller),
      ),
      status,
      code,
    );
  }

  private secrets(): string[] {
    return [this.token, this.connection.token, this.fallback?.token ?? this.token];
  }
}

function createHttp({ host, skipVerify }: Connection): AxiosInstance {
  // Loaded with the first request only: a preview sends none and should not pay for it.
  const load = createRequire(__filename);
  const axios = load("axios") as typeof Axios;
  const pool = { keepAlive: true, maxSockets: MAX_SOCKETS };
  return axios.create({
    baseURL: host,
    timeout: TIMEOUT_MS,
    // InfluxDB never redirects, and a redirect to elsewhere must not carry the token along.
    maxRedirects: 0,
    httpAgent: new http.Agent(pool),
    httpsAgent: new https.Agent({ ...pool, rejectUnauthorized: !skipVerify }),
    headers: {
      "User-Agent": "pulumi-influx-token",
      "Content-Type": "application/json",
      Accept: "application/json",
    },
    validateStatus: () => true,
  });
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

function sentence(...parts: string[]): string {
  return parts.filter((part) => part !== "").join(": ");
}

function redact(text: string, secrets: readonly string[]): string {
  return secrets.reduce((redacted, secret) => redacted.replaceAll(secret, "(redacted)"), text);
}

function logExchange(
  host: string,
  { method, path, body }: Request,
  { status, data }: AxiosResponse<unknown>,
  secrets: readonly string[],
): void {
  const shown = (value: unknown): string =>
    JSON.stringify(value, (key, inner: unknown) => (key === "token" && inner !== "" ? "(redacted)" : inner));
  const lines = [`> ${method} ${host}${path}`, "> Authorization: Token (redacted)"];
  if (body !== undefined) lines.push(`> ${shown(body)}`);
  lines.push(`< ${status}`);
  if (data !== undefined && data !== "") lines.push(`< ${shown(data)}`);
  console.error(redact(lines.join("\n"), secrets));
}
