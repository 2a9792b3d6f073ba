import { createRetirementProvider, createShardProvider } from "../../provider/createProvider";
import { readMembers, shardLabel, shardsOf } from "../../provider/fleet/memberNames";
import { decodeShard, retiredCount, type Shard, type ShardState } from "../../provider/fleet/shardState";
import { type ProviderOptions, ProviderProcess } from "../../provider/providerProcess";
import type { Failure } from "../../provider/token/inputs";
import { Dependent, type EngineHost, MiniEngine } from "./miniEngine";
import { NO_PROCESS } from "./plugin";

/** A fleet as a program declares it. */
export interface DeclaredFleet {
  readonly each: Readonly<Record<string, unknown>>;
  readonly members: readonly string[] | Readonly<Record<string, object>>;
  readonly keepOldFor?: string;
  readonly connection?: object;
}

/** A member as the state knows it. */
export interface RecordedMember {
  readonly id: string;
  readonly token: string | undefined;
}

export interface FleetOptions extends Omit<ProviderOptions, "log"> {
  /** The stack's config. */
  readonly config?: Readonly<Record<string, string>>;
}

/** A stack of fleets, run by an engine that calls the providers as the dynamic host does. */
export class FleetStack {
  engine: MiniEngine;
  readonly warnings: string[] = [];

  /** @param path `<project>/<stack>`. */
  constructor(
    private readonly options: FleetOptions,
    private readonly path = "acme/prod",
  ) {
    this.engine = this.newEngine();
  }

  /** `pulumi up` in a process of its own. @param more what of the options is another one in this run. */
  async up(fleets: Readonly<Record<string, DeclaredFleet>>, more: FleetOptions = {}): Promise<void> {
    this.begin(more);
    await this.engine.up(this.declared(fleets));
  }

  /** The same, which must succeed. Gives what was done. */
  async succeed(fleets: Readonly<Record<string, DeclaredFleet>>, more: FleetOptions = {}): Promise<string[]> {
    await this.up(fleets, more);
    expect(this.engine.errors).toEqual([]);
    return this.engine.log.splice(0);
  }

  /** The same, which must fail. Gives what was said. */
  async fail(fleets: Readonly<Record<string, DeclaredFleet>>, more: FleetOptions = {}): Promise<string[]> {
    await this.up(fleets, more);
    this.engine.log.splice(0);
    const messages = this.engine.errors.splice(0).map(({ message }) => message);
    expect(messages).not.toEqual([]);
    return messages;
  }

  async refresh(more: FleetOptions = {}): Promise<void> {
    this.begin(more);
    await this.engine.refresh();
  }

  /** What is wrong of shards, as a `preview` says it. */
  async problems(fleets: Readonly<Record<string, DeclaredFleet>>): Promise<Failure[]> {
    this.begin({});
    const failures: Failure[] = [];
    for (const [name, inputs] of this.declared(fleets)) {
      if (inputs instanceof Dependent) continue;
      const checked = await this.hostOf(name).check(this.engine.state.get(name)?.inputs ?? {}, { ...inputs });
      failures.push(...(checked.failures as readonly Failure[]));
    }
    return failures;
  }

  /** What a `preview` says of each shard: names of those that change. */
  async preview(fleets: Readonly<Record<string, DeclaredFleet>>): Promise<string[]> {
    this.begin({});
    const changed: string[] = [];
    for (const [name, inputs] of this.declared(fleets)) {
      if (inputs instanceof Dependent) continue;
      const host = this.hostOf(name);
      const old = this.engine.state.get(name);
      const checked = await host.check(old?.inputs ?? {}, { ...inputs });
      expect(checked.failures).toEqual([]);
      const isChanged =
        old === undefined || (await host.diff(old.id, old.outs, checked.inputs, old.inputs)).changes;
      if (isChanged) changed.push(name);
    }
    return changed;
  }

  /** The inputs of a shard as the state has them. */
  inputsOf(name: string): Record<string, unknown> {
    return this.engine.state.get(name)?.inputs as Record<string, unknown>;
  }

  stateOf(name: string): ShardState {
    return this.engine.state.get(name)?.outs as unknown as ShardState;
  }

  shards(): Shard[] {
    return [...this.engine.state.keys()]
      .filter((name) => !name.endsWith("-retirement"))
      .map((name) => decodeShard(this.stateOf(name)));
  }

  /** Members that have a token, by `<fleet>/<name>`. */
  members(): Map<string, RecordedMember> {
    return new Map(
      this.shards().flatMap(({ shard, made }) => {
        const [, , fleet = ""] = shard.split("/");
        return [...made].map(([name, { id, token }]) => [`${fleet}/${name}`, { id, token }] as const);
      }),
    );
  }

  /** A stack that begins with a copy of this one's state. */
  copy(options = this.options, path = this.path): FleetStack {
    const copy = new FleetStack(options, path);
    for (const [name, entry] of this.engine.state) copy.engine.state.set(name, structuredClone(entry));
    copy.engine.pendingDeletes.push(...structuredClone(this.engine.pendingDeletes));
    return copy;
  }

  /** Goes on from what the state is now, as if the process of the engine had been killed. */
  forsake(): void {
    const { engine } = this.copy();
    engine.errors.push(...this.engine.errors);
    this.engine = engine;
  }

  private hostOf: (name: string) => EngineHost = () => {
    throw new Error("no run was begun");
  };

  private begin(more: FleetOptions): void {
    const log = { warn: (message: string) => void this.warnings.push(message), debug: () => undefined };
    const { config = {}, ...options } = { process: NO_PROCESS, ...this.options, ...more, log };
    const shared = new ProviderProcess(options);
    shared.configure("shards", (key) => config[key]);
    const shards = createShardProvider(options, shared) as unknown as EngineHost;
    const retirements = createRetirementProvider(options, shared) as unknown as EngineHost;
    this.hostOf = (name) => (name.endsWith("-retirement") ? retirements : shards);
    this.engine.host = this.hostOf;
  }

  private newEngine(): MiniEngine {
    const engine = new MiniEngine((name) => this.hostOf(name));
    engine.deletesAfterFailure = false;
    return engine;
  }

  /** The resources that the component makes. */
  private declared(fleets: Readonly<Record<string, DeclaredFleet>>): Map<string, object> {
    const resources = new Map<string, object>();
    for (const [fleet, { each, members: given, keepOldFor, connection }] of Object.entries(fleets)) {
      const path = `${this.path}/${fleet}`;
      const { members, failures } = readMembers(given);
      expect(failures).toEqual([]);
      const common = { ...(connection && { connection }) };
      const names: string[] = [];
      for (const [index, ofShard] of shardsOf(members)) {
        const label = shardLabel(index);
        names.push(`${fleet}-${label}`);
        resources.set(`${fleet}-${label}`, {
          ...common,
          shard: `${path}/${label}`,
          each: { description: `${path}/{member}`, ...each },
          members: Object.fromEntries(ofShard),
          ...(keepOldFor !== undefined && { keepOldFor }),
        });
      }
      if (names.length === 0) continue;
      const retirement = new Dependent(names, (outputs) => {
        const states = outputs as unknown as ShardState[];
        const retired = states.map(({ __retired }) => __retired).filter((text) => text !== "");
        const text = retired.join("\n");
        return {
          ...common,
          fleet: path,
          retired: retiredCount(text),
          __retired: text,
          host: states[0]?.host,
        };
      });
      resources.set(`${fleet}-retirement`, retirement);
    }
    return resources;
  }
}
