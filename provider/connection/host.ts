/** No name of a server comes near it. */
const MAX_LENGTH = 2_048;

/** Why the text cannot be a server's address, to be read after the name of the input; `undefined` where it can. */
export function hostProblem(host: string): string | undefined {
  if (host.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  let url: URL;
  try {
    url = new URL(host);
  } catch {
    return "is not a URL: write it as http://localhost:8086";
  }
  if (url.protocol !== "http:" && url.protocol !== "https:")
    return "must be an http:// or https:// URL, such as http://localhost:8086";
  if (url.username !== "" || url.password !== "")
    return "must not hold a user or password: the token goes into token";
  if (url.search !== "" || url.hash !== "") return "must end before ? and #";
  return undefined;
}

/** One spelling for each address: no trailing slash, lower-case name, no default port. */
export function normaliseHost(host: string): string {
  return new URL(host).href.replace(/\/+$/, "");
}

/** Whether a host name or address, with brackets or without, is this machine itself. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\]|::1)$/.test(hostname);
}

/** A URL's host name as sockets take it: without the brackets of an IPv6 address. */
export function bareHostname(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

/** A URL's port, also where it is the scheme's own and the URL leaves it out. */
export function portOf({ protocol, port }: URL): number {
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
}
