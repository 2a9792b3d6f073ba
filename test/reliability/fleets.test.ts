import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import * as fc from "fast-check";
import type { StoredAuthorization } from "../../emulator";
import { descriptionDigest } from "../../provider/fleet/memberNames";
import { Journal } from "../../provider/journal";
import {
  type Fault,
  FAULTS,
  type FaultProxy,
  type Hold,
  seeded,
  startFaultProxy,
} from "../support/faultProxy";
import { type DeclaredFleet, FleetStack } from "../support/fleetStack";
import { startServer, type TestServer } from "../support/influxdb";
import { NO_PROCESS } from "../support/plugin";
import { pick } from "../support/randomStack";
import { runCount, seededRuns } from "../support/seededRuns";

const RUNS = { runs: 40, soakRuns: 2_000 };
const HOUR_MS = 3_600_000;

/** What a network and a server may do to a request. What changes requests on the way is a matter of single tokens. */
const DISTURBANCES = FAULTS.filter((fault) => !/refused|trim|widen|narrow/.test(fault));

/** Three of them are in one shard, and two in another. */
const NAMES = ["r", "w", "d4", "c", "j", "a"];

const VARIANTS: readonly object[] = [
  {},
  {},
  { keepers: { r: "1" } },
  { keepers: { r: "2" } },
  { status: "inactive" },
  { readTasks: false, readChecks: true },
  { description: "own {member}" },
];
const EACH: readonly object[] = [
  {},
  { keepers: { all: "1" } },
  { readChecks: true },
  { description: "acme/prod/other/{member}" },
];

const FLEET: fc.Arbitrary<DeclaredFleet> = fc
  .record({
    each: fc.constantFrom(...EACH),
    members: fc.dictionary(fc.constantFrom(...NAMES), fc.constantFrom(...VARIANTS), {
      maxKeys: NAMES.length,
    }),
    keepOldFor: fc.constantFrom(undefined, undefined, "24h"),
  })
  .map(({ each, members, keepOldFor }) => ({
    each: { org: "acme", readTasks: true, ...each },
    members,
    ...(keepOldFor !== undefined && { keepOldFor }),
  }));

/** One command of a user, and what befalls it. */
const COMMAND = fc.record({
  /** The stacks have the same name, and are nothing to each other. */
  stack: fc.constantFrom("ours", "ours", "ours", "theirs"),
  /** Which of the two fleets is edited before it: none where the command comes again. */
  edits: fc.option(fc.tuple(fc.constantFrom("f", "f", "g"), FLEET), { nil: undefined }),
  command: fc.constantFrom("up", "up", "up", "refresh"),
  /** How many requests of a hundred go wrong. */
  faults: fc.constantFrom(0, 0, 5, 20, 50),
  /** With which request the run is killed, as far as it comes that far, and on which side of the server. */
  kill: fc.option(fc.tuple(fc.nat(40), fc.constantFrom("before", "after")), { nil: undefined, freq: 2 }),
  /** Whether time passes before it. */
  hours: fc.constantFrom(0, 0, 0, 1, 30),
});

type Command = typeof COMMAND extends fc.Arbitrary<infer T> ? T : never;

type Stacks = Readonly<Record<"ours" | "theirs", FleetStack>>;

const STACKS = ["ours", "theirs"] as const;

/** A server, and two stacks on one machine whose runs are disturbed. */
class World {
  readonly said: string[] = [];
  readonly violations: string[] = [];
  private readonly declared = {
    ours: {} as Record<string, DeclaredFleet>,
    theirs: {} as Record<string, DeclaredFleet>,
  };
  private faults = 0;
  private pid = 2 ** 30;
  /** Tokens of runs that were killed: none of their requests gets anywhere. */
  private readonly killed = new Set<string>();
  private readonly forsaken: Promise<void>[] = [];
  private end: () => void = () => undefined;
  private isEnded = false;
  private readonly ended = new Promise<void>((resolve) => (this.end = resolve));
  private onRequest: ((token: string) => Hold | undefined) | undefined;
  aheadMs = 0;

  private constructor(
    private readonly random: () => number,
    readonly server: TestServer,
    readonly proxy: FaultProxy,
    readonly stacks: Stacks,
    private readonly home: string,
  ) {}

  static async open(random: () => number): Promise<World> {
    const opened: { world?: World } = {};
    const now = (): number => Date.now() + (opened.world?.aheadMs ?? 0);
    const server = await startServer({ plainTokens: random() < 0.5, now });
    const proxy = await startFaultProxy(server.url, ({ headers, method, url }, body) =>
      opened.world?.disturb(
        String(headers.authorization).slice(6),
        `${method ?? ""} ${url ?? ""}`,
        body.toString(),
      ),
    );
    const home = mkdtempSync(join(tmpdir(), "fleets-"));
    const env = { XDG_STATE_HOME: home };
    const newStack = (): FleetStack => new FleetStack({ env, now, config: { "influx-token:retries": "1" } });
    return (opened.world = new World(random, server, proxy, { ours: newStack(), theirs: newStack() }, home));
  }

