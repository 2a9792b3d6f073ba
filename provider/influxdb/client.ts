import { reached } from "../connection/connectTo";
import { type Proxy, secretsOf } from "../connection/proxy";
import type { Connection } from "../connection/resolve";
import { ForeignAnswerError, NetworkError, ServerError } from "../errors";
import type { Runtime } from "../runtime";
import { quoted } from "../text";
import { adviceFor, type Caller, frontAdvice, networkAdvice, proxyAdvice, sentence } from "./advice";
import { type Answer, errorBody, isOwn, provesNothingDone, refusesToken, retryAfterMs } from "./answer";
import { describeExchange, redact } from "./debugLog";
import { createHttp, type Http, type Message, NoAnswer } from "./http";
import { A_WEB_PAGE, identify } from "./identify";
import type { Server } from "./server";

/** One request to the server. */
export interface Request extends Message {
  /** What it is for, to be read after "cannot", such as `create the token "ci"`. */
  readonly purpose: string;
  /** Whether a success counts only where InfluxDB's headers show that it is its own. */
  readonly ownOnly?: boolean;
}

/** Talks to one server with one token. One for each session. */
export interface InfluxClient {
  /** URL of the server, without a trailing slash. */
  readonly host: string;
  /** Where the token was found that is used now: it changes where a stale one is replaced. */
  readonly tokenFrom: string;
  /** How often a request that failed may be retried. */
  readonly retries: number;
  /** How long a request may take, its retries included: milliseconds. */
  readonly timeoutMs: number;
  /** How far the server's clock is ahead of this machine's, in milliseconds, by its last answer. */
  readonly clockAheadMs: number;
  /**
   * Sends a request and gives the body of its successful answer. GET, PATCH and DELETE are retried after failures
   * that may pass; POST only when it is certain that the server did nothing, and the first one only after an answer
   * that is InfluxDB's own. Where nobody listens, that is waited for.
   *
   * @throws {ServerError} for any answer but success.
   * @throws {NetworkError} when no answer came within the connection's time.
   */
  request(request: Request): Promise<unknown>;
  /** Which software is at the address, where it does not answer as InfluxDB 2.x should; else empty. */
  identify(): Promise<string>;
  /** What to throw where a success was answered in a shape, or from a place, that is not InfluxDB's. */
  foreignAnswer(purpose: string): Promise<ForeignAnswerError>;
}

type Credential = Pick<Connection, "token" | "tokenFrom">;

/** An answer, and the token with which it was asked for. */
interface Exchange {
  readonly answer: Answer;
  readonly credential: Credential;
}

/** Messages of InfluxDB that are always the same, and that decide what is done. */
const FIXED_WORDS =
  /^((authorization|organization|user|bucket|path) not found|unauthorized access|token is inactive|User is inactive)$/;

/** As much as a message repeats of what the server said. */
const MAX_SAID = 500;

/** How long an answer may take that only makes an error's message better: milliseconds. */
const IDENTIFY_MS = 5_000;

/** What InfluxDB answers by itself: the second where a gateway passes on the API only. */
const GREETINGS = ["/ping", "/api/v2/me"] as const;

