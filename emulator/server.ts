import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Caller } from "./authorize";
import { ApiError, forbidden, notFound, unauthorized } from "./errors";
import type { Settings } from "./options";
import type { RequestCounter } from "./requestLog";
import { findHandler, isBelowResource, matchPath, publicRoutes, routes, type Match } from "./router";
import type { Reply, Request } from "./routes/route";
import type { Store } from "./store";

/** Longer than any client keeps an idle connection, so that no request meets a connection just closed. */
const KEEP_ALIVE_MS = 120_000;

const METHODS_WITHOUT_BODY: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/** An HTTP server in front of a store; not yet listening. */
export function createApiServer(store: Store, settings: Settings, requests: RequestCounter): Server {
  const server = createServer((message, response) => {
    const method = message.method ?? "GET";
    if (METHODS_WITHOUT_BODY.has(method)) {
      answer(method, message, Buffer.alloc(0), response);
      return;
    }
    const chunks: Buffer[] = [];
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("end", () => {
      answer(method, message, Buffer.concat(chunks), response);
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  return server;

  function answer(method: string, message: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const [path = "", ...query] = (message.url ?? "").split("?");
    const match = matchPath(path);
    requests.record(method, match.pattern);
    const request: Request = {
      store,
      settings,
      id: match.id,
      userID: match.userID,
      query: new URLSearchParams(query.join("?")),
      body,
      contentEncoding: message.headers["content-encoding"],
    };
    let reply: Reply;
    try {
      reply = dispatch(method, path, match, request, message.headers.authorization);
    } catch (error) {
      reply = errorReply(error);
    }
    send(response, reply, settings);
  }
}

/** Who asks is settled before what is asked: without a token even an unknown path is 401. */
function dispatch(
  method: string,
  path: string,
  { pattern, known }: Match,
  request: Request,
  authorization: string | undefined,
): Reply {
  // The server compares these paths to the letter: one with a slash at its end wants a token.
  const publicHandler = findHandler(publicRoutes, method, path);
  if (publicHandler !== undefined) return publicHandler(request);
  if (!path.startsWith("/api/v2")) throw notFound("path not found");
  // A browser's preflight would come with an origin; the bare method is refused before anything else.
  if (method === "OPTIONS") return { status: 405 };
  const caller = authenticate(request.store, authorization);
  if (!known) return unknownPath(path);
  return findHandler(routes, method, pattern)?.({ ...request, caller }) ?? { status: 405 };
}

function authenticate(store: Store, header: string | undefined): Caller {
  const token = /^(?:Token|Bearer) (.*)$/.exec(header ?? "")?.[1];
  const authorization = token === undefined ? undefined : store.authorizationByToken(token);
  if (authorization === undefined) throw unauthorized("unauthorized access");
  // A deleted user counts as an inactive one.
  if ((store.users.get(authorization.userID)?.status ?? "inactive") === "inactive") {
    throw forbidden("User is inactive");
  }
  return new Caller(authorization);
}

function unknownPath(path: string): Reply {
  if (!isBelowResource(path)) throw notFound("path not found");
  return {
    status: 404,
    text: "404 page not found\n",
    headers: { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff" },
  };
}

function errorReply(error: unknown): Reply {
  const { code, message, status } =
    error instanceof ApiError ? error : new ApiError("internal error", `emulator: ${String(error)}`);
  return { status, json: { code, message }, headers: { "X-Platform-Error-Code": code } };
}

function send(response: ServerResponse, reply: Reply, { version, now }: Settings): void {
  const text = reply.json === undefined ? (reply.text ?? "") : JSON.stringify(reply.json);
  response.writeHead(reply.status, {
    "X-Influxdb-Build": "OSS",
    "X-Influxdb-Version": version,
    Date: new Date(now()).toUTCString(),
    ...(reply.json !== undefined && { "Content-Type": "application/json; charset=utf-8" }),
    ...(reply.status !== 204 && { "Content-Length": Buffer.byteLength(text) }),
    ...reply.headers,
  });
  response.end(text);
}
