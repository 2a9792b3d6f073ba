import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { type FleetArgs, FleetResource, ShardResource } from "../provider/fleetResource";
import type { InfluxTokenArgs } from "../provider/influxToken";
import { currentRun } from "../provider/programRun";
import type { RotatingInfluxTokenArgs } from "../provider/rotatingInfluxToken";
import { RotatingTokenResource, TokenResource } from "../provider/tokenResource";
import { NATIVE_FLEET, NATIVE_ROTATING_TOKEN, NATIVE_TOKEN } from "../provider/tokenTypes";
import type { ProviderArgs } from "./providerArgs";

export type { FleetArgs as TokenFleetArgs, FleetEachArgs, FleetMemberArgs } from "../provider/fleetResource";
export type { ProviderArgs } from "./providerArgs";

/**
 * The plugin is a part of this package: one of an older version may not know what a program declares, so the engine is told
 * which one to take.
 */
const { version: VERSION } = JSON.parse(
  readFileSync(require.resolve("pulumi-influx-token/package.json"), "utf8"),
) as { version: string };

/** What a token is to be. How its server is reached, a {@link Provider} says. */
export type TokenArgs = Omit<InfluxTokenArgs, "connection">;

/** What a rotating token is to be. How its server is reached, a {@link Provider} says. */
export type RotatingTokenArgs = Omit<RotatingInfluxTokenArgs, "connection">;

/** An InfluxDB 2.x API token (an "authorization"), made by the plugin `influx-token`. */
export class Token extends TokenResource {
  /**
   * Declares a token.
   *
   * @param name Unique name within the stack; the token itself is named by its `description` only.
   * @param args What the token is to be. Wrong ones fail the preview, each named with what to do.
   * @param opts `protect` blocks rotation, and `retainOnDelete` also keeps a replaced token alive. `import` takes over a
   *   token by its id as `pulumi import` does; the input `adopt` also compares it with what is declared.
   */
  constructor(name: string, args: TokenArgs, opts?: pulumi.CustomResourceOptions) {
    super(...nativeResource(NATIVE_TOKEN.type, Token.name, name, args, opts));
  }

  /**
   * Reads a token that the stack does not own: nothing of it is changed or deleted.
   *
   * @param name Unique name within the stack.
   * @param id Of the token: 16 hex digits.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): Token {
    return new Token(name, {}, { ...opts, id });
  }
}

/**
 * An InfluxDB 2.x API token that is renewed while clients run, made by the plugin `influx-token`. A rotation makes a new
 * token and keeps the one before it valid until the next rotation: so long clients have to take the new one. It is an
 * update in place; the resource's `id` is its own, and no authorization's. The other outputs are those of the newest token.
 * `pulumi destroy` deletes both.
 */
export class RotatingToken extends RotatingTokenResource {
  /**
   * Declares a rotating token.
   *
   * @param name Unique name within the stack; the tokens themselves are named by their `description` only.
   * @param args What the token is to be. Wrong ones fail the preview, each named with what to do.
   * @param opts A rotation replaces no resource: `protect` does not block it, and `retainOnDelete` keeps no token that a
   *   rotation deletes.
   */
  constructor(name: string, args: RotatingTokenArgs, opts?: pulumi.CustomResourceOptions) {
    super(...nativeResource(NATIVE_ROTATING_TOKEN.type, RotatingToken.name, name, args, opts));
  }
}

/**
 * A fleet of InfluxDB 2.x API tokens, made by the plugin `influx-token`: one for each member, such as a device. Members come,
 * go and change in place. A member whose permissions change gets a new token before the old one goes, which is after
 * everything else in the run.
 */
export class TokenFleet extends FleetResource {
  /**
   * Declares a fleet.
   *
   * @param name Unique name within the stack.
   * @param args What the tokens are to be, and who the members are. Wrong ones fail the preview, each named with what to do.
   * @param opts `protect` keeps shards from being deleted; members come and go all the same.
   */
  constructor(name: string, args: FleetArgs, opts?: pulumi.ComponentResourceOptions) {
    super(
      {
        kind: TokenFleet.name,
        type: NATIVE_FLEET.component,
        ownInputs: [],
        givesDefaults: false,
        props: {},
        // The plugin takes secrets as such.
        computed: () => ({}),
        shard: (...shard) => new Shard(...shard),
        retirement: (...retirement) => new Retirement(...retirement),
      },
      name,
      args,
      opts,
    );
  }
}

class Shard extends ShardResource {
  constructor(name: string, props: pulumi.Inputs, opts: pulumi.CustomResourceOptions) {
    super(NATIVE_FLEET.shard, name, props, pulumi.mergeOptions({ version: VERSION }, opts));
  }
}

class Retirement extends pulumi.CustomResource {
  constructor(name: string, props: pulumi.Inputs, opts: pulumi.CustomResourceOptions) {
    super(NATIVE_FLEET.retirement, name, props, pulumi.mergeOptions({ version: VERSION }, opts));
  }
}

/** A way to a server, for the option `provider` of tokens. Tokens without it take theirs from the stack config. */
export class Provider extends pulumi.ProviderResource {
  /**
   * Declares a provider.
   *
   * @param name Unique name within the stack. One that begins with `default` is taken for the engine's own.
   * @param args How the server is reached, and what tokens are where they do not say it. `token` is always a secret.
   */
  constructor(name: string, args: ProviderArgs = {}, opts: pulumi.ResourceOptions = {}) {
    const { token } = args;
    const isGiven = (token ?? undefined) !== undefined;
    super(
      "influx-token",
      name,
      { ...args, ...(isGiven && { token: pulumi.secret(token) }) },
      pulumi.mergeOptions({ version: VERSION }, opts),
    );
  }
}

/**
 * How a token is registered. Checked is what only a program sees: that of its config, and that no other resource of it, of
 * whatever kind, adopts the same token. All else, the plugin checks.
 *
 * @throws {pulumi.RunError} for what is wrong.
 */
function nativeResource(
  type: string,
  kind: string,
  name: string,
  args: TokenArgs,
  opts: pulumi.CustomResourceOptions = {},
): [string, string, pulumi.Inputs, pulumi.CustomResourceOptions] {
  const run = currentRun();
  run.checkConfigKeys();
  // Where the server is another one, its ids may be the same. The plugin sees that.
  if ((opts.provider ?? opts.parent) === undefined) run.checkAdoption(kind, name, args);
  const { adoptToken } = args;
  const isGiven = (adoptToken ?? undefined) !== undefined;
  const props = { ...args, ...(isGiven && { adoptToken: pulumi.secret(adoptToken) }) };
  return [type, name, props, pulumi.mergeOptions({ version: VERSION }, opts)];
}
