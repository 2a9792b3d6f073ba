import { request } from "node:http";
import { request as secureRequest } from "node:https";

export interface HttpRequest {
  method: string;
  /** Path and query, from the slash on. */
  path: string;
  /** Sent as `Authorization: Token …`. */
  token?: string | undefined;
  headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is. */
  rawBody?: string | Buffer;
}

export interface HttpResponse {
  status: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The parsed body where it is JSON, else its text. */
  body: unknown;
}

/** One exchange with a server, without a client library's own views on errors, proxies and retries. */
export function call(
  url: string,
  { method, path, token, headers, body, rawBody }: HttpRequest,
): Promise<HttpResponse> {
  const target = new URL(path, url);
  const text = rawBody ?? (body === undefined ? "" : JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const outgoing = (target.protocol === "https:" ? secureRequest : request)(
      target,
      {
        method,
        headers: {
          ...(text.length > 0 && { "Content-Length": Buffer.byteLength(text) }),
          ...(token !== undefined && { Authorization: `Token ${token}` }),
          ...headers,
        },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("error", reject);
        incoming.on("end", () => {
          const answer = Buffer.concat(chunks).toString("utf8");
          const isJson = incoming.headers["content-type"]?.startsWith("application/json") === true;
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: isJson ? (JSON.parse(answer) as unknown) : answer,
          });
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end(text);
  });
}
