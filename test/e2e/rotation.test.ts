import { join } from "node:path";
import randomPackage from "@pulumi/random/package.json";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { startFaultProxy } from "../support/faultProxy";
import { SecretSearch } from "../support/secretSearch";
import { openStack, type TestStack } from "../support/stack";

// A test runs the engine up to three times, as verbose as can be.
jest.setTimeout(240_000);

const EXAMPLE = join(__dirname, "..", "..", "examples", "rotation");

// The plugin of @pulumi/random comes from a host that not every network reaches. What the example declares is tested
// with Pulumi's mocks everywhere (test/unit/programs.test.ts); here it runs for real, or the run says that it could not.
describe("the example rotation", () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await openStack(EXAMPLE);
    await stack.engine.configSet("period", "2026-12");
  });
  afterAll(() => stack.dispose());

  it("gives a new token for a new period, where the plugin of @pulumi/random installs", async () => {
    const install = ["plugin", "install", "resource", "random", randomPackage.version];
    const { code, stderr } = await stack.engine.run(install);
    if (code !== 0) {
      expect(stderr).toMatch(/download/);
      process.stdout.write(
        "examples/rotation: ran with mocks only, for the plugin of @pulumi/random cannot be downloaded\n",
      );
      return;
    }
    process.stdout.write("examples/rotation: ran with the real plugin of @pulumi/random\n");
    expect(await stack.up()).toEqual({ created: 3 });
    const [, first] = stack.server.authorizations();
    expect(await stack.up()).toEqual({ unchanged: 3 });
    expect(await stack.refresh()).toEqual({ unchanged: 3 });
    await stack.engine.configSet("period", "2027-01");
    expect(await stack.up()).toEqual({ replaced: 1, updated: 1, unchanged: 1 });
    const [, before, newest] = stack.server.authorizations();
    expect(before).toEqual(first);
    expect(newest?.token).not.toBe(first?.token);
    expect(await stack.destroy()).toEqual({ deleted: 3 });
    expect(stack.server.authorizations()).toHaveLength(1);
  });
});

/** A client that asks again and again with the token that it holds, and what it was answered. */
function startClient(
  url: string,
  token: string,
): { hold: (next: string) => void; stop: () => Promise<number[]> } {
  let held = token;
  const stopped = new AbortController();
  const answers: number[] = [];
  const asking = (async () => {
    while (!stopped.signal.aborted) {
      const headers = { Authorization: `Token ${held}` };
      answers.push((await fetch(`${url}/api/v2/buckets`, { headers })).status);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  return {
    hold: (next) => (held = next),
    stop: async () => {
      stopped.abort();
      await asking;
      return answers;
    },
  };
}

// An outage would be a single refused request: so a client asks throughout.
describe("a RotatingInfluxToken", () => {
  let stack: TestStack;
  let folder: string;
  let proxy: Awaited<ReturnType<typeof startFaultProxy>>;
  let isDeleteBroken = false;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "rotating-"));
    const program = join(__dirname, "programs", "scripted");
    stack = await openStack(program, { env: { SCRIPT: join(folder, "script.cjs") } });
    proxy = await startFaultProxy(stack.server.url, ({ method }) =>
      isDeleteBroken && method === "DELETE" ? "503 before" : undefined,
    );
    await stack.engine.configSet("influx-token:host", proxy.url);
    await stack.engine.configSet("influx-token:retries", "0");
  });
  afterAll(async () => {
    await proxy.close();
    await stack.dispose();
    rmSync(folder, { recursive: true });
  });

  const declare = (args: string): void => {
    const body = `
      const token = new RotatingInfluxToken("ci", { org: "acme", readBuckets: true, ${args} });
      new Later("client", token.authorizationId);
      return { newest: token.authorizationId };`;
    const text = `module.exports = ({ RotatingInfluxToken, Later }) => {${body}\n};\n`;
    writeFileSync(join(folder, "script.cjs"), text);
  };
  const made = (): string[] =>
    stack.server
      .authorizations()
      .slice(1)
      .map(({ token }) => token);
  async function outputs(): Promise<Record<string, unknown>> {
    return (await stack.resources()).find(({ urn }) => urn.endsWith("::ci"))?.outputs ?? {};
  }

  let client: ReturnType<typeof startClient>;
  let search: SecretSearch;
  const values = new Set<string>();

  it("rotates when its time is over, and keeps the token that clients hold", async () => {
    stack.server.setClock("2020-01-01T00:00:00Z");
    declare('rotateAfter: "90d"');
    await stack.up();
    stack.server.setClock();
    const [first = ""] = made();
    client = startClient(stack.server.url, first);
    search = new SecretSearch(stack.engine);
    expect((await search.run("rotate", ["up"])).code).toBe(0);
    expect(made()).toEqual([first, expect.any(String)]);
    made().forEach((value) => values.add(value));
    expect(await stack.up(["--refresh"])).toEqual({ unchanged: 3 });
  });

  it("records the new token where the old one cannot be deleted, and deletes that in the next run", async () => {
    const [first, second = ""] = made();
    // Clients had until now.
    client.hold(second);
    declare('rotateAfter: "90d", generation: 2');
    isDeleteBroken = true;
    const failed = await search.run("fail", ["up"]);
    expect(failed.code).not.toBe(0);
    expect(failed.stdout).toContain("cannot delete the token");
    expect(made()).toEqual([first, second, expect.any(String)]);
    made().forEach((value) => values.add(value));
    const [, , third = ""] = made();
    const newest = stack.server.authorizations()[3]?.id;
    expect(await outputs()).toMatchObject({ authorizationId: newest, generation: 2 });
    isDeleteBroken = false;
    expect(await stack.up()).toMatchObject({ updated: 2, unchanged: 1 });
    expect(made()).toEqual([second, third]);
    expect(await stack.up()).toEqual({ unchanged: 3 });
  });

  it("refused no client in all that time, leaves nothing after destroy, and its values nowhere", async () => {
    const answers = await client.stop();
    expect(answers.length).toBeGreaterThan(100);
    expect(new Set(answers)).toEqual(new Set([200]));
    expect((await search.run("destroy", ["destroy"])).code).toBe(0);
    expect(made()).toEqual([]);
    expect(values.size).toBe(3);
    expect(search.whereaboutsBeyondEngineLog([...values])).toEqual([]);
  });
});
