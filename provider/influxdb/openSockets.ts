import * as http from "node:http";
import * as https from "node:https";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";

/** Which sockets have ever been open. What was never open has carried nothing, whatever its error says. */
export class OpenSockets {
  private readonly hasBeenOpen = new WeakMap<Duplex, boolean>();

  /** Takes note of the moment from which a new socket may carry a request: with TLS, after the handshake. */
  watch(socket: Duplex): void {
    this.hasBeenOpen.set(socket, false);
    const event = socket instanceof TLSSocket ? "secureConnect" : "connect";
    socket.once(event, () => this.hasBeenOpen.set(socket, true));
  }

  /** A socket that nobody watched from its beginning counts as open. */
  mayHaveBeenOpen(socket: Duplex): boolean {
    return this.hasBeenOpen.get(socket) !== false;
  }
}

/**
 * Sends a request and its retries in axios' place, and knows whether the last of them can have arrived. Error codes
 * and counted bytes prove nothing: a refused connection counts what was written into it, too.
 */
export class Attempts {
  private socket: Duplex | undefined;

  constructor(private readonly sockets: OpenSockets) {}

  request(
    options: https.RequestOptions,
    onResponse: (response: http.IncomingMessage) => void,
  ): http.ClientRequest {
    this.socket = undefined;
    const { request } = options.protocol === "https:" ? https : http;
    return request(options, onResponse).once("socket", (socket) => (this.socket = socket));
  }

  get mayHaveArrived(): boolean {
    return this.socket !== undefined && this.sockets.mayHaveBeenOpen(this.socket);
  }
}
