import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Engine } from "../../scripts/engine";
import type { RunResult } from "../../scripts/run";
import { startServer, type TestServer } from "../support/influxdb";

const PLUGIN = join(__dirname, "..", "..", "plugin", "pulumi-resource-influx-token");

describe("pulumi do, which has no program and no state", () => {
  let server: TestServer;
  let engine: Engine;
  let folder: string;
  let id = "";

  const ask = (...args: string[]): Promise<RunResult> =>
    engine.run(["do", "--package", PLUGIN, "influx-token:index:Token", ...args]);
  /** What a command prints for other programs. */
  const asked = async (...args: string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await ask(...args);
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as unknown;
  };

  beforeAll(async () => {
    server = await startServer();
    await server.makeBucket("metrics");
    folder = mkdtempSync(join(tmpdir(), "do-"));
    writeFileSync(join(folder, "Pulumi.yaml"), "name: none\nruntime: yaml\n");
    const env = { INFLUX_HOST: server.url, INFLUX_TOKEN: server.operatorToken };
    engine = await Engine.open({ programFolder: folder, env });
    const inputs = 'writeBucket = ["metrics"]\nstatus      = "inactive"\n';
    writeFileSync(join(engine.folder, "project", "ci.pp"), inputs);
    server.countRequests();
  });
  afterAll(async () => {
    await engine.dispose();
    await server.close();
    rmSync(folder, { recursive: true });
  });

  it("shows by the flags of influx auth create what a token would be, and sends nothing", async () => {
    const flags = ["--org", "acme", "--read-buckets", "--write-tasks", "--dry-run"];
    expect(await asked("create", ...flags)).toMatchObject({
      permissions: { "orgs/acme/buckets": "read", "orgs/acme/tasks": "write" },
    });
    expect(server.countRequests()).toEqual({});
  });

  it("makes it, with a file for what is no flag, and prints its value where it is asked to", async () => {
    const flags = ["--org", "acme", "--read-tasks", "--description", "ci", "--yes", "--show-secrets"];
    const made = (await asked("create", "--input-file", "ci.pp", ...flags)) as { id: string; token: string };
    id = made.id;
    expect(made).toMatchObject({
      status: "inactive",
      permissions: { "orgs/acme/buckets/metrics": "write", "orgs/acme/tasks": "read" },
    });
    expect(made.token).toMatch(/^\S{40,}$/);
  });

  it("lists those of an organization", async () => {
    expect(await asked("list", "--org", "acme")).toContainEqual({ id, name: "ci" });
  });

  it("reads it, and patches what a server lets be changed", async () => {
    writeFileSync(join(engine.folder, "project", "on.pp"), 'status = "active"\n');
    await asked("patch", id, "--description", "telegraf", "--input-file", "on.pp", "--yes");
    expect(await asked("read", id)).toMatchObject({ id, description: "telegraf", status: "active" });
  });

  it("refuses to patch what a server lets nobody change", async () => {
    const { code, stderr } = await ask("patch", id, "--read-buckets", "--yes");
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining("In `pulumi do … patch`: InfluxDB lets nobody change that"),
    ]);
  });

  it("deletes it, and says so where there is none", async () => {
    expect((await ask("delete", id, "--yes")).code).toBe(0);
    expect(server.authorizations()).toHaveLength(1);
    const { code, stderr } = await ask("delete", id, "--yes");
    expect([code, stderr]).toEqual([1, expect.stringContaining(`cannot delete the token ${id}`)]);
  });
});
