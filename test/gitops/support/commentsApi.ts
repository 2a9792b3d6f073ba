import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { closeServer } from "../../support/faultProxy";

/** One comment of the pull or merge request. */
export interface Comment {
  readonly id: number;
  body: string;
  /** Written by somebody whose comments this run's token may not edit. */
  readonly foreign: boolean;
}

/** The comments of one pull request of GitHub and of one merge request of GitLab, as far as the example asks for them. */
export interface CommentsApi {
  readonly url: string;
  /** The only token that is let in. */
  readonly token: string;
  readonly comments: Comment[];
  /** Each request that changed something: method and path. */
  readonly changes: string[];
  close(): Promise<void>;
}

const GITHUB = "/repos/acme/influx-tokens/issues";
const GITLAB = "/projects/42/merge_requests/7";

/** Where each host has its comments, and which method edits one. */
const LISTS = [`${GITHUB}/7/comments`, `${GITLAB}/notes`];
const ONE = new RegExp(`^(?:PATCH ${GITHUB}/comments|PUT ${GITLAB}/notes)/(\\d+)$`);

/** Neither host can run here. This server has their paths, methods, headers, pages and refusals. */
export async function startCommentsApi(): Promise<CommentsApi> {
  const token = "host-t0ken-that-must-not-leak";
  const changes: string[] = [];
  const comments: Comment[] = Array.from({ length: 120 }, (_, id) => ({ id, body: "LGTM", foreign: true }));
  const server = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://127.0.0.1");
    const what = `${request.method ?? ""} ${pathname}`;
    const reply = (status: number, body: unknown): void => {
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    };
    const given = pathname.startsWith(GITLAB)
      ? request.headers["private-token"]
      : request.headers.authorization;
    if (given !== token && given !== `Bearer ${token}`) {
      reply(401, { message: "Bad credentials" });
      return;
    }
    if (request.method === "GET" && LISTS.includes(pathname)) {
      const size = Number(searchParams.get("per_page"));
      const from = (Number(searchParams.get("page")) - 1) * size;
      reply(200, comments.slice(from, from + size));
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { body } = JSON.parse(Buffer.concat(chunks).toString()) as { body: string };
    if (request.method === "POST" && LISTS.includes(pathname)) {
      changes.push(what);
      comments.push({ id: comments.length, body, foreign: false });
      reply(201, comments.at(-1));
      return;
    }
    const comment = comments[Number(ONE.exec(what)?.[1] ?? -1)];
    if (comment === undefined) {
      reply(404, { message: "Not Found" });
    } else if (comment.foreign) {
      reply(403, { message: "Forbidden" });
    } else {
      changes.push(what);
      comment.body = body;
      reply(200, comment);
    }
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, token, comments, changes, close: () => closeServer(server) };
}
