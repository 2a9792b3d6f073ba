import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { closeServer } from "./faultProxy";

/** What shows that an answer is InfluxDB's own. */
export const OWN = { "X-Influxdb-Build": "OSS", "X-Influxdb-Version": "v2.7.12" } as const;

/** Servers of one test, which end together. */
export class Servers {
  private readonly running: Server[] = [];

  /** Starts a server on this machine and gives its port. */
  async listen(server: Server): Promise<number> {
    this.running.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  }

  /** Starts one that answers as it is told, and gives its URL. */
  async serve(listener: RequestListener): Promise<string> {
    return `http://127.0.0.1:${await this.listen(createServer(listener))}`;
  }

  async end(): Promise<void> {
    for (const server of this.running.splice(0)) await closeServer(server);
  }
}
