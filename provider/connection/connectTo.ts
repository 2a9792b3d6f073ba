import { ConnectionError } from "../errors";
import { bareHostname } from "./host";

/** Where the named host is reached from this machine, such as the end of a tunnel. */
export interface ConnectTo {
  /** Name or address, without brackets. */
  readonly host: string;
  readonly port: number;
  readonly from: "INFLUX_CONNECT_TO";
}

const FORM = /^(\[[\da-f:.]+\]|[^\s:/?#@[\]\\%]+):(\d{1,5})$/i;

/**
 * What INFLUX_CONNECT_TO says, as curl's `--connect-to` of one server; `undefined` where it is not set.
 *
 * @throws {ConnectionError} for anything but `host:port` or `[::1]:port`.
 */
export function connectToOf(env: Readonly<Record<string, string | undefined>>): ConnectTo | undefined {
  const value = env["INFLUX_CONNECT_TO"];
  if (value === undefined || value === "") return undefined;
  const [, name = "", digits = ""] = FORM.exec(value) ?? [];
  const [hostname, port] = [hostnameOf(name), Number(digits)];
  if (hostname === undefined || port < 1 || port > 65_535) {
    throw new ConnectionError(
      "connection.host",
      "INFLUX_CONNECT_TO must be host:port or [address]:port, such as localhost:8086 or [::1]:8086",
    );
  }
  return { host: bareHostname(hostname), port, from: "INFLUX_CONNECT_TO" };
}

function hostnameOf(name: string): string | undefined {
  try {
    return new URL(`http://${name}`).hostname || undefined;
  } catch {
    return undefined;
  }
}

/** A host as messages name it, with where it is really connected to. */
export function reached({
  host,
  connectTo,
}: {
  readonly host: string;
  readonly connectTo?: ConnectTo;
}): string {
  return connectTo === undefined ? host : `${host} at ${addressOf(connectTo)}, from ${connectTo.from}`;
}

/**
 * Remembers which server was reached through INFLUX_CONNECT_TO. One address stands for one server: through it a second
 * one's token would go to the first.
 *
 * @throws {ConnectionError} for a second host.
 */
export class ConnectToGuard {
  private readonly hosts = new Map<string, string>();

  check({ host, connectTo }: { readonly host: string; readonly connectTo?: ConnectTo }): void {
    if (connectTo === undefined) return;
    const address = addressOf(connectTo);
    const first = this.hosts.get(address) ?? host;
    this.hosts.set(address, first);
    if (first === host) return;
    throw new ConnectionError(
      "connection.host",
      `INFLUX_CONNECT_TO is ${address} for every server, and this run has two, ${first} and ${host}, so that one's token would go to the other: unset it, or take the tokens of one server at a time with --target`,
    );
  }
}

function addressOf({ host, port }: ConnectTo): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
