import { resolveHost, type ResolvedHost } from "../../../provider/connection/resolveHost";
import { NotKnownYetError } from "../../../provider/connection/sources";
import { type Given, sourcesOf } from "./support/sources";

const resolve = (given: Given, recorded?: string): ResolvedHost => resolveHost(sourcesOf(given), recorded);

const stored = { host: "http://Stored:80/" };
const config = { host: "http://config:1" };
const env = { INFLUX_HOST: "http://env:1" };
const profile = { name: "p", url: "http://profile:1" };
const RECORDED = "http://recorded:1";

describe("the server of a token", () => {
  it("is the first of: resource, stack config, state, environment, profile, default", () => {
    const told = (given: Given, recorded?: string): unknown[] => {
      const { host, hostFrom, isNamed } = resolve(given, recorded);
      return [host, hostFrom, isNamed];
    };
    expect(told({ stored, config, env, profile }, RECORDED)).toEqual([
      "http://stored",
      "connection.host",
      true,
    ]);
    expect(told({ config, env, profile }, RECORDED)).toEqual([
      "http://config:1",
      "influx-token:host in the stack config",
      true,
    ]);
    expect(told({ profile }, RECORDED)).toEqual([RECORDED, "the state", false]);
    expect(told({ env, profile })).toEqual(["http://env:1", "INFLUX_HOST", false]);
    expect(told({ profile })).toEqual(["http://profile:1", 'url of the profile "p"', false]);
    expect(told({})).toEqual(["http://localhost:8086", "the default", false]);
  });

  it("is moved by no INFLUX_HOST: it fails, names both, and says what to do", () => {
    expect(() => resolve({ env, profile }, RECORDED)).toThrow(
      "the state says that the token is on http://recorded:1, and INFLUX_HOST is http://env:1: unset INFLUX_HOST; if the server moved there, name http://env:1 in connection.host or influx-token:host; if http://env:1 is a tunnel to it, set INFLUX_CONNECT_TO in place of INFLUX_HOST",
    );
    expect(() => resolve({ env: { INFLUX_HOST: "nonsense" } }, RECORDED)).toThrow(
      /^INFLUX_HOST is not a URL/,
    );
  });

  it("is the recorded one where INFLUX_HOST only spells it differently, or is empty", () => {
    expect(resolve({ env: { INFLUX_HOST: "http://RECORDED:1/" } }, RECORDED)).toMatchObject({
      host: RECORDED,
      hostFrom: "INFLUX_HOST",
      namedBy: "state",
    });
    expect(resolve({ env: { INFLUX_HOST: "" } }, RECORDED).host).toBe(RECORDED);
  });

  it("is resolved without the profile wherever another source names it", () => {
    const unreadable = { profile: "cannot read it" };
    for (const given of [{ stored }, { config }, { env }])
      expect(() => resolve({ ...given, ...unreadable })).not.toThrow();
    expect(resolve(unreadable, RECORDED).host).toBe(RECORDED);
    expect(() => resolve(unreadable)).toThrow("cannot read it");
  });

  it("is not known yet where it depends on what a preview does not know", () => {
    expect(() => resolve({ open: ["host"], config })).toThrow(NotKnownYetError);
    expect(() => resolve({ open: ["activeConfig"], profile })).toThrow(NotKnownYetError);
    expect(resolve({ open: ["token", "activeConfig"], config }).host).toBe("http://config:1");
  });
});
