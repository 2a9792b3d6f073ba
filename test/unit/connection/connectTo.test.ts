import { type ConnectTo, ConnectToGuard, connectToOf, reached } from "../../../provider/connection/connectTo";

const from = "INFLUX_CONNECT_TO";
const parse = (value: string): ConnectTo | undefined => connectToOf({ [from]: value });

describe("INFLUX_CONNECT_TO", () => {
  it.each<[string, string, number]>([
    ["localhost:8086", "localhost", 8086],
    ["127.0.0.1:1", "127.0.0.1", 1],
    ["[::1]:65535", "::1", 65_535],
    ["Tunnel.example.com:80", "tunnel.example.com", 80],
    ["my-pod_1:08086", "my-pod_1", 8086],
  ])("is a host and a port: %s", (value, host, port) => {
    expect(parse(value)).toEqual({ host, port, from });
  });

  it.each([
    "localhost",
    "localhost:",
    ":8086",
    "8086",
    "localhost:0",
    "localhost:65536",
    "localhost:8086:",
    "localhost:80a",
    "localhost:8086/",
    "http://localhost:8086",
    "user@localhost:8086",
    "a.test:443:localhost:8086",
    "::1:8086",
    "[::1]",
    "[:::1]:8086",
    "[localhost]:8086",
    " localhost:8086",
    "local host:8086",
    "localhost:8086\n",
    "a%00b:80",
  ])("is nothing else: not %j", (value) => {
    expect(() => parse(value)).toThrow(
      "INFLUX_CONNECT_TO must be host:port or [address]:port, such as localhost:8086 or [::1]:8086",
    );
  });

  it("is left out where it is empty", () => {
    expect(parse("")).toBeUndefined();
    expect(connectToOf({})).toBeUndefined();
  });

  it("is named beside the host", () => {
    const connectTo = parse("[::1]:8086");
    expect(reached({ host: "https://a.test", ...(connectTo && { connectTo }) })).toBe(
      "https://a.test at [::1]:8086, from INFLUX_CONNECT_TO",
    );
    expect(reached({ host: "https://a.test" })).toBe("https://a.test");
  });

  it("stands for one server a run", () => {
    const guard = new ConnectToGuard();
    const through = (host: string, value = "localhost:8086"): void => {
      const connectTo = parse(value);
      guard.check({ host, ...(connectTo && { connectTo }) });
    };
    through("https://a.test");
    through("https://a.test");
    expect(() => {
      through("https://b.test");
    }).toThrow(/INFLUX_CONNECT_TO is localhost:8086 .* https:\/\/a.test and https:\/\/b.test/);
    through("https://a.test");
    guard.check({ host: "https://b.test" });
  });
});
