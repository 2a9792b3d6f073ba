import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Engine, nameOf, plaintextOf, succeeded } from "../engine";
import type { PermissionTable } from "../../provider/permissions/table";
import type { RunResult } from "../run";
import { call, type ApiAnswer, type ApiRequest } from "./api";
import type { Checks } from "./checks";
import { resourceCounts } from "./engineOutput";
import type { Report } from "./report";
import type { Secrets } from "./secrets";
import type { DemoServer } from "./server";
import type { DeclaredTokens } from "./tokens";

/** A command of the engine that succeeded. */
export interface EngineRun {
  readonly stdout: string;
  readonly seconds: string;
  /** Requests that the server got meanwhile, by endpoint; `undefined` where others use it too. */
  readonly requests: Record<string, number> | undefined;
  /** The counts below `Resources:`. */
  readonly resources: Record<string, number>;
}

/** A token as the stack's state holds it. */
export interface StackToken {
  readonly id: string;
  readonly token: string;
  readonly description: string;
  readonly status: string;
}

interface Parts {
  readonly server: DemoServer;
  readonly engine: Engine;
  readonly report: Report;
  readonly checks: Checks;
  readonly secrets: Secrets;
  /** Aborted when the user wants the demo to end. */
  readonly signal: AbortSignal;
}

/** What the steps share: the server, the engine, and what earlier steps found. */
export class Session {
  readonly server: DemoServer;
  readonly engine: Engine;
  readonly report: Report;
  readonly checks: Checks;
  readonly secrets: Secrets;
  /** What the preview showed, by the name of the token. */
  previewed: Readonly<Record<string, PermissionTable>> = {};
  /** What the last `stackTokens` found. */
  tokens: Readonly<Record<string, StackToken>> = {};
  /** Ids of the organization's authorizations before the first token was made. */
  before: readonly string[] = [];
  /** Everything that the engine printed, each command's apart. */
  readonly captured: string[] = [];
  private readonly signal: AbortSignal;

  constructor(
    parts: Parts,
    public declared: DeclaredTokens,
  ) {
    ({
      server: this.server,
      engine: this.engine,
      report: this.report,
      checks: this.checks,
      secrets: this.secrets,
      signal: this.signal,
    } = parts);
  }

  /**
   * Runs a command of the engine, shown as `typed`, and keeps what it prints.
   * @throws when it does not end with exit code 0, or the user has interrupted the demo
   */
  async pulumi(typed: string, command: () => Promise<RunResult>): Promise<EngineRun> {
    this.signal.throwIfAborted();
    this.report.command(typed);
    const { requests } = this.server;
    requests?.reset();
    const started = Date.now();
    const result = await command();
    const asked = requests?.counts();
    this.captured.push(result.stdout, result.stderr);
    // An interrupted command fails, but that is not why.
    this.signal.throwIfAborted();
    const { stdout } = succeeded(result);
    return {
      stdout,
      seconds: `${((Date.now() - started) / 1000).toFixed(1)} s`,
      requests: asked,
      resources: resourceCounts(stdout),
    };
  }

  /** `pulumi config set`. A secret value goes through standard input, where no list of processes shows it. */
  async configSet(key: string, value: string, kind: "text" | "secret" | "path" = "text"): Promise<void> {
    const shown = /\s/.test(value) ? `"${value}"` : value;
    if (kind === "secret") {
      const flags = ["config", "set", "--secret", key];
      await this.pulumi(`pulumi ${flags.join(" ")}    (the value is asked for)`, () =>
        this.engine.run(flags, {}, value),
      );
      return;
    }
    const flags = kind === "path" ? pathFlags(value) : [];
    const shownKey = /[[\]]/.test(key) ? `'${key}'` : key;
    await this.pulumi(["pulumi config set", ...flags, shownKey, shown].join(" "), () =>
      this.engine.run(["config", "set", ...flags, key, value]),
    );
  }

  /** Asks the server directly, with a token of choice; default the operator token. */
  call(request: ApiRequest, token = this.server.operatorToken): Promise<ApiAnswer> {
    this.signal.throwIfAborted();
    return call(this.server.url, token, request);
  }

  /** Checks the requests that a command made, where they can be told. */
  checkRequests(what: string, { requests }: EngineRun, expected: Record<string, number>): void {
    if (requests === undefined) return;
    this.checks.equal(`${what}: ${requestText(expected)}`, requests, expected);
  }

  /** The stack's tokens with their values, which nobody is shown. */
  async stackTokens(): Promise<Readonly<Record<string, StackToken>>> {
    const { deployment } = await this.engine.export(["--show-secrets"]);
    const tokens: Record<string, StackToken> = {};
    for (const resource of deployment.resources ?? []) {
      const { type, id = "", outputs = {} } = resource;
      if (!type.endsWith(":InfluxToken")) continue;
      const token = plaintextOf(outputs["token"]);
      this.secrets.add(token);
      tokens[nameOf(resource)] = {
        id,
        token,
        description: String(outputs["description"]),
        status: String(outputs["status"]),
      };
    }
    this.tokens = tokens;
    return tokens;
  }

  /** Every file that the engine wrote: its state with backups and history, the stack's config, its home. */
  async files(): Promise<string[]> {
    const { folder } = this.engine;
    const paths = (await readdir(folder, { recursive: true })).map((name) => join(folder, name));
    const areFiles = await Promise.all(paths.map(async (path) => (await stat(path)).isFile()));
    return Promise.all(paths.filter((_, index) => areFiles[index]).map((path) => readFile(path, "utf8")));
  }
}

/**
 * Where the key has "token" in it, `pulumi config set` takes an id, and some descriptions, for a secret, and asks to be
 * told that it is none. An id of decimal digits only would be kept as a number.
 */
function pathFlags(value: string): string[] {
  if (value === "true" || value === "false") return ["--path"];
  return ["--path", "--plaintext", ...(/^\d+$/.test(value) ? ["--type", "string"] : [])];
}

function requestText(requests: Record<string, number>): string {
  const texts = Object.entries(requests).map(
    ([endpoint, count]) => `${count} ${endpoint.replace("/api/v2/", "")}`,
  );
  return texts.length === 0 ? "none" : texts.join(", ");
}
