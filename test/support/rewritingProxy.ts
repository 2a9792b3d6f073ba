import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Authorization, NewAuthorization } from "../../provider/types";
import { closeServer } from "./faultProxy";

/** A reverse proxy that changes what makes tokens, in requests and answers. */
export interface RewritingProxy {
  readonly url: string;
  /** What it makes of a request that makes a token. */
  request: (body: NewAuthorization) => NewAuthorization;
  /** What it makes of the answer. */
  answer: (answer: Authorization) => object;
  /** What it refuses itself. */
  refuses: (request: IncomingMessage) => boolean;
  /** Whether it gives each two answers to each other's request. */
  swaps: boolean;
  /** Whether the answers never come. */
  losesAnswers: boolean;
  close(): Promise<void>;
}

export async function startRewritingProxy(target: string): Promise<RewritingProxy> {
  let waiting: ((text: string) => void) | undefined;
  let held = "";
  /** The first of two waits for the second. */
  const swapped = (own: string): Promise<string> => {
    const give = waiting;
    waiting = undefined;
    if (give !== undefined) {
      give(own);
      return Promise.resolve(held);
    }
    held = own;
    return new Promise((resolve) => (waiting = resolve));
  };
  const pass = async (request: IncomingMessage, body: string) => {
    const makes = request.method === "POST";
    const sent = makes ? JSON.stringify(proxy.request(JSON.parse(body) as NewAuthorization)) : body;
    const response = await fetch(target + (request.url ?? ""), {
      method: request.method ?? "GET",
      headers: { Authorization: request.headers.authorization ?? "", "Content-Type": "application/json" },
      ...(sent !== "" && { body: sent }),
    });
    const text = await response.text();
    const isMade = makes && response.status === 201;
    const answer = isMade ? JSON.stringify(proxy.answer(JSON.parse(text) as Authorization)) : text;
    const headers = [...response.headers].filter(([name]) => /^(content-type|x-.*|date)$/.test(name));
    return {
      status: response.status,
      headers,
      isMade,
      answer: isMade && proxy.swaps ? await swapped(answer) : answer,
    };
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (proxy.refuses(request)) return void response.writeHead(403).end("no");
      void pass(request, Buffer.concat(chunks).toString()).then(({ status, headers, isMade, answer }) => {
        if (isMade && proxy.losesAnswers) return void request.socket.destroy();
        response.writeHead(status, headers.flat()).end(answer);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const proxy: RewritingProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    request: (body) => body,
    answer: (answer) => answer,
    refuses: () => false,
    swaps: false,
    losesAnswers: false,
    close: () => closeServer(server),
  };
  return proxy;
}
