/** Takes every secret out of a text. */
export function redact(text: string, secrets: readonly string[]): string {
  return secrets.reduce((redacted, secret) => redacted.replaceAll(secret, "(redacted)"), text);
}

/** Writes one exchange to stderr, as `--http-debug` of the CLI does, but without any secret. */
export function logExchange(
  host: string,
  { method, path, body }: { readonly method: string; readonly path: string; readonly body?: unknown },
  { status, data }: { readonly status: number; readonly data: unknown },
  secrets: readonly string[],
): void {
  const lines = [`> ${method} ${host}${path}`, "> Authorization: Token (redacted)"];
  if (body !== undefined) lines.push(`> ${withoutTokens(body)}`);
  lines.push(`< ${status}`);
  if (data !== undefined && data !== "") lines.push(`< ${withoutTokens(data)}`);
  console.error(redact(lines.join("\n"), secrets));
}

function withoutTokens(value: unknown): string {
  // What is no JSON may be anything, a token in an unknown place included.
  if (typeof value === "string") return `(${value.length} characters that are no JSON)`;
  return JSON.stringify(value, (key, inner: unknown) =>
    key === "token" && inner !== "" ? "(redacted)" : inner,
  );
}
