import type { Connection } from "../../provider/connection/resolve";
import { type Session, Sessions } from "../../provider/influxdb/session";
import type { Log } from "../../provider/runtime";

/** A connection that retries nothing, where the test does not say so. */
export function connectionTo(host: string, more: Partial<Connection> = {}): Connection {
  return {
    host,
    hostFrom: "INFLUX_HOST",
    token: "s3cret-t0ken",
    tokenFrom: "INFLUX_TOKEN",
    skipVerify: false,
    httpDebug: false,
    tls: {},
    timeoutMs: 5_000,
    retries: 0,
    maxConcurrent: 16,
    warnings: [],
    ...more,
  };
}

/** The sessions of a run of its own. */
export function newSessions(log: Partial<Log> = {}): Sessions {
  const quiet = (): void => undefined;
  return new Sessions({ env: {}, now: Date.now, log: { warn: quiet, debug: quiet, ...log } });
}

export function openSession(connection: Connection): Session {
  return newSessions().for(connection);
}
