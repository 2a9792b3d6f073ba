/** One request to a server's API. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** From the root, such as `/api/v2/me`. */
  readonly path: string;
  /** Sent as it is when it is text, else as JSON. */
  readonly body?: unknown;
}

/** What a server answered. */
export interface ApiAnswer {
  readonly status: number;
  /** The JSON that it sent, or `undefined`. */
  readonly body: unknown;
}

const TIMEOUT_MS = 30_000;

/**
 * Asks a server as any client would, not through the code that the demo is about. Any status is an answer.
 * @throws an `Error` without a secret when none comes
 */
export async function call(url: string, token: string | undefined, request: ApiRequest): Promise<ApiAnswer> {
  const { method, path, body } = request;
  let text: string;
  let status: number;
  try {
    const response = await fetch(`${url}${path}`, {
      method,
      ...(token !== undefined && { headers: { Authorization: `Token ${token}` } }),
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    status = response.status;
    text = await response.text();
  } catch (error) {
    // The message of a header that is not valid quotes the header: only the code is safe to show.
    const { name, cause } = error as Error;
    const { code = name } = (cause ?? {}) as { code?: string };
    throw new Error(
      `${method} ${url}${path}: no answer (${code}): is the server running, and its address right?`,
      { cause: error },
    );
  }
  return { status, body: parsed(text) };
}

/** Like {@link call}, for a request that must succeed. */
export async function demand<T>(url: string, token: string | undefined, request: ApiRequest): Promise<T> {
  const answer = await call(url, token, request);
  if (answer.status < 200 || answer.status > 299) throw new RefusedError(url, request, answer);
  return answer.body as T;
}

/** A request that must succeed did not. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly status: number;

  constructor(url: string, { method, path }: ApiRequest, answer: ApiAnswer) {
    super(`${method} ${url}${path} answered ${answer.status}${quoted(messageOf(answer))}`);
    this.status = answer.status;
  }
}

/** The server's own words in an error's answer, or nothing. */
export function messageOf({ body }: ApiAnswer): string {
  const { message } = (body ?? {}) as { message?: unknown };
  return typeof message === "string" ? message : "";
}

function quoted(message: string): string {
  return message === "" ? "" : ` "${message}"`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
