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
  "401", // said by something in between, after the request arrived
  "404",
  "500",
  "502",
  "503",
  "401 before", // said by something in between, in place of the server
  "404 before",
  "429",
  "503 before", // it asks to come again
  "refused", // the request breaks off, and for a while nobody listens
  "duplicate", // the answer comes twice
  "drip", // it comes byte by byte
  "swap", // the answers of two requests that make tokens are taken for each other
  "trim", // blanks around a new token's description are lost on the way there
  "widen", // a new token gets a permission more on the way there
  "narrow in answer", // the answer tells one permission less than a new token has
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

/** How long nobody listens. */
const REFUSING_MS = 100;

/** How long an answer waits for another one to be taken for. */
const SWAP_MS = 30;

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
      if (what === "refused") return void refuseForAWhile();
      const answered =
        typeof what === "object"
          ? hold(target, request, body, response, what)
          : serve(target, request, body, response, what, swaps);
      // The server may end while a request is on its way that its client gave up.
      answered.catch(() => request.socket.destroy());
    });
  });
  const swaps: Swaps = [];
  let back: Promise<void> | undefined;
  const refuseForAWhile = (): Promise<void> =>
    (back ??= closeServer(server)
      .then(() => pause(REFUSING_MS))
      .then(() => listen(port))
      .finally(() => (back = undefined)));
  const listen = (port: number): Promise<void> =>
    new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    kill: () => closeServer(server),
    restart: () => listen(port),
    close: async () => {
      await back;
      await closeServer(server);
    },
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
  swaps: Swaps,
): Promise<void> {
  const page = (): unknown =>
    response.writeHead(200, { "Content-Type": "text/html" }).end("<html>Sign in</html>");
  if (fault === "drop before") return void request.socket.destroy();
  if (fault === "garbage before") return void page();
  const refuse = (status: number): unknown =>
    response.writeHead(status, { "Content-Type": "text/html", "Retry-After": "0" }).end("<html>no</html>");
  if (fault === "429") return void refuse(429);
  if (fault === "401 before" || fault === "404 before" || fault === "503 before") {
    return void refuse(Number.parseInt(fault, 10));
  }
  if (fault === "delay") await pause(20);
  const makes = request.method === "POST";
  const answer = await ask(target, request, makes ? changed(body, fault) : body);
  switch (fault) {
    case "drop after":
      return void request.socket.destroy();
    case "garbage":
      return void page();
    case "401":
    case "404":
    case "500":
    case "502":
    case "503":
      return void response.writeHead(Number(fault)).end("<html>proxy error</html>");
    case "swap": {
      const { status, headers, body } = makes ? await swapped(answer, swaps) : answer;
      return void response.writeHead(status, headers).end(body);
    }
    case "narrow in answer": {
      const told = makes && answer.status === 201 ? narrowed(answer.body) : answer.body;
      return void response
        .writeHead(answer.status, { ...answer.headers, "content-length": String(told.length) })
        .end(told);
    }
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

type Body = Record<string, unknown> & { permissions: { action: string; resource: object }[] };

/** What a new token's request becomes on the way. */
function changed(body: Buffer, fault: Fault | undefined): Buffer {
  if (fault !== "trim" && fault !== "widen") return body;
  const asked = JSON.parse(body.toString()) as Body & { orgID: string; description?: string };
  const { description = "", permissions, orgID } = asked;
  const more = { action: "read", resource: { type: "checks", orgID } };
  const sent =
    fault === "trim"
      ? { ...asked, description: description.trim() }
      : { ...asked, permissions: [...permissions, more] };
  return Buffer.from(JSON.stringify(sent));
}

function narrowed(body: Buffer): Buffer {
  const told = JSON.parse(body.toString()) as Body;
  return Buffer.from(JSON.stringify({ ...told, permissions: told.permissions.slice(1) }));
}

/** Who waits for another's answer. */
type Swaps = { readonly own: Answer; readonly give: (answer: Answer) => void }[];

/** Another's answer, where another one comes soon; else its own. */
function swapped(own: Answer, swaps: Swaps): Promise<Answer> {
  const other = swaps.shift();
  if (other !== undefined) {
    other.give(own);
    return Promise.resolve(other.own);
  }
  return new Promise((resolve) => {
    const waiting = { own, give: resolve };
    swaps.push(waiting);
    void pause(SWAP_MS).then(() => {
      if (swaps.includes(waiting)) swaps.splice(swaps.indexOf(waiting), 1);
      resolve(own);
    });
  });
}

function ask(target: string, { method, url, headers }: IncomingMessage, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(target);
    const options = {
      hostname,
      port,
      method,
      path: url,
      headers: {
        ...headers,
        host: `${hostname}:${port}`,
        ...(headers["content-length"] !== undefined && { "content-length": String(body.length) }),
      },
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
