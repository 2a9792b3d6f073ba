import { createServer, type IncomingMessage, request as forward } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { closeServer } from "./faultProxy";

/** An HTTP proxy to whom every name is this machine: tests can reach servers by names that are not loopback. */
export interface Proxy {
  readonly url: string;
  /** Method and target of each request, `CONNECT name:port` for a tunnel. */
  readonly seen: string[];
  /** What its clients showed as `Proxy-Authorization`. */
  readonly shown: (string | undefined)[];
  /** How many connections were made to it. */
  connections(): number;
  /** All that went through it towards servers, as it could read it. */
  read(): string;
  close(): Promise<void>;
}

/** @param refuse the status by which it refuses a request; 0 ends the connection. `undefined` lets it pass. */
export async function startProxy(
  refuse: (request: IncomingMessage, nth: number) => number | undefined = () => undefined,
): Promise<Proxy> {
  const seen: string[] = [];
  const shown: (string | undefined)[] = [];
  const chunks: Buffer[] = [];
  let connections = 0;
  /** A server does not count tunnels among its connections, so nobody but this ends them. */
  const tunnels: Duplex[] = [];
  const note = (request: IncomingMessage): number | undefined => {
    seen.push(`${request.method ?? ""} ${request.url ?? ""}`);
    shown.push(request.headers["proxy-authorization"]);
    chunks.push(Buffer.from(`${request.rawHeaders.join("\n")}\n`));
    return refuse(request, seen.length);
  };
  const server = createServer((request, response) => {
    const refused = note(request);
    if (refused !== undefined) return void response.writeHead(refused).end("refused");
    const { port, pathname, search } = new URL(request.url ?? "");
    const { method, headers } = request;
    request.pipe(
      forward({ host: "127.0.0.1", port, path: pathname + search, method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      }),
    );
  });
  server.on("connection", () => (connections += 1));
  server.on("connect", (request: IncomingMessage, socket: Socket) => {
    const refused = note(request);
    if (refused === 0) return void socket.destroy();
    if (refused !== undefined) {
      return void socket.end(`HTTP/1.1 ${refused} Refused\r\nContent-Length: 7\r\n\r\nrefused`);
    }
    const [, port = ""] = (request.url ?? "").split(":");
    const upstream = connect(Number(port), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.on("data", (chunk: Buffer) => chunks.push(chunk));
      upstream.pipe(socket).pipe(upstream);
    });
    tunnels.push(socket, upstream);
    for (const end of [upstream, socket]) end.on("error", () => upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    shown,
    connections: () => connections,
    read: () => Buffer.concat(chunks).toString("latin1"),
    close: () => {
      for (const tunnel of tunnels) tunnel.destroy();
      return closeServer(server);
    },
  };
}
