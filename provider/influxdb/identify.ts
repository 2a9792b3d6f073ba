import { printable } from "../text";
import type { Answer } from "./answer";

/** Who writes it may be anybody: the status of an answer can say more. */
export const A_WEB_PAGE =
  "a web page answers there, not InfluxDB: does a proxy or another service stand at this address?";

/** Asks without a token; `undefined` where no answer comes. */
export type Ask = (path: string) => Promise<Answer | undefined>;

/**
 * Says which software is at an address that did not answer as InfluxDB 2.x should, and what to do about it. Empty where
 * it is an InfluxDB 2.x that is set up, or cannot be identified.
 */
export async function identify(host: string, ask: Ask): Promise<string> {
  if (new URL(host).hostname.endsWith(".a.influxdb.io")) {
    return "this is InfluxDB Cloud Dedicated, whose tokens are made with `influxctl token create`; this provider is for InfluxDB 2.x and Cloud (TSM)";
  }
  const ping = await ask("/ping");
  if (ping === undefined) return "";
  const version = text(ping.headers["x-influxdb-version"]) || versionIn(ping.data);
  const build = text(ping.headers["x-influxdb-build"]);
  const major = /^v?(\d+)\./.exec(version)?.[1];
  if (major === "1") {
    return `this is InfluxDB ${version}, which has users and passwords in place of API tokens; this provider is for InfluxDB 2.x`;
  }
  if (major === "3" || "cluster-uuid" in ping.headers) {
    const name = ["InfluxDB 3", build, version && `(${version})`].filter(Boolean).join(" ");
    return `this is ${name}, whose tokens are made with \`influxdb3 create token\`; this provider is for InfluxDB 2.x`;
  }
  if (major === undefined && build === "") {
    if (ping.status === 503 || ping.status === 502 || ping.status === 504)
      return "the server is still starting, or a proxy does not reach it: try again later";
    return isPage(ping.data) ? A_WEB_PAGE : "";
  }
  const setup = await ask("/api/v2/setup");
  if ((setup?.data as { allowed?: unknown } | undefined)?.allowed === true) {
    return "this InfluxDB is not set up yet and has no tokens at all: run `influx setup` first";
  }
  return "";
}

function text(header: unknown): string {
  return typeof header === "string" ? printable(header) : "";
}

/** InfluxDB 3 answers a ping with its version in the body, too. */
function versionIn(data: unknown): string {
  return typeof data === "object" && data !== null && "version" in data ? text(data.version) : "";
}

function isPage(data: unknown): boolean {
  return typeof data === "string" && /^\s*<(!doctype|html|\?xml|head|body)/i.test(data);
}
