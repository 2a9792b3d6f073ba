/**
 * How a token is recorded as a dynamic resource, without a serialised closure. The type and the text are in the state
 * of every stack that holds a token, and the text names a subpath of this package, `./provider` or `./rotating-provider`:
 * none of the three can ever change. The host tells a provider neither type nor URN, so each type has a text of its own.
 *
 * Leans on: the contract between `pulumi.dynamic.Resource` and its host, unchanged since 1.0: a type that begins with
 * `pulumi-nodejs:dynamic`, and `__provider`, a CommonJS text whose `handler` gives the provider.
 * When it changes: no token can be made, read or deleted, with the host's error.
 * Seen by: every test in test/e2e; test/unit/influxToken pins the texts.
 */
import { DYNAMIC_FLEET, DYNAMIC_ROTATING_TOKEN, DYNAMIC_TOKEN } from "../tokenTypes";

/** How a kind of resource is recorded. */
export interface ResourceKind {
  /** Name of the class, for messages. */
  readonly name: string;
  readonly type: string;
  /** What the host requires: package and subpath. */
  readonly request: string;
  readonly stub: string;
}

function kind(name: string, type: string, request: string): ResourceKind {
  return { name, type, request, stub: `exports.handler=()=>require("${request}")` };
}

export const TOKEN = kind("InfluxToken", DYNAMIC_TOKEN.type, "pulumi-influx-token/provider");

export const ROTATING_TOKEN = kind(
  "RotatingInfluxToken",
  DYNAMIC_ROTATING_TOKEN.type,
  "pulumi-influx-token/rotating-provider",
);

export const SHARD = kind("InfluxTokenFleet", DYNAMIC_FLEET.shard, "pulumi-influx-token/shard-provider");

export const RETIREMENT = kind(
  "InfluxTokenFleet",
  DYNAMIC_FLEET.retirement,
  "pulumi-influx-token/retirement-provider",
);
