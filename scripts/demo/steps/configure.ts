import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Session } from "../session";
import { configOf } from "../tokens";

/** Step 1: the program at the root of this package makes a token for each entry of `influx-token:tokens`. */
export async function configure(session: Session): Promise<void> {
  const { server, engine, report, checks, declared } = session;
  await session.pulumi("pulumi stack init dev", () => engine.run(["stack", "init", "dev"]));
  await session.configSet("influx-token:host", server.url);
  await session.configSet("influx-token:token", server.operatorToken, "secret");
  await session.configSet("influx-token:org", server.org.name);
  for (const { key, value } of configOf(declared)) await session.configSet(key, value, "path");

  report.line();
  report.note("Pulumi.dev.yaml, which may as well be written by hand, now holds:");
  const file = await readFile(join(engine.folder, "project", "Pulumi.dev.yaml"), "utf8");
  report.quote(
    file
      .trimEnd()
      .split("\n")
      .filter((line) => !line.startsWith("encryptionsalt:"))
      .map((line) => line.replace(/(secure: .{12}).+/, "$1…")),
  );
  report.line();

  const { stdout } = await session.pulumi("pulumi config --json", () => engine.run(["config", "--json"]));
  const config = JSON.parse(stdout) as Record<
    string,
    { value?: unknown; objectValue?: unknown; secret: boolean }
  >;
  checks.equal("influx-token:token is kept as a secret", config["influx-token:token"], { secret: true });
  checks.equal(
    "influx-token:tokens holds what was typed",
    config["influx-token:tokens"]?.objectValue,
    declared,
  );
  checks.noSecret("Pulumi.dev.yaml holds the operator token encrypted only", [file]);
}
