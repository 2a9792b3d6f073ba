import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** What a relay does to a connection. */
export type Mishap =
  /** It is open, and nothing ever comes back. */
  | "mute"
  /** It breaks off at once. */
  | "reset"
  /** It breaks off when something was sent. */
  | "swallow";

/** Passes on bytes between a client and a server, and changes or loses some of them. */
export interface Relay {
  readonly port: number;
  /** What happens to connections that are made from now on. */
  mishap: Mishap | undefined;
  /** The direction in which the last byte of what comes next is another one. */
  damage: "there" | "back" | undefined;
  /** How many connections were made. */
  readonly connections: () => number;
  /** Ends the connections that are there. */
  cut(): Promise<void>;
  close(): Promise<void>;
}

/** @param port of the server behind it, on this machine. */
export async function startRelay(port: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((client) => {
    connections += 1;
    sockets.add(client);
    client.on("error", () => client.destroy());
    if (relay.mishap === "mute") return void client.resume();
    if (relay.mishap === "reset") return void client.resetAndDestroy();
    if (relay.mishap === "swallow") return void client.once("data", () => client.destroy());
    const behind = connect(port, "127.0.0.1");
    sockets.add(behind);
    const pass = (from: Socket, to: Socket, direction: "there" | "back"): void => {
      from.on("data", (chunk: Buffer) => {
        if (relay.damage === direction) {
          relay.damage = undefined;
          const last = chunk.length - 1;
          chunk[last] = (chunk[last] ?? 0) ^ 1;
        }
        to.write(chunk);
      });
      from.on("close", () => to.destroy());
      from.on("error", () => to.destroy());
    };
    pass(client, behind, "there");
    pass(behind, client, "back");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const relay: Relay = {
    port: (server.address() as AddressInfo).port,
    mishap: undefined,
    damage: undefined,
    connections: () => connections,
    async cut() {
      for (const socket of sockets) socket.destroy();
      sockets.clear();
      // The other side takes a moment to notice.
      await pause(20);
    },
    async close() {
      await relay.cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return relay;
}
