import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reverseProxyTo } from "../support/reverseProxy";
import { Servers } from "../support/serving";
import { openStack, type TestStack } from "../support/stack";

const EXAMPLES = join(__dirname, "..", "..", "examples");

describe("the example deliver/telegraf", () => {
  const servers = new Servers();
  let folder: string;
  let path: string;
  let stack: TestStack;
  /** The file as it was at each request that deletes a token. */
  const atDeletes: string[] = [];

  const file = (): string => (existsSync(path) ? readFileSync(path, "utf8") : "");
  const tokens = (): string[] =>
    stack.server
      .authorizations()
      .map(({ token }) => token)
      .filter((token) => token !== stack.server.operatorToken);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "deliver-"));
    path = join(folder, "influxdb.conf");
    stack = await openStack(join(EXAMPLES, "deliver", "telegraf"));
    const watched = await servers.serve(
      reverseProxyTo(stack.server.url, ({ method }) => {
        if (method === "DELETE") atDeletes.push(file());
        return false;
      }),
    );
    await stack.engine.configSet("influx-token:host", watched);
    await stack.engine.configSet("path", path);
    await stack.engine.configSet("period", "2026-12");
  });
  afterAll(async () => {
    await stack.dispose();
    await servers.end();
    rmSync(folder, { recursive: true });
  });

  async function expectNoPlainToken(): Promise<void> {
    const everything = stack.printed() + (await stack.engine.stateText());
    for (const token of tokens()) expect(everything).not.toContain(token);
  }

  it("writes the token into a file that only its owner reads, and into no state and no output", async () => {
    expect(await stack.up()).toEqual({ created: 3 });
    const [token = "none"] = tokens();
    expect(file()).toContain(`token = "${token}"\n`);
    expect(file()).toContain('organization = "acme"\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await expectNoPlainToken();
  });

  it("changes nothing when it is refreshed and run again", async () => {
    const before = file();
    expect(await stack.up(["--refresh"])).toEqual({ unchanged: 3 });
    expect(file()).toBe(before);
    await expectNoPlainToken();
  });

  it("keeps the old token where the new one cannot be delivered", async () => {
    const before = file();
    await stack.engine.configSet("period", "2027-01");
    mkdirSync(`${path}.new`);
    expect(await stack.failing(["up", "--yes", "--skip-preview"])).toContain("influxdb.conf.new");
    expect(tokens()).toHaveLength(2);
    expect(file()).toBe(before);
    expect(atDeletes).toEqual([]);
    await expectNoPlainToken();
  });

  it("delivers the new token with the next run, before that deletes the old one", async () => {
    const before = file();
    rmdirSync(`${path}.new`);
    expect(await stack.up()).toMatchObject({ updated: 1 });
    const [token = "none", ...others] = tokens();
    expect(others).toEqual([]);
    expect(file()).toContain(`token = "${token}"\n`);
    expect(file()).not.toBe(before);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(atDeletes).toEqual([file()]);
    await expectNoPlainToken();
  });

  it("takes file and token with it when it is destroyed, the file first", async () => {
    expect(await stack.destroy()).toEqual({ deleted: 3 });
    expect(existsSync(path)).toBe(false);
    expect(atDeletes[1]).toBe("");
    expect(tokens()).toEqual([]);
  });
});

// With a few devices: each is in a shard of its own. test/unit/deliver.test.ts has all thousand.
describe("the example fleet", () => {
  let folder: string;
  let stack: TestStack;
  /** Tokens by device, in each file of the folder. */
  const files = (): Record<string, Record<string, string>> =>
    Object.fromEntries(
      readdirSync(folder).map((name) => [
        name,
        JSON.parse(readFileSync(join(folder, name), "utf8")) as Record<string, string>,
      ]),
    );
  const made = (): string[] => stack.server.authorizations().flatMap(({ id, token }) => [id, token]);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "fleet-"));
    stack = await openStack(join(EXAMPLES, "fleet"));
    await stack.server.makeBucket("telemetry");
    await stack.engine.configSet("folder", folder);
    await stack.engine.configSet("devices", "3");
  });
  afterAll(async () => {
    await stack.dispose();
    rmSync(folder, { recursive: true });
  });

  it("shows its devices in a preview that sends no request", async () => {
    stack.server.countRequests();
    const shown = await stack.preview(["--diff"]);
    for (const device of ["device-0", "device-1", "device-2"])
      expect(shown).toMatch(new RegExp(`${device}\\b`));
    expect(stack.server.countRequests()).toEqual({});
  });

  it("makes a token for each device, and hands on those of a shard in one file", async () => {
    // The stack, the fleet and its retirement; a shard and a file for each device.
    expect(await stack.up()).toEqual({ created: 3 + 3 + 3 });
    const written = Object.values(files());
    expect(written).toHaveLength(3);
    expect(Object.assign({}, ...written)).toEqual(
      Object.fromEntries(
        stack.server
          .authorizations()
          .filter(({ token }) => token !== stack.server.operatorToken)
          .map(({ description, token }) => [description.replace("fleet/dev/devices/", ""), token]),
      ),
    );
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  });

  it("changes nothing when it is refreshed and run again", async () => {
    const before = [made(), files()];
    expect(await stack.up(["--refresh"])).toEqual({ unchanged: 9 });
    expect([made(), files()]).toEqual(before);
  });

  it("makes one token for one more device, and writes one file", async () => {
    const before = [made(), files()] as const;
    await stack.engine.configSet("devices", "4");
    // Updated is the fleet itself, which counts its members.
    expect(await stack.up()).toEqual({ created: 2, updated: 1, unchanged: 8 });
    expect(made()).toEqual(expect.arrayContaining(before[0]));
    expect(made()).toHaveLength(before[0].length + 2);
    expect(files()).toMatchObject(before[1]);
  });

  it("leaves neither a token nor a file behind, and had none in its state and its output", async () => {
    const everything = stack.printed() + (await stack.engine.stateText());
    for (const tokens of Object.values(files()))
      for (const token of Object.values(tokens)) expect(everything).not.toContain(token);
    expect(await stack.destroy()).toEqual({ deleted: 11 });
    expect(stack.server.authorizations()).toHaveLength(1);
    expect(readdirSync(folder)).toEqual([]);
  });
});
