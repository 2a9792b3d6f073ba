import type { Connection } from "../connection/resolve";
import type { Runtime } from "../runtime";
import { HttpClient, type InfluxClient } from "./client";
import { Directory } from "./directory";
import type { PendingCreates } from "./pendingCreates";
import { Server } from "./server";

/** What a run knows of one resolved connection: a server, and the token that it is called with. */
export interface Session {
  readonly client: InfluxClient;
  /** Names to ids, as this token may see them. */
  readonly directory: Directory;
  /** Shared by every session of the server. */
  readonly creates: PendingCreates;
  /** This machine's clock: milliseconds since 1970. */
  readonly now: () => number;
}

/** The sessions of a run: one for each resolved connection. */
export class Sessions {
  private readonly servers = new Map<string, Server>();
  private readonly sessions = new Map<string, Session>();

  constructor(private readonly runtime: Runtime) {}

  /** The session of a connection: the same one whenever an equal connection is given. */
  for(connection: Connection): Session {
    // Where host and token were found makes no difference to what is sent.
    const key = JSON.stringify({ ...connection, hostFrom: "", tokenFrom: "", warnings: [] });
    return getOrMake(this.sessions, key, () => {
      connection.warnings.forEach(this.runtime.log.warn);
      const server = getOrMake(this.servers, connection.host, () => new Server(this.runtime));
      const client = new HttpClient(connection, server, this.runtime);
      return {
        client,
        directory: new Directory(client),
        creates: server.creates,
        now: this.runtime.now,
      };
    });
  }
}

function getOrMake<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
