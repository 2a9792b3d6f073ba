import { printable } from "./text";

/** Far longer than any message; each foreign part of one is cut before. */
const MAX_LENGTH = 10_000;

/**
 * An error for the user: one plain message that says what was tried, what was answered and what to do next.
 * It never holds a secret. Pulumi's host prints `${error}: ${error.stack}`, which for this class is
 * `InfluxToken: <message>`, for a stack trace helps nobody to mend a stack.
 */
export class InfluxTokenError extends Error {
  override readonly name: string = "InfluxTokenError";

  /** @param lines to follow the message, each on a line of its own. */
  constructor(message: string, lines: readonly string[] = []) {
    super([message, ...lines].map((line) => printable(line, MAX_LENGTH)).join("\n  "));
    this.stack = this.message;
  }

  override toString(): string {
    return "InfluxToken";
  }
}

/** The connection cannot be resolved. `property` is the input to mend. */
export class ConnectionError extends InfluxTokenError {
  override readonly name = "ConnectionError";

  constructor(
    readonly property: string,
    message: string,
  ) {
    super(message);
  }
}

/** An answer other than success, of the server, or of other software at its address. */
interface Refusal {
  /** HTTP status. */
  readonly status: number;
  /** The answer's message, without secrets; empty where it has none. */
  readonly said: string;
  /** Whether InfluxDB itself answered, and not something in front of it. */
  readonly own: boolean;
  /** Whether it is certain that the request changed nothing. */
  readonly nothingDone: boolean;
  /** How long it asks to wait: milliseconds. */
  readonly retryAfterMs: number;
}

/** The server, or other software at its address, answered something other than success. */
export class ServerError extends InfluxTokenError implements Refusal {
  override readonly name = "ServerError";
  readonly status: number;
  readonly said: string;
  readonly own: boolean;
  readonly nothingDone: boolean;
  readonly retryAfterMs: number;

  constructor(message: string, { status, said, own, nothingDone, retryAfterMs }: Refusal) {
    super(message);
    this.status = status;
    this.said = said;
    this.own = own;
    this.nothingDone = nothingDone;
    this.retryAfterMs = retryAfterMs;
  }
}

/** No answer came: refused, reset, timed out, or the certificate was not accepted. */
export class NetworkError extends InfluxTokenError {
  override readonly name = "NetworkError";

  constructor(
    message: string,
    /** Whether it is certain that the request never arrived. */
    readonly nothingDone: boolean,
  ) {
    super(message);
  }
}

/** A success was answered that cannot be InfluxDB's, so that it is not known what was done. */
export class ForeignAnswerError extends InfluxTokenError {
  override readonly name = "ForeignAnswerError";
}

/** A request would end the very token that it is made with. Nothing was done. */
export class OwnTokenError extends InfluxTokenError {
  override readonly name = "OwnTokenError";

  /** @param purpose to be read after "cannot", such as `delete the token …`. */
  constructor(purpose: string, tokenFrom: string) {
    super(
      `cannot ${purpose}: it is the token that this run authenticates with, from ${tokenFrom}: nothing could be done with it any more. Give the run another token that may manage this one, such as an operator token; or take this one out of the stack and keep it, with \`pulumi state delete\``,
    );
  }
}

/** Whether the request may have changed something all the same. */
export function mayHaveTakenEffect(error: unknown): boolean {
  if (error instanceof ServerError || error instanceof NetworkError) return !error.nothingDone;
  return error instanceof ForeignAnswerError;
}

/** Whether the same request may succeed a moment later. A proxy in front of InfluxDB may answer anything for a while. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ServerError) return !error.own || error.status === 429 || error.status >= 500;
  return error instanceof NetworkError || error instanceof ForeignAnswerError;
}

/**
 * Whether InfluxDB said that there is no such thing, such as `authorization`. Neither a proxy's 404 counts, nor one about
 * something else, such as `path not found`.
 */
export function isNotFound(error: unknown, thing: string): error is ServerError {
  return (
    error instanceof ServerError && error.own && error.status === 404 && error.said === `${thing} not found`
  );
}
