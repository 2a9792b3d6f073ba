import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStack, type TestStack } from "../support/stack";

describe("the keys of a stack's config, with the real engine", () => {
  let stack: TestStack;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "keys-"));
    const declared = Object.fromEntries(
      ["a", "b", "c"].map((name) => [name, { org: "acme", readTasks: true }]),
    );
    writeFileSync(join(folder, "declared.json"), JSON.stringify(declared));
    stack = await openStack(join(__dirname, "programs", "declared"), {
      env: { DECLARED: join(folder, "declared.json") },
    });
  });
  afterAll(async () => {
    await stack.dispose();
    rmSync(folder, { recursive: true });
  });

  it("are named in one warning each where `pulumi config set` without a namespace put them", async () => {
    await stack.engine.configSet("host", "https://elsewhere.test");
    await stack.engine.configSet("token", "s3cret-t0ken", { secret: true });
    const shown = await stack.preview();
    const [, diagnostics = ""] = shown.split("Diagnostics:");
    expect(
      diagnostics.split("if it is meant for InfluxToken, set influx-token:host in its place"),
    ).toHaveLength(2);
    expect(diagnostics.split("InfluxToken does not read declared:token")).toHaveLength(2);
    expect(shown).not.toMatch(/s3cret|elsewhere/);
    expect(await stack.up()).toEqual({ created: 4 });
  });

  it("stop the program before anything is made or sent where nobody reads them", async () => {
    await stack.engine.configSet("influx-token:hots", "https://elsewhere.test");
    const made = stack.server.authorizations().length;
    stack.server.countRequests();
    for (const command of ["preview", "up"]) {
      const args = command === "up" ? ["up", "--yes", "--skip-preview"] : ["preview"];
      const shown = await stack.failing(args);
      expect(shown).toContain(
        "the stack config has influx-token:hots, which InfluxToken does not know: did you mean influx-token:host?",
      );
      expect(shown).not.toMatch(/elsewhere|configKeys\.js|influxToken\.js/);
    }
    expect(stack.server.countRequests()).toEqual({});
    expect(stack.server.authorizations()).toHaveLength(made);
  });
});
