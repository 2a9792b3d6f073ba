import { readFileSync } from "node:fs";
import { copyFile, mkdir, readdir, rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { StoredAuthorization } from "../../emulator";
import { shardIndexOf } from "../../provider/fleet/memberNames";
import { isShardType } from "../../provider/tokenTypes";
import { type Deployment, Engine, type StackExport, succeeded } from "../../scripts/engine";
import type { RunResult } from "../../scripts/run";
import { NATIVE_HOST } from "./behaviourHosts";
import { type FaultProxy, type Hold, startFaultProxy } from "./faultProxy";
import { startServer, type TestServer } from "./influxdb";
import { endsByItself, type PausedHost, printedBy, processesOf, signal } from "./pausedStack";

const PROGRAM = join(__dirname, "..", "e2e", "programs", "fleet");
const FLEET = "sensors";

/** Members of a shard: fewer than there may be requests at once, so that all of them are under way together. */
export const SHARD_SIZE = 12;

/** As many members in each of three shards. */
const NAMES = [0, 1, 2].flatMap((index) => {
  const names: string[] = [];
  for (let number = 0; names.length < SHARD_SIZE; number += 1)
    if (shardIndexOf(`device-${number}`) === index) names.push(`device-${number}`);
  return names;
});

/** Which processes of a run get a signal. */
export type Victims = "engine" | "provider" | "both";

/** What a run left that got a signal in the middle of a shard. */
export interface CutRun extends RunResult {
  /** On the server, and in no state. */
  readonly unknown: readonly StoredAuthorization[];
  /** Whether a process of the provider does not end by itself. */
  readonly providerStays: boolean;
}

/** Where the state of a stack is. */
export interface Backend {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

interface Program {
  readonly engine: Engine;
  readonly server: TestServer;
  readonly project: string;
  /** From here on the program declares a fleet of these arguments. Gives what the environment of a command needs. */
  declare(args: object): Record<string, string>;
  dispose(): Promise<void>;
}

/** A stack of a fleet, behind a proxy that stops requests in the middle of the second shard of a run. */
export class PausedFleet {
  private round = 0;
  private env: Readonly<Record<string, string>> = {};
  private made = 0;
  private readonly holds = new Map<number, Hold>();
  private readonly gaps: string[] = [];
  /** Ids of tokens that nobody ever had. */
  private readonly lost = new Set<string>();
  readonly here: Backend;

  private constructor(
    private readonly program: Program,
    private readonly proxy: FaultProxy,
  ) {
    this.here = { folder: join(program.engine.folder, "state"), env: {} };
  }

  static async open(host: PausedHost): Promise<PausedFleet> {
    const program = await (host === "dynamic" ? openDynamic() : openNative());
    const { engine, server } = program;
    const proxy = await startFaultProxy(server.url, (request) => fleet.passing(request));
    const fleet: PausedFleet = new PausedFleet(program, proxy);
    const settings = { host: proxy.url, retries: "1", timeoutMs: "10000" };
    for (const [name, value] of Object.entries(settings))
      await engine.configSet(`influx-token:${name}`, value);
    await engine.configSet("influx-token:token", server.operatorToken, { secret: true });
    return fleet;
  }

  /** From here on each member is to have a new token, of other permissions. */
  edit(): void {
    this.round += 1;
    const each = {
      org: "acme",
      readTasks: true,
      readChecks: this.hasChecks(),
      keepers: { round: String(this.round) },
    };
    this.env = this.program.declare({ each, members: NAMES });
  }

  up({ env } = this.here): Promise<RunResult> {
    return this.program.engine.up([], { ...this.env, ...env });
  }

  /** A stack of the same name, of the same program in the same folder, with its state elsewhere. */
  async elsewhere(): Promise<Backend> {
    const { engine } = this.program;
    const folder = join(engine.folder, "elsewhere");
    await mkdir(folder);
    const backend = { folder, env: { PULUMI_BACKEND_URL: `file://${folder}` } };
    succeeded(await engine.run(["stack", "init", "dev"], backend.env));
    return backend;
  }

  /** An `up` whose processes get a signal while the second shard is made, with a request on each side of the server. */
  async cut(victims: Victims, name: NodeJS.Signals, backend = this.here): Promise<CutRun> {
    const before = new Set(this.tokens().map(({ id }) => id));
    const { reached, release } = this.hold();
    const run = this.up(backend);
    const ended = run.then(
      () => false,
      () => false,
    );
    let ids: readonly number[] = [];
    try {
      if (!(await Promise.race([reached.then(() => true), ended])))
        throw new Error(`it did not come to its second shard:\n${printedBy(await run)}`);
      // What else it asked for is answered, and the first shard is in the state.
      const isThere = async (): Promise<boolean> => {
        const fresh = this.tokens().filter(({ id }) => !before.has(id));
        const unknown = new Set((await this.unknown(backend)).map(({ id }) => id));
        return (
          fresh.length === 2 * SHARD_SIZE - 1 &&
          fresh.filter(({ id }) => unknown.has(id)).length === SHARD_SIZE - 1
        );
      };
      while (!(await isThere())) await sleep(50);
      const { engine, providers, ids: all } = processesOf(this.program.engine);
      ids = all;
      for (const id of { engine: [engine], provider: providers, both: [engine, ...providers] }[victims])
        signal(id, name);
      await sleep(200);
      release();
      // What runs the program outlives a killed engine for a while, and there is nothing to be seen of it.
      if (name === "SIGKILL" && victims !== "provider")
        for (const id of all) if (!providers.includes(id)) signal(id, name);
      const result = await run;
      const providerStays = (await Promise.all(providers.map(endsByItself))).includes(false);
      await mend(backend);
      const unknown = (await this.unknown(backend)).filter(({ id }) => !before.has(id));
      for (const { id } of unknown) this.lost.add(id);
      return { ...result, unknown, providerStays };
    } finally {
      this.holds.clear();
      release();
      for (const id of ids) signal(id, "SIGKILL");
      await ended;
    }
  }

  /** Takes away the lock of an engine that was killed. */
  async unlock({ env } = this.here): Promise<void> {
    succeeded(await this.program.engine.run(["cancel", "--yes"], env));
  }

  /** All on the server but the one that the runs authenticate with. */
  tokens(): readonly StoredAuthorization[] {
    return this.program.server.authorizations().slice(1);
  }

  /** Tokens on the server that a state does not know, neither as a member's nor as one that is to end. */
  async unknown(backend = this.here): Promise<StoredAuthorization[]> {
    const known = new Set(idsIn(await readState(backend)));
    return this.tokens().filter(({ id }) => !known.has(id));
  }

  /**
   * Fails unless the server has one token for each member, which is what is declared and whose value the state has.
   *
   * @param others tokens that are not of this stack.
   */
  async expectConverged(backend = this.here, others: ReadonlySet<string> = new Set()): Promise<void> {
    const tokens = this.tokens().filter(({ id }) => !others.has(id));
    const types = this.hasChecks() ? ["checks", "tasks"] : ["tasks"];
    const found = tokens.map(({ description, status, permissions }) => [
      description,
      status,
      permissions.map(({ resource: { type } }) => type).sort(),
    ]);
    const path = `${this.program.project}/dev/${FLEET}`;
    expect(found.sort()).toEqual(NAMES.map((name) => [`${path}/${name}`, "active", types]).sort());
    const exported = await this.program.engine.run(["stack", "export", "--show-secrets"], backend.env);
    const { deployment } = JSON.parse(succeeded(exported).stdout) as StackExport;
    const values = shardsIn(deployment).flatMap(({ tokens: secret }) =>
      Object.entries(
        (JSON.parse((secret as { plaintext: string }).plaintext) ?? {}) as Record<string, string>,
      ),
    );
    expect(values.map(([name, token]) => [`${path}/${name}`, token]).sort()).toEqual(
      tokens.map(({ description, token }) => [description, token]).sort(),
    );
  }

  /** Members that were without a valid token at some moment since this was asked for the last time. */
  takeGaps(): string[] {
    return this.gaps.splice(0);
  }

  async dispose(): Promise<void> {
    await this.program.dispose();
    await this.proxy.close();
  }

  private hasChecks(): boolean {
    return this.round % 2 === 0;
  }

  private hold(): { reached: Promise<unknown>; release: () => void } {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    this.made = 0;
    const reached = (["before", "after"] as const).map(
      (at, index) =>
        new Promise<void>((resolve) => {
          this.holds.set(SHARD_SIZE + 3 + index, { at, reached: resolve, released });
        }),
    );
    return { reached: Promise.all(reached), release };
  }

  private passing({ method = "", url = "" }: IncomingMessage): Hold | undefined {
    if (method === "DELETE") this.watch(url);
    return method === "POST" ? this.holds.get((this.made += 1)) : undefined;
  }

  /** Whose token ends has another one that is valid. */
  private watch(url: string): void {
    const tokens = this.tokens();
    const ending = tokens.find(({ id }) => url.endsWith(id));
    const isAnother = ({ id, description, status }: StoredAuthorization): boolean =>
      id !== ending?.id && description === ending?.description && status === "active";
    if (ending === undefined || this.lost.has(ending.id)) return;
    if (!tokens.some(isAnother)) this.gaps.push(ending.description);
  }
}

async function openDynamic(): Promise<Program> {
  const server = await startServer();
  const engine = await Engine.open({ programFolder: PROGRAM });
  await engine.stackInit();
  return {
    engine,
    server,
    project: "fleet",
    declare: (args) => ({ FLEET: JSON.stringify(args) }),
    async dispose() {
      await engine.dispose();
      await server.close();
    },
  };
}

async function openNative(): Promise<Program> {
  const stack = await NATIVE_HOST.open({ configure: false, ownProcess: true });
  return {
    ...stack,
    project: "behaviour",
    declare(properties) {
      stack.write(
        `resources: ${JSON.stringify({ [FLEET]: { type: "influx-token:TokenFleet", properties } })}\n`,
      );
      return {};
    },
  };
}

async function checkpointOf({ folder }: Backend): Promise<string> {
  const stacks = join(folder, ".pulumi", "stacks");
  const [project = ""] = await readdir(stacks);
  return join(stacks, project, "dev.json");
}

/**
 * An engine that is killed while it writes may leave a file that was cut off: "failed to load checkpoint: EOF". Of what is
 * stored beside the state nothing is needed; in place of the state itself is what it was before.
 */
async function mend(backend: Backend): Promise<void> {
  const path = await checkpointOf(backend);
  if (!isWhole(`${path}.attrs`)) await rm(`${path}.attrs`, { force: true });
  if (!isWhole(path)) await copyFile(`${path}.bak`, path);
}

function isWhole(path: string): boolean {
  try {
    JSON.parse(readFileSync(path, "utf8"));
    return true;
  } catch {
    return false;
  }
}

async function readState(backend: Backend): Promise<Deployment> {
  const path = await checkpointOf(backend);
  for (;;) {
    try {
      const text = readFileSync(path, "utf8");
      return (JSON.parse(text) as { checkpoint: { latest?: Deployment } }).checkpoint.latest ?? {};
    } catch (error) {
      // An engine is writing it.
      if (!(error instanceof SyntaxError)) throw error;
      await sleep(20);
    }
  }
}

function shardsIn({ resources = [] }: Deployment): Record<string, unknown>[] {
  return resources.flatMap(({ type, outputs }) => (isShardType(type) && outputs ? [outputs] : []));
}

function idsIn(state: Deployment): string[] {
  return shardsIn(state).flatMap(({ __made, __retired, __kept }) =>
    [__made, __retired, __kept].flatMap((text) => String(text).match(/^[0-9a-f]{16}(?= )/gm) ?? []),
  );
}
