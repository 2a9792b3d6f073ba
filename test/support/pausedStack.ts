import { readFileSync, readlinkSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { descendants, isProviderProcess } from "../../scripts/processes";
import type { StoredAuthorization } from "../../emulator";
import type { NewAuthorization } from "../../provider/types";
import { Engine, nameOf, succeeded } from "../../scripts/engine";
import type { RunResult } from "../../scripts/run";
import { NATIVE_HOST } from "./behaviourHosts";
import { type FaultProxy, type Hold, startFaultProxy } from "./faultProxy";
import { startServer, type TestServer } from "./influxdb";
import { type DeclaredToken, expectSameTokens } from "./randomStack";

const PROGRAM = join(__dirname, "..", "e2e", "programs", "declared");

/** The hosts that a stack can run in: Pulumi's own for dynamic resources, and the plugin with a program in YAML. */
export const PAUSED_HOSTS = ["dynamic", "native"] as const;
export type PausedHost = (typeof PAUSED_HOSTS)[number];

/** A stack and its program. */
interface Program {
  readonly engine: Engine;
  readonly server: TestServer;
  declare(tokens: ReadonlyMap<string, DeclaredToken>): Promise<void>;
  dispose(): Promise<void>;
}

/** What an `up` does to a token, as the server sees it. */
export const STEPS = ["create", "create of a replacement", "delete of a replaced token", "delete"] as const;
export type Step = (typeof STEPS)[number];

/** Before the server receives it, or after the server did it and before its answer arrived. */
export const MOMENTS = ["before", "after"] as const;
export type Moment = (typeof MOMENTS)[number];

/** An `up` deletes only when all that it makes is made. */
export const PHASES = ["creates", "deletes"] as const;
export type Phase = (typeof PHASES)[number];
export type Phases = readonly [Phase, ...Phase[]];

export const STEPS_OF: Readonly<Record<Phase, readonly Step[]>> = {
  creates: ["create", "create of a replacement"],
  deletes: ["delete of a replaced token", "delete"],
};

/** A run whose steps of one phase are in flight: half of the requests on their way there, half of the answers on their way back. */
export interface PausedRun {
  /** Ids of processes: of the engine, and of each that it started from the provider: for YAML one more shows its schema. */
  readonly engine: number;
  readonly providers: readonly number[];
  readonly proxy: FaultProxy;
  /** Lets the requests go on. */
  readonly release: () => void;
  /** Settles when the engine has ended. */
  readonly ended: Promise<void>;
}

/** What an interrupted run leaves behind. */
export interface Outcome extends RunResult {
  /** Whether the next run is refused until `pulumi cancel`. */
  readonly isLocked: boolean;
  /** Steps of whose end the engine knows nothing, such as `creating NAME`. */
  readonly pending: readonly string[];
  /** Tokens on the server that the state does not know. */
  readonly unknown: readonly StoredAuthorization[];
  /** Whether a process of the provider does not end by itself. */
  readonly providerStays: boolean;
  /** When it began, by the clock that the server has too. */
  readonly startedAt: Date;
}

/** How long a provider without its engine may take to notice, to end what is in flight, and itself, on a busy machine. */
const EXIT_TIMEOUT_MS = 20_000;

/**
 * A stack of tokens behind a proxy that pauses its requests. Each round edits it by two tokens of each step, one for
 * each moment; the description of a token says which it is.
 */
export class PausedStack {
  private round = 0;
  private declared = new Map<string, DeclaredToken>();
  /** Ids of the tokens that were there before the edit. */
  private old: ReadonlySet<string> = new Set();
  private readonly holds = new Map<string, Hold>();

  private constructor(
    private readonly program: Program,
    private readonly proxy: FaultProxy,
  ) {}

  static async open(host: PausedHost): Promise<PausedStack> {
    const program = await (host === "dynamic" ? openDynamic() : openNative());
    const { engine, server } = program;
    const proxy = await startFaultProxy(server.url, (request, body) => stack.holdOf(request, body));
    const stack: PausedStack = new PausedStack(program, proxy);
    const settings = {
      host: proxy.url,
      retries: "1",
      // Longer than the engine waits for its plugins, and no longer: a killed server is looked for as long.
      timeoutMs: "10000",
    };
    for (const [name, value] of Object.entries(settings))
      await engine.configSet(`influx-token:${name}`, value);
    await engine.configSet("influx-token:token", server.operatorToken, { secret: true });
    await stack.edit();
    succeeded(await stack.up());
    return stack;
  }

  /** Two tokens more, two replaced, and the two that came with the last round are left out. */
  async edit(): Promise<void> {
    this.round += 1;
    this.old = new Set(this.server.authorizations().map(({ id }) => id));
    const token = (description: string): DeclaredToken => ({
      org: "acme",
      description,
      readTasks: true,
      keepers: { round: String(this.round) },
    });
    const names = STEPS_OF.creates.flatMap((step) => MOMENTS.map((moment) => this.nameOf(step, moment)));
    this.declared = new Map(names.map((name) => [name, token(name)]));
    await this.program.declare(this.declared);
  }

  up(): Promise<RunResult> {
    return this.engine.up();
  }

  get engine(): Engine {
    return this.program.engine;
  }

  private get server(): TestServer {
    return this.program.server;
  }

  /** Runs an `up`, pauses the requests of each of the phases, interrupts it there, and waits for the end of all that it started. */
  async interrupted(phases: Phases, interrupt: (run: PausedRun) => Promise<void>): Promise<Outcome> {
    const startedAt = new Date();
    let held = this.hold(phases[0]);
    const run = this.up();
    const ended = run.then(
      () => undefined,
      () => undefined,
    );
    let ids: number[] = [];
    let providers: readonly number[] = [];
    try {
      for (const [at, phase] of phases.entries()) {
        const { reached, release } = held;
        const isThere = await Promise.race([reached.then(() => true), ended.then(() => false)]);
        if (!isThere) throw new Error(`it did not come to its ${phase}:\n${printedBy(await run)}`);
        const next = phases[at + 1];
        if (next !== undefined) held = this.hold(next);
        const found = processesOf(this.engine);
        ({ ids, providers } = found);
        await interrupt({ ...found, proxy: this.proxy, release, ended });
      }
      const result = await run;
      const ends = await Promise.all(providers.map(endsByItself));
      const providerStays = ends.includes(false);
      return { ...result, ...(await this.leftBehind()), providerStays, startedAt };
    } finally {
      this.holds.clear();
      held.release();
      for (const id of ids) signal(id, "SIGKILL");
      await ended;
    }
  }

  /** Deletes tokens that the state does not know, as the server lists them. */
  async deleteUnknown(tokens: readonly StoredAuthorization[]): Promise<void> {
    for (const { id } of tokens) await this.server.call("DELETE", `/api/v2/authorizations/${id}`);
  }

  /** Fails unless declared, recorded and existing tokens are the same, and nothing is left to do. */
  async expectConverged(): Promise<void> {
    expect(await this.leftBehind()).toEqual({ isLocked: false, pending: [], unknown: [] });
    await expectSameTokens(this.declared, await this.engine.recordedTokens(), this.server);
  }

  async dispose(): Promise<void> {
    await this.program.dispose();
    await this.proxy.close();
  }

  /** The name and description of the token that takes a step in this round. */
  private nameOf(step: Step, moment: Moment): string {
    const name = namePrefix(step, moment);
    if (step === "create") return `${name}, round ${this.round}`;
    return step === "delete" ? `${name}, round ${this.round - 1}` : name;
  }

  private hold(phase: Phase): { reached: Promise<unknown>; release: () => void } {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const method = phase === "creates" ? "POST" : "DELETE";
    const reached = STEPS_OF[phase].flatMap((step) =>
      MOMENTS.map(
        (at) =>
          new Promise<void>((resolve) => {
            this.holds.set(`${method} ${this.nameOf(step, at)}`, { at, reached: resolve, released });
          }),
      ),
    );
    return { reached: Promise.all(reached), release };
  }

  /** Each request is stopped once: a retry passes, and so does what deletes a token made just now. */
  private holdOf({ method = "", url = "" }: IncomingMessage, body: Buffer): Hold | undefined {
    const meant =
      method === "POST"
        ? (JSON.parse(body.toString()) as NewAuthorization)
        : this.server.authorizations().find(({ id }) => this.old.has(id) && url.endsWith(id));
    const key = `${method} ${meant?.description ?? ""}`;
    const hold = this.holds.get(key);
    this.holds.delete(key);
    return hold;
  }

  private async leftBehind(): Promise<Pick<Outcome, "isLocked" | "pending" | "unknown">> {
    const { resources = [], pending_operations: pending = [] } = await this.engine.state();
    const known = new Set(resources.map(({ id }) => id));
    const [, ...tokens] = this.server.authorizations();
    const locks = await readdir(join(this.engine.folder, "state", ".pulumi", "locks"), { recursive: true });
    return {
      isLocked: locks.some((name) => name.endsWith(".json")),
      pending: pending.map(({ type, resource }) => `${type} ${nameOf(resource)}`).sort(),
      unknown: tokens.filter(({ id }) => !known.has(id)),
    };
  }
}

async function openDynamic(): Promise<Program> {
  const server = await startServer();
  const folder = await mkdtemp(join(tmpdir(), "paused-"));
  const declaration = join(folder, "declared.json");
  const engine = await Engine.open({ programFolder: PROGRAM, env: { DECLARED: declaration } });
  await engine.stackInit();
  return {
    engine,
    server,
    declare: (tokens) => writeFile(declaration, JSON.stringify(Object.fromEntries(tokens))),
    async dispose() {
      await engine.dispose();
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function openNative(): Promise<Program> {
  const stack = await NATIVE_HOST.open({ configure: false, ownProcess: true });
  return {
    ...stack,
    declare(tokens) {
      const resources = [...tokens].map(([name, { ...args }]) => [name, { args }] as const);
      stack.declare(Object.fromEntries(resources));
      return Promise.resolve();
    },
  };
}

/** How the name of a token begins that takes a step. */
export function namePrefix(step: Step, moment: Moment): string {
  return `${step === "create" || step === "delete" ? "added" : "replaced"} ${moment}`;
}

/** Ids of processes that run for a stack: of the engine, of those of the provider, and of all that the engine started. */
export function processesOf({ folder }: Engine): { engine: number; providers: number[]; ids: number[] } {
  const project = join(folder, "project");
  const engine = descendants().find((id) => folderOf(id) === project);
  const ids = engine === undefined ? [] : [engine, ...descendants(engine)];
  const providers = ids.filter((id) => isProviderProcess(lookAt(id, "cmdline")));
  if (engine === undefined || providers.length === 0) {
    throw new Error("cannot find the processes of the engine and the provider: these tests need /proc");
  }
  return { engine, providers, ids };
}

/** Sends a signal to a process, which may be gone already. */
export function signal(id: number, name: NodeJS.Signals): void {
  try {
    process.kill(id, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

export function printedBy({ stdout, stderr }: RunResult): string {
  return stdout + stderr;
}

/** Waits for the end of a provider that lost its engine, and says whether it came. */
export async function endsByItself(id: number): Promise<boolean> {
  for (const deadline = Date.now() + EXIT_TIMEOUT_MS; Date.now() < deadline && !hasEnded(id);)
    await sleep(20);
  return hasEnded(id);
}

/** Also one that is dead, and whose parent does not ask. */
function hasEnded(id: number): boolean {
  const stat = lookAt(id, "stat");
  return stat === "" || /^.*\) Z/s.test(stat);
}

function lookAt(id: number, what: string): string {
  try {
    return readFileSync(`/proc/${id}/${what}`, "utf8");
  } catch {
    // It may end at any moment.
    return "";
  }
}

function folderOf(id: number): string {
  try {
    return readlinkSync(`/proc/${id}/cwd`);
  } catch {
    return "";
  }
}
