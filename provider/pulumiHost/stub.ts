/**
 * How a token is recorded as a dynamic resource, without a serialised closure. The type and the text are in the state
 * of every stack that holds a token, and the text names the subpath `./provider` of this package: none of the three can
 * ever change.
 *
 * Leans on: the contract between `pulumi.dynamic.Resource` and its host, unchanged since 1.0: a type that begins with
 * `pulumi-nodejs:dynamic`, and `__provider`, a CommonJS text whose `handler` gives the provider.
 * When it changes: no token can be made, read or deleted, with the host's error.
 * Seen by: every test in test/e2e; test/unit/influxToken pins the texts.
 */

/** The type of tokens. */
export const TOKEN_TYPE = "pulumi-nodejs:dynamic/influxdb:InfluxToken";

/** What the host requires: package and subpath. */
export const PROVIDER_REQUEST = "pulumi-influx-token/provider";

export const STUB = `exports.handler=()=>require("${PROVIDER_REQUEST}")`;
