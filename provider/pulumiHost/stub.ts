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

/** How a kind of resource is recorded. */
export interface ResourceKind {
  /** Name of the class, for messages. */
  readonly name: string;
  readonly type: string;
  /** What the host requires: package and subpath. */
  readonly request: string;
  readonly stub: string;
}

function kind(name: string, request: string): ResourceKind {
  const stub = `exports.handler=()=>require("${request}")`;
  return { name, type: `pulumi-nodejs:dynamic/influxdb:${name}`, request, stub };
}

export const TOKEN = kind("InfluxToken", "pulumi-influx-token/provider");

export const ROTATING_TOKEN = kind("RotatingInfluxToken", "pulumi-influx-token/rotating-provider");

/** The types of all resources that hold tokens. */
export const TOKEN_TYPES: readonly string[] = [TOKEN.type, ROTATING_TOKEN.type];
