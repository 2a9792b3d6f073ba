import type Axios from "axios";
import type { AxiosError } from "axios";
import type AxiosRetry from "axios-retry";
import type { Connection } from "../connection/resolve";
import { agentsFor, NO_TUNNEL, type NoTunnelError } from "./agents";
import { type Answer, TRANSIENT_STATUS, provesNothingDone } from "./answer";
import { Attempts, OpenSockets } from "./openSockets";

/** What is sent. */
export interface Message {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below the server's URL, such as `/api/v2/me`; each variable part percent-encoded. */
  readonly path: string;
  readonly body?: unknown;
}

/** Why there is no answer. */
export class NoAnswer extends Error {
  constructor(
    /** The system's code, or what a proxy answered in place of opening a tunnel. */
    readonly reason: string,
    /** `false` is a proof: no connection was open that the request could have gone through. */
    readonly mayHaveArrived: boolean,
    /** Whether it is the proxy that does not let anything through. */
    readonly isProxys: boolean,
    /** Whether nobody listens at the server's address. */
    readonly isRefused: boolean,
  ) {
    super(reason);
  }
}

/** A connection's way to its server: keeps connections open, and retries what may be retried. */
export interface Http {
  /** @throws {NoAnswer} where none came within the connection's time. */
  send(message: Message, token: string): Promise<Answer>;
  /** Asks once and without a token; `undefined` where no answer comes in time. */
  ask(path: string, timeoutMs: number): Promise<Answer | undefined>;
  /** Whether anybody listens at the server's address. */
  isListening(): Promise<boolean>;
}

/** How long it may take to open a connection that only shows whether anybody listens: milliseconds. */
const PROBE_MS = 2_000;

export function createHttp(connection: Connection): Http {
  // Loaded with the first request only: a preview sends none and should not pay for it.
  const axios = require("axios") as typeof Axios;
  const { default: axiosRetry, ...delays } = require("axios-retry") as { default: typeof AxiosRetry } & {
    exponentialDelay: typeof AxiosRetry.exponentialDelay;
  };
  const { host, timeoutMs, retries, proxy } = connection;
  const isProxied = proxy !== undefined;
  const sockets = new OpenSockets();
  const instance = axios.create({
    baseURL: host,
    timeout: timeoutMs,
    // InfluxDB never redirects, and a redirect to elsewhere must not carry the token along.
    maxRedirects: 0,
    ...agentsFor(connection, sockets),
    headers: {
      "User-Agent": "pulumi-influx-token",
      "Content-Type": "application/json",
      Accept: "application/json",
    },
    validateStatus: (status) => !TRANSIENT_STATUS.has(status),
  });
  axiosRetry(instance, {
    retries,
    retryCondition: (error) => mayRetry(error, isProxied),
    retryDelay: (count, error) => delays.exponentialDelay(count, error),
  });
  const once = async (path: string, timeout: number): Promise<Answer> =>
    instance.get<unknown>(path, {
      "axios-retry": { retries: 0 },
      validateStatus: () => true,
      timeout,
      signal: AbortSignal.timeout(timeout),
    });
  return {
    async send({ method, path, body }, token) {
      const attempts = new Attempts(sockets);
      try {
        return await instance.request<unknown>({
          method,
          url: path,
          data: body,
          headers: { Authorization: `Token ${token}` },
          signal: AbortSignal.timeout(timeoutMs),
          transport: attempts,
        });
      } catch (error) {
        const failed = error as AxiosError;
        // After the last retry the answer is what it is.
        if (failed.response !== undefined && !wasCutOff(failed)) return failed.response;
        throw noAnswer(failed, attempts, isProxied);
      }
    },
    ask: (path, timeout) => once(path, timeout).catch(() => undefined),
    isListening: () =>
      once("/ping", PROBE_MS).then(
        () => true,
        (error: unknown) => !isRefusal(error as AxiosError),
      ),
  };
}

function noAnswer(error: AxiosError, { mayHaveArrived }: Attempts, isProxied: boolean): NoAnswer {
  const isNoTunnel = error.code === NO_TUNNEL;
  const reason = isRefusal(error) ? "ECONNREFUSED" : reasonOf(error);
  const isNeverReached = NEVER_REACHED.has(reason);
  return new NoAnswer(
    reason,
    mayHaveArrived,
    // Behind a proxy it is the proxy whose name is resolved, and who is called.
    isProxied && (isNoTunnel || isNeverReached),
    !isProxied && reason === "ECONNREFUSED",
  );
}

/** Failures before anybody was reached. */
const NEVER_REACHED: ReadonlySet<string> = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"]);

/** Failures that may pass. A name that is not there will not be there a moment later. */
const TRANSIENT_CODES: ReadonlySet<string> = new Set([
  "EAI_AGAIN",
  "ECONNRESET",
  "ECONNABORTED",
  "ETIMEDOUT",
  "EPIPE",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ERR_BAD_RESPONSE",
]);

/** TLS that was fine when it began, and of which something on the way changed a byte. */
const DAMAGED = /BAD_RECORD_MAC|DECRYPT/;

/** The system's code of a failed connection, or what the proxy said. */
function reasonOf({ code = "no answer", cause }: AxiosError): string {
  return code === NO_TUNNEL ? (cause as unknown as NoTunnelError).reason : code;
}

/** Whether nobody listens. A name with several addresses has an error for each of them. */
function isRefusal(error: AxiosError): boolean {
  const { errors = [] } = (error.cause ?? {}) as { errors?: readonly NodeJS.ErrnoException[] };
  return reasonOf(error) === "ECONNREFUSED" || errors.some(({ code }) => code === "ECONNREFUSED");
}

/** A direct connection that is refused is not retried here: startup.ts waits for the server. */
function mayRetry(error: AxiosError, isProxied: boolean): boolean {
  const { response, config } = error;
  const isSafe = String(config?.method).toUpperCase() !== "POST";
  if (response !== undefined && !wasCutOff(error)) {
    return TRANSIENT_STATUS.has(response.status) && (isSafe || provesNothingDone(response));
  }
  if (!isSafe && (config?.transport as Attempts).mayHaveArrived) return false;
  const reason = reasonOf(error);
  return (
    TRANSIENT_CODES.has(reason) ||
    DAMAGED.test(reason) ||
    (isProxied && reason === "ECONNREFUSED") ||
    (error.code === NO_TUNNEL && TRANSIENT_STATUS.has(Number(reason)))
  );
}

/** Whether the answer began and never ended. */
function wasCutOff({ code = "", response }: AxiosError): boolean {
  if (response === undefined) return false;
  return !(TRANSIENT_STATUS.has(response.status) && code.startsWith("ERR_BAD_"));
}
