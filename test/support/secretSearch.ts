import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "../../scripts/engine";
import type { RunResult } from "../../scripts/run";
import { SECRET_KEY } from "../../provider/pulumiHost/wireValues";

/** As verbose as the engine can be, with everything that it hears in a file. */
const VERBOSE = ["--logtostderr", "-v=9", "--logflow", "--debug", "--event-log"];

/** As verbose as it can be without a log of what it sends and gets, which the host of YAML writes, too, as it likes. */
export const WITHOUT_ENGINE_LOG = ["--debug", "--event-log"];

/** Runs of the engine as verbose as can be, and all that they write: where secrets are looked for. */
export class SecretSearch {
  private readonly texts = new Map<string, string>();

  constructor(
    private readonly engine: Engine,
    private readonly verbose: readonly string[] = VERBOSE,
  ) {}

  /** Runs a command and keeps what is printed and every file of the engine's folder: among them the log of events. */
  async run(name: string, args: readonly string[], env: Record<string, string> = {}): Promise<RunResult> {
    const events = join(this.engine.folder, `${name}.events`);
    const result = await this.engine.run([...args, "--yes", "--skip-preview", ...this.verbose, events], {
      ...env,
      // Else the engine does not know the flag.
      PULUMI_DEBUG_COMMANDS: "true",
    });
    this.texts.set(`${name}: stdout`, result.stdout);
    this.texts.set(`${name}: stderr`, result.stderr);
    for (const [path, text] of filesOf(this.engine.folder)) this.texts.set(`${name}: ${path}`, text);
    return result;
  }

  /** What was written in one place, such as `up: stdout` and `up: up.events`. */
  text(place: string): string {
    return this.texts.get(place) ?? "";
  }

  /** Where one of the secrets is written. */
  whereabouts(secrets: readonly string[]): string[] {
    return this.search(secrets, () => false);
  }

  /** The same, but for the engine's own log of what it sends to providers and gets, which no package can change. */
  whereaboutsBeyondEngineLog(secrets: readonly string[]): string[] {
    return this.search(secrets, isEngineLog);
  }

  private search(secrets: readonly string[], mayHold: (line: string) => boolean): string[] {
    const holds = (text: string): boolean => secrets.some((secret) => text.includes(secret));
    return [...this.texts]
      .filter(([, text]) => holds(text) && text.split("\n").some((line) => holds(line) && !mayHold(line)))
      .map(([place]) => place);
  }
}

/** The engine's log is one JSON object a line; what a program or a provider wrote is in its sinks' lines. */
function isEngineLog(line: string): boolean {
  return /^\{"time":"[^"]*","level":"INFO","msg":"(?!eventSink|defaultSink)/.test(line);
}

/** Text files below a folder: the state, its backups and history, the config, what was left behind. */
export function filesOf(folder: string): [string, string][] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name): [string, string] => [name, join(folder, name)])
    .filter(([, path]) => statSync(path).isFile())
    .map(([name, path]) => [name, readFileSync(path, "utf8")]);
}

/** Properties of a resource with a word in the place of each secret: as they may be shown. */
export function concealed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(concealed);
  if (typeof value !== "object" || value === null) return value;
  if (SECRET_KEY in value) return "[secret]";
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, concealed(inner)]));
}
