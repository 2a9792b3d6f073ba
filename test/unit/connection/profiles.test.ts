import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ProfileRequest, readProfile } from "../../../provider/connection/profiles";
import { thrownBy } from "../../support/thrownBy";

const CONFIGS = `
[eu-central]
  url = "https://eu.example"
  token = "s3cret-eu"
  org = "acme"
[local]
  url = "http://localhost:8086"
  token = "s3cret-local"
  org = ""
  active = true
[odd]
  url = 7
`;

describe("the influx CLI's configs file", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "profiles-"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  function request(source: string, name?: string): ProfileRequest {
    const path = join(folder, "configs");
    writeFileSync(path, source);
    return {
      path: { value: path, from: "INFLUX_CONFIGS_PATH", property: "connection.configsPath" },
      ...(name !== undefined && {
        name: { value: name, from: "connection.activeConfig", property: "connection.activeConfig" },
      }),
    };
  }

  it("gives the active profile, without what is empty", () => {
    expect(readProfile(request(CONFIGS))).toEqual({
      name: "local",
      url: "http://localhost:8086",
      token: "s3cret-local",
    });
  });

  it("gives the profile that is asked for", () => {
    expect(readProfile(request(CONFIGS, "eu-central"))).toMatchObject({
      url: "https://eu.example",
      org: "acme",
    });
  });

  it("gives nothing where none is active", () => {
    expect(readProfile(request("[a]\nurl = 'x'\n"))).toBeUndefined();
    expect(readProfile(request(""))).toBeUndefined();
  });

  it("is not missed where nobody asked for it, and found in its place under the home folder", () => {
    const configs = join(folder, ".influxdbv2", "configs");
    expect(readProfile({}, folder)).toBeUndefined();
    mkdirSync(join(folder, ".influxdbv2"));
    writeFileSync(configs, CONFIGS);
    expect(readProfile({}, folder)).toMatchObject({ name: "local" });
    const name = { value: "x", from: "INFLUX_ACTIVE_CONFIG", property: "connection.activeConfig" };
    expect(() => readProfile({ name }, folder)).toThrow(
      /has no profile "x", asked for by INFLUX_ACTIVE_CONFIG: it has "eu-central", "local", "odd"$/,
    );
    rmSync(configs);
    mkdirSync(configs);
    expect(() => readProfile({}, folder)).toThrow(/cannot read .*configs \(EISDIR\)$/);
  });

  it("is missed where it was asked for", () => {
    const path = {
      value: join(folder, "none"),
      from: "INFLUX_CONFIGS_PATH",
      property: "connection.configsPath",
    };
    expect(thrownBy(() => readProfile({ path }))).toMatchObject({
      property: "connection.configsPath",
      message: expect.stringMatching(/none \(ENOENT\), asked for by INFLUX_CONFIGS_PATH$/) as unknown,
    });
  });

  it("that is empty says so when a profile is asked for", () => {
    expect(() => readProfile(request("", "prod"))).toThrow(/it has none$/);
  });

  it("that is malformed is located by line and column, never by its text, for that may hold a token", () => {
    const read = (): unknown => readProfile(request('[a]\ntoken = "s3cret'));
    expect(read).toThrow(/is not valid TOML at line 2, column \d+$/);
    expect(read).not.toThrow(/s3cret/);
  });

  it("with a value of the wrong kind is an error that names it", () => {
    expect(() => readProfile(request(CONFIGS, "odd"))).toThrow(
      /^url of the profile "odd" in .* must be a string$/,
    );
  });
});
