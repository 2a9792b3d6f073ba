import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reverseProxyTo } from "../support/reverseProxy";
import { Servers } from "../support/serving";
import { openStack, type TestStack } from "../support/stack";

const EXAMPLE = join(__dirname, "..", "..", "examples", "deliver", "telegraf");

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
    stack = await openStack(EXAMPLE);
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
