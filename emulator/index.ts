import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { readOptions, type EmulatorOptions, type Onboarding, type Settings } from "./options";
import { RequestCounter, type RequestLog } from "./requestLog";
import { onboard } from "./routes/setup";
import { createApiServer } from "./server";
import { Store, type StoredAuthorization } from "./store";

export type { EmulatorOptions, Onboarding, RequestLog, StoredAuthorization };

/** What `EmulatorOptions.onboard` made. Ids are 16 hex digits. */
export interface Onboarded {
  /** The operator token. */
  readonly token: string;
  /** The owner of the token. */
  readonly userId: string;
  /** The organization. */
  readonly orgId: string;
  /** The bucket in it. */
  readonly bucketId: string;
}

/** A running emulator. */
export interface Emulator {
  /** Where it answers, without a slash at the end, for example `http://127.0.0.1:49152`. */
  readonly url: string;
  /** The port that it listens on, also where any free one was asked for. */
  readonly port: number;
  /** Counts what it was asked. */
  readonly requests: RequestLog;
  /** Absent unless the option `onboard` was given. */
  readonly onboarded: Onboarded | undefined;
  /** A copy of every authorization, oldest first, with its token: also where the API does not show tokens. */
  authorizations(): StoredAuthorization[];
  /** Ends all connections at once, idle or not. Nothing of the emulator outlives it. May be called twice. */
  close(): Promise<void>;
}

/**
 * Starts an InfluxDB 2.x in memory, as far as tokens need one: setup, organizations and their members, users,
 * buckets, authorizations, and passwords and writes that are checked and forgotten. Answers, errors and permission
 * checks are those of InfluxDB OSS; what is wrong with a malformed body is said in simpler words.
 *
 * @param options - see {@link EmulatorOptions}; all have defaults.
 * @returns once it accepts connections.
 * @throws TypeError for a wrong option, `ApiError` for names that onboarding refuses, and an `Error` that says so
 * when the address cannot be listened on.
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const settings = readOptions(options);
  const store = new Store(settings.now);
  const onboarded = options.onboard && onboard(store, settings, options.onboard);
  const requests = new RequestCounter();
  const server = createApiServer(store, settings, requests);
  const port = await listen(server, settings);
  return {
    url: `http://${settings.host.includes(":") ? `[${settings.host}]` : settings.host}:${port}`,
    port,
    requests,
    onboarded: onboarded && {
      token: onboarded.auth.token,
      userId: onboarded.user.id,
      orgId: onboarded.org.id,
      bucketId: onboarded.bucket.id,
    },
    authorizations: () =>
      [...store.authorizations.values()].map((authorization) => structuredClone(authorization)),
    close: () =>
      new Promise((resolve) => {
        // Fails only where the server was closed before, and then there is nothing left to do.
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, { host, port }: Settings): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const reason = error.code === "EADDRINUSE" ? "the port is in use" : error.message;
      reject(new Error(`emulator: cannot listen on ${host}:${port}: ${reason}`, { cause: error }));
    });
    server.listen(port, host, () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}
