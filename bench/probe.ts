import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/** What a server was asked since the last reading. */
export interface Traffic {
  /** Requests by kind, such as `GET /api/v2/authorizations/{id}`. */
  readonly requests: Readonly<Record<string, number>>;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** Most connections that were open at once. */
  readonly maxConnections: number;
}

/** The kind of a request: its path without ids and query. */
export function kindOf(method: string, url: string): string {
  const [path = ""] = url.split("?");
  return `${method} ${path.replace(/\/[0-9a-f]{16}(?=\/|$)/g, "/{id}")}`;
}

/** Counts from outside what Node's own HTTP server announces, so that the server stays as its users have it. */
class Counter {
  private readonly open = new Set<Socket>();
  private requests: Record<string, number> = {};
  private closedReceived = 0;
  private closedSent = 0;
  private receivedBefore = 0;
  private sentBefore = 0;
  private maxConnections = 0;

  record({ method = "", url = "" }: IncomingMessage, socket: Socket): void {
    const kind = kindOf(method, url);
    this.requests[kind] = (this.requests[kind] ?? 0) + 1;
    if (this.open.has(socket)) return;
    this.open.add(socket);
    this.maxConnections = Math.max(this.maxConnections, this.open.size);
    socket.once("close", () => {
      this.open.delete(socket);
      this.closedReceived += socket.bytesRead;
      this.closedSent += socket.bytesWritten;
    });
  }

  /** Gives what was counted and starts anew. */
  take(): Traffic {
    const received = [...this.open].reduce((sum, { bytesRead }) => sum + bytesRead, this.closedReceived);
    const sent = [...this.open].reduce((sum, { bytesWritten }) => sum + bytesWritten, this.closedSent);
    const { requests, maxConnections } = this;
    const traffic = {
      requests,
      bytesReceived: received - this.receivedBefore,
      bytesSent: sent - this.sentBefore,
      maxConnections,
    };
    this.requests = {};
    this.receivedBefore = received;
    this.sentBefore = sent;
    this.maxConnections = this.open.size;
    return traffic;
  }
}

/** Counts in this process, and answers each message of the parent with what was counted since the one before. */
function countForParent(): void {
  const counter = new Counter();
  subscribe("http.server.request.start", (message) => {
    const { request, socket } = message as { request: IncomingMessage; socket: Socket };
    counter.record(request, socket);
  });
  process.on("message", () => {
    process.send?.(counter.take());
  });
  // Whatever ends the parent, its server does not outlive it.
  process.once("disconnect", () => {
    process.kill(process.pid, "SIGTERM");
  });
  // Listening to the parent must not keep a server alive that was told to end.
  process.channel?.unref();
}

// Loaded with --require into the server's process, where nobody imports it.
if (process.send !== undefined && process.execArgv.includes(__filename)) countForParent();
