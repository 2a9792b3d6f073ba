/** The resources that a fleet is made of, as the engine calls for them. They decide nothing. */
import type { EngineCalls, Lives } from "../provider/engineCalls";
import { isRecord } from "../provider/json";
import { PlannedDiffs } from "../provider/pulumiHost/plannedDiffs";
import { PROVIDER_KEY, WIRE_UNKNOWN } from "../provider/pulumiHost/wireValues";
import type { Change } from "../provider/token/changes";
import { type Failure, NAMING_INPUTS } from "../provider/token/inputs";
import { NATIVE_FLEET } from "../provider/tokenTypes";
import type { PropertyDiff } from "./detailedDiff";
import { fleetDiff } from "./fleetDiff";
import { asSecretAs, checkedInputs, hasSecret, isSecret, type Properties, revealed, secret } from "./wire";

/** Kinds of these resources. */
export type PartKind = Exclude<keyof Lives, "tokens" | "rotating">;

export const PART_KINDS: ReadonlyMap<string, PartKind> = new Map<string, PartKind>([
  [NATIVE_FLEET.shard, "shards"],
  [NATIVE_FLEET.retirement, "retirements"],
]);

/** Outputs of a shard that nobody may read, whatever the inputs are. */
export const SECRET_OUTPUTS: readonly string[] = ["tokens", "__shard"];

/**
 * One kind of them. Their states are stored as they are: they do not repeat the inputs, nor are they put together with
 * them. All properties come and go with their marks.
 */
export class FleetPart {
  private readonly plannedDiffs = new PlannedDiffs();

  constructor(
    private readonly kind: PartKind,
    private readonly calls: EngineCalls<object>,
  ) {}

  /** @param marks of what is secret in the provider's settings, in place of the inputs that follow from it. */
  async check(
    olds: Properties,
    declared: Properties,
    marks: Properties,
  ): Promise<{ inputs: Properties; failures: readonly Failure[] }> {
    this.plannedDiffs.checked();
    const { inputs, failures } = await this.calls.check(revealed(olds), revealed(declared));
    return { inputs: markedInputs(inputs, declared, marks), failures };
  }

  /** Without `diffs` where the engine has to find out by itself: after a refresh it would look for inputs among outputs. */
  diff(
    id: string,
    outputs: Properties,
    oldInputs: Properties,
    news: Properties,
  ): { change: Change; diffs: Map<string, PropertyDiff> | undefined } {
    const isPlanned = this.plannedDiffs.isPlanned();
    const [state, declared] = [stateIn(outputs), revealed(news) as Properties];
    const change = this.calls.diff(id, state, declared);
    if (!isPlanned) return { change, diffs: undefined };
    if (!change.changes) return { change, diffs: new Map() };
    const renewed = this.kind === "shards" ? renewedIn(this.calls.preview(state, declared)) : [];
    const olds = revealed(oldInputs) as Properties;
    return { change, diffs: fleetDiff(olds, declared, change.replaces, renewed) };
  }

  /** The outputs of one that is to be made, as far as they are known before. */
  createPreview(inputs: Properties): Properties {
    if (this.kind === "retirements") return {};
    const { members, permissions, memberPermissions, host } = revealed(inputs) as Properties;
    const names = isRecord(members) ? Object.keys(members) : [];
    const state = {
      tokens: Object.fromEntries(names.map((name) => [name, WIRE_UNKNOWN])),
      permissions,
      ...(memberPermissions !== undefined && { memberPermissions }),
      host,
      __made: WIRE_UNKNOWN,
      __retired: "",
    };
    return markedState(state, inputs);
  }

  async create(inputs: Properties): Promise<{ id: string; outputs: Properties }> {
    const { id, state } = await this.calls.create(revealed(inputs));
    return { id, outputs: markedState(state, inputs) };
  }

