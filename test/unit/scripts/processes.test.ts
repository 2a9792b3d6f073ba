import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  isProviderProcess,
  peakMiB,
  processorSeconds,
  processRole,
  watchMemory,
} from "../../../scripts/processes";

describe("the processes of the engine", () => {
  it("are told apart: the one that hosts the provider, or is it, and those that start it", () => {
    const host = ["node", "/p/node_modules/@pulumi/pulumi/cmd/dynamic-provider/index.js", "127.0.0.1:1"];
    expect(isProviderProcess(host.join("\0"))).toBe(true);
    const plugin = ["node", "/p/plugin/pulumi-resource-influx-token", "127.0.0.1:1"];
    expect(isProviderProcess(plugin.join("\0"))).toBe(true);
    expect(isProviderProcess(["vi", "/p/plugin/pulumi-resource-influx-token.cmd"].join("\0"))).toBe(false);
    const asking = ["node", "-e", "console.log(require.resolve('@pulumi/pulumi/cmd/dynamic-provider'))"];
    expect(isProviderProcess(asking.join("\0"))).toBe(false);
    expect(isProviderProcess(["node", "/p/node_modules/@pulumi/pulumi/cmd/run"].join("\0"))).toBe(false);
  });

  it("are the engine, the program and the provider, of which each is told by its arguments", () => {
    const roleOf = (...args: string[]) => processRole(args.join("\0"));
    const sdk = "/p/node_modules/@pulumi/pulumi/cmd";
    expect(roleOf("/cache/pulumi", "up", "--yes")).toBe("engine");
    expect(roleOf("pulumi", "up")).toBe("engine");
    expect(roleOf("/usr/bin/node", `${sdk}/run/index.js`, "--monitor", "127.0.0.1:1")).toBe("program");
    expect(roleOf("node", `${sdk}/dynamic-provider/index.js`, "127.0.0.1:1")).toBe("provider");
    expect(roleOf("/cache/pulumi-language-nodejs", "127.0.0.1:1")).toBeUndefined();
    expect(roleOf("node", "-e", "console.log(require.resolve('@pulumi/pulumi/cmd/run'))")).toBeUndefined();
    expect(roleOf("node", `${sdk}/run-policy-pack/index.js`)).toBeUndefined();
  });

  it("are watched as long as a command runs, each by itself", async () => {
    const script = "const a = Buffer.alloc(80 << 20, 1); setTimeout(() => a, 1500)";
    const file = join(await mkdtemp(join(tmpdir(), "processes-")), "pulumi-resource-influx-token");
    await writeFile(file, script);
    const { result, peakMemoryMiB } = await watchMemory(async () => {
      const [code] = (await once(spawn(process.execPath, [file]), "exit")) as [unknown];
      return code;
    });
    await rm(dirname(file), { recursive: true });
    expect([result, Object.keys(peakMemoryMiB)]).toEqual([0, ["provider"]]);
    expect(peakMemoryMiB.provider).toBeGreaterThan(80);
  });

  it("show the memory and the processor time that they took", () => {
    expect(peakMiB("Name:\tnode\nVmHWM:\t  102400 kB\n")).toBe(100);
    expect(peakMiB("")).toBeUndefined();
    expect(processorSeconds("7 (a name) S 1 7 7 0 -1 4194304 9 8 0 0 150 25 3 4 20 0")).toBe(1.75);
    expect(processorSeconds("")).toBeUndefined();
  });
});