  async close(): Promise<void> {
    // The server knows no token of a run that was killed: so what is left of that run ends.
    for (const { id, description } of this.server.authorizations())
      if (description === "run") await this.server.call("DELETE", `/api/v2/authorizations/${id}`);
    this.isEnded = true;
    this.end();
    await Promise.allSettled(this.forsaken);
    await this.proxy.close();
    await this.server.close();
    rmSync(this.home, { recursive: true });
  }

  /** What is on the server, without what the runs authenticate with. */
  tokens(): StoredAuthorization[] {
    return this.server.authorizations().filter(({ description }) => /^(acme|own)/.test(description));
  }

  async take({ stack: name, edits, command, faults, kill, hours }: Command): Promise<void> {
    // A command takes longer than the clocks of two machines differ.
    this.aheadMs += 10_000 + hours * HOUR_MS;
    const declared = this.declared[name];
    if (edits !== undefined) declared[edits[0]] = edits[1];
    this.faults = faults / 100;
    const stack = this.stacks[name];
    if (kill === undefined) await this.run(name, command, this.server.operatorToken);
    else await this.killedRun(name, command, ...kill);
    this.faults = 0;
    this.say(stack);
    if (process.env["TRACE"] !== undefined) this.trace(command);
  }

  /** As a user does in the end: looks for what errors name, and runs again. */
  async settle(name: keyof Stacks): Promise<void> {
    this.aheadMs += 10_000;
    const stack = this.stacks[name];
    await this.run(name, "refresh", this.server.operatorToken);
    await this.run(name, "up", this.server.operatorToken);
    expect(stack.engine.errors.map(({ message }) => message)).toEqual([]);
    this.say(stack);
  }

  declaredOf(name: keyof Stacks): Map<string, object> {
    return new Map(
      Object.entries(this.declared[name]).flatMap(([fleet, { each, members }]) =>
        Object.entries(members).map(([member, own]: [string, object]) => [
          `${fleet}/${member}`,
          { description: `acme/prod/${fleet}/{member}`, ...each, ...own },
        ]),
      ),
    );
  }

  /** Whether a killed run made it for a fleet that was given up before any of it was recorded: nobody asks for that one. */
  isWrittenDown({ id, description }: StoredAuthorization): boolean {
    const fleets = STACKS.flatMap((name) => ["f", "g"].map((fleet) => [name, fleet] as const));
    return fleets.some(([name, fleet]) => {
      const journal = new Journal({ XDG_STATE_HOME: this.home, PULUMI_BACKEND_URL: name }, 1);
      const isGivenUp = Object.keys(this.declared[name][fleet]?.members ?? {}).length === 0;
      const left = journal.interruptedOfFleet(this.proxy.url, `acme/prod/${fleet}`);
      const digest = descriptionDigest(description);
      return (
        isGivenUp &&
        left.some(
          ({ interrupted: { made, unanswered } }) =>
            made.has(id) || [...unanswered.values()].includes(digest),
        )
      );
    });
  }

  private run(name: keyof Stacks, command: string, token: string): Promise<void> {
    const env = {
      INFLUX_HOST: this.proxy.url,
      INFLUX_TOKEN: token,
      XDG_STATE_HOME: this.home,
      PULUMI_BACKEND_URL: name,
    };
    const options = { env, process: { ...NO_PROCESS, pid: (this.pid += 1) } };
    const stack = this.stacks[name];
    return command === "up" ? stack.up(this.declared[name], options) : stack.refresh(options);
  }

  private async killedRun(name: keyof Stacks, command: string, after: number, at: string): Promise<void> {
    const { permissions } = this.server.authorizations()[0] ?? {};
    const { token } = await this.server.call<StoredAuthorization>("POST", "/api/v2/authorizations", {
      orgID: this.server.orgId,
      description: "run",
      permissions,
    });
    const killed = new Promise<void>((resolve) => {
      let count = 0;
      this.onRequest = (from) => {
        if (from !== token || this.killed.has(token) || (count += 1) <= after) return undefined;
        const kill = (): void => {
          if (this.killed.has(token)) return;
          this.killed.add(token);
          // What is not in the state by now never gets there.
          this.stacks[name].forsake();
          resolve();
        };
        return { at: at === "after" ? "after" : "before", reached: kill, released: this.ended };
      };
    });
    const running = this.run(name, command, token);
    this.forsaken.push(running);
    await Promise.race([running, killed]);
    // What was sent is served within the time of its run.
    await pause(100);
    this.onRequest = undefined;
    // By the clock of these runs.
    const folder = join(this.home, "pulumi-influx-token");
    const seconds = (Date.now() + this.aheadMs) / 1000;
    for (const name of existsSync(folder) ? readdirSync(folder) : []) {
      const file = join(folder, name);
      // Those of earlier runs have their time already.
      if (statSync(file).mtimeMs < Date.now() + 1_000) utimesSync(file, seconds, seconds);
    }
  }

