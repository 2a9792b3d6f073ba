import { reached } from "../connection/connectTo";
import { type Proxy, secretsOf } from "../connection/proxy";
import type { Connection } from "../connection/resolve";
import { ForeignAnswerError, NetworkError, ServerError } from "../errors";
import { quoted } from "../text";
import { adviceFor, type Caller, frontAdvice, networkAdvice, proxyAdvice, sentence } from "./advice";
import { type Answer, errorBody, isOwn, provesNothingDone, refusesToken, retryAfterMs } from "./answer";
import { redact } from "./debugLog";
import type { NoAnswer } from "./http";
import { A_WEB_PAGE } from "./identify";

/** A token, and where it was found. */
export type Credential = Pick<Connection, "token" | "tokenFrom">;

/** An answer, and the token with which it was asked for. */
export interface Exchange {
  readonly answer: Answer;
  readonly credential: Credential;
}

/** The answer to a request that InfluxDB answers by itself, where it was not InfluxDB's. */
export interface Greeting {
  readonly path: string;
  readonly status: number;
}

/** Messages of InfluxDB that are always the same, and that decide what is done. */
const FIXED_WORDS =
  /^((authorization|organization|user|bucket|path) not found|unauthorized access|token is inactive|User is inactive)$/;

/** As much as a message repeats of what the server said. */
const MAX_SAID = 500;

/** The errors of one connection: what was tried, what was answered, what to do next. They hold no secret. */
export class Failures {
  /** @param identify which software is at the address; empty where it is an InfluxDB 2.x. */
  constructor(
    private readonly connection: Connection,
    private readonly identify: () => Promise<string>,
  ) {}

  /** No answer came. */
  noAnswer(purpose: string, error: NoAnswer, tokenFrom: string, nothingDone: boolean): NetworkError {
    const { host, proxy, connectTo, timeoutMs } = this.connection;
    const { reason, isProxys, mayHaveArrived } = error;
    const [what, advice] =
      proxy !== undefined && isProxys
        ? [`${named(proxy)}, lets nothing through to ${host}`, proxyAdvice(reason, proxy.from)]
        : [
            `no answer from ${reached(this.connection)}${proxy ? ` through ${named(proxy)}` : ""}`,
            networkAdvice(reason, this.caller(tokenFrom), mayHaveArrived, connectTo?.from),
          ];
    const why = reason === "ERR_CANCELED" ? `${timeoutMs} ms are over` : reason;
    return new NetworkError(sentence(`cannot ${purpose}`, what, why, advice), nothingDone);
  }

  /** Something answered before the first POST, and it was not InfluxDB. */
  async noGreeting(purpose: string, answers: readonly Greeting[], tokenFrom: string): Promise<ServerError> {
    const statuses = answers.map(({ path, status }) => `GET ${path} with ${status}`);
    const answered = `${reached(this.connection)} answered ${statuses.join(" and ")}, without InfluxDB's own headers such as X-Influxdb-Version`;
    const status = answers.at(-1)?.status ?? 0;
    const advice = await this.adviceOnFront(status, tokenFrom);
    const message = sentence(`cannot ${purpose}`, answered, advice, "nothing was made");
    return new ServerError(message, { status, said: "", own: false, nothingDone: true, retryAfterMs: 0 });
  }

  /**
   * An answer other than success.
   *
   * @param replaced how the connection's own token was refused, where another one took its place.
   */
  async refusal(
    purpose: string,
    { answer, credential }: Exchange,
    replaced: Exchange | undefined,
  ): Promise<ServerError> {
    const { status } = answer;
    const { code, message } = errorBody(answer);
    // InfluxDB's own words decide, also where one of them happens to be a secret.
    const said = FIXED_WORDS.test(message) ? message : redact(message, secretsIn(this.connection));
    const own = isOwn(answer);
    const { proxy, fallback } = this.connection;
    // Only what InfluxDB 2.x would not say, or says of every token before it is set up, leaves open who it is.
    const isOdd = code === undefined || (status === 401 && message === "unauthorized access");
    const identity = own && isOdd ? await this.identify() : "";
    let advice = own
      ? identity || adviceFor(status, this.caller(credential.tokenFrom), said)
      : await this.adviceOnFront(status, credential.tokenFrom);
    if (status === 407 && proxy !== undefined) {
      advice = `this is ${named(proxy)}: ${proxyAdvice("407", proxy.from)}`;
    } else if (identity === "" && credential === fallback && replaced && refusesToken(answer)) {
      const { answer: first, credential: stale } = replaced;
      const before = adviceFor(first.status, this.caller(stale.tokenFrom), errorBody(first).message);
      advice = `${before}; the one that was tried in its place is refused as well: ${advice}`;
    }
    const answered = `${reached(this.connection)} answered ${status}${said === "" ? "" : ` ${quoted(said, MAX_SAID)}`}`;
    return new ServerError(sentence(`cannot ${purpose}`, answered, advice), {
      status,
      said,
      own,
      nothingDone: provesNothingDone(answer),
      retryAfterMs: retryAfterMs(answer),
    });
  }

  /** A success in a shape, or from a place, that is not InfluxDB's. */
  async foreignAnswer(purpose: string): Promise<ForeignAnswerError> {
    const identity = (await this.identify()) || "does a proxy stand at this address?";
    return new ForeignAnswerError(`cannot ${purpose}: the answer is not InfluxDB's: ${identity}`);
  }

  private async adviceOnFront(status: number, tokenFrom: string): Promise<string> {
    const advice = frontAdvice(status, this.caller(tokenFrom));
    if (status === 407 || status === 429) return advice;
    const identity = await this.identify();
    const saysMore = status < 404 && status >= 300;
    return identity === "" || (identity === A_WEB_PAGE && saysMore) ? advice : identity;
  }

  private caller(tokenFrom: string): Caller {
    const { host, hostFrom } = this.connection;
    return { host, hostFrom, tokenFrom };
  }
}

/** What no message and no log may show. */
export function secretsIn({ tls, token, fallback, proxy }: Connection): string[] {
  const known = [token, fallback?.token, tls.key, ...(proxy ? secretsOf(proxy) : [])];
  return known.filter((secret) => secret !== undefined);
}

function named({ url, from }: Proxy): string {
  return `the proxy ${url}, from ${from}`;
}
