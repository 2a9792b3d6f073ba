import * as fc from "fast-check";
import { proxyFor, secretsOf } from "../../../provider/connection/proxy";
import { thrownBy } from "../../support/thrownBy";

const HTTPS = "https://influxdb.example.com:8086";

const used = (host: string, noProxy: string): boolean =>
  proxyFor(host, { HTTPS_PROXY: "http://p:1", HTTP_PROXY: "http://p:1", NO_PROXY: noProxy }) !== undefined;

describe("the proxy of the environment", () => {
  it("goes by the server's scheme, and is written in upper or lower case", () => {
    const env = { HTTPS_PROXY: "http://secure:1", http_proxy: "plain:2/" };
    expect(proxyFor(HTTPS, env)).toEqual({ url: "http://secure:1", from: "HTTPS_PROXY" });
    expect(proxyFor("http://10.0.0.1", env)).toEqual({ url: "http://plain:2", from: "http_proxy" });
    expect(proxyFor(HTTPS, { HTTP_PROXY: "plain", HTTPS_PROXY: "" })).toBeUndefined();
    expect(proxyFor(HTTPS, {})).toBeUndefined();
  });

  it("keeps user and password apart from what messages say", () => {
    const proxy = proxyFor(HTTPS, { HTTPS_PROXY: "https://ann:p%40ss@proxy.example.com" });
    expect(proxy).toEqual({
      url: "https://proxy.example.com",
      from: "HTTPS_PROXY",
      auth: { username: "ann", password: "p@ss" },
    });
    expect(proxy && secretsOf(proxy)).toEqual(["p@ss", "p%40ss", Buffer.from("ann:p@ss").toString("base64")]);
    expect(secretsOf({ url: "http://p", from: "HTTPS_PROXY" })).toEqual([]);
  });

  it("that is none is named by its variable, never by its value", () => {
    for (const value of ["socks5://ann:s3cret@proxy:1", "http://ann:s3cret@", "http://%zz:s3cret@proxy"]) {
      const error = thrownBy(() => proxyFor(HTTPS, { HTTPS_PROXY: value }));
      expect(error).toMatchObject({
        message:
          "HTTPS_PROXY is not the URL of an HTTP proxy: write it as http://proxy.example.com:3128, or name influxdb.example.com in NO_PROXY",
      });
    }
  });

  it("is not used for this machine", () => {
    const hosts = ["localhost:8086", "influxdb.localhost", "127.0.0.1:1", "127.1.2.3", "[::1]:8086"];
    expect(hosts.map((host) => used(`http://${host}`, ""))).toEqual(hosts.map(() => false));
  });

  it.each([
    ["*", false],
    ["influxdb.example.com", false],
    ["INFLUXDB.example.com:8086", false],
    ["influxdb.example.com:443", true],
    ["example.com", false],
    [".example.com", false],
    ["*.example.com", false],
    [".influxdb.example.com", true],
    ["ample.com", true],
    ["other.example.com, example.com", false],
    ["other.example.com example.com", false],
    ["10.0.0.0/8", true],
    ["", true],
    [",", true],
  ])("NO_PROXY=%s: used for influxdb.example.com:8086 is %s", (noProxy, expected) => {
    expect(used(HTTPS, noProxy)).toBe(expected);
  });

  it.each([
    ["https://10.1.2.3", "10.0.0.0/8", false],
    ["https://11.1.2.3", "10.0.0.0/8", true],
    ["https://10.1.2.3", "10.1.2.3", false],
    ["https://10.1.2.3", "10.1.2.3:443", false],
    ["https://10.1.2.3", "2.3", true],
    ["https://10.1.2.3", "10.0.0.0/33", true],
    ["https://10.1.2.3", "10.0.0.0/x", true],
    ["https://[fd00::1]:8086", "fd00::/8", false],
    ["https://[fd00::1]:8086", "[fd00::1]:8086", false],
    ["https://[fd00::1]:8086", "[fd00::1]:443", true],
    ["https://[fd00::1]:8086", "fd00::1", false],
    ["https://[fd00::1]:8086", "fe00::/8", true],
  ])("%s with NO_PROXY=%s: used is %s", (host, noProxy, expected) => {
    expect(used(host, noProxy)).toBe(expected);
  });

  it("gives a proxy or says why not, whatever the variables hold", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (value, noProxy) => {
        const given = (): unknown => proxyFor(HTTPS, { HTTPS_PROXY: value, NO_PROXY: noProxy });
        try {
          given();
        } catch (error) {
          expect((error as Error).message).toMatch(/^HTTPS_PROXY is not the URL of an HTTP proxy/);
        }
      }),
    );
  });
});
