import type { InfluxTokenState } from "../../provider/token/state";

/** One resource in the state. */
export interface Entry {
  readonly id: string;
  /** As they were checked, or read, the last time. */
  readonly inputs: object;
  /** A plugin's are with the marks of what is secret, as the engine keeps them. */
  readonly outs: InfluxTokenState;
}

/**
 * A provider as the engine asks it, by way of its host. A dynamic one has the old inputs among its outputs; a plugin gets
 * them from the engine.
 */
export interface EngineHost {
  check(olds: object, news: object): Promise<{ inputs: object; failures: readonly object[] }>;
  diff(
    id: string,
    olds: InfluxTokenState,
    news: object,
    oldInputs: object,
  ): Promise<{ changes: boolean; replaces: string[] }>;
  create(inputs: object): Promise<{ id: string; outs: InfluxTokenState }>;
  read(
    id: string,
    olds: InfluxTokenState,
    oldInputs: object,
  ): Promise<{ id: string; props?: InfluxTokenState; inputs?: object }>;
  update(
    id: string,
    olds: InfluxTokenState,
    news: object,
    oldInputs: object,
  ): Promise<{ outs: InfluxTokenState }>;
  delete(id: string, olds: InfluxTokenState, oldInputs: object): Promise<void>;
}

/** A resource whose inputs are made of other resources' outputs: it comes after them, and not where one of them failed. */
export class Dependent {
  constructor(
    readonly on: readonly string[],
    readonly inputs: (outputs: readonly InfluxTokenState[]) => object,
  ) {}
}

/** How a step fails that changed something: as Pulumi's dynamic host reads it from an error. */
interface PartialFailure {
  readonly id?: string;
  readonly properties?: InfluxTokenState;
}

/**
 * What Pulumi's engine does with a provider, as far as tokens are concerned: it takes the steps of a run at once, keeps
 * in its state what is certain, and goes on after a failure with what does not depend on it.
 */
export class MiniEngine {
  readonly state = new Map<string, Entry>();
  /** Replaced resources that still have to be deleted. */
  readonly pendingDeletes: (Entry & { readonly name: string })[] = [];
  readonly errors: Error[] = [];
  /** What was done, such as `update a`. */
  readonly log: string[] = [];
  /** Whether what is gone, or was replaced, is deleted after a failure: as by `--continue-on-error`. */
  deletesAfterFailure = true;
  /** Called before anything is deleted: when whatever depends on the new resources was changed. */
  beforeDeletes: () => Promise<void> = () => Promise.resolve();

  /** @param host the provider, or the one of each resource; each run of the engine has a new one. */
  constructor(public host: EngineHost | ((name: string) => EngineHost)) {}

  /** `pulumi up`: makes the state what is declared. Failures are in `errors`. */
  async up(declared: ReadonlyMap<string, object>): Promise<void> {
    const step = this.steps();
    const failures = this.errors.length;
    const failed = new Set<string>();
    const planAll = async (resources: readonly (readonly [string, object])[]): Promise<void> => {
      for (const [name, inputs] of resources) {
        try {
          const planned = await this.plan(name, inputs);
          step.add(() =>
            planned().catch((error: unknown) => {
              failed.add(name);
              throw error;
            }),
          );
        } catch (error) {
          failed.add(name);
          this.errors.push(error as Error);
        }
      }
      await step.all();
    };
    await planAll([...declared].filter(([, inputs]) => !(inputs instanceof Dependent)));
    const dependents = [...declared].flatMap(([name, inputs]): [string, object][] => {
      if (!(inputs instanceof Dependent) || inputs.on.some((other) => failed.has(other))) return [];
      return [[name, inputs.inputs(inputs.on.flatMap((other) => this.state.get(other)?.outs ?? []))]];
    });
    await planAll(dependents);
    if (!this.deletesAfterFailure && this.errors.length > failures) return;
    await this.beforeDeletes();
    const gone = [...this.state].filter(([name]) => !declared.has(name));
    for (const [name, entry] of gone) {
      step.add(async () => {
        this.log.push(`delete ${name}`);
        await this.hostOf(name).delete(entry.id, entry.outs, entry.inputs);
        this.state.delete(name);
      });
    }
    for (const entry of [...this.pendingDeletes]) step.add(() => this.deleteReplaced(entry));
    await step.all();
  }

  /** `pulumi refresh`. */
  async refresh(): Promise<void> {
    const step = this.steps();
    for (const [name, { id, inputs, outs }] of this.state) {
      step.add(async () => {
        const found = await this.hostOf(name).read(id, outs, inputs);
        if (found.id === "" || found.props === undefined) this.state.delete(name);
        else this.state.set(name, { id, inputs: found.inputs ?? inputs, outs: found.props });
      });
    }
    await step.all();
  }

  /** The engine plans one after the other, and runs what it planned at once. */
  private async plan(name: string, declared: object): Promise<() => Promise<void>> {
    const old = this.state.get(name);
    const inputs = await this.check(name, old?.inputs ?? {}, declared);
    if (old === undefined) return () => this.create(name, inputs);
    const { changes, replaces } = await this.hostOf(name).diff(old.id, old.outs, inputs, old.inputs);
    if (replaces.length > 0) {
      // What follows from the old inputs is not to stay: so it is checked without them.
      const anew = await this.check(name, {}, declared);
      return async () => {
        await this.create(name, anew);
        this.pendingDeletes.push({ name, ...old });
      };
    }
    return () => (changes ? this.update(name, old, inputs) : Promise.resolve());
  }

  private async check(name: string, olds: object, declared: object): Promise<object> {
    const { inputs, failures } = await this.hostOf(name).check(olds, { ...declared });
    if (failures.length > 0) throw new Error(JSON.stringify(failures));
    return inputs;
  }

  private async create(name: string, inputs: object): Promise<void> {
    const old = this.state.get(name);
    this.log.push(`create ${name}`);
    try {
      this.state.set(name, { ...(await this.hostOf(name).create(inputs)), inputs });
    } catch (error) {
      if (this.recordFailed(name, inputs, error) && old !== undefined)
        this.pendingDeletes.push({ name, ...old });
      throw error;
    }
  }

  private async update(name: string, old: Entry, inputs: object): Promise<void> {
    this.log.push(`update ${name}`);
    try {
      const { outs } = await this.hostOf(name).update(old.id, old.outs, inputs, old.inputs);
      this.state.set(name, { id: old.id, inputs, outs });
    } catch (error) {
      this.recordFailed(name, inputs, error);
      throw error;
    }
  }

  /** Records what there is after a step that failed. Returns whether there was something to record. */
  private recordFailed(name: string, inputs: object, error: unknown): boolean {
    const { id, properties } = error as PartialFailure;
    if (id === undefined || properties === undefined) return false;
    this.state.set(name, { id, inputs, outs: properties });
    return true;
  }

  private async deleteReplaced(entry: Entry & { readonly name: string }): Promise<void> {
    this.log.push(`delete replaced ${entry.name}`);
    await this.hostOf(entry.name).delete(entry.id, entry.outs, entry.inputs);
    this.pendingDeletes.splice(this.pendingDeletes.indexOf(entry), 1);
  }

  private hostOf(name: string): EngineHost {
    return typeof this.host === "function" ? this.host(name) : this.host;
  }

  private steps(): { add: (step: () => Promise<void>) => void; all: () => Promise<void> } {
    let steps: Promise<void>[] = [];
    return {
      add: (step) =>
        steps.push(
          step().catch((error: unknown) => {
            this.errors.push(error as Error);
          }),
        ),
      all: async () => {
        await Promise.all(steps);
        steps = [];
      },
    };
  }
}
