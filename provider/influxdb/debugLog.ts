import { printable } from "../text";

/** Long enough for all that a token's request and answer say. */
const MAX_LINE = 20_000;

/** Takes every secret out of a text, also as JSON writes it. */
export function redact(text: string, secrets: readonly string[]): string {
  const spellings = secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  // One may begin with another: the longest first, or its end would stay.
  const ordered = [...new Set(spellings)].sort((a, b) => b.length - a.length);
  return ordered.reduce((redacted, secret) => redacted.replaceAll(secret, "(redacted)"), text);
}

/** One exchange as `--http-debug` of the CLI shows it, but without any secret. */
export function describeExchange(
  host: string,
  { method, path, body }: { readonly method: string; readonly path: string; readonly body?: unknown },
  { status, data }: { readonly status: number; readonly data: unknown },
  secrets: readonly string[],
): string {
  const lines = [`> ${method} ${host}${path}`, "> Authorization: Token (redacted)"];
  if (body !== undefined) lines.push(`> ${withoutTokens(body)}`);
  lines.push(`< ${status}`);
  if (data !== undefined && data !== "") lines.push(`< ${withoutTokens(data)}`);
  return lines.map((line) => printable(redact(line, secrets), MAX_LINE)).join("\n");
}

function withoutTokens(value: unknown): string {
  // What is no JSON may be anything, a token in an unknown place included.
  if (typeof value === "string") return `(${value.length} characters that are no JSON)`;
  return JSON.stringify(value, (key, inner: unknown) =>
    /^(token|authorization)$/i.test(key) && inner !== "" ? "(redacted)" : inner,
  );
}
