import type { InfluxTokenState } from "../../provider/token/state";
import { newProvider, type ProviderHost } from "./providerHost";

/** One resource in the state. */
export interface Entry {
  readonly id: string;
  /** As they were checked, or read, the last time. */
  readonly inputs: object;
  readonly outs: InfluxTokenState;
}

/**
 * What Pulumi's engine does with a provider, as far as tokens are concerned: it takes the steps of a run at once, keeps
 * in its state what is certain, and goes on after a failure with what does not depend on it.
 */
export class MiniEngine {
  readonly state = new Map<string, Entry>();
  /** Replaced resources that still have to be deleted. */
  readonly pendingDeletes: Entry[] = [];
  readonly errors: Error[] = [];

  /** @param host the provider; each run of the engine has a new one. */
  constructor(public host: ProviderHost = newProvider()) {}

  /** `pulumi up`: makes the state what is declared. Failures are in `errors`. */
  async up(declared: ReadonlyMap<string, object>): Promise<void> {
    const step = this.steps();
    for (const [name, inputs] of declared) {
      try {
        const planned = await this.plan(name, inputs);
        step.add(planned);
      } catch (error) {
        this.errors.push(error as Error);
      }
    }
    await step.all();
    const gone = [...this.state].filter(([name]) => !declared.has(name));
    for (const [name, entry] of gone) {
      step.add(async () => {
        await this.host.delete(entry.id, entry.outs);
        this.state.delete(name);
      });
    }
    for (const entry of this.pendingDeletes.splice(0)) step.add(() => this.deleteReplaced(entry));
    await step.all();
  }

  /** `pulumi refresh`. */
  async refresh(): Promise<void> {
    const step = this.steps();
    for (const [name, { id, inputs, outs }] of this.state) {
      step.add(async () => {
        const found = await this.host.read(id, outs);
        if (found.id === "" || found.props === undefined) this.state.delete(name);
        else this.state.set(name, { id, inputs: found.inputs ?? inputs, outs: found.props });
      });
    }
    await step.all();
  }

  /** The engine plans one after the other, and runs what it planned at once. */
  private async plan(name: string, declared: object): Promise<() => Promise<void>> {
    const old = this.state.get(name);
    const inputs = await this.check(old?.inputs ?? {}, declared);
    if (old === undefined) return () => this.create(name, inputs);
    const { changes, replaces } = await this.host.diff(old.id, old.outs, inputs);
    if (replaces.length > 0) {
      // What follows from the old inputs is not to stay: so it is checked without them.
      const anew = await this.check({}, declared);
      return async () => {
        await this.create(name, anew);
        this.pendingDeletes.push(old);
      };
    }
    return async () => {
      const { outs } = changes ? await this.host.update(old.id, old.outs, inputs) : old;
      this.state.set(name, { id: old.id, inputs: changes ? inputs : old.inputs, outs });
    };
  }

  private async check(olds: object, declared: object): Promise<object> {
    const { inputs, failures } = await this.host.check(olds, { ...declared });
    if (failures.length > 0) throw new Error(JSON.stringify(failures));
    return inputs;
  }

  private async create(name: string, inputs: object): Promise<void> {
    const old = this.state.get(name);
    try {
      this.state.set(name, { ...(await this.host.create(inputs)), inputs });
    } catch (error) {
      const { id, properties } = error as { id?: string; properties?: InfluxTokenState };
      if (id !== undefined && properties !== undefined) {
        this.state.set(name, { id, inputs, outs: properties });
        if (old !== undefined) this.pendingDeletes.push(old);
      }
      throw error;
    }
  }

  private async deleteReplaced(entry: Entry): Promise<void> {
    try {
      await this.host.delete(entry.id, entry.outs);
    } catch (error) {
      this.pendingDeletes.push(entry);
      throw error;
    }
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
