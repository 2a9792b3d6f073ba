import { providerConfig, stackConfigOf } from "../../../native/config";
import { secret } from "../../../native/wire";

function valueOf(key: string, ...given: Parameters<typeof providerConfig>): string | undefined {
  return providerConfig(...given).config(`influx-token:${key}`);
}

describe("a default provider", () => {
  it("takes host and token from the stack's config as it is now, both or none", () => {
    const old = { host: "http://old", token: secret("old") };
    expect(valueOf("host", old, true, { host: "http://new" })).toBe("http://new");
    // A token is not sent to another server than it was given for.
    expect(valueOf("token", old, true, { host: "http://new" })).toBeUndefined();
    expect(valueOf("host", old, true, { token: "new" })).toBeUndefined();
    expect(valueOf("token", old, true, { org: "acme" })).toBe("old");
    expect(providerConfig(old, true, {}).connection).toEqual({});
  });

  it("takes organization by name and by id for one", () => {
    expect(valueOf("org", { org: "old" }, true, { orgId: "1" })).toBeUndefined();
    expect(valueOf("org", { org: "old" }, true, {})).toBe("old");
  });
});

describe("an explicit provider", () => {
  const given = { host: "http://eu", token: secret("t"), org: "acme", retries: "2" };

  it("gives its settings as a connection, and the stack's config the rest", () => {
    const { connection } = providerConfig(given, false, {});
    expect(connection).toEqual({ host: "http://eu", token: "t", retries: "2" });
    expect(valueOf("host", given, false, { host: "http://us" })).toBe("http://us");
    expect(valueOf("org", given, false, { org: "other" })).toBe("acme");
    expect(valueOf("orgId", given, false, { orgId: "1" })).toBeUndefined();
    expect(valueOf("preflight", given, false, { preflight: "true" })).toBe("true");
  });

  it("remembers what of it is secret, by the inputs that follow from it", () => {
    const marked = { host: secret("http://eu"), descriptionTemplate: secret("x"), retries: secret("2") };
    expect(providerConfig(marked, false, {}).marks).toEqual({ host: secret(""), description: secret("") });
  });
});

describe("the stack's config", () => {
  it.each([
    ["nothing", undefined, {}],
    ["no JSON", "{", {}],
    ["no object", "[1]", {}],
    ["keys with their namespace", '{"influx-token:host":"h"}', { host: "h" }],
    ["keys without", '{"host":"h"}', { host: "h" }],
  ])("is read from %s", (_what, text, expected) => {
    expect(stackConfigOf(text === undefined ? {} : { PULUMI_CONFIG: text })).toEqual(expected);
  });

  it("gives switches and numbers as texts, and passes over blanks", () => {
    expect(valueOf("retries", { retries: 3 }, true, {})).toBe("3");
    expect(valueOf("rotateAfter", { rotateAfter: "" }, true, {})).toBeUndefined();
  });
});
