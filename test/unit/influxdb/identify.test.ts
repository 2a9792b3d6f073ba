import type { Answer } from "../../../provider/influxdb/answer";
import { identify } from "../../../provider/influxdb/identify";

const greeting = (headers: object, data: unknown = "", status = 200): Answer => ({
  status,
  headers: { ...headers },
  data,
});

/** What is said of a server that answers a ping so, and tells whether it wants to be set up. */
function told(ping: Answer | undefined, setup?: Answer, host = "http://localhost:8086"): Promise<string> {
  return identify(host, (path) => Promise.resolve(path === "/ping" ? ping : setup));
}

describe("what stands at an address that does not answer as InfluxDB 2.x should", () => {
  it.each<[string, Answer | undefined, RegExp]>([
    [
      "InfluxDB 1.x",
      greeting({ "x-influxdb-version": "1.8.10", "x-influxdb-build": "OSS" }),
      /^this is InfluxDB 1\.8\.10/,
    ],
    [
      "InfluxDB 3 Core",
      greeting({ "x-influxdb-version": "3.0.1", "x-influxdb-build": "Core" }),
      /^this is InfluxDB 3 Core \(3\.0\.1\)/,
    ],
    ["InfluxDB 3 by its body", greeting({}, { version: "3.1.0" }), /^this is InfluxDB 3 \(3\.1\.0\)/],
    [
      "InfluxDB 3 that wants a token first",
      greeting({ "cluster-uuid": "x" }, "", 401),
      /^this is InfluxDB 3,/,
    ],
    ["a web page", greeting({}, "<!DOCTYPE html>"), /^a web page answers there/],
    ["a server that is starting", greeting({}, "", 503), /still starting/],
    ["something else", greeting({}, "pong"), /^$/],
    ["nothing", undefined, /^$/],
  ])("%s", async (_what, ping, message) => {
    expect(await told(ping)).toMatch(message);
  });

  it("an InfluxDB 2.x that is not set up, one that is, and Cloud Dedicated", async () => {
    const ping = greeting({ "x-influxdb-version": "v2.7.12", "x-influxdb-build": "OSS" }, "", 204);
    expect(await told(ping, greeting({}, { allowed: true }))).toMatch(
      /not set up yet .* run `influx setup` first$/,
    );
    expect(await told(ping, greeting({}, { allowed: false }))).toBe("");
    expect(await told(ping)).toBe("");
    expect(await told(undefined, undefined, "https://x.a.influxdb.io")).toMatch(
      /^this is InfluxDB Cloud Dedicated/,
    );
  });
});
