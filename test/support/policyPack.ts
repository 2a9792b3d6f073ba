import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const RUNTIME = "PulumiPolicy.yaml";

/** What an engine prints whose language host is older than itself, and cannot start a policy pack. */
export const CANNOT_START = /failed to start: .*not supported/;

/**
 * The language host that is built with Go is older than the engine, and answers that it cannot start a policy pack. The
 * engine can start one without a language host, by a program named after the pack's runtime. This makes a copy of the
 * pack in which nothing but the name of the runtime differs, and that program, which is what the SDK has for policy
 * packs.
 *
 * @param pack folder of the pack.
 * @param copy folder that is made.
 * @param pulumiHome where the engine looks for its plugins.
 */
export async function packWithoutLanguageHost(pack: string, copy: string, pulumiHome: string): Promise<void> {
  const plugin = join(pulumiHome, "plugins", "analyzer-policy-sdk-v1.0.0");
  await cp(pack, copy, { recursive: true });
  const runtime = await readFile(join(pack, RUNTIME), "utf8");
  await writeFile(join(copy, RUNTIME), runtime.replace("runtime: nodejs", "runtime: sdk"));
  await mkdir(plugin, { recursive: true });
  const run = require.resolve("@pulumi/pulumi/cmd/run-policy-pack");
  await writeFile(
    join(plugin, "pulumi-analyzer-policy-sdk"),
    `#!/bin/sh\nexec '${process.execPath}' '${run}' "$@"\n`,
    { mode: 0o755 },
  );
}

/** Says in the log of the tests which pack is run. */
export function tellOfCopy(): void {
  process.stdout.write(
    'policy: this engine\'s language host cannot start a policy pack (it answers "not supported"): ran a copy with another name of the runtime\n',
  );
}
