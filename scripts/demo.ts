import { resolve } from "node:path";
import { answerArguments, messageOf, runMain } from "./command";
import { Output } from "./demo/output";
import { openServer } from "./demo/server";
import { Session } from "./demo/session";
import { STEPS } from "./demo/steps";
import { Engine } from "./engine";
import { findOrInstallPulumiCli } from "./pulumiCli";

const HELP = `Usage: npm run demo

Shows what this package does, with the real Pulumi engine: previews, makes, uses, reports, edits and refreshes
four InfluxDB tokens, adopts a fifth, rotates one, makes a thousand more for devices and renews one of these, removes
them all, and checks every step. Nothing needs to be
there: the engine is found or installed (several minutes once where it has to be built), the server is an emulator in
this process, and the state is in a temporary folder.

Environment:
  INFLUX_HOST and INFLUX_TOKEN   run on this server instead, with this operator token. The demo makes an organization
                                 of its own there, and removes it with all that is in it at the end.
  NO_COLOR                       print without colours

Exit code: 0; 1 when anything was not as it must be; 130 when interrupted.
`;

/** The root of the package: this file runs from dist/scripts. */
const PACKAGE = resolve(__dirname, "..", "..");

type Cleanup = [what: string, run: () => Promise<void>];

async function main(args: readonly string[], signal: AbortSignal): Promise<number> {
  const answered = answerArguments(HELP, args);
  if (answered !== undefined) return answered;
  const output = new Output(process.stdout, process.env);
  output.addSecrets((process.env["INFLUX_TOKEN"] ?? "").trim());
  signal.addEventListener("abort", () => {
    output.line();
    output.note(`${messageOf(signal.reason)}: stopping, and removing what was made.`);
  });
  const cleanups: Cleanup[] = [];
  let failures = 0;
  const fail = (text: string): void => {
    failures += 1;
    output.failed(text);
  };
  try {
    await demonstrate(output, signal, cleanups);
  } catch (error) {
    // Whatever an interrupted command answers, or fails to, is no failure of the demo.
    if (!signal.aborted) fail(describe(error));
  }
  for (const [what, run] of cleanups.reverse()) {
    await run().catch((error: unknown) => {
      fail(`cannot remove ${what}: ${describe(error)}`);
    });
  }
  if (failures === 0) return signal.aborted ? 130 : 0;
  throw new Error("FAILED; its output says what was expected and what came");
}

async function demonstrate(output: Output, signal: AbortSignal, cleanups: Cleanup[]): Promise<void> {
  output.line("pulumi-influx-token: InfluxDB tokens as Pulumi resources, shown and checked\n");
  const log = (line: string): void => {
    output.note(`engine   ${line}`);
  };
  const cli = await findOrInstallPulumiCli({ log, signal });
  const started = Date.now();
  log(`Pulumi ${cli.version} (${cli.path})`);

  const server = await openServer(process.env);
  cleanups.push([`what was made on ${server.api.url}`, () => server.remove()]);
  output.addSecrets(server.operatorToken);
  output.note(`server   ${server.api.url}: ${server.kind}`);
  output.note(`made     organization ${server.org.name} with the buckets raw and daily`);
  output.note("program  program/index.ts: a token for each entry of the stack config influx-token:tokens");

  const engine = await Engine.open({ programFolder: PACKAGE, pulumiCli: cli.path });
  cleanups.push([`the folder ${engine.folder}`, () => engine.dispose()]);
  output.note("state    in a temporary folder; --yes and --non-interactive are added to the commands below");

  const session = new Session(server, engine, output, signal);
  for (const [index, step] of STEPS.entries()) {
    output.heading(`Step ${index + 1} of ${STEPS.length}: ${step.title}`);
    await step.run(session);
  }

  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  output.heading(`Done: ${STEPS.length} steps, ${output.checks} checks, ${seconds} s`);
  output.note("Read next: README.md, then examples/ for programs of your own.");
  output.note("On your own server: INFLUX_HOST=http://… INFLUX_TOKEN=… npm run demo");
}

/** A stack trace helps only where the demo itself is wrong. */
function describe(error: unknown): string {
  return error instanceof TypeError ? (error.stack ?? error.message) : messageOf(error);
}

void runMain("demo", (signal) => main(process.argv.slice(2), signal));
