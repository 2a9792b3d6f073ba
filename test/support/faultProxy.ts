import {
  createServer,
  type IncomingMessage,
  request as forward,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

/** What a network, a proxy or a busy server can do to one request. */
export const FAULTS = [
  "drop before", // the request never arrives
  "drop after", // it arrives, and its answer does not
  "delay", // both arrive, late
  "truncate", // half of the answer arrives
  "garbage", // it arrives, and a page that is not InfluxDB's comes back
  "garbage before", // it does not even arrive
  "429",
  "500", // said by something in between, after the request arrived
  "502",
  "503",
  "503 before", // the server asks to come again: it did nothing
  "duplicate", // the answer comes twice
  "drip", // it comes byte by byte
] as const;

export type Fault = (typeof FAULTS)[number];

/** Stops a request where it is, until it is let go. */
export interface Hold {
  /** Before the server hears of it, or after the server did it and before its answer is sent. */
  readonly at: "before" | "after";
  /** Called once it is there. */
  readonly reached: () => void;
  /** Settles when it may go on. A request whose sender is gone by then never arrives. */
  readonly released: Promise<void>;
}

/** A proxy that does to each request what it is told. */
export interface FaultProxy {
  readonly url: string;
  /**
   * Ends as a server's process does that is killed: every connection breaks, and new ones are refused. What the
   * server behind it has done stays done, as on a disk.
   */
  kill(): Promise<void>;
  /** Listens again at the same address. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** A generator of numbers from 0 up to 1 that gives the same ones for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** @param next says what to do to a request; `undefined` lets it pass. */
export async function startFaultProxy(
  target: string,
  next: (request: IncomingMessage, body: Buffer) => Fault | Hold | undefined,
): Promise<FaultProxy> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      const what = next(request, body);
      void (typeof what === "object"
        ? hold(target, request, body, response, what)
        : serve(target, request, body, response, what));
    });
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    kill: () => closeServer(server),
    restart: () => listen(port),
    close: () => closeServer(server),
  };
}

/** Ends a server and every connection to it. */
export async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[]>;
  readonly body: Buffer;
}

async function hold(
  target: string,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  { at, reached, released }: Hold,
): Promise<void> {
  if (at === "before") {
    reached();
    await released;
    if (request.socket.destroyed) return;
  }
  const { status, headers, body: answer } = await ask(target, request, body);
  if (at === "after") {
    reached();
    await released;
  }
  response.writeHead(status, headers).end(answer);
}

async function serve(
  target: string,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  fault: Fault | undefined,
): Promise<void> {
  const page = (): unknown =>
    response.writeHead(200, { "Content-Type": "text/html" }).end("<html>Sign in</html>");
  if (fault === "drop before") return void request.socket.destroy();
  if (fault === "garbage before") return void page();
  if (fault === "429") return void response.writeHead(429, { "Retry-After": "0" }).end();
  if (fault === "503 before") return void response.writeHead(503, { "Retry-After": "0" }).end();
  if (fault === "delay") await pause(20);
  const answer = await ask(target, request, body);
  switch (fault) {
    case "drop after":
      return void request.socket.destroy();
    case "garbage":
      return void page();
    case "500":
    case "502":
    case "503":
      return void response.writeHead(Number(fault)).end("<html>proxy error</html>");
    case "truncate":
      response
        .writeHead(answer.status, answer.headers)
        .write(answer.body.subarray(0, answer.body.length / 2), () => {
          request.socket.destroy();
        });
      return;
    case "drip":
      response.writeHead(answer.status, answer.headers);
      for (let at = 0; at < answer.body.length; at += 64) {
        response.write(answer.body.subarray(at, at + 64));
        await pause(1);
      }
      return void response.end();
    case "duplicate": {
      const text = raw(answer);
      request.socket.write(text);
      return void request.socket.write(text);
    }
    default:
      return void response.writeHead(answer.status, answer.headers).end(answer.body);
  }
}

function ask(target: string, { method, url, headers }: IncomingMessage, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(target);
    const options = {
      hostname,
      port,
      method,
      path: url,
      headers: { ...headers, host: `${hostname}:${port}` },
    };
    forward(options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => {
        // These two are between each pair of neighbours, not for the whole way.
        const headers = Object.fromEntries(
          Object.entries(answer.headers as Answer["headers"]).filter(
            ([name]) => !/^(connection|keep-alive)$/.test(name),
          ),
        );
        resolve({ status: answer.statusCode ?? 500, headers, body: Buffer.concat(chunks) });
      });
    })
      .on("error", reject)
      .end(body);
  });
}

function raw({ status, headers, body }: Answer): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`);
  const length = status === 204 ? [] : [`content-length: ${body.length}`];
  const head = [
    `HTTP/1.1 ${status} OK`,
    ...lines.filter((line) => !line.startsWith("content-length")),
    ...length,
  ];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), body]);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
