import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { policies } from "../../../policy/policies";
import { tableOf } from "../../support/tables";

const ROOT = join(__dirname, "..", "..", "..");

function json(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(ROOT, path), "utf8")) as Record<string, unknown>;
}

describe("the ready policy pack", () => {
  it("is a folder that the engine can start: its main is what was built, its version the package's", () => {
    expect(readFileSync(join(ROOT, "policy", "PulumiPolicy.yaml"), "utf8")).toMatch(/^runtime: nodejs$/m);
    expect(require.resolve(join(ROOT, "policy"))).toBe(join(ROOT, "dist", "policy", "pack.js"));
    expect(json("policy/package.json")["version"]).toBe(json("package.json")["version"]);
  });

  it("is published whole", () => {
    const { files } = json("package.json");
    expect(files).toEqual(
      expect.arrayContaining(["dist/policy", "policy/PulumiPolicy.yaml", "policy/package.json"]),
    );
  });
});

describe("pulumi-influx-token/policy", () => {
  it("loads neither Pulumi's SDK nor its policy SDK, which nobody needs who has no policies", () => {
    const script = `
      const { policies } = require("pulumi-influx-token/policy");
      process.stdout.write(JSON.stringify([policies.length, Object.keys(require.cache)]));`;
    const printed = execFileSync(process.execPath, ["-e", script], { encoding: "utf8", cwd: ROOT });
    const [count, files] = JSON.parse(printed) as [number, string[]];
    expect(count).toBe(policies.length);
    expect(files.filter((file) => file.includes("@pulumi"))).toEqual([]);
    const { peerDependenciesMeta } = json("package.json");
    expect(peerDependenciesMeta).toEqual({ "@pulumi/policy": { optional: true } });
  });
});

describe("docs/policy.md", () => {
  const page = readFileSync(join(ROOT, "docs", "policy.md"), "utf8");

  it("has the table of policies, with the config of each", () => {
    const { rows } = tableOf(page, "policies");
    expect(rows.map(([name, , options]) => [name, options])).toEqual(
      policies.map(({ name, configSchema }) => [
        `\`${name}\``,
        Object.keys(configSchema?.properties ?? {})
          .map((option) => `\`${option}\``)
          .join(", "),
      ]),
    );
  });
});