export class HttpClient implements InfluxClient {
  readonly host: string;
  readonly retries: number;
  readonly timeoutMs: number;
  clockAheadMs = 0;
  private readonly http: Http;
  private credential: Credential;
  /** By what the credential of the connection was refused that another one replaced. */
  private replaced: Exchange | undefined;
  /** Whether InfluxDB itself ever answered here. */
  private isKnown = false;
  private greeting: Promise<NoAnswer | Answer[] | undefined> | undefined;
  private identity: Promise<string> | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly server: Server,
    private readonly runtime: Pick<Runtime, "now" | "log">,
  ) {
    ({ host: this.host, retries: this.retries, timeoutMs: this.timeoutMs } = connection);
    this.credential = connection;
    this.http = createHttp(connection);
  }

  get tokenFrom(): string {
    return this.credential.tokenFrom;
  }

  async request(request: Request): Promise<unknown> {
    if (request.method === "POST") await this.meet(request);
    const exchange = await this.send(request);
    const { status, data } = exchange.answer;
    if (status < 200 || status >= 300) throw await this.refusal(request, exchange);
    if (request.ownOnly === true && !isOwn(exchange.answer)) throw await this.foreignAnswer(request.purpose);
    return data;
  }

  identify(): Promise<string> {
    const ask = (path: string): Promise<Answer | undefined> =>
      this.http.ask(path, Math.min(this.timeoutMs, IDENTIFY_MS));
    // Shared by all who ask at once, and not kept: a server that is starting is another one a moment later.
    this.identity ??= identify(this.host, ask).finally(() => (this.identity = undefined));
    return this.identity;
  }

  async foreignAnswer(purpose: string): Promise<ForeignAnswerError> {
    const identity = (await this.identify()) || "does a proxy stand at this address?";
    return new ForeignAnswerError(`cannot ${purpose}: the answer is not InfluxDB's: ${identity}`);
  }

  /**
   * Makes sure, before anything is made, that InfluxDB answers here. Else what is merely set up wrongly, such as a
   * proxy that wants a password, would leave open whether a token was made.
   */
  private async meet(request: Request): Promise<void> {
    if (this.isKnown) return;
    this.greeting ??= this.greet().finally(() => (this.greeting = undefined));
    const found = await this.greeting;
    if (found instanceof NoAnswer) throw this.noAnswer(request, found, true);
    if (found === undefined) return;
    const statuses = found.map(({ status }, at) => `GET ${GREETINGS[at] ?? ""} with ${status}`);
    const answered = `${reached(this.connection)} answered ${statuses.join(" and ")}, without InfluxDB's own headers such as X-Influxdb-Version`;
    const status = found.at(-1)?.status ?? 0;
    const advice = await this.adviceOnFront(status, this.credential);
    const message = sentence(`cannot ${request.purpose}`, answered, advice, "nothing was made");
    throw new ServerError(message, { status, said: "", own: false, nothingDone: true, retryAfterMs: 0 });
  }

  /** What was answered in InfluxDB's place, or why nothing was; nothing where it answered itself. */
  private async greet(): Promise<NoAnswer | Answer[] | undefined> {
    const answers: Answer[] = [];
    for (const path of GREETINGS) {
      try {
        answers.push((await this.exchange({ method: "GET", path })).answer);
      } catch (error) {
        if (error instanceof NoAnswer) return error;
        throw error;
      }
      if (this.isKnown) return undefined;
    }
    return answers;
  }

  private async send(request: Request): Promise<Exchange> {
    try {
      return await this.exchange(request);
    } catch (error) {
      if (error instanceof NoAnswer) throw this.noAnswer(request, error, !error.mayHaveArrived);
      throw error;
    }
  }

  /**
   * The state remembers the token that was right when it was written; whoever runs the program now may have a newer
   * one. What was in flight with the old one is retried, and what is in the queue is sent with the new one.
   */
  private exchange(message: Message): Promise<Exchange> {
    const { maxConcurrent, fallback } = this.connection;
    return this.server.limiter.run(maxConcurrent, async () => {
      const first = await this.exchangeWith(message, this.credential);
      if (fallback === undefined || first.credential === fallback || !refusesToken(first.answer))
        return first;
      const second = await this.exchangeWith(message, fallback);
      this.replaced ??= first;
      if (!refusesToken(second.answer)) this.credential = fallback;
      return second;
    });
  }

  private async exchangeWith(message: Message, credential: Credential): Promise<Exchange> {
    const answer = await this.sendOnceListening(message, credential);
    this.server.startup.answered();
    if (isOwn(answer)) {
      this.isKnown = true;
      // A proxy in front of the server has a clock of its own.
      const date = Date.parse(String(answer.headers["date"]));
      if (!Number.isNaN(date)) this.clockAheadMs = date - this.runtime.now();
    }
    if (this.connection.httpDebug) {
      this.runtime.log.debug(describeExchange(this.host, message, answer, this.secrets()));
    }
    return { answer, credential };
  }

  private async sendOnceListening(message: Message, { token }: Credential): Promise<Answer> {
    let deadline: number | undefined;
    for (;;) {
      try {
        return await this.http.send(message, token);
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        if (this.connection.httpDebug) {
          this.runtime.log.debug(`> ${message.method} ${this.host}${message.path}\n< ${error.reason}`);
        }
        const { now } = this.runtime;
        deadline ??= now() + this.timeoutMs;
        const mayWait = error.isRefused && now() < deadline;
        const isListening = (): Promise<boolean> => this.http.isListening();
        if (mayWait && (await this.server.startup.waitUntilListening(this.timeoutMs, isListening))) continue;
        throw error;
      }
    }
  }

  private noAnswer({ purpose }: Request, error: NoAnswer, nothingDone: boolean): NetworkError {
    const { proxy, connectTo } = this.connection;
    const { reason, isProxys, mayHaveArrived } = error;
    const [what, advice] =
      proxy !== undefined && isProxys
        ? [`${proxyOf(proxy)}, lets nothing through to ${this.host}`, proxyAdvice(reason, proxy.from)]
        : [
            `no answer from ${reached(this.connection)}${proxy ? ` through ${proxyOf(proxy)}` : ""}`,
            networkAdvice(reason, this.caller(this.credential), mayHaveArrived, connectTo?.from),
          ];
    const why = reason === "ERR_CANCELED" ? `${this.timeoutMs} ms are over` : reason;
    return new NetworkError(sentence(`cannot ${purpose}`, what, why, advice), nothingDone);
  }

  private async refusal({ purpose }: Request, { answer, credential }: Exchange): Promise<ServerError> {
    const { status } = answer;
    const { code, message } = errorBody(answer);
    // InfluxDB's own words decide, also where one of them happens to be a secret.
    const said = FIXED_WORDS.test(message) ? message : redact(message, this.secrets());
    const own = isOwn(answer);
    const { proxy, fallback } = this.connection;
    // Only what InfluxDB 2.x would not say, or says of every token before it is set up, leaves open who it is.
    const isOdd = code === undefined || (status === 401 && message === "unauthorized access");
    const identity = own && isOdd ? await this.identify() : "";
    let advice = own
      ? identity || adviceFor(status, this.caller(credential), said)
      : await this.adviceOnFront(status, credential);
    if (status === 407 && proxy !== undefined) {
      advice = `this is ${proxyOf(proxy)}: ${proxyAdvice("407", proxy.from)}`;
    } else if (identity === "" && credential === fallback && this.replaced && refusesToken(answer)) {
      const { answer: first, credential: stale } = this.replaced;
      const before = adviceFor(first.status, this.caller(stale), errorBody(first).message);
      advice = `${before}; the one that was tried in its place is refused as well: ${advice}`;
    }
    return new ServerError(
      sentence(
        `cannot ${purpose}`,
        `${reached(this.connection)} answered ${status}${said === "" ? "" : ` ${quoted(said, MAX_SAID)}`}`,
        advice,
      ),
      {
        status,
        said,
        own,
        nothingDone: provesNothingDone(answer),
        retryAfterMs: retryAfterMs(answer),
      },
    );
  }

  private async adviceOnFront(status: number, credential: Credential): Promise<string> {
    const advice = frontAdvice(status, this.caller(credential));
    if (status === 407 || status === 429) return advice;
    const identity = await this.identify();
    const isTelling = status < 404 && status >= 300;
    return identity === "" || (identity === A_WEB_PAGE && isTelling) ? advice : identity;
  }

  private caller({ tokenFrom }: Credential): Caller {
    return { host: this.host, hostFrom: this.connection.hostFrom, tokenFrom };
  }

  private secrets(): string[] {
    const { tls, token, fallback, proxy } = this.connection;
    const known = [token, fallback?.token, tls.key, ...(proxy ? secretsOf(proxy) : [])];
    return known.filter((secret) => secret !== undefined);
  }
}

function proxyOf({ url, from }: Proxy): string {
  return `the proxy ${url}, from ${from}`;
}