  private disturb(token: string, what: string, body: string): Fault | Hold | undefined {
    if (this.isEnded) return undefined;
    if (this.killed.has(token)) return { at: "before", reached: () => undefined, released: this.ended };
    const hold = this.onRequest?.(token);
    if (hold !== undefined) return hold;
    this.watch(what, body);
    return this.random() < this.faults ? pick(this.random, DISTURBANCES) : undefined;
  }

  /** No request ends a token that a state has of a member that is still declared. */
  private watch(what: string, body: string): void {
    const [, id] = /^(?:DELETE|PATCH) .*\/([0-9a-f]{16})$/.exec(what) ?? [];
    if (id === undefined || (what.startsWith("PATCH") && !body.includes("inactive"))) return;
    for (const name of STACKS) {
      const declared = this.declaredOf(name);
      for (const [member, { id: recorded }] of this.stacks[name].members()) {
        const wanted = declared.get(member) as { status?: string } | undefined;
        if (recorded === id && wanted !== undefined && wanted.status !== "inactive")
          this.violations.push(`${what} ends the token of ${name} ${member}`);
      }
    }
  }

  private trace(command: string): void {
    const states = Object.values(this.stacks).map(({ engine }) =>
      [...engine.state].map(([resource, { outs }]) => {
        const { __made, __retired, __kept } = outs as unknown as Record<string, string>;
        return [resource, __made, __retired, __kept];
      }),
    );
    const server = this.tokens().map(({ id, description, status }) => [id, description, status]);
    process.stdout.write(
      `${JSON.stringify({ command, said: this.said, log: Object.values(this.stacks).map(({ engine }) => engine.log), states, server })}\n\n`.replace(
        /(\],?)\[/g,
        "$1\n[",
      ),
    );
  }

  private say(stack: FleetStack): void {
    this.said.push(
      ...stack.engine.errors.splice(0).map(({ message }) => message),
      ...stack.warnings.splice(0),
    );
  }
}

interface Declared {
  readonly description: string;
  readonly status?: string;
  readonly readTasks?: boolean;
  readonly readChecks?: boolean;
}

function wanted(name: string, declared: object): object {
  const { description, status = "active", readTasks, readChecks } = declared as Declared;
  const types = [...(readTasks === true ? ["tasks"] : []), ...(readChecks === true ? ["checks"] : [])];
  return { description: description.replaceAll("{member}", name.slice(2)), status, types: types.sort() };
}

function seen(token: StoredAuthorization | undefined): object | undefined {
  if (token === undefined) return undefined;
  const { description, status, permissions } = token;
  return { description, status, types: permissions.map(({ resource: { type } }) => type).sort() };
}

async function runOnce(seed: number): Promise<void> {
  const [commands = []] = fc.sample(fc.array(COMMAND, { minLength: 1, maxLength: 7 }), { seed, numRuns: 1 });
  const world = await World.open(seeded(seed));
  try {
    for (const command of commands) await world.take(command);
    await world.settle("ours");
    await world.settle("theirs");
    world.aheadMs += 48 * HOUR_MS;
    // Whatever was kept for a while has had its time.
    await world.settle("ours");
    await world.settle("theirs");
    expect(world.violations).toEqual([]);
    const tokens = new Map(world.tokens().map((token) => [token.id, token]));
    for (const name of STACKS) {
      const recorded = world.stacks[name].members();
      const there = [...recorded].map(([member, { id, token }]) => {
        expect([name, member, tokens.get(id)?.token]).toEqual([name, member, token]);
        return [member, seen(tokens.get(id))] as const;
      });
      expect(new Map(there.sort())).toEqual(
        new Map([...world.declaredOf(name)].sort().map(([member, one]) => [member, wanted(member, one)])),
      );
      for (const { id } of recorded.values()) tokens.delete(id);
    }
    const said = world.said.join("\n");
    const silent = [...tokens.values()].filter(
      (token) => !said.includes(token.id) && !world.isWrittenDown(token),
    );
    expect(silent.map(({ id, description }) => [id, description])).toEqual([]);
  } catch (error) {
    const trace = `${JSON.stringify(commands)}\n${world.said.join("\n")}`;
    throw new Error(`${(error as Error).message}\n${trace}`, { cause: error });
  } finally {
    await world.close();
  }
}

describe("fleets of two stacks of one name, through edits, faults and kills", () => {
  it(
    "have in the end exactly the members that are declared, and nobody was without a valid token meanwhile",
    async () => {
      expect(await seededRuns({ ...RUNS, atOnce: 10, run: runOnce })).toEqual([]);
    },
    60_000 + runCount(RUNS) * 3_000,
  );
});
