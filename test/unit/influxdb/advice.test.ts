import { adviceFor, frontAdvice, networkAdvice } from "../../../provider/influxdb/advice";

const caller = { host: "http://a", hostFrom: "INFLUX_HOST", tokenFrom: "INFLUX_TOKEN" };

describe("what a message says to do next", () => {
  it.each([
    [401, "unauthorized access", /does not know the token from INFLUX_TOKEN/],
    [401, "token is inactive", /the token from INFLUX_TOKEN is switched off/],
    [
      401,
      "write:orgs/a/authorizations is unauthorized",
      /lacks this right: use an operator or all-access token/,
    ],
    [403, "permission write:orgs/a/buckets is not allowed", /a token can only grant what it holds itself/],
    [404, "", /is this the address of an InfluxDB 2.x\? It came from INFLUX_HOST/],
    [404, "bucket not found", /^$/],
    [429, "", /busy/],
    [500, "internal error", /^$/],
  ])("after %d %j", (status, message, advice) => {
    expect(adviceFor(status, caller, message)).toMatch(advice);
  });

  it.each([
    [302, /redirects, and a token is never sent after a redirect: .*INFLUX_HOST/],
    [401, /not InfluxDB's answer: something in front of it refuses the request: .*INFLUX_HOST/],
    [403, /not InfluxDB's answer/],
    [404, /is this the address of an InfluxDB 2.x\? It came from INFLUX_HOST/],
    [429, /busy: try again later/],
    [503, /does not reach InfluxDB, or the server is still starting/],
  ])("after %d of something in front of InfluxDB, which never blames the token", (status, advice) => {
    expect(frontAdvice(status, caller)).toMatch(advice);
    expect(frontAdvice(status, caller)).not.toContain("INFLUX_TOKEN");
  });

  it.each([
    ["ECONNREFUSED", /nothing listens there: .*INFLUX_HOST/],
    ["ENOTFOUND", /cannot be resolved: .*INFLUX_HOST/],
    ["ECONNABORTED", /did not answer in time/],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", /not signed by an authority that this machine trusts/],
    ["CERT_HAS_EXPIRED", /expired: renew it on the server/],
    ["ERR_TLS_CERT_ALTNAME_INVALID", /for another name: .*INFLUX_HOST/],
    ["EPIPE", /^$/],
    ["ERR_SSL_WRONG_VERSION_NUMBER", /does not speak TLS there/],
    [undefined, /^$/],
  ])("after no answer, for %s", (code, advice) => {
    expect(networkAdvice(code, caller)).toMatch(advice);
  });

  it.each(["ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC", "EPROTO"])(
    "after a connection that broke when it was open already, for %s",
    (code) => {
      expect(networkAdvice(code, caller, true)).toMatch(/something on the way changes what is sent/);
    },
  );
});
