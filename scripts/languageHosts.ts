import { realpath } from "node:fs/promises";
import { delimiter, dirname } from "node:path";
import which from "which";
import { answerArguments, messageOf, runMain } from "./command";
import { findOrBuildGoTool, type GoToolOptions } from "./goTool";
import { findOrInstallPulumiCli } from "./pulumiCli";

/** A language of Pulumi, beside those of Node.js, that programs in the tests are written in. */
export type HostedLanguage = "yaml" | "python" | "go";

/** What a host starts and does not hold itself, by its path in the Go module that the host is in. */
const SCRIPTS: Readonly<Record<HostedLanguage, readonly string[]>> = {
  yaml: [],
  python: ["python/cmd/pulumi-language-python-exec"],
  go: [],
};

const HELP = `Usage: node dist/scripts/languageHosts.js

Finds or installs everything of Pulumi that the tests run, with progress on standard error: the CLI (as
scripts/pulumi-cli), its hosts for YAML, Python and Go, and the program that writes SDKs.
Prints the path of the CLI. A host that cannot be built is named: the tests that need it fail, and all others run.
`;

/**
 * Gives the folder with the engine's host for a language: that of an official release beside the CLI, or one that is
 * built with Go from `tools/` into the user's cache folder. Rejects with what to do where it cannot be built.
 */
export async function findOrBuildLanguageHost(
  language: HostedLanguage,
  pulumiCli: string,
  options: GoToolOptions = {},
): Promise<string> {
  const name = `pulumi-language-${language}`;
  // The engine looks beside its own file, which a package manager may have linked to.
  const beside = [dirname(pulumiCli), dirname(await realpath(pulumiCli))].join(delimiter);
  const found = await which(name, { path: beside, nothrow: true });
  return dirname(found ?? (await findOrBuildGoTool(name, { ...options, scripts: SCRIPTS[language] })));
}

async function main(args: readonly string[], signal: AbortSignal): Promise<number> {
  const answered = answerArguments(HELP, args);
  if (answered !== undefined) return answered;
  const log = (line: string): void => void process.stderr.write(`engine: ${line}\n`);
  const { path } = await findOrInstallPulumiCli({ log, signal });
  const languages = Object.keys(SCRIPTS) as HostedLanguage[];
  const programs = [
    ...languages.map((language) => () => findOrBuildLanguageHost(language, path, { log, signal })),
    () => findOrBuildGoTool("sdkgen", { log, signal }),
  ];
  for (const findOrBuild of programs) {
    await findOrBuild().catch((error: unknown) => {
      signal.throwIfAborted();
      // The tests that need it fail with the same message, and all others run.
      log(messageOf(error));
    });
  }
  process.stdout.write(`${path}\n`);
  return 0;
}

if (require.main === module) void runMain("engine", (signal) => main(process.argv.slice(2), signal));