  /** `undefined` where it is gone. */
  async read(
    id: string,
    outputs: Properties,
    inputs: Properties,
  ): Promise<{ outputs: Properties; inputs: Properties } | undefined> {
    const found = await this.calls.read(id, stateIn(outputs));
    if (found === undefined) return undefined;
    const now = found.inputs as Properties | undefined;
    return {
      outputs: markedState(found.state, inputs, outputs),
      inputs: now === undefined ? inputs : markedInputs(now, inputs, {}),
    };
  }

  /** @throws {InfluxTokenError} always: there is none that no state has. */
  async import(id: string): Promise<void> {
    await this.calls.import(id);
  }

  async update(id: string, outputs: Properties, news: Properties, isPreview: boolean): Promise<Properties> {
    const [state, declared] = [stateIn(outputs), revealed(news)];
    const next = isPreview
      ? this.calls.preview(state, declared)
      : await this.calls.update(id, state, declared);
    return markedState(next, news, outputs);
  }

  async delete(id: string, outputs: Properties): Promise<void> {
    // `pulumi do` has no state.
    if (Object.keys(outputs).length === 0) await this.calls.deleteUnrecorded(id);
    else await this.calls.delete(id, stateIn(outputs));
  }
}

/**
 * A state with its marks.
 *
 * @param inputs beside it.
 * @param before the state before it.
 */
export function markedState(state: object, inputs: Properties, before: Properties = {}): Properties {
  const origins: Properties = {
    ...before,
    ...inputs,
    ...Object.fromEntries(SECRET_OUTPUTS.map((name) => [name, secret("")])),
  };
  return Object.fromEntries(
    Object.entries(state).map(([name, value]: [string, unknown]) => [name, asSecretAs(value, origins[name])]),
  );
}

/** The state without the connection that a dynamic resource stored: from the move on, the provider's is used. */
function stateIn(outputs: Properties): object {
  const state = Object.entries(revealed(outputs) as Properties);
  return Object.fromEntries(state.filter(([name]) => name !== PROVIDER_KEY && name !== "connection"));
}

/** What `check` or a refresh makes of inputs, with what is secret among it. */
function markedInputs(inputs: Properties, declared: Properties, marks: Properties): Properties {
  const { each, members } = declared;
  const ofEach = { ...marks, ...given(each) };
  const isNamed = NAMING_INPUTS.some((name) => hasSecret(ofEach[name])) || isSecret(each);
  const ownOf = (name: string): unknown => (isRecord(members) ? members[name] : undefined);
  const isNamedBy = (own: unknown): boolean =>
    isSecret(own) || NAMING_INPUTS.some((name) => isRecord(own) && hasSecret(own[name]));
  const markedPart = (value: unknown, origin: unknown, more: Properties = {}): unknown =>
    isSecret(origin) || !isRecord(value)
      ? asSecretAs(value, origin)
      : checkedInputs(value, { ...more, ...given(origin) });
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]): [string, unknown] => {
      if (name === "each") return [name, markedPart(value, each, marks)];
      if (name === "members" && isRecord(value))
        return [name, mapped(value, (own, member) => markedPart(own, ownOf(member)))];
      if (name === "permissions") return [name, isNamed ? secret(value) : value];
      if (name === "memberPermissions" && isRecord(value))
        return [
          name,
          mapped(value, (table, member) => (isNamed || isNamedBy(ownOf(member)) ? secret(table) : table)),
        ];
      return [name, asSecretAs(value, declared[name] ?? marks[name])];
    }),
  );
}

/** Inputs that are given: with another mark than the default's. */
function given(inputs: unknown): Properties {
  if (!isRecord(inputs)) return {};
  return Object.fromEntries(
    Object.entries(inputs).filter(([, value]) => value !== undefined && value !== null),
  );
}

function mapped(record: Properties, map: (value: unknown, name: string) => unknown): Properties {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));
}

/** Members whose token is to be made. */
function renewedIn(preview: object): string[] {
  const { tokens } = preview as { readonly tokens?: unknown };
  if (!isRecord(tokens)) return [];
  return Object.entries(tokens).flatMap(([name, token]) => (token === WIRE_UNKNOWN ? [name] : []));
}
