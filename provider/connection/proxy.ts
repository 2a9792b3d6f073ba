import { BlockList, isIP } from "node:net";
import { ConnectionError } from "../errors";
import { bareHostname, isLoopback, portOf } from "./host";

/** The proxy between this machine and the server. */
export interface Proxy {
  /** URL without user and password, without a trailing slash. */
  readonly url: string;
  /** What the proxy itself wants to know of its user. */
  readonly auth?: { readonly username: string; readonly password: string };
  /** Where it was found, such as `HTTPS_PROXY`. */
  readonly from: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy that the environment names for a server, by the rules of the influx CLI: HTTPS_PROXY or HTTP_PROXY by the
 * server's scheme, none for what NO_PROXY lists and none for this machine. Each may be written in lower case.
 *
 * @throws {ConnectionError} when it is not the URL of an HTTP proxy. The message does not repeat it: it may hold a
 *   password.
 */
export function proxyFor(host: string, env: Environment): Proxy | undefined {
  const target = new URL(host);
  const variable = target.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const from = [variable, variable.toLowerCase()].find((name) => (env[name] ?? "") !== "");
  const value = env[from ?? ""];
  if (from === undefined || value === undefined) return undefined;
  if (isLoopback(target.hostname)) return undefined;
  if (isListed(target, env["NO_PROXY"] ?? env["no_proxy"] ?? "")) return undefined;
  const proxy = parse(value);
  if (proxy === undefined) {
    throw new ConnectionError(
      "connection.host",
      `${from} is not the URL of an HTTP proxy: write it as http://proxy.example.com:3128, or name ${target.hostname} in NO_PROXY`,
    );
  }
  return { ...proxy, from };
}

/** What of a proxy must be in no message and in no log. */
export function secretsOf({ auth }: Proxy): string[] {
  if (auth === undefined) return [];
  return [auth.password, encodeURIComponent(auth.password), basic(auth)].filter((text) => text !== "");
}

/** User and password as HTTP's basic authentication sends them. */
export function basic({ username, password }: NonNullable<Proxy["auth"]>): string {
  return Buffer.from(`${username}:${password}`).toString("base64");
}

/** Without a scheme it is an HTTP proxy, as for every other tool that reads these variables. */
function parse(value: string): Pick<Proxy, "url" | "auth"> | undefined {
  try {
    const url = new URL(value.includes("://") ? value : `http://${value}`);
    const { protocol, host } = url;
    if (protocol !== "http:" && protocol !== "https:") return undefined;
    const [username, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
    return {
      url: `${protocol}//${host}`,
      ...(username + password !== "" && { auth: { username, password } }),
    };
  } catch {
    return undefined;
  }
}

/** Whether NO_PROXY lists a server: by name with all that is below it, by address or block of addresses, or `*`. */
function isListed(target: URL, list: string): boolean {
  const hostname = bareHostname(target.hostname);
  const port = String(portOf(target));
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      if (entry === "*") return true;
      const [, name = "", entryPort = port] = /^(\[.*\]|[^:]*):(\d+)$/.exec(entry) ?? [undefined, entry];
      if (name === "" || entryPort !== port) return false;
      if (name.includes("/")) return isInBlock(hostname, name);
      const wanted = bareHostname(name).replace(/^\*?\./, "");
      const itself = wanted === bareHostname(name) && hostname === wanted;
      return itself || (isIP(hostname) === 0 && hostname.endsWith(`.${wanted}`));
    });
}

function isInBlock(address: string, block: string): boolean {
  const [network = "", bits = ""] = block.split("/");
  const [version, networkVersion] = [isIP(address), isIP(network)];
  if (version === 0 || version !== networkVersion || !/^\d{1,3}$/.test(bits)) return false;
  const longest = version === 6 ? 128 : 32;
  if (Number(bits) > longest) return false;
  const family = version === 6 ? "ipv6" : "ipv4";
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family);
  return list.check(address, family);
}
