import * as pulumi from "@pulumi/pulumi";
import { InfluxToken, InfluxTokenFleet, type InfluxTokenFleetArgs } from "../provider";
import type * as ConfiguredFleets from "./configuredFleets";
import type { Fleet } from "./fleets";
import type * as TokensFrom from "./tokensFrom";

const TOKENS = "influx-token:tokens";
const FLEETS = "influx-token:fleets";
const FILES = "influx-token:tokensFrom";

const example = `config:
  influx-token:tokens:
    ci: { org: acme, readBuckets: true }`;

const fleetExample = `config:
  influx-token:fleets:
    sensors: { each: { org: acme, readBuckets: true }, membersFrom: devices.csv }`;

/** The entries of a key of the stack config: name to inputs. */
function configured(
  declared: unknown,
  key: string,
  what: string,
  like: string,
): Map<string, Record<string, unknown>> {
  if (typeof declared !== "object" || declared === null || Array.isArray(declared)) {
    throw new pulumi.RunError(`${key} must hold an entry for each ${what}:\n${like}`);
  }
  return new Map(
    Object.entries(declared).map(([name, args]: [string, unknown]) => {
      if (typeof args !== "object" || args === null || Array.isArray(args)) {
        throw new pulumi.RunError(`${key}.${name} must hold the ${what}'s inputs:\n${like}`);
      }
      return [name, args as Record<string, unknown>];
    }),
  );
}

/** What is read, or the end of the run where files or fleets cannot be taken as they are. */
function read<T>(heading: string, declarations: () => T): T {
  try {
    return declarations();
  } catch (error) {
    if (!(error instanceof Error && error.name === "TokenFilesError")) throw error;
    throw new pulumi.RunError(`${heading}\n${error.message}`);
  }
}

/** What the stack config and the files that it names declare. */
function declarations(): { tokens: Map<string, object>; fleets: readonly Fleet[] } {
  const config = new pulumi.Config("influx-token");
  const tokens = configured(config.getObject("tokens") ?? {}, TOKENS, "token", example);
  const ofConfig = configured(config.getObject("fleets") ?? {}, FLEETS, "fleet", fleetExample);
  const given = config.get("tokensFrom");
  if ([given, config.get("tokens"), config.get("fleets")].every((value) => value === undefined))
    throw new pulumi.RunError(`the stack config has none of ${TOKENS}, ${FLEETS} and ${FILES}:\n${example}`);
  const run = {
    told: pulumi.getRootDirectory(),
    project: pulumi.getProject(),
    cwd: process.cwd(),
    shell: process.env["PWD"],
  };
  const others = new Map([...tokens.keys()].map((name) => [name, `${TOKENS} of the stack config`]));
  let fleets: readonly Fleet[] = [];
  let files: readonly string[] = [];
  // Loaded only where there is something to read, and at once: a program's exports are those of its module.
  if (ofConfig.size > 0) {
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const { configuredFleets } = require("./configuredFleets") as typeof ConfiguredFleets;
    ({ fleets, files } = read(FLEETS, () => configuredFleets(ofConfig, FLEETS, run, others)));
    for (const name of ofConfig.keys()) others.set(name, `${FLEETS} of the stack config`);
  }
  if (given === undefined) return { tokens, fleets };
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { tokensFrom } = require("./tokensFrom") as typeof TokensFrom;
  const ofFiles = read(`${FILES}: ${given}`, () => tokensFrom(given, run, others, files));
  return {
    tokens: new Map([...tokens, ...ofFiles.tokens.map(({ name, inputs }) => [name, inputs] as const)]),
    fleets: [...fleets, ...ofFiles.fleets],
  };
}

const declared = declarations();
const madeTokens = Object.fromEntries(
  [...declared.tokens].map(([name, args]) => [name, new InfluxToken(name, args)]),
);
const madeFleets = Object.fromEntries(
  declared.fleets.map(({ name, ...args }) => [
    name,
    new InfluxTokenFleet(name, args as InfluxTokenFleetArgs),
  ]),
);

/** Each token's id, so that pipelines need not read the state. */
export const ids = Object.fromEntries(Object.entries(madeTokens).map(([name, token]) => [name, token.id]));

/** Each token by name: secret, shown by `pulumi stack output tokens --show-secrets`. */
export const tokens = Object.fromEntries(
  Object.entries(madeTokens).map(([name, { token }]) => [name, token]),
);

/** Each fleet's tokens by member: secret. Absent where there is no fleet. */
export const fleets =
  declared.fleets.length === 0
    ? undefined
    : Object.fromEntries(Object.entries(madeFleets).map(([name, fleet]) => [name, fleet.tokens]));
