import { isProviderProcess, peakMiB, processorSeconds } from "../../../scripts/processes";

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

  it("show the memory and the processor time that they took", () => {
    expect(peakMiB("Name:\tnode\nVmHWM:\t  102400 kB\n")).toBe(100);
    expect(peakMiB("")).toBeUndefined();
    expect(processorSeconds("7 (a name) S 1 7 7 0 -1 4194304 9 8 0 0 150 25 3 4 20 0")).toBe(1.75);
    expect(processorSeconds("")).toBeUndefined();
  });
});
