import { resolve } from "node:path";
import { Checks } from "./demo/checks";
import { Report } from "./demo/report";
import { Secrets } from "./demo/secrets";
import { openServer } from "./demo/server";
import { Session } from "./demo/session";
import { STEPS } from "./demo/steps";
import { firstTokens } from "./demo/tokens";
import { Engine } from "./engine";
import { findOrInstallPulumiCli } from "./pulumiCli";

const HELP = `Usage: npm run demo

Shows what this package does, with the real Pulumi engine: previews, makes, uses, reports, edits, refreshes and
removes four InfluxDB tokens, and checks every step. Nothing needs to be there: the engine is found or installed
(several minutes once where it has to be built), the server is an emulator in this process, and the state is in a
temporary folder.

Environment:
  INFLUX_HOST and INFLUX_TOKEN   run on this server instead, with this operator token. The demo makes an organization
                                 of its own there, and removes it with all that is in it at the end.
  NO_COLOR                       print without colours

Exit code: 0; 1 when anything was not as it must be; 130 when interrupted.
`;

/** The root of the package: this file runs from dist/scripts. */
const PACKAGE = resolve(__dirname, "..", "..");

async function main(args: string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(HELP);
    return 0;
  }
  if (args.length > 0) {
    process.stderr.write(`Unknown argument ${args.join(" ")}.\n${HELP}`);
    return 1;
  }
  const secrets = new Secrets();
  secrets.add((process.env["INFLUX_TOKEN"] ?? "").trim());
  const report = new Report(process.stdout, secrets, process.env);
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    // Once: whoever asks again does not want to wait for the cleaning up either.
    process.once(signal, () => {
      report.line();
      report.note(`Interrupted by ${signal}: stopping, and removing what was made.`);
      interrupted.abort();
    });
  }
  const cleanups: { what: string; run: () => Promise<void> }[] = [];
  let code: number;
  try {
    await demonstrate(report, secrets, interrupted.signal, cleanups);
    code = 0;
  } catch (error) {
    // Whatever an interrupted command answers, or fails to, is no failure of the demo.
    code = interrupted.signal.aborted ? 130 : 1;
    if (code === 1) report.failed(describe(error));
  }
  for (const { what, run } of cleanups.reverse()) {
    try {
      await run();
    } catch (error) {
      report.failed(`cannot remove ${what}: ${describe(error)}`);
      code ||= 1;
    }
  }
  if (code === 1) process.stderr.write("demo: FAILED; its output says what was expected and what came\n");
  return code;
}

async function demonstrate(
  report: Report,
  secrets: Secrets,
  signal: AbortSignal,
  cleanups: { what: string; run: () => Promise<void> }[],
): Promise<void> {
  report.title("pulumi-influx-token: InfluxDB tokens as Pulumi resources, shown and checked");
  report.line();
  const log = (line: string): void => {
    report.note(`engine   ${line}`);
  };
  const cli = await findOrInstallPulumiCli({ log, signal });
  const started = Date.now();
  log(`Pulumi ${cli.version} (${cli.path})`);

  const server = await openServer(process.env);
  cleanups.push({ what: `what was made on ${server.url}`, run: () => server.remove() });
  secrets.add(server.operatorToken);
  report.note(`server   ${server.url}: ${server.kind}`);
  report.note(`made     organization ${server.org.name} with the buckets raw and daily`);
  report.note("program  program/index.ts: a token for each entry of the stack config influx-token:tokens");

  const engine = await Engine.open({ programFolder: PACKAGE, pulumiCli: cli.path });
  cleanups.push({ what: `the folder ${engine.folder}`, run: () => engine.dispose() });
  report.note("state    in a temporary folder; --yes and --non-interactive are added to the commands below");

  const checks = new Checks(report, secrets);
  const session = new Session({ server, engine, report, checks, secrets, signal }, firstTokens(server));
  for (const [index, step] of STEPS.entries()) {
    report.heading(`Step ${index + 1} of ${STEPS.length}: ${step.title}`);
    await step.run(session);
  }

  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  report.heading(`Done: ${STEPS.length} steps, ${checks.count} checks, ${seconds} s`);
  report.note("Read next: README.md, then examples/ for programs of your own.");
  report.note("On your own server: INFLUX_HOST=http://… INFLUX_TOKEN=… npm run demo");
}

/** A stack trace helps only where the demo itself is wrong. */
function describe(error: unknown): string {
  if (error instanceof TypeError) return error.stack ?? error.message;
  return error instanceof Error ? error.message : String(error);
}

void main(process.argv.slice(2)).then((code) => (process.exitCode = code));
