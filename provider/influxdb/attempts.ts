import * as http from "node:http";
import * as https from "node:https";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";

/** Whether a connection has ever been open. What was never open has carried nothing, whatever its error says. */
const hasBeenOpen = new WeakMap<Duplex, boolean>();

/** Takes note of the moment from which a new connection may carry a request: with TLS, after the handshake. */
export function watchOpening(socket: Duplex): void {
  hasBeenOpen.set(socket, false);
  socket.once(socket instanceof TLSSocket ? "secureConnect" : "connect", () => hasBeenOpen.set(socket, true));
}

/**
 * Sends a request and its repetitions in axios' place, and knows whether the last of them can have arrived. Error codes
 * and counted bytes prove nothing: a refused connection counts what was written into it, too.
 */
export class Attempts {
  private socket: Duplex | undefined;

  request(
    options: https.RequestOptions,
    answered: (response: http.IncomingMessage) => void,
  ): http.ClientRequest {
    this.socket = undefined;
    const { request } = options.protocol === "https:" ? https : http;
    return request(options, answered).once("socket", (socket) => (this.socket = socket));
  }

  /** A connection that nobody watched from its beginning counts as open. */
  get mayHaveArrived(): boolean {
    return this.socket !== undefined && hasBeenOpen.get(this.socket) !== false;
  }
}
