import type { Connection } from "../connection/resolve";
import { type ForeignAnswerError, OwnTokenError } from "../errors";
import type { Runtime } from "../runtime";
import { type Answer, isOwn, refusesToken } from "./answer";
import { describeExchange } from "./debugLog";
import { type Credential, type Exchange, Failures, type Greeting, secretsIn } from "./failures";
import { createHttp, type Http, type Message, NoAnswer } from "./http";
import { identify } from "./identify";
import type { Server } from "./server";

/** One request to the server. */
export interface Request extends Message {
  /** What it is for, to be read after "cannot", such as `create the token "ci"`. */
  readonly purpose: string;
  /** Whether a success counts only where InfluxDB's headers show that it is its own. */
  readonly ownOnly?: boolean;
  /** The value of the token that it ends, where that is known: it is not sent with that one. */
  readonly ends?: string | undefined;
}

/** Talks to one server with one token. One for each session. */
export interface InfluxClient {
  /** URL of the server, without a trailing slash. */
  readonly host: string;
  /** Where the token was found that is used now: it changes where a stale one is replaced. */
  readonly tokenFrom: string;
  /** Whether requests are made with the token of this value now. */
  uses(token: string): boolean;
  /** How often a request that failed may be retried. */
  readonly retries: number;
  /** How long a request may take, its retries included: milliseconds. */
  readonly timeoutMs: number;
  /** How many requests may be in flight at the host at once. */
  readonly maxConcurrent: number;
  /** How far the server's clock is ahead of this machine's, in milliseconds, by its last answer. */
  readonly clockAheadMs: number;
  /**
   * Sends a request and gives the body of its successful answer. GET, PATCH and DELETE are retried after failures
   * that may pass; POST only when it is certain that the server did nothing, and the first one only after an answer
   * that is InfluxDB's own. Where nobody listens, that is waited for.
   *
   * @throws {OwnTokenError} for one that would end the very token that it is made with, before it is sent.
   * @throws {ServerError} for any answer but success.
   * @throws {NetworkError} when no answer came within the connection's time.
   */
  request(request: Request): Promise<unknown>;
  /** Which software is at the address, where it does not answer as InfluxDB 2.x should; else empty. */
  identify(): Promise<string>;
  /** What to throw where a success was answered in a shape, or from a place, that is not InfluxDB's. */
  foreignAnswer(purpose: string): Promise<ForeignAnswerError>;
}

/** How long an answer may take that only makes an error's message better: milliseconds. */
const IDENTIFY_MS = 5_000;

/** What InfluxDB answers by itself: the second where a gateway passes on the API only. */
const GREETINGS = ["/ping", "/api/v2/me"] as const;

export class HttpClient implements InfluxClient {
  readonly host: string;
  readonly retries: number;
  readonly timeoutMs: number;
  readonly maxConcurrent: number;
  clockAheadMs = 0;
  private readonly http: Http;
  private readonly failures: Failures;
  private credential: Credential;
  /** By what the credential of the connection was refused that another one replaced. */
  private replaced: Exchange | undefined;
  /** Whether InfluxDB itself ever answered here. */
  private isKnown = false;
  private greeting: Promise<NoAnswer | Greeting[] | undefined> | undefined;
  private identity: Promise<string> | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly server: Server,
    private readonly runtime: Pick<Runtime, "now" | "log">,
  ) {
    ({ host: this.host, retries: this.retries, timeoutMs: this.timeoutMs } = connection);
    this.maxConcurrent = connection.maxConcurrent;
    this.credential = connection;
    this.http = createHttp(connection);
    this.failures = new Failures(connection, () => this.identify());
  }

  get tokenFrom(): string {
    return this.credential.tokenFrom;
  }

  uses(token: string): boolean {
    return this.credential.token === token;
  }

  async request(request: Request): Promise<unknown> {
    if (request.method === "POST") await this.meet(request);
    const exchange = await this.send(request);
    const { status, data } = exchange.answer;
    if (status < 200 || status >= 300) {
      throw await this.failures.refusal(request.purpose, exchange, this.replaced);
    }
    if (request.ownOnly === true && !isOwn(exchange.answer)) throw await this.foreignAnswer(request.purpose);
    return data;
  }

  identify(): Promise<string> {
    const { maxConcurrent } = this.connection;
    const ask = (path: string): Promise<Answer | undefined> =>
      this.server.limiter.run(maxConcurrent, () =>
        this.http.ask(path, Math.min(this.timeoutMs, IDENTIFY_MS)),
      );
    // Shared by all who ask at once, and not kept: a server that is starting is another one a moment later.
    this.identity ??= identify(this.host, ask).finally(() => (this.identity = undefined));
    return this.identity;
  }

  foreignAnswer(purpose: string): Promise<ForeignAnswerError> {
    return this.failures.foreignAnswer(purpose);
  }

  /**
   * Makes sure, before anything is made, that InfluxDB answers here. Else what is merely set up wrongly, such as a
   * proxy that wants a password, would leave open whether a token was made.
   */
  private async meet(request: Request): Promise<void> {
    if (this.isKnown) return;
    this.greeting ??= this.greet().finally(() => (this.greeting = undefined));
    const found = await this.greeting;
    if (found instanceof NoAnswer) throw this.failures.noAnswer(request.purpose, found, this.tokenFrom, true);
    if (found !== undefined) throw await this.failures.noGreeting(request.purpose, found, this.tokenFrom);
  }

  /** What was answered in InfluxDB's place, or why nothing was; nothing where it answered itself. */
  private async greet(): Promise<NoAnswer | Greeting[] | undefined> {
    const answers: Greeting[] = [];
    for (const path of GREETINGS) {
      try {
        const { answer } = await this.exchange({ method: "GET", path });
        answers.push({ path, status: answer.status });
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
      if (error instanceof NoAnswer) {
        throw this.failures.noAnswer(request.purpose, error, this.tokenFrom, !error.mayHaveArrived);
      }
      throw error;
    }
  }

  /**
   * The state remembers the token that was right when it was written; whoever runs the program now may have a newer
   * one. What was in flight with the old one is retried, and what is in the queue is sent with the new one.
   */
  private exchange(message: Message & Partial<Request>): Promise<Exchange> {
    const { maxConcurrent, fallback } = this.connection;
    return this.server.limiter.run(maxConcurrent, async () => {
      const { credential } = this;
      assertOther(message, credential);
      const first = await this.exchangeWith(message, credential);
      if (fallback === undefined || first.credential === fallback || !refusesToken(first.answer))
        return first;
      // Refused as it was, the request has done nothing so far.
      assertOther(message, fallback);
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
      this.runtime.log.debug(describeExchange(this.host, message, answer, secretsIn(this.connection)));
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
}

/** Not the branch one sits on: who has only the token that is to end could end nothing after it. */
function assertOther({ ends, purpose = "" }: Message & Partial<Request>, credential: Credential): void {
  if (ends === credential.token) throw new OwnTokenError(purpose, credential.tokenFrom);
}
