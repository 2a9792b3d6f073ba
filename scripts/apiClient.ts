/** What a server answered. */
export interface ApiAnswer {
  readonly status: number;
  /** The JSON that it sent, or `undefined`. */
  readonly body: unknown;
  /** Its own words where it refused, or nothing. */
  readonly message: string;
}

/** A request that had to succeed did not. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";

  constructor(
    request: string,
    readonly status: number,
    message: string,
  ) {
    super(`${request} answered ${status}${message && ` "${message}"`}`);
  }
}

const TIMEOUT_MS = 30_000;

/** Asks a server as any client would, not through the code that is shown or tested. */
export class ApiClient {
  constructor(
    /** Without a slash at the end. */
    readonly url: string,
    /** Used where a request names none. */
    readonly token?: string,
  ) {}

  /**
   * Sends one request; any status is an answer.
   * @param path from the root, such as `/api/v2/me`
   * @param body sent as it is when it is text, else as JSON
   * @throws an `Error` without a secret when no answer comes
   */
  async ask(method: string, path: string, body?: unknown, token = this.token): Promise<ApiAnswer> {
    try {
      const response = await fetch(`${this.url}${path}`, {
        method,
        ...(token !== undefined && { headers: { Authorization: `Token ${token}` } }),
        ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const answer = parsed(await response.text()) as { message?: unknown } | undefined;
      const message = typeof answer?.message === "string" ? answer.message : "";
      return { status: response.status, body: answer, message };
    } catch (error) {
      // The message of a header that is not valid quotes the header: only the code is safe to show.
      const { name, cause } = error as Error;
      const { code = name } = (cause ?? {}) as { code?: string };
      const request = `${method} ${this.url}${path}`;
      throw new Error(`${request}: no answer (${code}): is the server running, and its address right?`, {
        cause: error,
      });
    }
  }

  /** Sends a request that must succeed. @throws {RefusedError} for any other answer */
  async demand<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.ask(method, path, body);
    if (answer.status >= 200 && answer.status <= 299) return answer.body as T;
    throw new RefusedError(`${method} ${this.url}${path}`, answer.status, answer.message);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
