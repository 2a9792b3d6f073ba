/** An HTTP answer, of InfluxDB or of anything in front of it. */
export interface Answer {
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly data: unknown;
}

/** Answers that may be others a moment later. */
export const TRANSIENT_STATUS: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Whether InfluxDB itself answered: a proxy in front of it does not write these headers. */
export function isOwn({ headers }: Pick<Answer, "headers">): boolean {
  return Object.keys(headers).some((name) =>
    /^x-(influxdb-(build|version)|platform-error-code)$/i.test(name),
  );
}

/** Whether the answer proves that the server did nothing: it refused by itself, or is still starting. */
export function provesNothingDone(answer: Answer): boolean {
  const { status } = answer;
  const refused = status >= 400 && status < 500 && status !== 408 && status !== 429;
  return isOwn(answer) && (refused || status === 503);
}

/** InfluxDB's words for a token whose owner was deleted or switched off. */
export const OWNER_INACTIVE = "User is inactive";

/** Whether the token itself is refused. One that lacks a right is no stale one: to use another's would widen it unasked. */
export function refusesToken(answer: Answer): boolean {
  if (!isOwn(answer)) return false;
  const { message } = errorBody(answer);
  // Said of a token whose owner was deleted or switched off.
  if (answer.status === 403) return message === OWNER_INACTIVE;
  return answer.status === 401 && !message.endsWith("is unauthorized");
}

/** InfluxDB's words for an error, where the answer has them. */
export function errorBody({ data }: Answer): { code: string | undefined; message: string } {
  if (typeof data !== "object" || data === null) return { code: undefined, message: "" };
  const { code, message } = data as { code?: unknown; message?: unknown };
  return {
    code: typeof code === "string" ? code : undefined,
    message: typeof message === "string" ? message : "",
  };
}

/** How long the answer asks to wait: milliseconds. */
export function retryAfterMs({ headers }: Answer): number {
  const value = headers["retry-after"];
  if (typeof value !== "string") return 0;
  const seconds = Number(value);
  const wait = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1_000;
  return Number.isNaN(wait) ? 0 : Math.max(0, wait);
}
