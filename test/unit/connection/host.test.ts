import {
  bareHostname,
  hostProblem,
  isLoopback,
  normaliseHost,
  portOf,
} from "../../../provider/connection/host";

describe("a server's address", () => {
  it.each([
    ["http://localhost:8086", undefined],
    ["https://influx.example/behind/a/path", undefined],
    ["http://h/".padEnd(2_048, "x"), undefined],
    ["http://h/".padEnd(2_049, "x"), "is longer than 2048 characters"],
    ["localhost", "is not a URL"],
    ["localhost:8086", "must be an http:// or https:// URL"],
    ["http://user@h", "must not hold a user or password"],
    ["http://:secret@h", "must not hold a user or password"],
    ["http://h?x=1", "must end before ? and #"],
    ["http://h#x", "must end before ? and #"],
  ])("%.40s has the problem: %s", (host, problem) => {
    if (problem === undefined) expect(hostProblem(host)).toBeUndefined();
    else expect(hostProblem(host)).toContain(problem);
  });

  it("has one spelling", () => {
    expect(normaliseHost("HTTP://Influx.Example:80//")).toBe("http://influx.example");
    expect(normaliseHost("https://h/a//")).toBe("https://h/a");
  });

  it.each(["localhost", "a.localhost", "127.0.0.1", "127.10.200.30", "[::1]", "::1"])(
    "is this machine: %s",
    (hostname) => {
      expect(isLoopback(hostname)).toBe(true);
    },
  );

  it.each(["mylocalhost", "localhost.example", "127.0.0.1.example", "128.0.0.1", "a::1", "::12"])(
    "is another machine: %s",
    (hostname) => {
      expect(isLoopback(hostname)).toBe(false);
    },
  );

  it("is without brackets for a socket, and has the scheme's port where it names none", () => {
    expect(["[::1]", "h", "x[::1]", "[::1]x"].map(bareHostname)).toEqual(["::1", "h", "x[::1]", "[::1]x"]);
    const urls = ["http://h", "https://h", "https://h:8086"];
    expect(urls.map((url) => portOf(new URL(url)))).toEqual([80, 443, 8086]);
  });
});
