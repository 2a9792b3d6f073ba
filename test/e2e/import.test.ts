import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../../cli/run";
import { succeeded } from "../../scripts/engine";
import { makeManyTokens, type ManyTokens } from "../support/manyTokens";
import { openStack, type TestStack } from "../support/stack";

const ROOT = join(__dirname, "..", "..");

describe("a program that influx-token import prints, with the real engine", () => {
  let folder: string;
  let stack: TestStack;
  let made: ManyTokens;

  async function importing(...args: string[]): Promise<string> {
    let out = "";
    const { url, operatorToken } = stack.server;
    const code = await runCommand(["import", "--org", "acme", ...args], {
      env: { INFLUX_HOST: url, INFLUX_TOKEN: operatorToken },
      cwd: folder,
      isTerminal: false,
      version: "",
      readStdin: async () => succeeded(await stack.engine.run(["stack", "export"])).stdout,
      out: (text) => (out += text),
      err: (text) => (out += text),
    });
    expect([code, out]).toEqual([0, out]);
    return out;
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "imported-"));
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    writeFileSync(join(folder, "Pulumi.yaml"), "name: imported\nruntime: nodejs\n");
    writeFileSync(join(folder, "package.json"), '{ "main": "index.ts" }');
    stack = await openStack(folder, { plainTokens: true, env: { INFLUX_PREFLIGHT: "1" } });
    made = await makeManyTokens(stack.server);
    writeFileSync(join(folder, "index.ts"), await importing());
  });
  afterAll(async () => {
    await stack.dispose();
    rmSync(folder, { recursive: true });
  });

  it("previews, with preflight, as adoptions of tokens of all kinds without a difference", async () => {
    stack.server.countRequests();
    const shown = await stack.preview();
    expect(shown).toContain(`+ ${made.adoptable.length + 1} to create`);
    const requests = Object.keys(stack.server.countRequests());
    expect(requests).toContain("GET /api/v2/authorizations/{id}");
    expect(requests.filter((request) => !request.startsWith("GET "))).toEqual([]);
  });

  it("adopts them, changes none, and leaves nothing to import but what cannot be adopted", async () => {
    const before = stack.server.authorizations();
    expect(await stack.up()).toEqual({ created: made.adoptable.length + 1 });
    expect(stack.server.authorizations()).toEqual(before);
    const operator = before[0]?.id;
    const rest = JSON.parse(await importing("--exclude-state", "-", "--list", "--json")) as { id: string }[];
    expect(rest.map(({ id }) => id)).toEqual([operator, ...made.inexpressible.map(({ id }) => id)]);
  });
});
