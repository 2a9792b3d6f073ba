import { once } from "node:events";
import type * as pulumi from "@pulumi/pulumi";
import provider from "../provider/dynamicProvider";
import { plannedTokens, type Plan } from "./plan";

/** Told to the parent after each phase. */
export interface PhaseReport {
  readonly phase: string;
  readonly seconds: number;
  readonly peakMiB: number;
}

type Values = Readonly<Record<string, unknown>>;
/** As the host sees a provider: all functions there, and plain values. */
type Provider = Required<pulumi.dynamic.ResourceProvider<Values, Values>>;

interface Token {
  id: string;
  inputs: Values;
  outputs: Values;
}

/** What arrives at the host was text before: nothing is shared between calls. */
const received = (values: Values): Values => structuredClone(values);

/** The host's part of each command: check and diff one after the other, and all else as far as the client lets it. */
class Host {
  private tokens: Token[] = [];

  constructor(private readonly functions: Provider) {}

  async check(plan: Plan): Promise<Values[]> {
    const all: Values[] = [];
    for (const { args } of plannedTokens(plan)) {
      const { inputs, failures = [] } = await this.functions.check({}, received({ ...args }));
      if (inputs === undefined || failures.length > 0) throw new Error(JSON.stringify(failures));
      all.push(inputs);
    }
    return all;
  }

  async create(plan: Plan): Promise<void> {
    this.tokens = await Promise.all(
      (await this.check(plan)).map(async (inputs) => {
        const { id, outs = {} } = await this.functions.create(received(inputs));
        return { id, inputs, outputs: outs };
      }),
    );
  }

  /** Gives the number of changes. */
  async update(plan: Plan): Promise<number> {
    const changed: Promise<void>[] = [];
    for (const [index, inputs] of (await this.check(plan)).entries()) {
      const token = this.tokens[index];
      if (token === undefined) throw new Error("more tokens are declared than were made");
      const { changes } = await this.functions.diff(token.id, received(token.outputs), received(inputs));
      if (changes === true) changed.push(this.updateOne(token, inputs));
    }
    await Promise.all(changed);
    return changed.length;
  }

  async refresh(): Promise<void> {
    await Promise.all(
      this.tokens.map(async (token) => {
        const { id, props } = await this.functions.read(token.id, received(token.outputs));
        if (id !== token.id) throw new Error(`the token ${token.id} is gone`);
        token.outputs = props as Values;
      }),
    );
  }

  async delete(): Promise<void> {
    await Promise.all(this.tokens.map(({ id, outputs }) => this.functions.delete(id, received(outputs))));
  }

  private async updateOne(token: Token, inputs: Values): Promise<void> {
    const { outs } = await this.functions.update(token.id, received(token.outputs), received(inputs));
    token.outputs = outs as Values;
    token.inputs = inputs;
  }
}

async function main(n: number, bucketId: string): Promise<void> {
  const host = new Host(provider as unknown as Provider);
  const plan: Plan = { n, bucketId, preset: "bucketScoped", edited: false, narrowed: false };
  const phases: Readonly<Record<string, () => Promise<unknown>>> = {
    preview: () => host.check(plan),
    up: () => host.create(plan),
    upAgain: async () => {
      const changes = await host.update(plan);
      if (changes !== 0) throw new Error(`${changes} tokens changed without a change`);
    },
    refresh: () => host.refresh(),
    edit: () => host.update({ ...plan, edited: true }),
    destroy: () => host.delete(),
  };
  for (const [phase, run] of Object.entries(phases)) {
    const started = performance.now();
    await run();
    const seconds = (performance.now() - started) / 1000;
    const answered = once(process, "message");
    const report: PhaseReport = { phase, seconds, peakMiB: process.resourceUsage().maxRSS / 1024 };
    process.send?.(report);
    await answered;
  }
  process.disconnect();
}

const [, , n = "", bucketId = ""] = process.argv;
main(Number(n), bucketId).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
