import { readFileSync } from "node:fs";
import { type Deployment, nameOf, type StackResource } from "../scripts/engine";
import { PROVIDER_KEY } from "../provider/pulumiHost/wireValues";
import { DYNAMIC_FLEET } from "../provider/tokenTypes";
import type { Values } from "./plan";

/** Names the environment variable with the path of a file that holds a {@link CannedFleet}: it is too long for a variable. */
export const CANNED_FLEET = "BENCH_CANNED_FLEET";

/** What becomes of a part of a fleet in a command. */
export type PartChange = "none" | "update" | "replace";

/** One resource of a fleet as the real provider left it in the state. */
export interface CannedPart {
  readonly name: string;
  readonly type: string;
  readonly id: string;
  /** As they were checked. */
  readonly inputs: Values;
  /** Names of the inputs that the program declares, and of the outputs of how many shards they are made. */
  readonly declared: Readonly<Record<string, number>>;
  /** With tokens that open nothing. */
  readonly outputs: Values;
  /** Names of outputs. */
  readonly secrets: readonly string[];
  readonly change: PartChange;
}

/** A fleet as it is after a command. */
export interface CannedFleet {
  readonly component: CannedPart;
  /** The shards, and what deletes replaced tokens after them. */
  readonly parts: readonly CannedPart[];
}

/** The fleet that a program of the floor declares now. */
export function cannedFleetNow(env: Readonly<Record<string, string | undefined>>): CannedFleet {
  return JSON.parse(readFileSync(env[CANNED_FLEET] ?? "", "utf8")) as CannedFleet;
}

/**
 * Takes the fleet out of a state with bare secrets.
 *
 * @param before the fleet before the command that left it so.
 */
export function cannedFleetFrom({ resources = [] }: Deployment, before?: CannedFleet): CannedFleet {
  const canned = (resource: StackResource): CannedPart => {
    const { type, id = "", inputs = {}, outputs = {}, propertyDependencies = {} } = resource;
    const declared = Object.entries(propertyDependencies).filter(([name]) => name !== PROVIDER_KEY);
    const part = {
      name: nameOf(resource),
      type,
      id,
      declared: Object.fromEntries(declared.map(([name, urns]) => [name, (urns ?? []).length])),
      inputs: withoutProvider(inputs),
      outputs: withoutProvider(outputs),
      secrets: Object.entries(outputs).flatMap(([name, value]) => (isSecret(value) ? [name] : [])),
    };
    const old = before?.parts.find(({ name }) => name === part.name);
    return { ...part, change: changeOf(part, old) };
  };
  const component = resources.find(({ type }) => type === DYNAMIC_FLEET.component);
  if (component === undefined) throw new Error("the state has no fleet");
  const partsOf = (wanted: string): CannedPart[] =>
    resources.filter(({ type }) => type === wanted).map(canned);
  const parts = [...partsOf(DYNAMIC_FLEET.shard), ...partsOf(DYNAMIC_FLEET.retirement)];
  return { component: canned(component), parts };
}

/** The same fleet where a command changes nothing. */
export function unchanged({ component, parts }: CannedFleet): CannedFleet {
  return { component, parts: parts.map((part) => ({ ...part, change: "none" })) };
}

function changeOf(
  { type, inputs }: Pick<CannedPart, "type" | "inputs">,
  old: CannedPart | undefined,
): PartChange {
  if (old === undefined || JSON.stringify(old.inputs) === JSON.stringify(inputs)) return "none";
  return type === DYNAMIC_FLEET.retirement ? "replace" : "update";
}

function isSecret(value: unknown): boolean {
  return typeof value === "object" && value !== null && "plaintext" in value;
}

/** The values without marks. The host adds the stub by itself. Tokens are as long as the real ones, which are nobody's business. */
function withoutProvider(values: Values): Values {
  const bare = Object.entries(values).filter(([name]) => name !== PROVIDER_KEY);
  return Object.fromEntries(bare.map(([name, value]) => [name, concealed(name, revealed(value))]));
}

function revealed(value: unknown): unknown {
  return isSecret(value) ? (JSON.parse((value as { plaintext: string }).plaintext) as unknown) : value;
}

function concealed(name: string, value: unknown): unknown {
  if (name !== "tokens") return value;
  const tokens = Object.entries(value as Record<string, string>);
  return Object.fromEntries(tokens.map(([member, token]) => [member, "t".repeat(token.length)]));
}
