import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { secret } from "../../../native/wire";
import { version } from "../../../package.json";
import { run } from "../../../scripts/run";
import { startServer } from "../../support/influxdb";
import { PluginUnderTest } from "../../support/plugin";

const ROOT = join(__dirname, "..", "..", "..");

describe("the plugin as one executable", () => {
  it("is made by its script, and makes and deletes a token where there is no Node.js", async () => {
    const folder = await mkdtemp(join(tmpdir(), "influx-token-executable-"));
    const server = await startServer();
    const made = await run(process.execPath, [join(ROOT, "dist", "scripts", "executable.js"), folder]);
    const path = join(folder, "pulumi-resource-influx-token");
    expect(made).toEqual({ code: 0, stdout: `${path}\n`, stderr: "" });
    await access(join(folder, "LICENSES.txt"));
    const child = spawn(path, [], { env: {}, stdio: ["pipe", "pipe", "pipe"] });
    try {
      const [port] = (await once(child.stdout, "data")) as [Buffer];
      const config = { host: server.url, token: secret(server.operatorToken) };
      const plugin = await PluginUnderTest.attach(Number(port.toString()), { config });
      expect((await plugin.ask<PluginInfo>("getPluginInfo", new Empty())).getVersion()).toBe(version);
      const schema = await plugin.ask<proto.GetSchemaResponse>("getSchema", new proto.GetSchemaRequest());
      expect(schema.getSchema()).toBe(await readFile(join(ROOT, "plugin", "schema.json"), "utf8"));
      const { inputs, failures } = await plugin.check({ org: "acme", readTasks: true });
      expect(failures).toEqual([]);
      const held = await plugin.create(inputs);
      expect(server.authorizations()).toHaveLength(2);
      await plugin.delete(held);
      expect(server.authorizations()).toHaveLength(1);
      plugin.close();
    } finally {
      child.kill("SIGKILL");
      await server.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
