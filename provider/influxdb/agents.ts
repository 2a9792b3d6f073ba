import * as http from "node:http";
import * as https from "node:https";
import type { Duplex } from "node:stream";
import * as tls from "node:tls";
import type * as Tunnels from "https-proxy-agent";
import { bareHostname, portOf } from "../connection/host";
import { basic, type Proxy } from "../connection/proxy";
import type { Connection } from "../connection/resolve";
import type { OpenSockets } from "./openSockets";

/** How requests leave this machine. */
export interface Agents {
  readonly httpAgent: http.Agent;
  readonly httpsAgent: http.Agent;
  /** Whom a request over plain HTTP is handed to. One over TLS goes through a tunnel, of which only its agent knows. */
  readonly proxy:
    | false
    | {
        readonly protocol: string;
        readonly host: string;
        readonly port: number;
        readonly auth?: { readonly username: string; readonly password: string };
      };
}

/** The code of an error by which a proxy opened no tunnel, so that the server heard nothing. */
export const NO_TUNNEL = "NO_TUNNEL";

/** Why there is no tunnel: the status of the proxy's answer, or the system's code where none came. */
export class NoTunnelError extends Error {
  readonly code = NO_TUNNEL;

  constructor(readonly reason: string) {
    super(`the proxy opened no tunnel: ${reason}`);
  }
}

/**
 * Agents that keep connections open, and that neither read the environment nor any other connection's settings. They
 * open as many sockets as they are asked for: the server's limiter counts.
 */
export function agentsFor(connection: Connection, sockets: OpenSockets): Agents {
  const { host, proxy, skipVerify } = connection;
  const pool = { keepAlive: true, ...addressOf(connection) };
  const toServer = { ...connection.tls, rejectUnauthorized: !skipVerify };
  const isTunnel = proxy !== undefined && host.startsWith("https:");
  return {
    httpAgent: watching(http.Agent, sockets, pool),
    httpsAgent: isTunnel
      ? tunnel(proxy, toServer, sockets)
      : watching(https.Agent, sockets, { ...pool, ...toServer }),
    proxy: proxy === undefined || isTunnel ? false : forwarding(proxy),
  };
}

function watching(Base: typeof http.Agent, sockets: OpenSockets, options: https.AgentOptions): http.Agent {
  class WatchingAgent extends Base {
    override createConnection(
      ...args: Parameters<http.Agent["createConnection"]>
    ): Duplex | null | undefined {
      const socket = super.createConnection(...args);
      if (socket) sockets.watch(socket);
      return socket;
    }
  }
  return new WatchingAgent(options);
}

/** Where sockets connect to in place of the named host, whose certificate is expected there all the same. */
function addressOf({ host, connectTo }: Connection): https.AgentOptions {
  if (connectTo === undefined) return {};
  const name = bareHostname(new URL(host).hostname);
  return {
    host: connectTo.host,
    port: connectTo.port,
    // Node.js would compare an address, for which TLS has no server name, with where the socket is connected to.
    checkServerIdentity: (_connectedTo, certificate) => tls.checkServerIdentity(name, certificate),
  };
}

function forwarding({ url, auth }: Proxy): Agents["proxy"] {
  const target = new URL(url);
  return {
    protocol: target.protocol,
    host: bareHostname(target.hostname),
    port: portOf(target),
    ...(auth && { auth }),
  };
}

/** The proxy sees the server's name and port, and what TLS shows of itself: neither requests nor the token. */
function tunnel({ url, auth }: Proxy, toServer: https.AgentOptions, sockets: OpenSockets): http.Agent {
  // Loaded only where there is a proxy.
  const { HttpsProxyAgent } = require("https-proxy-agent") as typeof Tunnels;
  class Tunnel extends HttpsProxyAgent<string> {
    override async connect(
      request: http.ClientRequest,
      options: Parameters<InstanceType<typeof HttpsProxyAgent>["connect"]>[1],
    ): Promise<never> {
      let status: number | undefined;
      request.once("proxyConnect", ({ statusCode }: { statusCode: number }) => (status = statusCode));
      let socket: Duplex;
      try {
        // What is to be checked of the server's certificate is no matter of the proxy's, and not known to this agent.
        socket = await super.connect(request, { ...options, ...toServer } as typeof options);
      } catch (error) {
        throw new NoTunnelError((error as NodeJS.ErrnoException).code ?? "no answer");
      }
      if (status === 200) {
        sockets.watch(socket);
        return socket as never;
      }
      // It would give the proxy's answer as the server's.
      socket.destroy();
      throw new NoTunnelError(String(status));
    }
  }
  const headers = auth && { "Proxy-Authorization": `Basic ${basic(auth)}` };
  // No limit of its own: a request that waits for another one's tunnel would hang when that one fails.
  const agent = new Tunnel(url, { keepAlive: true, ...(headers && { headers }) });
  // Else it looks for the name of its caller in a stack trace.
  agent.protocol = "https:";
  return agent;
}
